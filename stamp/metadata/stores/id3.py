"""The rights in an ID3v2 tag (`id3tag`): frames of the standard, and TXXX for what it has none for.

Mapping and reasons: `columns.music`. Texts are ASCII or UTF-16 up to v2.3 and UTF-8 in v2.4. Several are
written as one, divided by `; `: where v2.4 would have NUL between them, ffmpeg 7 and MediaInfo 25 show the
first only. Both forms are read. A tag of v2.2 stays one:
it has neither USER nor TOWN nor PRIV, so TXX takes what they would hold.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import Final

from ...core.checks import Value
from ...formats import id3 as id3tag
from ...formats.id3 import Frame, Tag
from ..mapping.columns.music import Id3Frames, ascii_url
from ..mapping.fields import slots_in
from .names import join_names, split_names

_SLOTS = {name: slot for name, slot in slots_in("id3").items() if isinstance(slot, Id3Frames)}
_V22: Final = {"TCOP": b"TCR", "TPE1": b"TP1", "TSRC": b"TRC", "WCOP": b"WCP", "TXXX": b"TXX"}
_UNKNOWN_LANGUAGE = b"XXX"
_LISTS = ("names", "owners", "parties", "first-url")
_BREAK = re.compile(r"; +")

Key = tuple[str, str]
"""A frame, and the description of a TXXX frame in capitals, else an empty text."""


def read(block: bytes) -> dict[str, Value]:
    """The rights in a tag. Raises `CorruptFile` for damage, `UnsupportedFormat` for another version."""
    tag = id3tag.parse(block)
    found = {name: _value(tag, slot) for name, slot in _SLOTS.items()}
    return {name: value for name, value in found.items() if value is not None}


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """`block`, or a new tag of v2.4, with the rights in `values`; identical bytes where nothing differs.

    Raises `CorruptFile` and `UnsupportedFormat` as `read` does.
    """
    tag = id3tag.new() if block is None else id3tag.parse(block)
    frames = list(tag.frames)
    for name, value in values.items():
        for key in _keys(tag, _SLOTS[name]):
            _set(tag, frames, key, _SLOTS[name], value)
    return block if block is not None and frames == list(tag.frames) else tag.with_frames(frames)


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """`block` without these fields; empty if no frame is left."""
    tag = id3tag.parse(block)
    frames = list(tag.frames)
    # Licensors before the first one's URL, which is a part of them.
    for name, value in reversed(values.items()):
        for key in _keys(tag, _SLOTS[name]):
            _drop(tag, frames, key, _SLOTS[name], value)
    return tag.with_frames(frames) if frames else b""


def private(block: bytes, owner: bytes) -> bytes | None:
    """The data of the first PRIV frame of an owner, None if there is none. Raises as `read` does."""
    tag = id3tag.parse(block)
    contents = (tag.content(frame) for frame in tag.frames if frame.name == b"PRIV")
    prefix = owner + b"\0"
    return next((data[len(prefix) :] for data in contents if data and data.startswith(prefix)), None)


def with_private(block: bytes | None, owner: bytes, data: bytes) -> bytes:
    """`block`, or a new tag, with the PRIV frame of an owner set; without it where `data` is empty (identical
    bytes where there is none), and empty itself if no frame is left.
    """
    tag = id3tag.parse(block) if block else id3tag.new()
    prefix = owner + b"\0"
    places = [
        at
        for at, frame in enumerate(tag.frames)
        if frame.name == b"PRIV" and (tag.content(frame) or b"").startswith(prefix)
    ]
    if block and not places and not data:
        return block
    frames = _placed(tag.frames, places[:1], [tag.frame(b"PRIV", prefix + data)] if data else [])
    return tag.with_frames(frames) if frames else b""


def has_object(block: bytes, kind: bytes) -> bool:
    """Whether a GEOB frame whose MIME type has `kind` in it is there."""
    tag = id3tag.parse(block)
    return any(
        frame.name == b"GEOB" and kind in (tag.content(frame) or b"")[1:65].partition(b"\0")[0]
        for frame in tag.frames
    )


def _keys(tag: Tag, slot: Id3Frames) -> list[Key]:
    """Where the field is in this version."""
    user = ("TXXX", slot.comment.key)
    if not slot.frame or (tag.version == 2 and slot.frame not in _V22):
        return [user]
    return [(slot.frame, ""), user] if slot.both else [(slot.frame, "")]


def _value(tag: Tag, slot: Id3Frames) -> Value | None:
    """The standard's frame counts; TXXX where there is none, or where it says the same at full length."""
    found: list[Value] = []
    for key in _keys(tag, slot):
        texts = [text for _, stored in _stored(tag, tag.frames, key, slot) for text in stored]
        if (value := slot.comment.value(texts)) is not None:
            found.append(value)
    same = (value for value in found[1:] if ascii_url(str(value)) == found[0])
    return next(same, found[0]) if found else None


def _set(tag: Tag, frames: list[Frame], key: Key, slot: Id3Frames, value: Value) -> None:
    """Puts the value into the first such frame and takes the others away; what is not ours in them stays."""
    stored = _stored(tag, frames, key, slot)
    present = [text for _, found in stored for text in found]
    mine = [text for text in present if slot.comment.claims(text.strip())]
    texts = slot.comment.texts(value, mine)
    wanted = [ascii_url(text) for text in texts] if key[0] == "WCOP" else list(texts)
    if len(stored) <= 1 and slot.comment.value(mine) == slot.comment.value(wanted):
        return
    others = [text for text in present if text not in mine] if key[0] == "TXXX" else []
    _replace(tag, frames, [at for at, _ in stored], key, slot, [*others, *wanted])


def _drop(tag: Tag, frames: list[Frame], key: Key, slot: Id3Frames, value: Value) -> None:
    """Takes out what says so, and nothing else in the frames."""
    said = ascii_url(str(value)) if key[0] == "WCOP" else value
    for at, found in reversed(_stored(tag, frames, key, slot)):
        kept = list(slot.comment.without(said, found)) if found else []
        if kept != found:
            _replace(tag, frames, [at], key, slot, kept)


def _replace(
    tag: Tag, frames: list[Frame], places: Sequence[int], key: Key, slot: Id3Frames, texts: Sequence[str]
) -> None:
    """One frame with the texts, or none, where the first of the old ones is."""
    language = (tag.content(frames[places[0]]) or b"")[1:4] if places else b""
    content = _content(tag.version, key, slot.comment.kind, texts, language)
    frames[:] = _placed(frames, places, [tag.frame(_name(tag, key), content)] if texts else [])


def _placed(frames: Sequence[Frame], places: Sequence[int], new: Sequence[Frame]) -> list[Frame]:
    """`frames` with those at `places` replaced by `new`, which goes where the first of them was or to the
    end.
    """
    first = places[0] if places else len(frames)
    return [
        *frames[:first],
        *new,
        *(frame for at, frame in enumerate(frames) if at > first and at not in places),
    ]


def _name(tag: Tag, key: Key) -> bytes:
    return _V22[key[0]] if tag.version == 2 else key[0].encode()


def _stored(tag: Tag, frames: Sequence[Frame], key: Key, slot: Id3Frames) -> list[tuple[int, list[str]]]:
    """The places of the frames with a key, and their texts. Of USER, one a language, the first counts."""
    name = _name(tag, key)
    found = [
        (at, texts)
        for at, frame in enumerate(frames)
        if frame.name == name and (texts := _texts(tag, frame, key, slot.comment.kind)) is not None
    ]
    return found[:1] if key[0] == "USER" else found


def _texts(tag: Tag, frame: Frame, key: Key, kind: str) -> list[str] | None:
    """The texts in a frame, none where it cannot be read; None where it has another description."""
    content = tag.content(frame)
    if not content:
        return None if key[0] == "TXXX" else []
    if key[0] == "WCOP":
        return [content.partition(b"\0")[0].decode("latin-1")]
    text = _decoded(content[0], content[4:] if key[0] == "USER" else content[1:])
    if key[0] == "TXXX":
        description, _, text = text.partition("\0")
        if description.upper() != key[1]:
            return None
    texts = [part.removeprefix("\ufeff") for part in text.rstrip("\0").split("\0")]
    if kind in _LISTS:
        return texts if len(texts) > 1 else list(split_names(texts[0]))
    return texts if kind in ("text", "boolean") else [part for text in texts for part in _BREAK.split(text)]


def _decoded(encoding: int, data: bytes) -> str:
    """Section 4 of v2.4; UTF-16 without its mark is little-endian, as Windows' writers leave it out."""
    match encoding:
        case 0:
            return data.decode("latin-1")
        case 1 | 2:
            big = encoding == 2 or data.startswith(codecs.BOM_UTF16_BE)
            whole = data[: len(data) & ~1]
            return whole.decode("utf-16-be" if big else "utf-16-le", "replace").removeprefix("\ufeff")
    return data.decode(errors="replace")


def _content(version: int, key: Key, kind: str, texts: Sequence[str], language: bytes) -> bytes:
    """What a new frame holds."""
    text = join_names(tuple(texts)) if kind in _LISTS else "; ".join(texts)
    if key[0] == "WCOP":
        return text.encode("latin-1")
    if version == 4:
        encoding, codec = b"\3", "utf-8"
    else:
        encoding, codec = (b"\0", "latin-1") if text.isascii() else (b"\1", "utf-16-le")
    mark = "\ufeff" if codec == "utf-16-le" else ""
    if key[0] == "USER":
        return (
            encoding
            + (language if language.isalnum() and len(language) == 3 else _UNKNOWN_LANGUAGE)
            + (mark + text).encode(codec)
        )
    description = f"{mark}{key[1]}\0" if key[0] == "TXXX" else ""
    return encoding + (description + mark + text).encode(codec)

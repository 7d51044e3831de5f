"""Vorbis comments (Vorbis I specification, section 5): a vendor's name and texts `KEY=value` in UTF-8.

A block is the comment without the prefix of its codec; what follows the last text (Vorbis' framing bit,
padding, Opus' binary data) is kept. Keys are compared without regard to case, and every comment that is not
ours keeps its bytes and its place.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.checks import Value
from ...core.errors import CorruptFile
from ..mapping.columns.music import Comment
from ..mapping.fields import slots_in

_VENDOR = b"stamp"
_MAX_COMMENTS = 100_000
_KEY = 64
"""Longer keys are nobody's that we know."""
_SLOTS = {name: slot for name, slot in slots_in("vorbis").items() if isinstance(slot, Comment)}


@dataclass(frozen=True, slots=True)
class _Comments:
    """`texts` are (key in capitals, the whole comment)."""

    vendor: bytes
    texts: list[tuple[bytes, bytes]]
    rest: bytes

    def at(self, slot: Comment) -> dict[int, str]:
        """Place -> text of the comments that are the slot's."""
        key = slot.key.encode()
        texts = {
            at: raw[len(key) + 1 :].decode(errors="replace")
            for at, (name, raw) in enumerate(self.texts)
            if name == key
        }
        return {at: text for at, text in texts.items() if slot.claims(text.strip())}

    def put(self, slot: Comment, texts: Sequence[str]) -> None:
        """Where the first of the slot's is, or at the end."""
        present = self.at(slot)
        if list(present.values()) == list(texts):
            return
        first = min(present, default=len(self.texts))
        old = {text: self.texts[at][1] for at, text in present.items()}
        for at in reversed(present):
            del self.texts[at]
        raw = (old.get(text, f"{slot.key}={text}".encode()) for text in texts)
        self.texts[first:first] = [(slot.key.encode(), text) for text in raw]

    def encoded(self) -> bytes:
        pieces = [struct.pack("<I", len(self.vendor)), self.vendor, struct.pack("<I", len(self.texts))]
        for _, raw in self.texts:
            pieces += (struct.pack("<I", len(raw)), raw)
        return b"".join((*pieces, self.rest))


def read(block: bytes) -> dict[str, Value]:
    """The rights in a comment block. Raises `CorruptFile` where a length does not fit."""
    comments = _parsed(block)
    found = {name: slot.value(list(comments.at(slot).values())) for name, slot in _SLOTS.items()}
    return {name: value for name, value in found.items() if value is not None}


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """`block`, or a new one, with the rights in `values`; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    comments = _Comments(_VENDOR, [], b"") if block is None else _parsed(block)
    for name, value in values.items():
        slot = _SLOTS[name]
        present = list(comments.at(slot).values())
        texts = slot.texts(value, present)
        if slot.value(present) != slot.value(texts):
            comments.put(slot, texts)
    return comments.encoded()


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """`block` without these fields; empty if it was ours and nothing is left in it."""
    comments = _parsed(block)
    # Licensors before the first one's URL, which is a part of them.
    for name, value in reversed(values.items()):
        if present := list(comments.at(_SLOTS[name]).values()):
            comments.put(_SLOTS[name], _SLOTS[name].without(value, present))
    ours = comments.vendor == _VENDOR and not comments.texts and not comments.rest
    return b"" if ours else comments.encoded()


def followed(block: bytes, old: bytes, new: bytes) -> bytes:
    """`block` with what changes from `old` to `new`, key by key, but for the keys of which it says something
    else than `old`. Raises `CorruptFile` as `read` does.
    """
    comments, before, after = _parsed(block), _by_key(old), _by_key(new)
    there = _by_key(block)
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    for key in changed:
        if there.get(key) == before.get(key):
            comments.texts[:] = [text for text in comments.texts if text[0] != key]
            comments.texts.extend((key, text) for text in after.get(key, ()))
    return comments.encoded()


def _by_key(block: bytes) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for key, text in _parsed(block).texts:
        found.setdefault(key, []).append(text)
    return found


def _parsed(block: bytes) -> _Comments:
    vendor, at = _text(block, 0)
    (count,) = struct.unpack("<I", _bytes(block, at, 4))
    at += 4
    if count > min((len(block) - at) // 4, _MAX_COMMENTS):
        raise CorruptFile(f"a Vorbis comment block of {count} comments: more than fit in it, or absurd")
    texts = []
    for _ in range(count):
        text, at = _text(block, at)
        texts.append((text[:_KEY].partition(b"=")[0].upper(), text))
    return _Comments(vendor, texts, block[at:])


def _text(block: bytes, at: int) -> tuple[bytes, int]:
    (size,) = struct.unpack("<I", _bytes(block, at, 4))
    return _bytes(block, at + 4, size), at + 4 + size


def _bytes(block: bytes, at: int, size: int) -> bytes:
    if at + size > len(block):
        raise CorruptFile("a comment does not fit in its Vorbis comment block")
    return block[at : at + size]

"""The notice and the artist in an APEv2 tag (the specification is that of the Hydrogenaudio wiki): items with
a key and texts in UTF-8, divided by NUL.

A block is a whole tag, with the header that it may have and the footer. Keys are compared without regard to
case, and every item that is not ours keeps its bytes and its place.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ...core.checks import Value
from ...core.errors import CorruptFile
from ...formats.mpegaudio import APE
from ..mapping.columns.music import Comment
from ..mapping.fields import slots_in

FRAME: Final = 32
"""Bytes of the header and of the footer."""
VERSION: Final = 2000
HAS_HEADER: Final = 1 << 31

_FRAME = struct.Struct("<8sIIII8x")
_SIZES = struct.Struct("<II")
_IS_HEADER = 1 << 29
_MOST_ITEMS = 10_000
_NO_TEXT = 6
"""Bits of an item's flags that are set where its value is binary or a link."""
_SLOTS = {name: slot for name, slot in slots_in("ape").items() if isinstance(slot, Comment)}


@dataclass(frozen=True, slots=True)
class _Tag:
    """`items` are (key in capitals, the whole item)."""

    flags: int
    items: tuple[tuple[bytes, bytes], ...]

    def at(self, slot: Comment) -> list[int]:
        """The places of the items that are the slot's."""
        return [at for at, (key, _) in enumerate(self.items) if key == slot.key.upper().encode()]

    def texts(self, slot: Comment) -> list[str]:
        """The texts of the first of them."""
        return next((_texts(self.items[at][1]) for at in self.at(slot)), [])

    def put(self, slot: Comment, texts: Sequence[str]) -> _Tag:
        """Where the first of them stands, or at the end."""
        places = self.at(slot)
        first = min(places, default=len(self.items))
        rest = [item for at, item in enumerate(self.items[first:], first) if at not in places]
        new = [(slot.key.upper().encode(), _item(slot.key, texts))] if texts else []
        return replace(self, items=(*self.items[:first], *new, *rest))

    def encoded(self) -> bytes:
        """Empty without items."""
        body = b"".join(raw for _, raw in self.items)
        frame = (APE, VERSION, len(body) + FRAME, len(self.items))
        header = _FRAME.pack(*frame, self.flags | _IS_HEADER) if self.flags & HAS_HEADER else b""
        return header + body + _FRAME.pack(*frame, self.flags) if self.items else b""


def read(block: bytes) -> dict[str, Value]:
    """The rights in a tag. Raises `CorruptFile` where a length does not fit."""
    tag = _parsed(block)
    found = {name: slot.value(tag.texts(slot)) for name, slot in _SLOTS.items()}
    return {name: value for name, value in found.items() if value is not None}


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """`block`, or a new one, with the rights in `values`; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    tag = before = _Tag(HAS_HEADER, ()) if block is None else _parsed(block)
    for name, value in values.items():
        slot = _SLOTS[name]
        texts = slot.texts(value)
        if len(tag.at(slot)) != 1 or slot.value(tag.texts(slot)) != slot.value(texts):
            tag = tag.put(slot, texts)
    return block if block is not None and tag == before else tag.encoded()


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """`block` without these fields; empty if no item is left."""
    tag = _parsed(block)
    for name in values:
        tag = tag.put(_SLOTS[name], ())
    return tag.encoded()


def _parsed(block: bytes) -> _Tag:
    if len(block) < FRAME:
        raise CorruptFile("the APE tag is cut off")
    mark, version, size, count, flags = _FRAME.unpack_from(block, len(block) - FRAME)
    body = block[FRAME if flags & HAS_HEADER else 0 : -FRAME]
    if mark != APE or version != VERSION or size != len(body) + FRAME or count > _MOST_ITEMS:
        raise CorruptFile("the footer of the APE tag is damaged")
    items: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(body):
        key_at = at + _SIZES.size
        end = body.find(b"\0", key_at) + 1
        if not end:
            raise CorruptFile("an item of the APE tag is cut off")
        end += _SIZES.unpack_from(body, at)[0]
        if end > len(body):
            raise CorruptFile("an item of the APE tag does not fit in it")
        items.append((body[key_at:end].partition(b"\0")[0].upper(), body[at:end]))
        at = end
    if len(items) != count:
        raise CorruptFile("the APE tag has another number of items than it says")
    return _Tag(flags, tuple(items))


def _texts(item: bytes) -> list[str]:
    _, flags = _SIZES.unpack_from(item)
    value = item[_SIZES.size :].partition(b"\0")[2]
    return [] if flags & _NO_TEXT else value.decode(errors="replace").split("\0")


def _item(key: str, texts: Sequence[str]) -> bytes:
    value = "\0".join(texts).encode()
    return _SIZES.pack(len(value), 0) + key.encode() + b"\0" + value

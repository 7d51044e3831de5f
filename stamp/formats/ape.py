"""APEv2 tags (the specification is that of the Hydrogenaudio wiki): a header, which may be missing, items
with a key, flags and a value, and a footer.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..core.errors import CorruptFile

MARK: Final = b"APETAGEX"
FRAME: Final = 32
"""Bytes of the header and of the footer."""
HAS_HEADER: Final = 1 << 31

_VERSION = 2000
_FRAME = struct.Struct("<8sIIII8x")
_SIZES = struct.Struct("<II")
_IS_HEADER = 1 << 29
_MOST_ITEMS = 10_000
_NO_TEXT = 6
"""Bits of an item's flags that are set where its value is binary or a link."""

Item = tuple[bytes, bytes]
"""The key in capitals, and the whole item."""


@dataclass(frozen=True, slots=True)
class Tag:
    """`flags` are those of the footer."""

    flags: int
    items: tuple[Item, ...]

    def encoded(self) -> bytes:
        """The whole tag; empty without items."""
        body = b"".join(raw for _, raw in self.items)
        frame = (MARK, _VERSION, len(body) + FRAME, len(self.items))
        header = _FRAME.pack(*frame, self.flags | _IS_HEADER) if self.flags & HAS_HEADER else b""
        return header + body + _FRAME.pack(*frame, self.flags) if self.items else b""


def length(footer: bytes) -> int:
    """How long the tag is that ends with these 32 bytes, 0 if none does."""
    if len(footer) < FRAME or footer[:8] != MARK:
        return 0
    _, _, size, _, flags = _FRAME.unpack(footer)
    return int(size) + (FRAME if flags & HAS_HEADER else 0)


def parse(block: bytes) -> Tag:
    """The tag that `block` is. Raises `CorruptFile` where a length does not fit, or for another version."""
    if len(block) < FRAME:
        raise CorruptFile("the APE tag is cut off")
    mark, version, size, count, flags = _FRAME.unpack_from(block, len(block) - FRAME)
    body = block[FRAME if flags & HAS_HEADER else 0 : -FRAME]
    if mark != MARK or version != _VERSION or size != len(body) + FRAME or count > _MOST_ITEMS:
        raise CorruptFile("the footer of the APE tag is damaged")
    items: list[Item] = []
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
    return Tag(flags, tuple(items))


def texts(item: Item) -> list[str]:
    """The texts in an item, none where its value is something else."""
    raw = item[1]
    _, flags = _SIZES.unpack_from(raw)
    value = raw[_SIZES.size :].partition(b"\0")[2]
    return [] if flags & _NO_TEXT else value.decode(errors="replace").split("\0")


def item(key: str, texts: Sequence[str]) -> Item:
    """An item with texts."""
    value = "\0".join(texts).encode()
    return key.upper().encode(), _SIZES.pack(len(value), 0) + key.encode() + b"\0" + value

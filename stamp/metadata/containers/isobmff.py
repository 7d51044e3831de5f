"""Boxes of the ISO base media file format (ISO/IEC 14496-12, section 4.2), which HEIF, AVIF and JPEG XL
share.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from ...errors import CorruptFile, UnsupportedFormat

MAX_BOXES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Box:
    """A box at data[start:end]; its content begins at `content`."""

    kind: bytes
    start: int
    content: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> list[Box]:
    """The boxes in data[start:end]. Raises `CorruptFile` if they do not fill it exactly."""
    found: list[Box] = []
    stop = len(data) if end is None else end
    position = start
    while position < stop:
        if position + 8 > stop or len(found) == MAX_BOXES:
            raise CorruptFile(f"a box at byte {position} is cut off")
        size, kind = struct.unpack_from(">I4s", data, position)
        content = position + 8
        if size == 1 and content + 8 <= stop:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif size == 0:
            size = stop - position
        if size < content - position or position + size > stop:
            raise CorruptFile(f"the box at byte {position} does not fit in what holds it")
        found.append(Box(kind, position, content, position + size))
        position += size
    return found


def packed(value: int, size: int) -> bytes:
    """A number in `size` bytes. Raises `UnsupportedFormat` where it does not fit."""
    try:
        return value.to_bytes(size, "big")
    except OverflowError:
        raise UnsupportedFormat(f"an offset or a count is too large for its field of {size} bytes") from None


def box(kind: bytes, *contents: bytes) -> bytes:
    """A box with its header. Raises `UnsupportedFormat` above 4 GiB."""
    return b"".join((packed(8 + sum(map(len, contents)), 4), kind, *contents))

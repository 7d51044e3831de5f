"""Boxes of the ISO base media file format (ISO/IEC 14496-12, section 4.2), which MP4, QuickTime, HEIF, AVIF
and JPEG XL share.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..core.errors import CorruptFile, UnsupportedFormat
from .source import Source

MAX_BOXES: Final = 100_000
MAX_TOP_BOXES: Final = 500_000
"""A film that was recorded in fragments has two boxes for each of them."""

_header = struct.Struct(">I4s").unpack_from
_MAX_SLACK: Final = 1 << 16
_NEAR: Final = 1 << 14
"""What is not larger is read at once and not header by header: a slice of a file takes ten times as long as
one of bytes."""


class Box(NamedTuple):
    """A box at data[start:end]; its content begins at `content`."""

    kind: bytes
    start: int
    content: int
    end: int


def boxes(
    data: Source, start: int = 0, end: int | None = None, *, most: int = MAX_BOXES, slack: bool = False
) -> list[Box]:
    """The boxes in data[start:end]. Raises `CorruptFile` if they do not fill it exactly; with `slack`, zeros
    may follow the last one (QuickTime ends its user data with four).

    Only the last box of a file, where `end` is not given, may leave its size open.
    """
    return list(walk(data, start, end, most=most, slack=slack))


def walk(
    data: Source, start: int = 0, end: int | None = None, *, most: int = MAX_BOXES, slack: bool = False
) -> Iterator[Box]:
    """`boxes`, one after the other."""
    stop = len(data) if end is None else end
    position, count = start, 0
    near = data[start:stop] if stop - start <= _NEAR else None
    while position < stop:
        if near is None:
            head = data[position : min(position + 16, stop)]
        else:
            head = near[position - start : position - start + 16]
        size, kind = _header(head) if len(head) >= 8 else (0, b"")
        if slack and not size and stop - position <= _MAX_SLACK and not any(data[position:stop]):
            return
        if not kind or count == most:
            raise CorruptFile(f"a box at byte {position} is cut off, or one too many")
        content = position + 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
            content += 8
        elif size == 0 and end is None:
            size = stop - position
        if size < content - position or position + size > stop:
            raise CorruptFile(f"the box at byte {position} does not fit in what holds it")
        yield Box(kind, position, content, position + size)
        position += size
        count += 1


def packed(value: int, size: int) -> bytes:
    """A number in `size` bytes. Raises `UnsupportedFormat` where it does not fit."""
    try:
        return value.to_bytes(size, "big")
    except OverflowError:
        raise UnsupportedFormat(f"an offset or a count is too large for its field of {size} bytes") from None


def box(kind: bytes, *contents: bytes) -> bytes:
    """A box with its header. Raises `UnsupportedFormat` above 4 GiB."""
    return b"".join((packed(8 + sum(map(len, contents)), 4), kind, *contents))

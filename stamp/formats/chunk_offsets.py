"""Tables of places in an MP4 or QuickTime file: chunk offsets (`stco`, `co64`; ISO/IEC 14496-12, section
8.7.5) and auxiliary information (`saio`; 8.7.9). Whoever moves media data reads and writes them here.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..core.errors import CorruptFile, UnsupportedFormat
from .isobmff import BoxTree
from .source import Source

KINDS: Final = (b"stco", b"co64", b"saio")


class Span(NamedTuple):
    """The numbers of a table, data[start:end]; each has so many bytes: 4 or 8."""

    start: int
    end: int
    width: int


def span(data: Source, kind: bytes, content: int, end: int) -> Span:
    """Return where the numbers of a table of this kind are, whose content is data[content:end]. Raises
    `CorruptFile` where they do not fit in it.
    """
    at, width = content + 4, 8 if kind == b"co64" else 4
    if kind == b"saio":
        version_and_flags = data[content:at].ljust(4, b"\0")
        at += 8 if version_and_flags[3] & 1 else 0
        width = 8 if version_and_flags[0] else 4
    count = int.from_bytes(data[at : at + 4], "big")
    if at + 4 + count * width > end:
        raise CorruptFile("a table of chunks is longer than its box")
    return Span(at + 4, at + 4 + count * width, width)


def decoded(raw: bytes, width: int) -> array[int]:
    """Return the numbers in `raw`, of so many bytes each."""
    numbers = array("I" if width == 4 else "Q", raw)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def encoded(numbers: Sequence[int], width: int) -> bytes:
    """Return the bytes of the numbers. Raises `UnsupportedFormat` where one does not fit."""
    try:
        raw = array("I" if width == 4 else "Q", numbers)
    except OverflowError:
        raise UnsupportedFormat(f"a chunk's offset is too large for its field of {width} bytes") from None
    if sys.byteorder == "little":
        raw.byteswap()
    return raw.tobytes()


def chunk_offsets(track: BoxTree) -> array[int]:
    """Return where the chunks of a track are in the file. Raises `CorruptFile`."""
    table = _table(track)
    start, end, width = span(table.content, table.kind, 0, len(table.content))
    return decoded(table.content[start:end], width)


def set_chunk_offsets(track: BoxTree, offsets: Sequence[int]) -> None:
    """State that the chunks of a track are at `offsets` now. Raises `UnsupportedFormat` above 4 GiB where the
    track has 32-bit offsets, `CorruptFile`.
    """
    table = _table(track)
    numbers = encoded(offsets, 8 if table.kind == b"co64" else 4)
    table.content = table.content[:4] + struct.pack(">I", len(offsets)) + numbers


def widen(track: BoxTree) -> None:
    """Give a track 64-bit chunk offsets. Raises `CorruptFile`."""
    table, offsets = _table(track), chunk_offsets(track)
    table.kind = b"co64"
    set_chunk_offsets(track, offsets)


def _table(track: BoxTree) -> BoxTree:
    samples = track.at(b"mdia", b"minf", b"stbl")
    return samples.get(b"co64") or samples.at(b"stco")

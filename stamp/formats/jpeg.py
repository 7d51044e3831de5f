"""The marker segments of a JPEG file (ISO/IEC 10918-1, annex B)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from ..core.errors import CorruptFile
from .source import CHUNK, Source

SOI, EOI, SOS, DQT, DHT, DRI = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD
APP0, APP1, APP2, APP11, APP13, APP14, COM = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xFE
EXIF: Final = b"Exif\0\0"
XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
GLANCE: Final = 64
"""Bytes of a segment, marker included, that are read with its header."""

_NEAR = 1 << 11
"""How much is read at once: a slice of a file takes ten times as long as one of bytes."""
_marker_and_length = struct.Struct(">BH").unpack_from
_ALONE = {0x00, 0x01, *range(0xD0, 0xD9)}
"""Codes without a length behind them; 0 is no marker."""
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
# In a scan, 0xFF is followed by 0 (a data byte), a restart marker, another 0xFF (padding) or the next marker.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Segment(NamedTuple):
    """A marker segment at data[start:end], fill bytes included; its payload starts at `payload`, with the
    bytes `head`.
    """

    marker: int
    start: int
    payload: int
    end: int
    head: bytes

    def begins(self, marker: int, prefix: bytes) -> bool:
        return self.marker == marker and self.head.startswith(prefix)


def segments(data: Source) -> Iterator[Segment]:
    """The segments from the start of a file to the first SOS, which is left out. Raises `CorruptFile` for
    anything else between them, and for a file that ends before.
    """
    size = len(data)
    start = base = 2
    near = b""
    while True:
        if start + GLANCE > base + len(near):
            base, near = start, data[start : start + _NEAR]
        head = near[start - base : start - base + GLANCE]
        if head[:1] != b"\xff":
            raise CorruptFile(f"JPEG: no marker where one must stand (byte {start})")
        position = start + 1
        if head[1:2] == b"\xff":
            position = _behind_fill(data, position)
            head = data[position - 1 : position - 1 + GLANCE]
        if len(head) < 4:
            raise CorruptFile("JPEG: the file ends before the picture begins")
        marker = head[1]
        if marker == SOS:
            return
        if marker in _ALONE or marker == EOI:
            raise CorruptFile(f"JPEG: marker FF{marker:02X} where a segment must stand (byte {position})")
        segment = _segment(start, position, head, size)
        yield segment
        start = segment.end


def tolerated_segments(data: Source) -> Iterator[Segment]:
    """All segments as decoders see them, who skip what does not belong there: those behind a scan, too, SOS
    without its scan, and EOI, empty where the file ends without it. Raises `CorruptFile` for one that does
    not fit in the file.
    """
    size = len(data)
    at: int | None = 2
    while at is not None:
        start = _search(_MARKER, data, at)
        if start is None:
            at = size - 1 if at < size and data[size - 1 : size] == b"\xff" else size
            yield Segment(EOI, at, at, at, b"")
            return
        head = data[start : start + GLANCE]
        if head[1] == EOI:
            yield Segment(EOI, start, start + 2, start + 2, b"")
            return
        segment = _segment(start, start + 1, head, size)
        yield segment
        at = segment.end if segment.marker != SOS else _search(_END_OF_SCAN, data, segment.end)
    yield Segment(EOI, size, size, size, b"")


def _segment(start: int, position: int, head: bytes, size: int) -> Segment:
    """The segment at byte `start` whose code is at byte `position`; `head` begins right before that."""
    marker, length = _marker_and_length(head, 1) if len(head) >= 4 else (head[1], 0)
    end = position + 1 + length
    if length < 2 or end > size:
        raise CorruptFile(f"JPEG: the segment at byte {start} does not fit in the file")
    return Segment(marker, start, position + 3, end, head[4 : 2 + length])


def _behind_fill(data: Source, position: int) -> int:
    """Where the first byte is, from `position` on, that is not FF, the fill in front of a marker."""
    size = GLANCE
    while run := data[position : position + size]:
        if rest := run.lstrip(b"\xff"):
            return position + len(run) - len(rest)
        position += size
        size = min(2 * size, CHUNK)
    return position


def _search(pattern: re.Pattern[bytes], data: Source, at: int) -> int | None:
    """Where two bytes are, from byte `at` on, that match."""
    size = GLANCE
    while at + 1 < len(data):
        if match := pattern.search(data[at : at + size]):
            return at + match.start()
        at += size - 1
        size = min(4 * size, CHUNK)
    return None

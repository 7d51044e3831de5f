"""Ogg pages (RFC 3533): reading them, packets out of them and into them, and their checksum."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ..core.errors import CorruptFile
from .source import Source

CONTINUED: Final = 1
FIRST: Final = 2
LAST: Final = 4
NO_PACKET_ENDS: Final = -1
MOST_STREAMS: Final = 10_000
"""In a chain: weeks of radio have fewer."""
_FIXED = 27
_SEGMENTS = 255
_LONGEST_HEAD = _FIXED + _SEGMENTS
_WINDOW = 1 << 16
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """A page at data[at:end] whose packets are data[start:end], cut into segments of the lengths in `lacing`.

    granule : position at its end in samples, -1 where no packet ends in it.
    """

    at: int
    start: int
    end: int
    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes


def pages(data: Source, at: int = 0, *, to_cut: bool = False) -> Iterator[Page]:
    """All pages from a byte on. Raises `CorruptFile` where there is something else, or one is cut off; with
    `to_cut` the last may be, and is left out.
    """
    size = len(data)
    window, first = b"", at
    while at < size and not (to_cut and at + _FIXED > size):
        if at + _LONGEST_HEAD > first + len(window):
            window, first = data[at : at + _WINDOW], at
        head = window[at - first : at - first + _LONGEST_HEAD]
        if head[:5] != b"OggS\0" or len(head) < _FIXED:
            raise CorruptFile(f"Ogg: no page where one must begin (byte {at}): cut off or damaged")
        flags, granule, serial, sequence, _, count = struct.unpack_from("<BqIIIB", head, 5)
        start = at + _FIXED + count
        lacing = head[_FIXED : _FIXED + count]
        end = start + sum(lacing)
        if len(lacing) < count or end > size:
            if to_cut:
                return
            raise CorruptFile(f"Ogg: the page at byte {at} is cut off")
        yield Page(at, start, end, flags, granule, serial, sequence, lacing)
        at = end


def is_intact(data: Source, page: Page) -> bool:
    """Whether the checksum of a page is right; decoders leave it out otherwise."""
    raw = data[page.at : page.end]
    return checksum(raw[:22] + bytes(4) + raw[26:]) == raw[22:26]


def split(lacing: bytes, content: bytes, part: bytes = b"") -> tuple[list[bytes], bytes]:
    """The packets that end in the content of a page, or of several, of which the first begins with `part`;
    and the beginning of one that does not.
    """
    found: list[bytes] = []
    start = at = 0
    for length in lacing:
        at += length
        if length < 255:
            found.append(part + content[start:at])
            part, start = b"", at
    return found, part + content[start:]


def packed(packets: Sequence[bytes], serial: int, sequence: int, granule: int, flags: int = 0) -> list[bytes]:
    """Pages with whole packets, the first numbered `sequence` and with these `flags`; `granule` is for those
    in which a packet ends.
    """
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    content = b"".join(packets)
    found: list[bytes] = []
    start = 0
    for first in range(0, len(lacing), _SEGMENTS):
        segments = lacing[first : first + _SEGMENTS]
        end = start + sum(segments)
        ends = segments.strip(b"\xff") != b""
        if first:
            flags = CONTINUED if lacing[first - 1] == 255 else 0
        position, number = granule if ends else NO_PACKET_ENDS, sequence + len(found)
        found.append(encoded(flags, position, serial, number, segments, content[start:end]))
        start = end
    return found


def encoded(flags: int, granule: int, serial: int, sequence: int, lacing: bytes, content: bytes) -> bytes:
    """A whole page, with its checksum."""
    head = b"OggS\0" + struct.pack("<BqII", flags, granule, serial, sequence)
    rest = bytes([len(lacing)]) + lacing + content
    return head + checksum(head + bytes(4) + rest) + rest


def renumbered(data: Source, page: Page, sequence: int) -> bytes:
    """The eight bytes of a page's number and checksum for another number. The checksum is linear: one that
    was wrong stays wrong, so that damage is not hidden.
    """
    old, new = struct.pack("<I", page.sequence), struct.pack("<I", sequence)
    difference = checksum(_differing(old, new) + bytes(page.end - page.at - 22))
    return new + _differing(data[page.at + 22 : page.at + 26], difference)


def checksum(page: bytes) -> bytes:
    """RFC 3533, section 6: CRC-32 with the polynomial 0x04C11DB7, most significant bit first, from zero.

    zlib has the same polynomial with the bits of each byte, and of the result, the other way round.
    """
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return struct.pack(">I", mirrored).translate(_REVERSED)


def _differing(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))

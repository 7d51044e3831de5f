"""The header frame before the sound of an MP3 file, by which players know where the music begins and ends.

There is no standard: "Mp3 Info Tag rev 1 specifications" (Gabriel Bouvigne) describes what LAME writes.
"""

from __future__ import annotations

from dataclasses import dataclass

_SIDE = {(3, False): 32, (3, True): 17}  # bytes of side information in MPEG-1; 17 and 9 otherwise
_WRITERS = (b"LAME", b"Lavf", b"Lavc")
_GAINS = 11
"""Where the peak and two replay gains are."""
NO_GAINS = bytes(8)
_CHECK = 34
"""Where the checksum of all that is before it is."""
_REACH = 38 + 120 + _CHECK + 2
"""Bytes of the longest header, with its checksum."""


@dataclass(frozen=True, slots=True)
class Header:
    """start : the first byte of the frame. lame : of LAME's part of it. length : of the music, in sample
    frames. delay : what the encoder put before it. whole : what a decoder makes of all packets. size : bytes
    of all packets, 0 where that is not given. gains : the peak and the replay gains."""

    start: int
    lame: int
    length: int
    delay: int
    whole: int
    size: int
    gains: bytes


def find_header(head: bytes) -> Header | None:
    """Read the header frame in the first bytes behind the tags; None where there is none."""
    start = head.find(b"\xff")
    if start < 0 or len(head) < start + _REACH:
        return None
    second, fourth = head[start + 1], head[start + 3]
    version, mono, crc = second >> 3 & 3, fourth >> 6 == 3, not second & 1
    if second & 0xE0 != 0xE0 or second >> 1 & 3 != 1:  # layer III
        return None
    side = start + 4 + _SIDE.get((version, mono), 9 if mono else 17)
    # LAME leaves no room for the frame's own checksum, also where the frame says that it has one.
    places = (side, side + 2) if crc else (side,)
    at = next((place for place in places if head[place : place + 4] in (b"Xing", b"Info")), None)
    if at is None:
        return None
    flags = int.from_bytes(head[at + 4 : at + 8], "big")
    lame = at + 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    if not flags & 1 or head[lame : lame + 4] not in _WRITERS:
        return None
    whole = int.from_bytes(head[at + 8 : at + 12], "big") * (1152 if version == 3 else 576)
    size = int.from_bytes(head[at + 12 : at + 16], "big") if flags & 2 else 0
    pads = int.from_bytes(head[lame + 21 : lame + 24], "big")
    length = whole - (pads >> 12) - (pads & 0xFFF)
    gains = head[lame + _GAINS : lame + _GAINS + len(NO_GAINS)]
    return Header(start, lame, length, pads >> 12, whole, size, gains) if length > 0 else None


def completed(head: bytes, length: int, gains: bytes) -> bytes:
    """`head` with a padding that makes the music `length` sample frames long, and with the source's gains
    (`NO_GAINS` where there are none).

    FFmpeg's muxer counts only the padding in the last packet, so that the music seems up to 48 samples too
    long where it begins in the one before.
    """
    found = find_header(head)
    if found is None:
        return head
    changed = bytearray(head)
    pads = found.delay << 12 | found.whole - found.delay - length
    changed[found.lame + 21 : found.lame + 24] = pads.to_bytes(3, "big")
    changed[found.lame + _GAINS : found.lame + _GAINS + len(gains)] = gains
    end = found.lame + _CHECK
    changed[end : end + 2] = _crc16(changed[found.start : end]).to_bytes(2, "big")
    return bytes(changed)


def _crc16(data: bytes | bytearray) -> int:
    """CRC-16 with the polynomial 8005, lowest bit first, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc

"""HEVC packets as NAL units (ITU-T H.265), and the units in them that describe single frames of HDR.

Units are bytes with their header of two bytes, and without a start code or a length. What they carry has
emulation prevention (7.4.2): a byte 3 after two zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

RPU = 62  # an unspecified type, in which Dolby Vision puts a frame's metadata; its last unit
ENHANCEMENT = 63  # a second layer of Dolby Vision
_SEI, _FIRST_NOT_CODED = 39, 32  # SEI in front of the picture; types below are slices
_REGISTERED = 4  # user_data_registered_itu_t_t35 (D.2.6)
# SMPTE ST 2094-40 (HDR10+): country, provider, provider oriented code, application 4.
_HDR10_PLUS = bytes.fromhex("b5003c000104")
_START = b"\0\0\0\1"
_CODE = re.compile(rb"\x00\x00\x01")


def length_size(extradata: bytes) -> int | None:
    """Return of how many bytes the lengths in front of units are (ISO/IEC 14496-15, 8.3.3.1); None where
    units have start codes instead."""
    return (extradata[21] & 3) + 1 if len(extradata) > 22 and extradata[0] == 1 else None


def units(data: bytes, size: int | None) -> Iterator[bytes]:
    """Yield the units of a packet, `length_size` being `size`; what passes its end is left out."""
    if size is None:
        starts = [found.end() for found in _CODE.finditer(data)]
        for start, following in zip(starts, [*starts[1:], len(data) + 3], strict=False):
            yield data[start : following - 3].rstrip(b"\0")
        return
    at = 0
    while at + size < len(data):
        length = int.from_bytes(data[at : at + size], "big")
        at += size
        if at + length > len(data):
            return
        yield data[at : at + length]
        at += length


def type_of(unit: bytes) -> int:
    """Return the type of a unit."""
    return (unit[0] >> 1) & 63 if len(unit) > 2 else -1


def hdr10_plus(unit: bytes) -> bytes | None:
    """Return a unit with the HDR10+ metadata of an SEI unit alone; None where it has none."""
    if type_of(unit) != _SEI:
        return None
    payload, at = re.sub(rb"\x00\x00\x03", b"\0\0", unit[2:]), 0
    while at + 2 < len(payload):
        numbers = []
        for _ in range(2):  # type and size, each as bytes of 255 and a rest (7.3.5)
            number = 0
            while at < len(payload) and payload[at] == 255:
                number, at = number + 255, at + 1
            if at == len(payload):
                return None
            numbers.append(number + payload[at])
            at += 1
        kind, length = numbers
        message = payload[at : at + length]
        if kind == _REGISTERED and message.startswith(_HDR10_PLUS):
            coded = bytes([_REGISTERED]) + b"\xff" * (length // 255) + bytes([length % 255])
            return unit[:2] + _escaped(coded + message + b"\x80")
        at += length
    return None


def _escaped(payload: bytes) -> bytes:
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\0\0\3", payload)


def with_units(data: bytes, before: Sequence[bytes], after: Sequence[bytes]) -> bytes:
    """Return a packet with start codes, with units put before its first slice and at its end."""
    parts = list(units(data, None))
    first = next((n for n, unit in enumerate(parts) if 0 <= type_of(unit) < _FIRST_NOT_CODED), len(parts))
    return b"".join(_START + unit for unit in (*parts[:first], *before, *parts[first:], *after))

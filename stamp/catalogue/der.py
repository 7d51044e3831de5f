"""As much of DER (ITU-T X.690) as time stamps ask for: values with a tag of one byte, written and taken
apart."""

from __future__ import annotations

from typing import Final

INTEGER: Final = 0x02
OCTETS: Final = 0x04
SEQUENCE: Final = 0x30
SET: Final = 0x31
FIRST: Final = 0xA0
"""The tag of an optional part with the number 0."""


def value(tag: int, *parts: bytes) -> bytes:
    """Return a value of this tag."""
    content = b"".join(parts)
    count = len(content)
    digits = count.to_bytes((count.bit_length() + 7) // 8, "big")
    length = bytes([count]) if count < 0x80 else bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + length + content


def integer(number: int) -> bytes:
    """Return a number from 0 on."""
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def parts(whole: bytes) -> list[bytes]:
    """Return the values that a value is made of. Raises ValueError where it is cut off or followed by
    something."""
    header, end = _extent(whole, 0)
    if end != len(whole):
        raise ValueError("something follows the value")
    found = []
    while header < end:
        _, after = _extent(whole, header)
        found.append(whole[header:after])
        header = after
    return found


def _extent(data: bytes, start: int) -> tuple[int, int]:
    """Where the content of the value at `start` begins, and where it ends."""
    if start + 2 > len(data):
        raise ValueError("a value is cut off")
    length, content = data[start + 1], start + 2
    if length & 0x80:
        count = length & 0x7F
        length, content = int.from_bytes(data[content : content + count], "big"), content + count
        if not 0 < count <= 4:
            raise ValueError("a value has no length, or an endless one")
    if content + length > len(data):
        raise ValueError("a value is cut off")
    return content, content + length

"""EBML (RFC 8794), the form of Matroska files: elements with an identifier, a size, and content."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ..core.errors import CorruptFile, UnsupportedFormat
from .source import Source

HEADER: Final = 0x1A45DFA3
SEGMENT: Final = 0x18538067
"""All of a Matroska file behind its header (RFC 9559, section 5.1)."""
VOID: Final = 0xEC
CRC32: Final = 0xBF
_DOC_TYPE: Final = 0x4282
_LONGEST_HEADER: Final = 12


@dataclass(frozen=True, slots=True)
class Element:
    """An element at data[start:end]; its content begins at `content`. `sized` is False where the size is
    unknown, and `end` is then where what holds it ends.
    """

    id: int
    start: int
    content: int
    end: int
    sized: bool = True

    @property
    def size(self) -> int:
        return self.end - self.start


def element(data: Source, start: int, stop: int) -> Element:
    """The element at `start`. Raises `CorruptFile` for an invalid identifier or size, and for one that passes
    `stop`.
    """
    head = data[start : min(start + _LONGEST_HEADER, stop)]
    wide = _width(head, 0)
    sized_in = _width(head, wide)
    if not 0 < wide <= 4 or not sized_in or len(head) < wide + sized_in:
        raise CorruptFile(f"no EBML element can be read at byte {start}")
    size = int.from_bytes(head[wide : wide + sized_in], "big") & ((1 << 7 * sized_in) - 1)
    content = start + wide + sized_in
    kind = int.from_bytes(head[:wide], "big")
    if size == (1 << 7 * sized_in) - 1:
        return Element(kind, start, content, stop, sized=False)
    if content + size > stop:
        raise CorruptFile(f"the EBML element at byte {start} does not fit in what holds it")
    return Element(kind, start, content, content + size)


def elements(data: Source, start: int = 0, stop: int | None = None) -> Iterator[Element]:
    """The elements in data[start:stop], which all have a size. Raises `CorruptFile`."""
    end = len(data) if stop is None else stop
    while start < end:
        part = element(data, start, end)
        if not part.sized:
            raise CorruptFile(f"the EBML element at byte {start} has no size, which only live streams may do")
        yield part
        start = part.end


def doc_type(data: Source) -> bytes:
    """Return what kind of document begins with `data`, such as b"webm" (RFC 8794, section 11.2.6); empty
    where it has no header, or `data` ends before its header says so.
    """
    with suppress(CorruptFile):
        header = element(data, 0, sys.maxsize)
        for part in elements(data, header.content, header.end if header.id == HEADER else header.content):
            if part.id == _DOC_TYPE:
                return data[part.content : part.end].rstrip(b"\0")
    return b""


def number(content: bytes) -> int:
    """An unsigned integer."""
    return int.from_bytes(content, "big")


def packed_number(value: int, least: int = 1) -> bytes:
    """An unsigned integer in as few bytes as hold it, but not fewer than `least`."""
    return value.to_bytes(max(least, (value.bit_length() + 7) // 8), "big")


def vint(value: int, least: int = 1) -> bytes:
    """A size in as few bytes as hold it, but not fewer than `least` (RFC 8794, section 4)."""
    width = max(least, (value + 1).bit_length() // 7 + ((value + 1).bit_length() % 7 > 0))
    if width > 8:
        raise UnsupportedFormat("an EBML element would be too large")
    return (value | 1 << 7 * width).to_bytes(width, "big")


def encoded(kind: int, *contents: bytes, size_width: int = 1) -> bytes:
    """An element; its size is in at least so many bytes."""
    size = vint(sum(map(len, contents)), size_width)
    return b"".join((packed_number(kind), size, *contents))


def void_header(size: int) -> bytes:
    """The beginning of an element of `size` bytes (2 or more) that says nothing."""
    width = 1 if size < 10 else 8
    return packed_number(VOID) + vint(size - 1 - width, width)


def master(kind: int, children: Iterable[bytes], *, size_width: int = 1) -> bytes:
    """An element with children. A checksum among them (CRC-32, the first; RFC 8794, section 11.3.1) is set
    right.
    """
    parts = list(children)
    if parts and parts[0][:1] == bytes([CRC32]):
        parts[0] = checksum(parts[1:])
    return encoded(kind, *parts, size_width=size_width)


def checksum(parts: Iterable[bytes]) -> bytes:
    """The element CRC-32 over what follows it."""
    return encoded(CRC32, checksum_value(parts))


def checksum_value(parts: Iterable[bytes]) -> bytes:
    """Return the four bytes in an element CRC-32 over `parts`."""
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    return crc.to_bytes(4, "little")


def size_width(raw: bytes) -> int:
    """In how many bytes an element gives its size."""
    return _width(raw, _width(raw, 0))


def _width(head: bytes, at: int) -> int:
    """The length of the number at `at`, by the position of its first one bit; 0 if it has none."""
    return 9 - head[at].bit_length() if at < len(head) and head[at] else 0

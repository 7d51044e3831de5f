"""The metadata blocks of FLAC (RFC 9639, section 8): four bytes with type and length, and the content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..core.errors import CorruptFile
from .source import Source

SIGNATURE: Final = b"fLaC"
STREAMINFO, PADDING, SEEKTABLE, COMMENT, INVALID = 0, 1, 3, 4, 127
LAST: Final = 0x80
HEADER: Final = 4
LARGEST: Final = (1 << 24) - 1


@dataclass(frozen=True, slots=True)
class Block:
    """A metadata block at data[at:end], its header included; `first` is that one's first byte."""

    first: int
    at: int
    end: int

    @property
    def kind(self) -> int:
        return self.first & ~LAST

    @property
    def start(self) -> int:
        """The byte at which its content begins."""
        return self.at + HEADER

    @property
    def size(self) -> int:
        return self.end - self.start


def blocks(data: Source, at: int) -> Iterator[Block]:
    """The metadata blocks from byte `at`, behind the signature, to the one that says that it is the last.
    Raises `CorruptFile` for one that does not fit in the file.
    """
    first = 0
    while not first & LAST:
        head = data[at : at + HEADER]
        if len(head) < HEADER:
            raise CorruptFile("FLAC: the file ends within its metadata")
        first, end = head[0], at + HEADER + int.from_bytes(head[1:], "big")
        if end > len(data):
            raise unfit(at)
        yield Block(first, at, end)
        at = end


def unfit(at: int) -> CorruptFile:
    """The error for the block at byte `at`."""
    return CorruptFile(f"FLAC: the metadata block at byte {at} is damaged or does not fit in the file")


def header(kind: int, size: int, *, last: bool) -> bytes:
    """The four bytes before `size` bytes of content."""
    return bytes([kind | (LAST if last else 0)]) + size.to_bytes(3, "big")

"""The image file directories of a TIFF structure: a TIFF or BigTIFF file, an EXIF block, the index of a
multi-picture JPEG (TIFF 6.0, section 2; the BigTIFF design of libtiff).

A directory is a number of entries, the entries (tag, type, number of values, the values or where they are)
and a pointer to the next directory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from .source import Source

TYPE_SIZES: Final = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
    129: 1,
}
"""Bytes of one value, by the type of an entry."""
_MOST_ENTRIES: Final = 500_000
"""In all directories of a file together: they may overlap, and each claim all that fits into the file."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Byte order ("<" or ">"), and the struct codes in which classic TIFF and BigTIFF differ: `word` of an
    offset, `count` of the number of entries.
    """

    order: str
    big: bool

    word: str = field(init=False)
    count: str = field(init=False)
    word_size: int = field(init=False)
    entry_size: int = field(init=False)
    pointer_at: int = field(init=False)
    """Where the header points to the first directory."""

    def __post_init__(self) -> None:
        # Worked out once: as properties, asked for at every entry, they cost a tenth of writing a notice.
        word, count, size = ("Q", "Q", 8) if self.big else ("I", "H", 4)
        for name, value in (
            ("word", word),
            ("count", count),
            ("word_size", size),
            ("entry_size", 4 + 2 * size),
            ("pointer_at", size),
        ):
            object.__setattr__(self, name, value)

    def pack(self, code: str, *values: int) -> bytes:
        return struct.pack(self.order + code, *values)

    def unpack(self, code: str, raw: bytes, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + code, raw, offset)


@dataclass(frozen=True, slots=True)
class Ifd:
    """A directory at byte `at` that says that it has `count` entries, the first of them at `first`."""

    layout: Layout
    at: int
    first: int
    count: int

    @property
    def end(self) -> int:
        """The byte behind the pointer to the next directory; what is there may end before."""
        return self.first + self.count * self.layout.entry_size + self.layout.word_size

    def entries(self, data: Source) -> list[tuple[int, bytes]]:
        """(tag, raw bytes) of the entries that are there in full."""
        size, tag = self.layout.entry_size, struct.Struct(self.layout.order + "H").unpack_from
        raw = data[self.first : self.first + self.count * size]
        return [(tag(raw, at)[0], raw[at : at + size]) for at in range(0, len(raw) - size + 1, size)]

    def following(self, data: Source) -> bytes:
        """The raw pointer to the next directory, zeros where it is left out."""
        size = self.layout.word_size
        return data[self.end - size : self.end].ljust(size, b"\0")


def is_tiff(head: bytes) -> bool:
    """Whether `head` (16 bytes or more) starts a classic or Big TIFF structure."""
    return head[:4] in (b"II*\0", b"MM\0*") or head[:8] in (b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0")


def layout_of(head: bytes) -> Layout | None:
    """The layout of the structure that begins with `head` (16 bytes or more), None where none does."""
    return Layout("<" if head[:1] == b"I" else ">", 43 in head[2:4]) if is_tiff(head) else None


def first_ifd(data: Source, layout: Layout) -> Ifd | None:
    """The directory that the header points to, None where that is not in the data."""
    pointer = data[layout.pointer_at : layout.pointer_at + layout.word_size]
    if len(pointer) < layout.word_size:
        return None
    return ifd_at(data, layout, *layout.unpack(layout.word, pointer, 0))


def ifd_at(data: Source, layout: Layout, at: int) -> Ifd | None:
    """The directory at byte `at`, None where that is not in the data; its entries may be cut off."""
    size = struct.calcsize(layout.order + layout.count)
    digits = data[at : at + size]
    return (
        Ifd(layout, at, at + size, *layout.unpack(layout.count, digits, 0)) if len(digits) == size else None
    )


def pages(data: Source) -> Iterator[Ifd]:
    """Yield the directories of a TIFF file, each once, as far as they are in the data, and as long as they
    have half a million entries in all."""
    layout = layout_of(data[0:16])
    page = first_ifd(data, layout) if layout else None
    seen: set[int] = set()
    entries = 0
    while layout and page and page.at not in seen and (entries := entries + page.count + 1) <= _MOST_ENTRIES:
        seen.add(page.at)
        yield page
        (at,) = layout.unpack(layout.word, page.following(data), 0)
        page = ifd_at(data, layout, at) if at else None

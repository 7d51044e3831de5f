"""The directories of a TIFF file (TIFF 6.0, BigTIFF): tags read, picture data replaced, the rest unmoved."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .ifd import TYPE_SIZES, Ifd, Layout, first_ifd, ifd_at
from .reading import damaged

# Tag numbers of TIFF 6.0, and of the few others that matter here.
SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 254, 256, 257, 258, 259, 262, 266
STRIP_OFFSETS, ORIENTATION, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS, PLANAR = 273, 274, 277, 278, 279, 284
PREDICTOR, COLOR_MAP, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS = 317, 320, 322, 323, 324, 325
SUB_IFDS, EXTRA_SAMPLES, SAMPLE_FORMAT, JPEG_TABLES, JPEG_OFFSET = 330, 338, 339, 347, 513
LAYERS = 37724

_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}


class Entry(NamedTuple):
    """A directory entry: tag, type, number of values, where the entry is, where its values are."""

    tag: int
    kind: int
    number: int
    at: int
    values_at: int

    @property
    def size(self) -> int:
        return TYPE_SIZES.get(self.kind, 0) * self.number


@dataclass(frozen=True)
class Directory:
    """An image file directory: its entries by tag, its place, and the place of the next one (0 for none)."""

    data: bytes
    order: str
    big: bool
    at: int
    end: int
    entries: dict[int, Entry]
    following: int

    def numbers(self, tag: int, default: list[int] | None = None) -> list[int]:
        """The integer values of a tag, `default` where it is absent."""
        entry = self.entries.get(tag)
        if entry is None:
            return default or []
        if entry.kind not in _INTEGERS:
            raise damaged(f"TIFF tag {tag} is not a whole number")
        code = f"{self.order}{entry.number}{_INTEGERS[entry.kind]}"
        return list(struct.unpack_from(code, self.data, entry.values_at))

    def number(self, tag: int, default: int = 0) -> int:
        """The first value of a tag."""
        return (self.numbers(tag) or [default])[0]

    @cached_property
    def tiled(self) -> bool:
        return TILE_OFFSETS in self.entries

    @cached_property
    def pieces(self) -> list[tuple[int, int]]:
        """Where the strips or tiles are: (offset, size) each, in file order of the tag."""
        tags = (TILE_OFFSETS, TILE_COUNTS) if self.tiled else (STRIP_OFFSETS, STRIP_COUNTS)
        offsets, sizes = (self.numbers(tag) for tag in tags)
        if not offsets or len(offsets) != len(sizes):
            raise damaged("its list of strips or tiles is incomplete")
        if any(offset + size > len(self.data) for offset, size in zip(offsets, sizes, strict=True)):
            raise damaged("its picture data runs past the end of the file")
        return list(zip(offsets, sizes, strict=True))


def first_directory(data: bytes) -> Directory:
    """IFD0. Raises CorruptFile."""
    if len(data) < 16:
        raise damaged("it ends within its header")
    layout = Layout("<" if data[:2] == b"II" else ">", data[2:4] in (b"+\0", b"\0+"))
    return _read(data, first_ifd(data, layout))


def directory(data: bytes, order: str, big: bool, at: int) -> Directory:
    """The directory at an offset. Raises CorruptFile."""
    return _read(data, ifd_at(data, Layout(order, big), at))


def _read(data: bytes, ifd: Ifd | None) -> Directory:
    """A directory; entries of unknown types, or with values out of reach, are left out."""
    if ifd is None or ifd.end > len(data):
        raise damaged("a TIFF directory runs past the end of the file")
    layout = ifd.layout
    entries: dict[int, Entry] = {}
    for place, (tag, raw) in enumerate(ifd.entries(data)):
        kind, number, pointer = layout.unpack("H" + 2 * layout.word, raw, 2)
        at = ifd.first + place * layout.entry_size
        inline = TYPE_SIZES.get(kind, 0) * number <= layout.word_size
        values_at = at + layout.entry_size - layout.word_size if inline else pointer
        entry = Entry(tag, kind, number, at, values_at)
        if kind in TYPE_SIZES and number and values_at + entry.size <= len(data):
            entries.setdefault(tag, entry)
    (following,) = layout.unpack(layout.word, ifd.following(data), 0)
    return Directory(data, layout.order, layout.big, ifd.at, ifd.end, entries, following)


def with_pieces(ifd: Directory, fresh: list[bytes]) -> bytes:
    """The file with new strips or tiles. Only they and the entries that locate them change; nothing moves.

    The new data goes where the old was, as far as it fits, and then to the end of the file. No byte of the
    old picture stays behind: somebody could read the unmarked picture from it.
    """
    free = _extents(ifd)
    out = bytearray(ifd.data)
    for start, stop in free:
        out[start:stop] = bytes(stop - start)
    offsets = []
    for piece in fresh:
        room = next((n for n, (start, stop) in enumerate(free) if stop - start >= len(piece)), None)
        if room is None:
            out += bytes(len(out) % 2)
            offsets.append(len(out))
            out += piece
        else:
            start, stop = free[room]
            offsets.append(start)
            out[start : start + len(piece)] = piece
            free[room] = (start + len(piece), stop)
    tags = (TILE_OFFSETS, TILE_COUNTS) if ifd.tiled else (STRIP_OFFSETS, STRIP_COUNTS)
    for tag, values in zip(tags, (offsets, [len(piece) for piece in fresh]), strict=True):
        _patch(out, ifd, tag, values)
    return bytes(out)


def _extents(ifd: Directory) -> list[tuple[int, int]]:
    """The stretches that hold picture data, neighbours joined. Raises CorruptFile if they hold more."""
    held = [(ifd.at, ifd.end), (0, 16 if ifd.big else 8)]
    held += [(e.values_at, e.values_at + e.size) for e in ifd.entries.values()]
    extents: list[tuple[int, int]] = []
    for offset, size in sorted(ifd.pieces):
        if extents and offset < extents[-1][1]:
            raise damaged("its strips or tiles overlap")
        if any(offset < stop and start < offset + size for start, stop in held):
            raise damaged("its picture data overlaps its directory")
        if extents and offset == extents[-1][1]:
            extents[-1] = (extents[-1][0], offset + size)
        else:
            extents.append((offset, offset + size))
    return extents


def _patch(out: bytearray, ifd: Directory, tag: int, values: list[int]) -> None:
    """Point the entry of `tag` to new values, appended unless one fits into the entry itself."""
    kind, pointer = (16, "Q") if ifd.big else (4, "I")
    raw = struct.pack(f"{ifd.order}{len(values)}{pointer}", *values)
    if len(values) > 1:
        out += bytes(len(out) % 2)
        raw, at = struct.pack(ifd.order + pointer, len(out)), raw
        out += at
    head = struct.pack(f"{ifd.order}HH{pointer}", tag, kind, len(values))
    place = ifd.entries[tag].at
    out[place : place + len(head) + len(raw)] = head + raw

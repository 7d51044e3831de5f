"""The item location box of HEIF (ISO/IEC 14496-12, section 8.11.3): where each item's bytes are in the
file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ..core.errors import CorruptFile, UnsupportedFormat
from .isobmff import packed

IN_FILE, IN_IDAT = 0, 1


@dataclass(frozen=True, slots=True)
class Item:
    """An item: construction method, data reference, base offset, and extents as (index, offset, length)."""

    number: int
    method: int
    reference: int
    base: int
    extents: tuple[tuple[int, int, int], ...]

    def spans(self) -> list[tuple[int, int]]:
        """(start, length) of each extent, counted from where the construction method says."""
        return [(self.base + offset, length) for _, offset, length in self.extents]


@dataclass(frozen=True, slots=True)
class Locations:
    """The box decoded: version and flags, and the sizes in bytes of offset, length, base offset and index."""

    header: bytes
    sizes: tuple[int, int, int, int]
    items: tuple[Item, ...]

    def located(self, spans: Mapping[int, tuple[int, int]]) -> Locations:
        """With each of the items (number -> start, length) as one extent of the file; new ones behind all
        others, since FFmpeg 7.1 wants the order of the table of items.

        They are found by their base offset, where the table has them. Of an item with an extent offset beside
        a base of zero, exiv2 0.28 sees the base alone, and c2pa-rs 0.91 moves both.
        """
        items = {item.number: item for item in self.items}
        for number, (start, length) in spans.items():
            base, offset = (start, 0) if self.sizes[2] else (0, start)
            items[number] = Item(number, IN_FILE, 0, base, ((0, offset, length),))
        return replace(self, items=tuple(items.values()))

    def without(self, numbers: Collection[int]) -> Locations:
        """Without the items that have these numbers."""
        return replace(self, items=tuple(item for item in self.items if item.number not in numbers))

    def moved(self, shift: Callable[[int], int]) -> Locations:
        """With `shift(start)` added to every place in the file."""
        return replace(self, items=tuple(_moved(item, shift, self.sizes) for item in self.items))

    def without_bases(self, width: int) -> Locations:
        """With all places in the extents, whose offsets get a field of `width` bytes, and no base offsets."""
        _, lengths, _, indices = self.sizes
        return replace(self, sizes=(width, lengths, 0, indices), items=tuple(map(_unbased, self.items)))

    def encoded(self) -> bytes:
        """The content of the box. Raises `UnsupportedFormat` where an offset does not fit in its field."""
        version = self.header[0]
        offset_size, length_size, base_size, index_size = self.sizes
        wide = 4 if version == 2 else 2
        out = bytearray(self.header)
        out += bytes([offset_size << 4 | length_size, base_size << 4 | index_size])
        out += packed(len(self.items), wide)
        for item in self.items:
            out += packed(item.number, wide)
            if version:
                out += packed(item.method, 2)
            out += packed(item.reference, 2) + packed(item.base, base_size) + packed(len(item.extents), 2)
            for index, offset, length in item.extents:
                out += packed(index, index_size) + packed(offset, offset_size) + packed(length, length_size)
        return bytes(out)


def _unbased(item: Item) -> Item:
    extents = tuple((index, item.base + offset, length) for index, offset, length in item.extents)
    return replace(item, base=0, extents=extents)


def parse(content: bytes) -> Locations:
    """Decodes the content of the box. Raises `CorruptFile`."""
    reader = _Reader(content)
    header = reader.take(4)
    if header[0] > 2:
        raise CorruptFile("HEIF: the item location box has an unknown version")
    first, second = reader.take(2)
    index_size = second & 15 if header[0] else 0
    sizes = (first >> 4, first & 15, second >> 4, index_size)
    if any(size not in (0, 4, 8) for size in sizes):
        raise CorruptFile("HEIF: the item location box has absurd field sizes")
    wide = 4 if header[0] == 2 else 2
    items: list[Item] = []
    for _ in range(reader.number(wide)):
        number = reader.number(wide)
        method = reader.number(2) & 15 if header[0] else IN_FILE
        reference, base, count = reader.number(2), reader.number(sizes[2]), reader.number(2)
        if count > 1 and not (sizes[0] or sizes[1]):
            raise CorruptFile("HEIF: an item has several parts that say nothing of where they are")
        extents = tuple(
            (reader.number(index_size), reader.number(sizes[0]), reader.number(sizes[1]))
            for _ in range(count)
        )
        items.append(Item(number, method, reference, base, extents))
    return Locations(header, sizes, tuple(items))


class _Reader:
    """Takes bytes from the front; raises `CorruptFile` where there are none left."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.position = 0

    def take(self, size: int) -> bytes:
        taken = self.content[self.position : self.position + size]
        if len(taken) < size:
            raise CorruptFile("HEIF: the item location box is cut off")
        self.position += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def _moved(item: Item, shift: Callable[[int], int], sizes: tuple[int, int, int, int]) -> Item:
    """Either the base moves or the extents do, never both: doing both is how some writers lose the items."""
    if item.method != IN_FILE or item.reference:
        return item
    moves = [shift(start) for start, _ in item.spans()]
    by_base = len(set(moves)) == 1 and item.base + moves[0] >= 0
    if by_base and (not sizes[0] or (sizes[2] and item.base)):
        return replace(item, base=item.base + moves[0])
    if any(moves) and not sizes[0]:
        raise UnsupportedFormat(
            "HEIF: the parts of an item would move apart, which its location box cannot say"
        )
    extents = zip(item.extents, moves, strict=True)
    moved = tuple((index, offset + move, length) for (index, offset, length), move in extents)
    if any(offset < 0 for _, offset, _ in moved):  # it moved to before the base
        moved = tuple((index, item.base + offset, length) for index, offset, length in moved)
        item = replace(item, base=0)
    return replace(item, extents=moved)

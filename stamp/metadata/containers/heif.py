"""HEIC and AVIF (HEIF, ISO/IEC 23008-12): EXIF and XMP are items of the file's `meta` box.

A changed block goes into a box `mdat` of its own at the end of the file; the tables of items (`iinf`), places
(`iloc`) and references (`iref`) are written anew and every place that moves is corrected. The coded pictures,
their properties and all other boxes are kept byte for byte. EXIF items begin with the offset of the TIFF
header (ISO/IEC 23008-12, annex A.2.1); XMP items have the MIME type application/rdf+xml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats import iloc
from ...formats.heif import (
    AT_THE_END,
    XMP_TYPE,
    Item,
    item_table,
    motion_pointer,
    number_width,
    primary_item,
    references,
)
from ...formats.isobmff import Box, box, boxes, packed

STORES: Final = ("xmp", "exif")

_EXIF_PREFIX = b"Exif\0\0"
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@dataclass(frozen=True, slots=True)
class _File:
    """The file taken apart: its boxes, the children of `meta` by kind, its items, the numbers of those that
    are our stores, and the places of all.
    """

    data: bytes
    top: list[Box]
    meta: Box
    children: dict[bytes, Box]
    table: Sequence[Item]
    items: dict[str, int]
    places: iloc.Locations

    def block(self, store: str) -> bytes | None:
        """The bytes of a store's item."""
        number = self.items.get(store)
        item = next((item for item in self.places.items if item.number == number), None)
        if item is None:
            return None
        start, stop = 0, len(self.data)
        if item.method == iloc.IN_IDAT and b"idat" in self.children:
            start, stop = self.children[b"idat"].content, self.children[b"idat"].end
        elif item.method != iloc.IN_FILE or item.reference:
            raise UnsupportedFormat(f"HEIF: {store.upper()} is stored in a way that cannot be read")
        spans = [(start + at, start + at + length) for at, length in item.spans()]
        if any(end > stop or end == at for at, end in spans):
            raise CorruptFile(f"HEIF: {store.upper()} stands outside the file")
        return b"".join(self.data[at:end] for at, end in spans)


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged box structure."""
    file = _opened(data)
    found: dict[str, bytes] = {}
    for store in file.items:
        block = file.block(store)
        if block is not None:
            found[store] = block[_tiff_at(block) :] if store == "exif" else block
    return found


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with the blocks of some stores replaced, put in, or taken out where they are empty. Raises
    `CorruptFile`, `UnsupportedFormat`.
    """
    file = _opened(data)
    if any(part.kind in (b"moov", b"moof") for part in file.top):
        raise UnsupportedFormat("HEIF: a sequence of pictures (a film) cannot be changed yet")
    contents = {store: _content(file, store, block) for store, block in blocks.items() if block}
    gone = {file.items[store] for store, block in blocks.items() if not block}
    numbers = _numbers(file, contents)
    places = file.places.without(gone)
    kept = [part for part in file.top if not _is_ours(file, part, blocks)]
    new = [box(b"mdat", content) for content in contents.values()]
    # The places are written twice: first for the size of `meta`, which decides what moves, then as they are.
    size = len(_meta(file, numbers, _placed(places, numbers, contents, 0), gone))
    growth = size - (file.meta.end - file.meta.start)
    pieces, moves, position = _layout(data, kept, file.meta, growth, new)
    places = places.moved(lambda start: _shift(moves, start))
    meta = _meta(file, numbers, _placed(places, numbers, contents, position), gone)
    written = b"".join(meta if piece is None else piece for piece in pieces)
    if pointer := motion_pointer(data, file.top):
        at, place = (number + _shift(moves, number) for number in pointer)
        written = written[:at] + packed(place, 4) + written[at + 4 :]
    return written


def has_c2pa(data: bytes) -> bool:
    """Whether a C2PA manifest (a `uuid` box; C2PA 2.1, section A.5) is there."""
    return any(part.kind == b"uuid" and data.startswith(_C2PA_UUID, part.content) for part in boxes(data))


def essence(data: bytes) -> list[memoryview]:
    """The bytes of every item but those of our stores, in the order of their numbers."""
    file = _opened(data)
    view = memoryview(data)
    ours = set(file.items.values())
    items = sorted(
        (item for item in file.places.items if item.number not in ours), key=lambda item: item.number
    )
    idat = file.children[b"idat"].content if b"idat" in file.children else 0
    starts = {iloc.IN_FILE: 0, iloc.IN_IDAT: idat}
    return [
        view[starts[item.method] + at : starts[item.method] + at + length]
        for item in items
        if item.method in starts and not item.reference
        for at, length in item.spans()
    ]


def _opened(data: bytes) -> _File:
    top = boxes(data)
    meta = next((part for part in top if part.kind == b"meta"), None)
    if meta is None:
        raise CorruptFile("HEIF: no meta box")
    children = {part.kind: part for part in reversed(boxes(data, meta.content + 4, meta.end))}
    if not {b"pitm", b"iinf", b"iloc"} <= children.keys():
        raise CorruptFile("HEIF: the meta box has no items")
    location = children[b"iloc"]
    places = iloc.parse(data[location.content : location.end])
    table = item_table(data, children[b"iinf"])
    return _File(data, top, meta, children, table, _ours(data, children, table), places)


def _ours(data: bytes, children: Mapping[bytes, Box], table: Sequence[Item]) -> dict[str, int]:
    """Store -> the number of its first item, those aside that describe another picture (a gain map, say)."""
    described: dict[int, set[int]] = {}
    for entry in references(data, children[b"iref"]) if b"iref" in children else ():
        if entry.box.kind == b"cdsc":
            described.setdefault(entry.source, set()).update(entry.targets)
    target = primary_item(data, children[b"pitm"])
    found: dict[str, int] = {}
    for item in table:
        if target in described.get(item.number, {target}):
            if item.is_exif:
                found.setdefault("exif", item.number)
            elif item.is_xmp:
                found.setdefault("xmp", item.number)
    return found


def _tiff_at(block: bytes) -> int:
    """Where the TIFF header of an EXIF item is. The item says so; some phones say 0 and mean it without the
    prefix that follows.
    """
    at = 4 + int.from_bytes(block[:4], "big")
    if at > len(block):
        raise CorruptFile("HEIF: EXIF begins outside its item")
    return at + len(_EXIF_PREFIX) if block.startswith(_EXIF_PREFIX, at) else at


def _content(file: _File, store: str, block: bytes) -> bytes:
    """The bytes of the new item; what was before the TIFF header stays."""
    if store != "exif":
        return block
    old = file.block("exif")
    front = old[4 : _tiff_at(old)] if old else _EXIF_PREFIX
    return packed(len(front), 4) + front + block


def _numbers(file: _File, contents: Mapping[str, bytes]) -> dict[str, int]:
    """Store -> item number, new ones above all that are in use."""
    used = [item.number for item in file.table] + [item.number for item in file.places.items]
    free = max(used, default=0) + 1
    numbers: dict[str, int] = {}
    for store in contents:
        numbers[store] = file.items.get(store, free)
        free += store not in file.items
    return numbers


def _is_ours(file: _File, part: Box, contents: Mapping[str, bytes]) -> bool:
    """Whether a box `mdat` holds nothing but the old content of a block that is written anew."""
    whole = [(part.content, part.end - part.content)]
    holders = [item for item in file.places.items if item.method == iloc.IN_FILE and item.spans() == whole]
    replaced = {file.items[store] for store in contents if store in file.items}
    return part.kind == b"mdat" and bool(holders) and all(item.number in replaced for item in holders)


def _layout(
    data: bytes, kept: list[Box], meta: Box, growth: int, new: list[bytes]
) -> tuple[list[memoryview | bytes | None], list[tuple[int, int, int]], int]:
    """The pieces of the new file (None for `meta`), how far each old span moves, and where the boxes `new`
    begin: behind all but those that must stay the last.
    """
    view = memoryview(data)
    pieces: list[memoryview | bytes | None] = []
    moves: list[tuple[int, int, int]] = []
    position = 0
    first: int | None = None
    for part in kept:
        if part.kind in AT_THE_END and first is None:
            first = position
            pieces += new
            position += sum(map(len, new))
        if part.start == meta.start:
            pieces.append(None)
            position += part.end - part.start + growth
            continue
        moves.append((part.start, part.end, position - part.start))
        header = data[part.start : part.content]
        if header[:4] == bytes(4):  # "to the end of the file", which will not be true any more
            header = packed(part.end - part.start, 4) + header[4:]
        pieces += (header, view[part.content : part.end])
        position += part.end - part.start
    if first is None:
        return [*pieces, *new], moves, position
    return pieces, moves, first


def _shift(moves: list[tuple[int, int, int]], start: int) -> int:
    return next((move for first, end, move in moves if first <= start < end), 0)


def _placed(
    places: iloc.Locations, numbers: Mapping[str, int], contents: Mapping[str, bytes], position: int
) -> iloc.Locations:
    spans: dict[int, tuple[int, int]] = {}
    for store, content in contents.items():
        spans[numbers[store]] = (position + 8, len(content))
        position += 8 + len(content)
    return places.located(spans)


def _meta(file: _File, numbers: Mapping[str, int], places: iloc.Locations, gone: Set[int]) -> bytes:
    """The whole box `meta` with its tables renewed: `new` items and the items `gone`."""
    data, new = file.data, {store: number for store, number in numbers.items() if store not in file.items}
    changed = {
        b"iloc": box(b"iloc", places.encoded()),
        b"iinf": _item_table(file, new, gone),
    }
    reference = file.children.get(b"iref")
    if new or (gone and reference):
        changed[b"iref"] = _references(data, reference, file.children[b"pitm"], new, gone)
    pieces = [
        changed.pop(part.kind) if part.kind in changed else data[part.start : part.end]
        for part in boxes(data, file.meta.content + 4, file.meta.end)
    ]
    return box(b"meta", data[file.meta.content : file.meta.content + 4], *pieces, *changed.values())


def _item_table(file: _File, new: Mapping[str, int], gone: Set[int]) -> bytes:
    data, table = file.data, file.children[b"iinf"]
    wide = number_width(data[table.content : table.end])
    count = int.from_bytes(data[table.content + 4 : table.content + 4 + wide], "big") + len(new)
    old = [data[table.content + 4 + wide : table.end]]
    if gone:
        kept = [item.box for item in file.table if item.number not in gone]
        old = [data[entry.start : entry.end] for entry in kept]
        count = len(old) + len(new)
    entries = [
        box(
            b"infe",
            b"\2\0\0\1" if store == "exif" else b"\2\0\0\0",
            packed(number, 2) + bytes(2),
            b"Exif\0" if store == "exif" else b"mime\0" + XMP_TYPE + b"\0",
        )
        for store, number in new.items()
    ]
    header = data[table.content : table.content + 4] + packed(count, wide)
    return box(b"iinf", header, *old, *entries)


def _references(
    data: bytes, table: Box | None, primary: Box, new: Mapping[str, int], gone: Set[int]
) -> bytes:
    """`iref` with each new item describing the primary one (cdsc), and without what items gone describe."""
    header = bytes(4) if table is None else data[table.content : table.content + 4]
    wide = number_width(header)
    old = [
        data[entry.box.start : entry.box.end]
        for entry in (references(data, table) if table else ())
        if entry.source not in gone
    ]
    target = packed(primary_item(data, primary), wide)
    entries = [box(b"cdsc", packed(number, wide), b"\0\1", target) for number in new.values()]
    return box(b"iref", header, *old, *entries) if old or entries else b""

"""The items of an AVIF or HEIC file (ISO/IEC 23008-12, boxes of 14496-12), without decoding a pixel."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from ..core.errors import CorruptFile
from . import iloc
from .isobmff import Box, Tail, boxes
from .source import Source

XMP_TYPE: Final = b"application/rdf+xml"
AT_THE_END: Final = (b"mpvd", b"sefd")
"""Boxes that keep the video of a motion photo, and Samsung's trailer: they must stay the last ones."""
_MOTION_POINTER = b"MotionPhoto_Datampv2"


class Item(NamedTuple):
    """An item's entry in the table `iinf` (ISO/IEC 14496-12, section 8.11.6).

    kind : its type ("av01", "grid", "Exif", "mime", ...), empty in the versions 0 and 1, which have none.
    content_type : of kind mime.
    """

    box: Box
    version: int
    number: int
    kind: bytes
    content_type: bytes

    @property
    def is_exif(self) -> bool:
        return self.kind == b"Exif"

    @property
    def is_xmp(self) -> bool:
        return self.kind == b"mime" and self.content_type == XMP_TYPE


class Reference(NamedTuple):
    """An entry of `iref` (8.11.12): `source` refers to each of `targets` in the way that `box.kind` says."""

    box: Box
    source: int
    targets: tuple[int, ...]


def primary_item(data: Source, pitm: Box) -> int:
    """Return the number of the picture that is shown (8.11.4)."""
    content = data[pitm.content : min(pitm.content + 8, pitm.end)]
    return _number(content, 4, number_width(content))


def item_table(data: Source, iinf: Box) -> list[Item]:
    """Return the items of a file. Raises `CorruptFile`."""
    start = iinf.content + 4 + number_width(data[iinf.content : iinf.content + 1])
    return [_item(part, data[part.content : part.end]) for part in boxes(data, start, iinf.end)]


def references(data: Source, iref: Box) -> Iterator[Reference]:
    """Yield what items have to do with others. Raises `CorruptFile`."""
    wide = number_width(data[iref.content : iref.content + 1])
    for part in boxes(data, iref.content + 4, iref.end):
        content = data[part.content : part.end]
        count = min(_number(content, wide, 2), (len(content) - wide - 2) // wide)
        places = range(wide + 2, wide + 2 + count * wide, wide)
        yield Reference(part, _number(content, 0, wide), tuple(_number(content, at, wide) for at in places))


def number_width(version: bytes) -> int:
    """Return how many bytes the number of an item has in `pitm` and `iref`, and the number of items in
    `iinf`, by the version that the content of the box begins with."""
    return 2 if version[:1] in (b"", b"\0") else 4


@dataclass(frozen=True)
class HeifSyntax:
    """A parsed file.

    items, spans, properties : by the item's number; `spans` has the (start, end) of each part of its bytes.
    references : (type, from, to). properties : (type, content) of each.
    """

    data: bytes
    brands: set[bytes]
    top: list[Box]
    primary: int
    items: dict[int, Item]
    spans: dict[int, list[tuple[int, int]]]
    references: list[tuple[bytes, int, int]]
    properties: dict[int, list[tuple[bytes, bytes]]]

    def first(self, item: int, kind: bytes) -> bytes | None:
        """Return the content of the first property of this type."""
        return next((body for name, body in self.properties.get(item, []) if name == kind), None)

    @property
    def format(self) -> str:
        """AVIF or HEIC: files of the same make, which differ by their brands."""
        return "AVIF" if self.brands & {b"avif", b"avis"} else "HEIC"

    def content(self, item: int) -> bytes:
        """Return the bytes of an item."""
        return b"".join(self.data[start:end] for start, end in self.spans.get(item, ()))

    def targets(self, kind: bytes, item: int) -> list[int]:
        """Return the items that this one refers to in this way."""
        return self._related[kind, item, True]

    def sources(self, kind: bytes, item: int) -> list[int]:
        """Return the items that refer to this one in this way."""
        return self._related[kind, item, False]

    @cached_property
    def _related(self) -> dict[tuple[bytes, int, bool], list[int]]:
        """(type, item, whether it is the one that refers) -> the others, since a hostile file has many."""
        found: dict[tuple[bytes, int, bool], list[int]] = defaultdict(list)
        for kind, of, to in self.references:
            found[kind, of, True].append(to)
            found[kind, to, False].append(of)
        return found


def parse(data: bytes) -> HeifSyntax:
    """Return what the meta box of a file says. Raises CorruptFile."""
    try:
        return _parsed(data)
    except (struct.error, IndexError):
        raise CorruptFile("its meta box is cut short") from None


def _parsed(data: bytes) -> HeifSyntax:
    top = boxes(data, tail=Tail.CRUMBS)
    meta = next((part for part in top if part.kind == b"meta"), None)
    if meta is None:
        raise CorruptFile("it has no meta box")
    inside = {part.kind: part for part in reversed(boxes(data, meta.content + 4, meta.end))}
    for kind in (b"pitm", b"iinf", b"iloc", b"iprp"):
        if kind not in inside:
            raise CorruptFile(f"its meta box has no {kind.decode()} box")
    entries = item_table(data, inside[b"iinf"])
    if any(item.version < 2 for item in entries):
        raise CorruptFile("its items are of a kind that pictures do not have")
    if any(len(item.kind) < 4 for item in entries):
        raise CorruptFile("its meta box is cut short")
    items = {item.number: item for item in entries}
    related = references(data, inside[b"iref"]) if b"iref" in inside else []
    return HeifSyntax(
        data,
        _brands(data, top[0]),
        top,
        primary_item(data, inside[b"pitm"]),
        items,
        _spans(data, inside[b"iloc"], inside.get(b"idat")),
        [(entry.box.kind, entry.source, target) for entry in related for target in entry.targets],
        _properties(data, inside[b"iprp"]),
    )


def _brands(data: bytes, first: Box) -> set[bytes]:
    """The brands of a file that begins with the box `first`; none if it is no `ftyp`."""
    if first.kind != b"ftyp":
        return set()
    content = data[first.content : min(first.end, first.content + 4096)]
    return {content[:4], *(content[at : at + 4] for at in range(8, len(content) - 3, 4))}


def _item(part: Box, content: bytes) -> Item:
    version = content[0] if content else 0
    wide = 4 if version > 2 else 2
    kind = content[6 + wide : 10 + wide] if version > 1 else b""
    strings = content[10 + wide :].split(b"\0", 2)
    content_type = strings[1] if kind == b"mime" and len(strings) > 1 else b""
    return Item(part, version, _number(content, 4, wide), kind, content_type)


def _spans(data: bytes, table: Box, idat: Box | None) -> dict[int, list[tuple[int, int]]]:
    """Item -> where in the file the parts of its bytes are; those of other files have none."""
    first = {iloc.IN_FILE: 0} | ({iloc.IN_IDAT: idat.content} if idat is not None else {})
    return {
        place.number: [
            (first[place.method] + start, first[place.method] + start + length)
            for start, length in place.spans()
        ]
        for place in iloc.parse(data[table.content : table.end]).items
        if place.method in first and not place.reference
    }


def _properties(data: bytes, iprp: Box) -> dict[int, list[tuple[bytes, bytes]]]:
    """Item -> (type, content) of each of its properties, in the order of their association."""
    inside = boxes(data, iprp.content, iprp.end)
    container = next((part for part in inside if part.kind == b"ipco"), None)
    if container is None:
        raise CorruptFile("its properties are missing")
    known = [
        (part.kind, data[part.content : part.end]) for part in boxes(data, container.content, container.end)
    ]
    found: dict[int, list[tuple[bytes, bytes]]] = {}
    for part in inside:
        if part.kind == b"ipma":
            for item, index, _ in associations(data[part.content : part.end]):
                found.setdefault(item, []).append(known[index - 1])
    return found


def associations(content: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield (item, number of a property, from 1, whether a reader must know it) of each association in an
    `ipma` (ISO/IEC 23008-12, section 9.3.1)."""
    item_form, index_form = ">I" if content[0] else ">H", ">H" if content[3] & 1 else ">B"
    essential = 0x8000 if index_form == ">H" else 0x80
    (count,) = struct.unpack_from(">I", content, 4)
    at = 8
    for _ in range(count):
        (item,) = struct.unpack_from(item_form, content, at)
        at += struct.calcsize(item_form)
        number = content[at]
        at += 1
        for _ in range(number):
            (index,) = struct.unpack_from(index_form, content, at)
            at += struct.calcsize(index_form)
            if index & ~essential:
                yield item, index & ~essential, bool(index & essential)


def motion_pointer(data: Source, boxes_of_file: list[Box]) -> tuple[int, int] | None:
    """Return where Samsung's trailer states the place of a motion video in four bytes, and that place; None
    without one. Its block `MotionPhoto_Data` has "mpv2", the place, the length."""
    for part in boxes_of_file:
        if part.kind not in AT_THE_END:
            continue
        at = data[part.content : part.end].rfind(_MOTION_POINTER)
        if at >= 0:
            at += part.content + len(_MOTION_POINTER)
            place = _number(data[at : at + 4], 0, 4)
            if data[place + 4 : place + 8] == b"ftyp":
                return at, place
    return None


def _number(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "big")

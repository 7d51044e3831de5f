"""The items of an AVIF or HEIC file (ISO/IEC 23008-12, boxes of 14496-12), without decoding a pixel."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .reading import damaged


class Box(NamedTuple):
    """A box: its type, its place in the file, and that of its contents and its end."""

    kind: bytes
    at: int
    body: int
    end: int


class Item(NamedTuple):
    """An item of the meta box: its type ("av01", "grid", "Exif", "mime"...); for mime, its content type."""

    kind: bytes
    content: bytes


@dataclass(frozen=True)
class HeifSyntax:
    """A parsed file. `references` are (type, from, to); `properties` are (type, contents) by item."""

    data: bytes
    brands: set[bytes]
    top: list[Box]
    primary: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    places: dict[int, bytes] = field(default_factory=dict)
    references: list[tuple[bytes, int, int]] = field(default_factory=list)
    properties: dict[int, list[tuple[bytes, bytes]]] = field(default_factory=dict)

    def first(self, item: int, kind: bytes) -> bytes | None:
        """The contents of the first property of this type."""
        return next((body for name, body in self.properties.get(item, []) if name == kind), None)

    @property
    def format(self) -> str:
        """AVIF or HEIC: files of the same make, told apart by their brands."""
        return "AVIF" if self.brands & {b"avif", b"avis"} else "HEIC"

    @property
    def exif(self) -> bytes | None:
        """The Exif item without its leading offset, as writers want it."""
        found = self._metadata(b"Exif", b"")
        return found[4:] if found else None

    @property
    def xmp(self) -> bytes | None:
        return self._metadata(b"mime", b"application/rdf+xml")

    def _metadata(self, kind: bytes, content: bytes) -> bytes | None:
        wanted = Item(kind, content)
        return next((self.places.get(number) for number, item in self.items.items() if item == wanted), None)


def brands(data: bytes) -> set[bytes]:
    """The brands of the ftyp box a file starts with; empty if it starts with another."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), len(data), 4096)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}


def parse(data: bytes, path: Path) -> HeifSyntax:
    """Read the meta box. Raises CorruptFile."""
    try:
        return _parse(data, path)
    except (struct.error, IndexError):
        raise damaged(path, "its meta box is cut short") from None


def boxes(data: bytes, start: int, end: int, path: Path) -> Iterator[Box]:
    """The boxes between two places. Raises CorruptFile for one that runs past the end."""
    at = start
    while at + 8 <= end:
        size, kind, body = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        stop = end if size == 0 else at + size
        if stop > end or stop < body:
            raise damaged(path, "a box runs past the end of the file")
        yield Box(kind, at, body, stop)
        at = stop


def _parse(data: bytes, path: Path) -> HeifSyntax:
    syntax = HeifSyntax(data, brands(data), list(boxes(data, 0, len(data), path)))
    meta = next((box for box in syntax.top if box.kind == b"meta"), None)
    if meta is None:
        raise damaged(path, "it has no meta box")
    inside = {box.kind: box for box in boxes(data, meta.body + 4, meta.end, path)}
    for kind in (b"pitm", b"iinf", b"iloc", b"iprp"):
        if kind not in inside:
            raise damaged(path, f"its meta box has no {kind.decode()} box")
    (primary,) = struct.unpack_from(
        ">I" if data[inside[b"pitm"].body] else ">H", data, inside[b"pitm"].body + 4
    )
    _read_items(syntax, inside[b"iinf"], path)
    _read_places(syntax, inside[b"iloc"], inside.get(b"idat"))
    _read_properties(syntax, inside[b"iprp"], path)
    if b"iref" in inside:
        _read_references(syntax, inside[b"iref"], path)
    return HeifSyntax(
        data,
        syntax.brands,
        syntax.top,
        primary,
        syntax.items,
        syntax.places,
        syntax.references,
        syntax.properties,
    )


def _read_items(syntax: HeifSyntax, iinf: Box, path: Path) -> None:
    data = syntax.data
    for box in boxes(data, iinf.body + (6 if data[iinf.body] == 0 else 8), iinf.end, path):
        version = data[box.body]
        if version < 2:
            raise damaged(path, "its items are of a kind that pictures do not have")
        wide = version > 2
        (number,) = struct.unpack_from(">I" if wide else ">H", data, box.body + 4)
        at = box.body + (10 if wide else 8)
        kind, strings = data[at : at + 4], data[at + 4 : box.end].split(b"\0")
        syntax.items[number] = Item(kind, strings[1] if kind == b"mime" and len(strings) > 1 else b"")


def _read_places(syntax: HeifSyntax, iloc: Box, idat: Box | None) -> None:
    """Keep the bytes of each Exif and mime item; those of pictures are the decoder's business."""
    data, version, at = syntax.data, syntax.data[iloc.body], iloc.body + 4
    sizes = (data[at] >> 4, data[at] & 15, data[at + 1] >> 4, data[at + 1] & 15 if version else 0)
    at += 2

    def number(size: int) -> int:
        nonlocal at
        at += size
        if at > iloc.end:
            raise struct.error
        return int.from_bytes(data[at - size : at], "big")

    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)  # data reference
        base = number(sizes[2])
        parts = []
        for _ in range(number(2)):
            number(sizes[3])
            start, size = base + number(sizes[0]), number(sizes[1])
            start += idat.body if method == 1 and idat is not None else 0
            parts.append(data[start : start + size])
        if syntax.items.get(item, Item(b"", b"")).kind in (b"Exif", b"mime"):
            syntax.places[item] = b"".join(parts)


def _read_properties(syntax: HeifSyntax, iprp: Box, path: Path) -> None:
    data = syntax.data
    inside = list(boxes(data, iprp.body, iprp.end, path))
    container = next((box for box in inside if box.kind == b"ipco"), None)
    if container is None:
        raise damaged(path, "its properties are missing")
    known = [(box.kind, data[box.body : box.end]) for box in boxes(data, container.body, container.end, path)]
    for box in inside:
        if box.kind != b"ipma":
            continue
        wide_items, wide_indices = data[box.body] > 0, data[box.body + 3] & 1
        (count,) = struct.unpack_from(">I", data, box.body + 4)
        at = box.body + 8
        for _ in range(count):
            (item,) = struct.unpack_from(">I" if wide_items else ">H", data, at)
            at += 4 if wide_items else 2
            number = data[at]
            at += 1
            for _ in range(number):
                (index,) = struct.unpack_from(">H" if wide_indices else ">B", data, at)
                at += 2 if wide_indices else 1
                index &= 0x7FFF if wide_indices else 0x7F
                if index:
                    syntax.properties.setdefault(item, []).append(known[index - 1])


def _read_references(syntax: HeifSyntax, iref: Box, path: Path) -> None:
    data, code = syntax.data, ">I" if syntax.data[iref.body] else ">H"
    step = struct.calcsize(code)
    for box in boxes(data, iref.body + 4, iref.end, path):
        (source,) = struct.unpack_from(code, data, box.body)
        (count,) = struct.unpack_from(">H", data, box.body + step)
        for n in range(count):
            (target,) = struct.unpack_from(code, data, box.body + step + 2 + n * step)
            syntax.references.append((box.kind, source, target))

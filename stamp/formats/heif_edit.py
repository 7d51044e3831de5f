"""Put newly coded pictures into an AVIF or HEIC file (ISO/IEC 23008-12) in the place of old ones.

The bytes of an item are replaced where they are, and properties such as the decoder's configuration where
they are listed. All else stays byte for byte: other items, references, metadata, boxes behind them. What
moves is found where it is then: `iloc` is written anew, and the sizes of the boxes around what has changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate

from ..core.errors import CorruptFile, UnsupportedFormat
from . import iloc
from .heif import associations, motion_pointer
from .isobmff import Box, Tail, box, boxes, packed
from .source import Edit, Patched

Change = Callable[[int, bytes, bytes], bytes | None]
"""(item, type of a property, its content) -> the content that it gets; None takes the property from it."""
_Association = tuple[int, int, bool]
_Span = tuple[int, int]
_LEAST_BOX = 8


def replaced(data: bytes, coded: Mapping[int, bytes], change: Change) -> bytes:
    """Return the file with the bytes of some items replaced, and the properties of any changed.

    Raises CorruptFile, or UnsupportedFormat for items that are not in the file itself, share bytes with
    others, or no longer fit the fields of their table.
    """
    top = boxes(data, tail=Tail.CRUMBS)
    meta = next(part for part in top if part.kind == b"meta")
    inside = {part.kind: part for part in reversed(boxes(data, meta.content + 4, meta.end))}
    places = iloc.parse(data[inside[b"iloc"].content : inside[b"iloc"].end])
    starts, cuts = _cuts(places, coded, [part for part in top if part.kind == b"mdat"])
    _check_others(places.without(coded), cuts, meta)
    edits: list[Edit] = [(start, end, b"") for start, end in cuts]
    edits += [(starts[number], starts[number], new) for number, new in coded.items()]
    edits += _headers(data, top, edits)
    changed = {b"iprp": _properties(data, inside[b"iprp"], change)}

    def with_places(others: Sequence[Edit]) -> Edit:
        moved = _moved(places, coded, starts, [*edits, *others])
        return meta.start, meta.end, _meta(data, meta, changed | {b"iloc": box(b"iloc", moved.encoded())})

    # Twice: first for the size of `meta`, which decides what moves, then with the places as they are.
    whole = [*edits, with_places([with_places([])])]
    if pointer := motion_pointer(data, top):
        at, place = pointer
        whole.append((at, at + 4, packed(place + _growth(whole)(place), 4)))
    return Patched(data, whole)[:]


def without_bases(data: bytes) -> bytes:
    """Return the file with a table of places that has no base offsets; nothing moves, since a box `free`
    fills the room.

    Of a base of zero with an offset beside it, c2pa-rs 0.91 moves both; in a table of version 1 it loses its
    way at the second item that has a base. Raises CorruptFile, and UnsupportedFormat where there is no such
    table.
    """
    top = boxes(data, tail=Tail.CRUMBS)
    meta = next((part for part in top if part.kind == b"meta"), None)
    inside = boxes(data, meta.content + 4, meta.end) if meta else []
    table = next((part for part in inside if part.kind == b"iloc"), None)
    if table is None:
        raise CorruptFile("HEIF: no table of places")
    places = iloc.parse(data[table.content : table.end])
    if not places.sizes[2]:
        return data
    for width in (4, 8):
        with suppress(UnsupportedFormat):  # an offset has no room in four bytes
            new = box(b"iloc", places.without_bases(width).encoded())
            left = table.end - table.start - len(new)
            if left == 0 or left >= _LEAST_BOX:
                filler = box(b"free", bytes(left - _LEAST_BOX)) if left else b""
                return data[: table.start] + new + filler + data[table.end :]
    raise UnsupportedFormat("HEIF: its table of places cannot be written without base offsets")


def _cuts(
    places: iloc.Locations, coded: Mapping[int, bytes], homes: Sequence[Box]
) -> tuple[dict[int, int], list[_Span]]:
    """Where the new bytes of each item go, and the spans that the old ones take up."""
    old = {item.number: item for item in places.items if item.number in coded}
    if old.keys() != coded.keys() or not all(item.extents for item in old.values()):
        raise CorruptFile("a picture has no place in its location box")
    if any(item.method != iloc.IN_FILE or item.reference for item in old.values()):
        raise UnsupportedFormat("its picture is kept in a way that is not handled; export it again first")
    cuts: list[_Span] = []
    for start, end in sorted((at, at + length) for item in old.values() for at, length in item.spans()):
        home = homes[bisect_right(homes, start, key=lambda part: part.content) - 1] if homes else None
        if home is None or not home.content <= start < end <= home.end:
            raise CorruptFile("a picture lies outside the boxes for it")
        if cuts and start < cuts[-1][1]:
            cuts[-1] = (cuts[-1][0], max(end, cuts[-1][1]))
        else:
            cuts.append((start, end))
    return {number: _at_or_before(cuts, item.spans()[0][0])[0] for number, item in old.items()}, cuts


def _check_others(places: iloc.Locations, cuts: Sequence[_Span], meta: Box) -> None:
    """Refuse other items in the bytes that go, or in the box that is written anew."""
    for item in places.items:
        if item.method == iloc.IN_FILE and not item.reference:
            for at, length in item.spans():
                if at < _at_or_before(cuts, at + length - 1)[1]:
                    raise UnsupportedFormat("its pictures share bytes; export it as a single picture first")
                if meta.start <= at < meta.end:
                    raise UnsupportedFormat("an item lies in its tables; export it again first")


def _at_or_before(cuts: Sequence[_Span], at: int) -> _Span:
    """The last span that begins at or before this byte, an empty one where none does."""
    index = bisect_right(cuts, at, key=lambda cut: cut[0])
    return cuts[index - 1] if index else (0, 0)


def _moved(
    places: iloc.Locations, coded: Mapping[int, bytes], starts: Mapping[int, int], edits: Sequence[Edit]
) -> iloc.Locations:
    """The places after the edits."""
    growth = _growth(edits)
    ends = {start: start + growth(start) for start in starts.values()}
    spans: dict[int, _Span] = {}
    for number, new in reversed(list(coded.items())):
        # Of several items that began together, the last one has all others ahead of it.
        ends[starts[number]] -= len(new)
        spans[number] = (ends[starts[number]], len(new))
    # Old places of what is replaced would be in the way of those that move.
    return places.located(dict.fromkeys(spans, (0, 0))).moved(growth).located(spans)


def _growth(edits: Sequence[Edit]) -> Callable[[int], int]:
    """By how many bytes what is at a byte moves; new bytes that go in there are ahead of it."""
    ordered = sorted((end, len(new) - (end - start)) for start, end, new in edits)
    ends = [end for end, _ in ordered]
    sums = list(accumulate((grown for _, grown in ordered), initial=0))
    return lambda at: sums[bisect_right(ends, at)]


def _headers(data: bytes, top: Sequence[Box], edits: Sequence[Edit]) -> list[Edit]:
    """New headers for the boxes that change their size."""
    found: list[Edit] = []
    growth = _growth(edits)
    for part in top:
        # What goes in where a box ends, or begins, is that of no other: boxes have headers.
        grown = growth(part.end) - growth(part.start)
        header = data[part.start : part.content]
        size = part.end - part.start + grown
        if grown and header[:4] == b"\0\0\0\1":
            found.append((part.start, part.content, header[:8] + packed(size, 8)))
        elif grown and any(header[:4]):  # zeros mean: to the end of the file
            found.append((part.start, part.content, packed(size, 4) + header[4:]))
    return found


def _meta(data: bytes, meta: Box, changed: Mapping[bytes, bytes]) -> bytes:
    parts = [
        changed.get(part.kind, data[part.start : part.end])
        for part in boxes(data, meta.content + 4, meta.end)
    ]
    return box(b"meta", data[meta.content : meta.content + 4], *parts)


def _properties(data: bytes, iprp: Box, change: Change) -> bytes:
    """The whole box `iprp` with its properties changed.

    A property that several items have is changed in its place if they all agree; else those that do not get
    one of their own behind the last.
    """
    inside = boxes(data, iprp.content, iprp.end)
    ipco = next(part for part in inside if part.kind == b"ipco")
    maps = [data[part.content : part.end] for part in inside if part.kind == b"ipma"]
    old = boxes(data, ipco.content, ipco.end)
    known = [data[part.start : part.end] for part in old]
    after: list[tuple[_Association, bytes | None]] = []
    numbers: dict[tuple[int, bytes], int] = {}
    for link in (link for content in maps for link in associations(content)):
        part = old[link[1] - 1]
        before = data[part.content : part.end]
        after.append((link, change(link[0], part.kind, before)))
        if after[-1][1] == before:
            numbers[link[1], before] = link[1]
    kept = {index for index, _ in numbers}
    new: list[_Association] = []
    for (item, index, essential), content in after:
        if content is None:
            continue
        if (index, content) not in numbers:
            whole = box(old[index - 1].kind, content)
            if index in kept:
                known.append(whole)
            else:
                known[index - 1] = whole
                kept.add(index)
            numbers[index, content] = index if known[index - 1] is whole else len(known)
        new.append((item, numbers[index, content], essential))
    parts = [data[part.start : part.end] for part in inside if part.kind not in (b"ipco", b"ipma")]
    return box(b"iprp", box(b"ipco", *known), box(b"ipma", _encoded(new, maps)), *parts)


def _encoded(links: Sequence[_Association], maps: Sequence[bytes]) -> bytes:
    """The content of one `ipma` with all associations, in fields as wide as they were or as they need."""
    wide_items = any(content[0] for content in maps)
    wide_numbers = any(content[3] & 1 for content in maps) or any(index > 0x7F for _, index, _ in links)
    size, essential = (2, 0x8000) if wide_numbers else (1, 0x80)
    items: dict[int, list[bytes]] = {}
    for item, index, needed in links:
        items.setdefault(item, []).append(packed(index | essential * needed, size))
    entries = [
        packed(item, 4 if wide_items else 2) + packed(len(each), 1) + b"".join(each)
        for item, each in sorted(items.items())
    ]
    head = bytes((wide_items, 0, 0, wide_numbers))
    return head + packed(len(entries), 4) + b"".join(entries)

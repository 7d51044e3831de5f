"""The places in a film file that are stated in its boxes, corrected for edits that move what they point to.

ISO/IEC 14496-12: chunk offsets (`stco`, `co64`; 8.7.5), auxiliary information (`saio`; 8.7.9), items (`iloc`;
8.11.3), fragments' base data offsets (`tfhd`; 8.8.7), random access (`tfra`; 8.8.10), segment index (`sidx`;
8.16.3). Everything else in the standard is relative to what moves along.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats import chunk_offsets, iloc
from ...formats.isobmff import Box, Tail, boxes, meta_content, packed
from ...formats.source import CHUNK, Edit, Source

_MAX_TABLE: Final = 1 << 28
_REMEDY: Final = "remux it first, with FFmpeg's -c copy -movflags +faststart"


def growth(edits: Sequence[Edit]) -> int:
    """By how many bytes a file grows."""
    return sum(len(new) - (end - start) for start, end, new in edits)


class Shift:
    """By how much the bytes of a file move under edits."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        moving = sorted(
            (edit for edit in edits if len(edit[2]) != edit[1] - edit[0]), key=lambda edit: edit[:2]
        )
        self.spans = [(start, end) for start, end, _ in moving]
        self._ends = [end for _, end in self.spans]
        self._sums = list(accumulate((len(new) - (end - start) for start, end, new in moving), initial=0))

    def at(self, place: int) -> int:
        """Raises `UnsupportedFormat` for a place inside of what is replaced."""
        index = bisect_right(self._ends, place)
        if index < len(self.spans) and self.spans[index][0] < place:
            raise UnsupportedFormat(f"the film has data where its metadata or padding is; {_REMEDY}")
        return self._sums[index]

    def between(self, low: int, high: int) -> int | None:
        """The shift of all places from `low` to `high` if it is the same and nothing there is replaced."""
        first, last = bisect_right(self._ends, low), bisect_right(self._ends, high)
        clear = first == last and (first == len(self.spans) or self.spans[first][0] >= high)
        return self._sums[first] if clear else None


def corrections(data: Source, top: Sequence[Box], parts: Sequence[Box], edits: Sequence[Edit]) -> list[Edit]:
    """The further edits that keep every place right, with the boxes of the file and those of its movie box;
    they have the length of what they replace.

    Raises `CorruptFile` for tables that do not fit in their boxes, `UnsupportedFormat` where a place does not
    fit in its field, or cannot be corrected.
    """
    shift = Shift(edits)
    if not shift.spans:
        return []
    _check_fragments(top, shift)
    found: list[Edit] = []
    for part in parts:
        if part.kind == b"trak":
            found += _track(data, part, shift)
        elif part.kind == b"cmov":
            raise UnsupportedFormat(f"the film's movie box is compressed; {_REMEDY}")
        elif part.kind == b"meta":
            _check_items(data, part)
    for part in top:
        match part.kind:
            case b"moof":
                found += _fragment(data, part, shift)
            case b"mfra":
                for table in boxes(data, part.content, part.end):
                    found += _random_access(data, table, shift) if table.kind == b"tfra" else []
            case b"sidx":
                found += _segment_index(data, part, shift)
            case b"meta":
                found += _items(data, part, shift)
    return found


def _check_fragments(top: Sequence[Box], shift: Shift) -> None:
    """A fragment and its media data stay together, or their relative places would be wrong."""
    first = next((part.start for part in top if part.kind == b"moof"), None)
    last = max((part.end for part in top if part.kind in (b"moof", b"mdat")), default=0)
    if first is not None and any(start > first and end < last for start, end in shift.spans):
        raise UnsupportedFormat(f"the film has metadata between its fragments; {_REMEDY}")


def _child(data: Source, parent: Box, kind: bytes) -> Box | None:
    inner = boxes(data, parent.content, parent.end, tail=Tail.ZEROS)
    return next((part for part in inner if part.kind == kind), None)


def _track(data: Source, track: Box, shift: Shift) -> Iterator[Edit]:
    part: Box | None = track
    for kind in (b"mdia", b"minf"):
        part = part and _child(data, part, kind)
    if part is None:
        return
    inner = {found.kind: found for found in reversed(boxes(data, part.content, part.end, tail=Tail.ZEROS))}
    table, references = inner.get(b"stbl"), inner.get(b"dinf")
    if table is None or not _is_in_file(data, references and _child(data, references, b"dref")):
        return
    for part in boxes(data, table.content, table.end, tail=Tail.ZEROS):
        if part.kind in chunk_offsets.KINDS:
            yield from _table(data, part, shift)


def _is_in_file(data: Source, references: Box | None) -> bool:
    """Whether the track's media data are in this file (flag 1 of its data references)."""
    if references is None:
        return True
    inside = {
        bool(data[entry.content + 3 : entry.content + 4] == b"\1")
        for entry in boxes(data, references.content + 8, references.end)
    }
    if len(inside) > 1:
        raise UnsupportedFormat(f"a track of the film is partly in other files; {_REMEDY}")
    return inside != {False}


def _table(data: Source, table: Box, shift: Shift) -> Iterator[Edit]:
    """A count and so many places, corrected a megabyte at a time."""
    start, end, width = chunk_offsets.span(data, table.kind, table.content, table.end)
    if end - start > _MAX_TABLE:
        raise UnsupportedFormat("the film has more chunks than can be handled")
    for first in range(start, end, CHUNK):
        last = min(first + CHUNK, end)
        places = chunk_offsets.decoded(data[first:last], width)
        same = shift.between(min(places), max(places))
        if same == 0:
            continue
        moved = [place + (shift.at(place) if same is None else same) for place in places]
        if max(moved) >> (8 * width) or min(moved) < 0:
            raise UnsupportedFormat(f"the film's chunks would move beyond what its table can say; {_REMEDY}")
        yield first, last, chunk_offsets.encoded(moved, width)


def _moved(data: Source, at: int, width: int, shift: Shift) -> Iterator[Edit]:
    """One place."""
    place = int.from_bytes(data[at : at + width], "big")
    if change := shift.at(place):
        yield at, at + width, packed(max(place + change, 0), width)


def _fragment(data: Source, fragment: Box, shift: Shift) -> Iterator[Edit]:
    for part in boxes(data, fragment.content, fragment.end):
        header = _child(data, part, b"tfhd") if part.kind == b"traf" else None
        if (
            header
            and header.end - header.content >= 16
            and data[header.content + 3 : header.content + 4][0] & 1
        ):
            yield from _moved(data, header.content + 8, 8, shift)


def _random_access(data: Source, table: Box, shift: Shift) -> Iterator[Edit]:
    content = data[table.content : table.content + 16]
    if len(content) < 16 or table.end - table.content > _MAX_TABLE:
        raise CorruptFile("a table of random access is cut off or absurdly long")
    width = 8 if content[0] else 4
    lengths = int.from_bytes(content[8:12], "big")
    entry = 2 * width + sum((lengths >> bits & 3) + 1 for bits in (4, 2, 0))
    start, count = table.content + 16, int.from_bytes(content[12:16], "big")
    if start + count * entry > table.end:
        raise CorruptFile("a table of random access is longer than its box")
    for at in range(start + width, start + count * entry, entry):
        yield from _moved(data, at, width, shift)


def _segment_index(data: Source, index: Box, shift: Shift) -> Iterator[Edit]:
    """The distance to the first segment; the segments' own sizes must not change."""
    content = data[index.content : min(index.end, index.content + _MAX_TABLE)]
    width = 8 if content[:1] == b"\1" else 4
    at = 12 + width
    if len(content) < at + width + 4:
        raise CorruptFile("a segment index is cut off")
    distance = int.from_bytes(content[at : at + width], "big")
    count = int.from_bytes(content[at + width + 2 : at + width + 4], "big")
    entries = range(at + width + 4, at + width + 4 + 12 * count, 12)
    if entries.stop > len(content):
        raise CorruptFile("a segment index is longer than its box")
    first = index.end + distance
    last = first + sum(int.from_bytes(content[entry : entry + 4], "big") & 0x7FFFFFFF for entry in entries)
    if shift.at(last) != shift.at(first) and any(first < end and start < last for start, end in shift.spans):
        raise UnsupportedFormat(f"the film has metadata between its segments; {_REMEDY}")
    if change := shift.at(first) - shift.at(index.end):
        yield index.content + at, index.content + at + width, packed(max(distance + change, 0), width)


def _items(data: Source, meta: Box, shift: Shift) -> Iterator[Edit]:
    """The items of a picture in the file's own metadata box."""
    for part in boxes(data, meta_content(data, meta), meta.end):
        if part.kind == b"iloc" and part.end - part.content <= _MAX_TABLE:
            old = data[part.content : part.end]
            new = iloc.parse(old).moved(shift.at).encoded()
            if new != old:
                if len(new) != len(old):
                    raise UnsupportedFormat("the film's table of items cannot be corrected in its place")
                yield part.content, part.end, new


def _check_items(data: Source, meta: Box) -> None:
    if any(part.kind == b"iloc" for part in boxes(data, meta_content(data, meta), meta.end)):
        raise UnsupportedFormat(f"the film's movie box has items that stand elsewhere in the file; {_REMEDY}")

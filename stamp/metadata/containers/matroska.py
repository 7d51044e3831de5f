"""Matroska and WebM (RFC 9559): the rights are tags, in the element `Tags` of the file's segment.

Nothing moves where that can be had: changed tags go where the old ones were, into an element `Void`, or to
the end of the segment, with the place entered in `SeekHead`. Where that index has no room, or there is none
(live recordings), they go in front of the first cluster, and every place stated in the file is corrected
(`cues`). Blocks, chapters, attachments and identifiers keep their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats.ebml import (
    CRC32,
    HEADER,
    SEGMENT,
    VOID,
    Element,
    checksum_value,
    element,
    elements,
    encoded,
    master,
    number,
    packed_number,
    size_width,
    vint,
    void_header,
)
from ...formats.source import Edit, Patched, Source, chunks
from ..stores.tags import TAGS
from .cues import CannotMove, Shift, moved_cluster, moved_cues

STORES: Final = ("tags",)

_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_CLUSTER: Final = 0x1F43B675
_CUES: Final = 0x1C53BB6B
_ATTACHMENTS, _ATTACHED, _MIME_TYPE = 0x1941A469, 0x61A7, 0x4660
_LEVEL_1: Final = (_SEEK_HEAD, 0x1549A966, 0x1654AE6B, _CLUSTER, _CUES, _ATTACHMENTS, 0x1043A770, TAGS)
_C2PA_TYPES: Final = (b"application/c2pa", b"application/x-c2pa-manifest-store")
_NOT_ESSENCE: Final = (VOID, CRC32, 0xA7, 0xAB)
"""In a cluster: padding, checksum, and where it and the cluster before it are."""
_MOST_PARTS: Final = 500_000
_MAX_BLOCK: Final = 1 << 21
"""Tags and indexes of films are a few kilobytes; much longer ones would take minutes."""
_IN_MEMORY: Final = 1 << 25
_REMEDY: Final = "remux it first, with mkvmerge or FFmpeg's -c copy"


@dataclass(frozen=True, slots=True)
class _File:
    """The segment and its parts. `behind`: start of a part -> the part behind it."""

    data: Source
    segment: Element
    parts: list[Element]
    behind: Mapping[int, Element]

    def raw(self, part: Element) -> bytes:
        if part.size > _MAX_BLOCK:
            raise UnsupportedFormat("the file has more metadata than can be handled")
        return self.data[part.start : part.end]

    def place(self, position: int) -> int:
        """A position in the file as the segment counts it."""
        return position - self.segment.content

    def span(self, part: Element, used: Element | None = None) -> tuple[int, int, int]:
        """Where a part starts, where it and the header of padding behind it end, and how long it and the
        padding are together. `used` is padding that is spoken for.
        """
        other = self.behind.get(part.start)
        if other is None or other.id != VOID or other == used:
            return part.start, part.end, part.size
        return part.start, other.content, part.size + other.size


@dataclass(slots=True)
class _Plan:
    """Edits, and what they mean for the index: place of tags -> their new place, or None where they are gone;
    places of further tags.
    """

    edits: list[Edit] = field(default_factory=list)
    moved: dict[int, int | None] = field(default_factory=dict)
    added: list[int] = field(default_factory=list)


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for elements that do not fit."""
    file = _opened(data)
    parts = [part for part in file.parts if part.id == TAGS]
    if sum(part.size for part in parts) > _MAX_BLOCK:
        raise UnsupportedFormat("the file has more tags than can be handled")
    block = b"".join(map(file.raw, parts))
    return {"tags": block} if block else {}


def splice(data: Source, blocks: Mapping[str, bytes]) -> Patched:
    """`data` with the tags replaced, put in or, where the block is empty, taken out. Raises as `extract`
    does, and `UnsupportedFormat` where there is no room and a place in the file cannot be corrected.
    """
    file = _opened(data)
    old = {file.raw(part): part for part in reversed(file.parts) if part.id == TAGS}
    block = blocks["tags"]
    new = [block[part.start : part.end] for part in elements(block)]
    present = set(new)
    changed = [part for part in file.parts if part.id == TAGS and file.raw(part) not in present]
    plan = _Plan()
    more: list[bytes] = []
    fresh = [raw for raw in new if raw not in old]
    for at, part in enumerate(changed):
        raw = fresh[at] if at < len(fresh) else b""
        edit = _in_place(file, part, raw)
        if edit is None:
            more.append(raw)
            edit = _in_place(file, part, b"")
            plan.moved[file.place(part.start)] = None
        elif not raw:
            plan.moved[file.place(part.start)] = None
        if edit:
            plan.edits.append(edit)
    more += fresh[len(changed) :]
    edits = _placed(file, plan, b"".join(more))
    edits += _segment_size(file, edits)
    return Patched(data, _with_checksum(file, edits))


def has_c2pa(data: Source) -> bool:
    """Whether an attachment is a C2PA manifest, by its media type."""
    file = _opened(data)
    return any(
        child.id == _MIME_TYPE and data[child.content : child.end] in _C2PA_TYPES
        for part in file.parts
        if part.id == _ATTACHMENTS
        for attached in elements(data, part.content, part.end)
        if attached.id == _ATTACHED
        for child in elements(data, attached.content, attached.end)
    )


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where everything is that `essence` is taken from: the content of every cluster."""
    return ((part.content, part.end) for part in _opened(data).parts if part.id == _CLUSTER)


def essence(data: Source) -> Iterator[bytes]:
    """Timestamps and blocks of every cluster."""
    for cluster in (part for part in _opened(data).parts if part.id == _CLUSTER):
        # Blocks are many and small; a cluster is read once where it fits in memory.
        fits = cluster.size <= _IN_MEMORY
        source: Source = data[cluster.content : cluster.end] if fits else data
        start, end = (0, cluster.end - cluster.content) if fits else (cluster.content, cluster.end)
        run = start
        for part in elements(source, start, end):
            if part.id in _NOT_ESSENCE:
                yield from chunks(source, run, part.start)
                run = part.end
        yield from chunks(source, run, end)


def _opened(data: Source) -> _File:
    at = 0
    while (head := element(data, at, len(data))).id != SEGMENT:
        if head.id not in (HEADER, VOID) or not head.sized:
            raise CorruptFile("the file has no Matroska segment")
        at = head.end
    parts: list[Element] = []
    at, stop = head.content, head.end
    while at < stop:
        part = element(data, at, stop)
        if not head.sized and part.id in (HEADER, SEGMENT):
            stop = at
            break
        if not part.sized:
            part = _live(data, part)
        if len(parts) == _MOST_PARTS:
            raise CorruptFile("the file has more parts than can be handled")
        parts.append(part)
        at = part.end
    segment = Element(head.id, head.start, head.content, stop, head.sized)
    return _File(data, segment, parts, {one.start: two for one, two in pairwise(parts)})


def _live(data: Source, part: Element) -> Element:
    """A cluster without a size ends where something begins that cannot be in it (RFC 9559, section 5.1.3)."""
    if part.id != _CLUSTER:
        raise CorruptFile(f"the element at byte {part.start} has no size")
    at = part.content
    while at < part.end:
        child = element(data, at, part.end)
        if child.id in (*_LEVEL_1, HEADER, SEGMENT):
            break
        if not child.sized:
            raise CorruptFile(f"the element at byte {at} has no size")
        at = child.end
    return Element(part.id, part.start, part.content, at, sized=False)


def _in_place(file: _File, part: Element, new: bytes) -> Edit | None:
    """The edit that puts `new` where `part` is and leaves everything behind it where it is; None if that
    cannot be.
    """
    if part.end == file.segment.end:
        return part.start, part.end, new
    return _filled(*file.span(part), new)


def _filled(start: int, least: int, room: int, new: bytes) -> Edit | None:
    """`new` at `start` and padding behind it, both together `room` bytes; up to `least` nothing of what was
    there stays. None where the rest is too small for padding.
    """
    rest = room - len(new)
    if rest == 1 and new:
        one = next(elements(new))
        longer = encoded(one.id, new[one.content : one.end], size_width=size_width(new) + 1)
        new = longer + new[one.end :]
        rest = room - len(new)
    if rest < 0 or rest == 1:
        return None
    new += void_header(rest) if rest else b""
    end = max(least, start + len(new))
    return start, end, new + bytes(end - start - len(new))


def _placed(file: _File, plan: _Plan, new: bytes) -> list[Edit]:
    """The plan's edits, `new` in the best place for it, and the index.

    Raises `UnsupportedFormat` if it has none.
    """
    if not new:
        index = _index(file, plan)
        if index is None:
            raise UnsupportedFormat(f"the index of the file cannot be corrected; {_REMEDY}")
        return [*plan.edits, *index]
    first = next((part.start for part in file.parts if part.id == _CLUSTER), file.segment.end)
    padding = (part for part in file.parts if part.id == VOID and part.start < first)
    filled = ((part, edit) for part in padding if (edit := _filled(part.start, part.start, part.size, new)))
    # The padding behind the index may be what the index needs; then the next one will do.
    for part, edit in islice(filled, 2):
        for added in ([file.place(part.start)], []):
            index = _index(file, _Plan([], plan.moved, added), used=part)
            if index is not None:
                return [*plan.edits, edit, *index]
    end, growth = file.segment.end, sum(len(edit[2]) - (edit[1] - edit[0]) for edit in plan.edits)
    index = _index(file, _Plan([], plan.moved, [file.place(end) + growth]))
    if index is not None and any(part.id == _SEEK_HEAD for part in file.parts):
        return [*plan.edits, (end, end, new), *index]
    try:
        return _in_front(file, plan, first, new)
    except CannotMove:
        index = _index(file, plan)
        if index is None:
            raise UnsupportedFormat(f"the file has no room for tags; {_REMEDY}") from None
        return [*plan.edits, (end, end, new), *index]


def _in_front(file: _File, plan: _Plan, first: int, new: bytes) -> list[Edit]:
    """`new` before the first cluster. Raises `CannotMove`."""

    def shift(place: int) -> int:
        return len(new) if place >= file.place(first) else 0

    index = _index(file, _Plan([], plan.moved, [file.place(first)]), shift)
    if index is None:
        index = _index(file, _Plan([], plan.moved, []), shift)
    if index is None:
        raise CannotMove
    edits = [*plan.edits, (first, first, new), *index]
    for part in file.parts:
        if part.id == _CUES:
            edits += moved_cues(file.data, part, shift)
        elif part.id == _CLUSTER:
            edits += moved_cluster(file.data, part, shift)
    return edits


def _index(
    file: _File, plan: _Plan, shift: Shift = lambda place: 0, *, used: Element | None = None
) -> list[Edit] | None:
    """The edits of every `SeekHead`; None where one has no room. `used` is padding that is spoken for."""
    edits: list[Edit] = []
    added = plan.added
    for part in file.parts:
        if part.id != _SEEK_HEAD:
            continue
        raw = file.raw(part)
        children = []
        for child in elements(raw, part.content - part.start):
            entry = raw[child.start : child.end]
            moved = _entry(entry, plan.moved, shift) if child.id == _SEEK else entry
            children += [moved] if moved else []
        children += [_new_entry(place) for place in added]
        added = []
        new = master(_SEEK_HEAD, children, size_width=size_width(raw))
        if new == raw:
            continue
        edit = _filled(*file.span(part, used), new)
        if edit is None:
            return None
        edits.append(edit)
    return edits


def _entry(raw: bytes, moved: Mapping[int, int | None], shift: Shift) -> bytes:
    """An entry with its place corrected; empty if what it points to is gone."""
    (seek,) = elements(raw)
    parts = {part.id: part for part in elements(raw, seek.content)}
    position = parts.get(_SEEK_POSITION)
    if position is None:
        return raw
    old = raw[position.content : position.end]
    place = number(old)
    new = moved.get(place, place + shift(place))
    if new is None:
        return b""
    if new == place:
        return raw
    value = encoded(_SEEK_POSITION, packed_number(new, len(old)))
    children = (
        value if part.id == _SEEK_POSITION else raw[part.start : part.end]
        for part in elements(raw, seek.content)
    )
    return master(_SEEK, children, size_width=size_width(raw))


def _new_entry(place: int) -> bytes:
    return encoded(
        _SEEK, encoded(_SEEK_ID, packed_number(TAGS)), encoded(_SEEK_POSITION, packed_number(place))
    )


def _segment_size(file: _File, edits: list[Edit]) -> list[Edit]:
    """The size of the segment; nothing where it is unknown."""
    growth = sum(len(new) - (end - start) for start, end, new in edits)
    if not growth or not file.segment.sized:
        return []
    start = file.segment.start + 4
    width = file.segment.content - start
    size = file.segment.end - file.segment.content + growth
    # A size of all ones means "unknown".
    fits = size < (1 << 7 * width) - 1
    return [(start, file.segment.content, vint(size, width if fits else 8))]


def _with_checksum(file: _File, edits: list[Edit]) -> list[Edit]:
    """With the checksum over the whole segment set right, if it has one."""
    first = file.parts[0] if file.parts else None
    if first is None or first.id != CRC32:
        return edits
    result = Patched(file.data, edits)
    growth = len(result) - len(file.data)
    header = sum(len(new) - (end - start) for start, end, new in edits if end <= file.segment.content)
    content = chunks(result, first.end + header, file.segment.end + growth)
    return [*edits, (first.end - 4, first.end, checksum_value(content))]

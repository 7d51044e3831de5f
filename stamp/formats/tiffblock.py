"""The first image file directory (IFD0) of a TIFF structure, patched by appending.

A TIFF structure is a TIFF or BigTIFF file, or the EXIF block of another container. A patch writes changed
values and a whole new IFD0 at the end and moves the header's pointer; no other byte moves. MakerNotes,
thumbnails and strips are addressed by absolute offsets that only the maker knows, so any writer that moves
them destroys them: this one cannot.

Specifications: TIFF 6.0 section 2; the BigTIFF design (libtiff); Exif 3.0 (CIPA DC-008-2023) section 4.6.2.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ..core.errors import CorruptFile
from .ifd import TYPE_SIZES, Layout, first_ifd, layout_of
from .source import CHUNK, Edit, Source

BYTE, ASCII, SHORT, UNDEFINED = 1, 2, 3, 7
_POINTER = 4
_MOST_ENTRIES = 0xFFFF
"""What classic TIFF can count; BigTIFF could claim more than memory holds."""


@dataclass(frozen=True, slots=True)
class Ifd0:
    """IFD0 of `block`: its entries in file order as (tag, raw bytes), where it is, and the raw pointer to
    the next IFD.
    """

    block: Source
    layout: Layout
    start: int
    end: int
    entries: tuple[tuple[int, bytes], ...]
    next_ifd: bytes

    def value(self, tag: int) -> bytes | None:
        """The bytes of the first entry with `tag`; None if there is none, or it points outside the block or
        has an unknown type.
        """
        raw = next((raw for number, raw in self.entries if number == tag), None)
        span = None if raw is None else self._span(raw)
        if raw is None or span is None:
            return None
        start, size = span
        return self.block[start : start + size] if start else raw[-self.layout.word_size :][:size]

    def kind(self, tag: int, default: int) -> int:
        """The type of the first entry with `tag`, `default` if there is none or its type is unknown."""
        raw = next((raw for number, raw in self.entries if number == tag), None)
        kind = default if raw is None else self.layout.unpack("H", raw, 2)[0]
        return kind if kind in TYPE_SIZES else default

    def numbers(self, tag: int) -> tuple[int, ...]:
        """The values of an entry of type SHORT, LONG or LONG8; empty if there is none."""
        value = self.value(tag) or b""
        code = {3: "H", 4: "I", 16: "Q"}.get(self.kind(tag, BYTE))
        return self.layout.unpack(f"{len(value) // struct.calcsize(code)}{code}", value, 0) if code else ()

    def _span(self, raw: bytes) -> tuple[int, int] | None:
        """(offset, size) of an entry's value, offset 0 where it is in the entry itself; None where it is
        not in the block.
        """
        layout = self.layout
        kind, count, offset = layout.unpack("H" + 2 * layout.word, raw, 2)
        size = TYPE_SIZES.get(kind, 0) * count
        if size == 0 and count:
            return None
        if size <= layout.word_size:
            return 0, size
        return (offset, size) if offset and offset + size <= len(self.block) else None

    def keeps_clear(self) -> bool:
        """Whether no value of this directory reaches into or beyond the directory itself."""
        spans = (self._span(raw) for _, raw in self.entries)
        return all(span is not None and span[0] + span[1] <= self.start for span in spans)

    def freed(self, tags: Collection[int]) -> int:
        """From where on the block is free once the values of `tags` are not needed: the start of those that
        are right before the directory, as far as nothing else in the directory points there.
        """
        gone = [span for tag, raw in self.entries if tag in tags and (span := self._span(raw)) and span[0]]
        others = [raw for tag, raw in self.entries if tag not in tags]
        reach = max((sum(span) for raw in others if (span := self._span(raw))), default=0)
        # An entry of one number may be a pointer: to the Exif and GPS directories, say. Few bytes are none.
        may_point = (raw for raw in others if not (span := self._span(raw)) or span[1] >= _POINTER)
        words = [raw[-self.layout.word_size :] for raw in may_point] + [self.next_ifd]
        pointers = [self.layout.unpack(self.layout.word, word, 0)[0] for word in words]
        keep = self.start
        for start, size in sorted(gone, reverse=True):
            if start + size + size % 2 != keep or any(start <= pointer < self.end for pointer in pointers):
                break
            keep = start if start >= reach else keep
        return keep


def padding(value: bytes, kind: int) -> bytes:
    """The zeros that make `value` a whole number of items of type `kind`."""
    return bytes(-len(value) % TYPE_SIZES[kind])


def parse(block: Source) -> Ifd0:
    """Reads IFD0. Raises `CorruptFile` if the header or the directory is not inside the block."""
    head = block[0:16]
    layout = layout_of(head)
    if layout is None:
        marked = head[:2] in (b"II", b"MM")
        what = "its header is damaged or cut off" if marked else "no byte order mark"
        raise CorruptFile(f"not an EXIF/TIFF block: {what}")
    ifd = first_ifd(block, layout)
    if ifd is None:
        raise CorruptFile("the EXIF/TIFF header points outside its block")
    # Some writers leave out the pointer to the next directory when there is none and the block ends.
    inside = ifd.at >= layout.pointer_at + layout.word_size and ifd.end - layout.word_size <= len(block)
    if not inside or ifd.count > _MOST_ENTRIES:
        raise CorruptFile("the first EXIF/TIFF directory does not fit in its block")
    entries, next_ifd = tuple(ifd.entries(block)), ifd.following(block)
    return Ifd0(block, layout, ifd.at, min(ifd.end, len(block)), entries, next_ifd)


def new_block() -> bytes:
    """An EXIF block without entries, big-endian like the standard's own examples."""
    return b"MM\0*" + struct.pack(">I", 8) + bytes(6)


def patch(
    block: bytes, changes: Mapping[int, tuple[int, bytes]], removed: Collection[int] = frozenset()
) -> bytes:
    """`block` with the `edits` applied."""
    (at, after, pointer), (keep, _, new) = edits(parse(block), changes, removed)
    return b"".join((block[:at], pointer, block[after:keep], new))


def edits(
    ifd: Ifd0, changes: Mapping[int, tuple[int, bytes]], removed: Collection[int] = frozenset()
) -> tuple[Edit, Edit]:
    """What sets each tag of `changes` (tag -> (type, value bytes, whole items)) in IFD0, and takes those of
    `removed` out of it: the header's pointer, and the end of the block; everything else stays where it is.

    Raises `CorruptFile` where the result would pass the format's limit (65,535 entries, 4 GiB).
    """
    block, layout = ifd.block, ifd.layout
    # An IFD0 that ends the block is ours or like ours: the new one takes its place, so that none pile up.
    ours = ifd.end == len(block) and ifd.keeps_clear()
    keep = ifd.freed({*changes, *removed}) if ours else len(block)
    tail = bytearray(keep % 2)
    entries = dict.fromkeys(changes, b"")
    for tag, (kind, value) in changes.items():
        count = len(value) // TYPE_SIZES[kind]
        if len(value) <= layout.word_size:
            place = value.ljust(layout.word_size, b"\0")
        else:
            place = _offset(layout, keep + len(tail))
            tail += value + bytes(len(value) % 2)
        entries[tag] = layout.pack("HH" + layout.word, tag, kind, count) + place
    directory = _merged([entry for entry in ifd.entries if entry[0] not in removed], entries)
    try:
        new = layout.pack(layout.count, len(directory)) + b"".join(directory) + ifd.next_ifd
    except struct.error:
        raise CorruptFile("the first EXIF/TIFF directory is full") from None
    start = keep + len(tail)
    after = layout.pointer_at + layout.word_size
    # Taking out what an earlier patch put in gives the directory from before it, which is still there.
    earlier = _find(block, new, after, keep) if removed and not tail else -1
    if earlier >= 0 and earlier % 2 == 0:
        start, new = earlier, b""
    pointer = _offset(layout, start)
    return (layout.pointer_at, after, pointer), (keep, len(block), bytes(tail) + new)


def _find(block: Source, wanted: bytes, start: int, end: int) -> int:
    """`bytes.find`, a megabyte at a time."""
    for at in range(start, end, CHUNK):
        found = block[at : min(at + CHUNK + len(wanted) - 1, end)].find(wanted)
        if found >= 0:
            return at + found
    return -1


def _merged(old: Iterable[tuple[int, bytes]], new: Mapping[int, bytes]) -> list[bytes]:
    """Old entries in their order, new ones in the place of the old or before the first greater tag; repeated
    tags are dropped if set.
    """
    waiting = dict(sorted(new.items()))
    old = list(old)
    present = {tag for tag, _ in old}
    merged: list[bytes] = []
    for tag, raw in old:
        while waiting and (first := next(iter(waiting))) < tag and first not in present:
            merged.append(waiting.pop(first))
        if tag not in new:
            merged.append(raw)
        elif tag in waiting:
            merged.append(waiting.pop(tag))
    return merged + list(waiting.values())


def _offset(layout: Layout, value: int) -> bytes:
    try:
        return layout.pack(layout.word, value)
    except struct.error:
        raise CorruptFile("the file would pass 4 GiB, which TIFF cannot address: use BigTIFF") from None

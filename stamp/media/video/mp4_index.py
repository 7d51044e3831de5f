"""Carry an MP4 or QuickTime file's own boxes over to a file that was made from it.

FFmpeg's muxer writes the tags that it knows, in its own way. What it does not know (XMP, Android's and
Apple's keys, a camera's own data, spherical video) and how the rest was written would be lost. So the
source's boxes take the place of the muxer's, byte for byte, and the index moves before the media data in the
same pass (ISO/IEC 14496-12: section 8.10 user data, 8.11 metadata, 11.1 uuid, 8.7.5 chunk offsets).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import CorruptFile
from ...formats.isobmff import Box, box, boxes
from ...storage.large import LargeFile, open_large

_OWN = {b"udta", b"meta", b"uuid"}
_FRAGMENTS = {b"moof", b"sidx", b"styp"}
_MOST_EXTRA = 64 << 20  # bytes of one top-level box that are carried over
_TOP_OF_32_BITS = 0xFFFFFFFF


def graft(source: Path, made: Path, track_ids: Sequence[int]) -> None:
    """Replace `made`, a file with its index at the end, by one with the index in front and with the user
    data, metadata and uuid boxes of `source`: of the file, of the movie, and of the tracks.

    track_ids : for each track of `made` in order, the track of `source` that it comes from; tracks beyond
        them keep what they have.

    Raises CorruptFile if one of the two is no such file, OSError for what the disk does not take.
    """
    with open_large(source) as old, open_large(made) as new:
        outer = {kind: (start, end) for kind, start, end in _outer(new)}
        if b"moov" not in outer or b"ftyp" not in outer or outer[b"moov"][1] != len(new):
            raise CorruptFile(f"{made}: not a file with its index at the end", path=made)
        kinds = {kind for kind, _, _ in _outer(old)}
        begin, media = outer[b"ftyp"]
        index = new[slice(*outer[b"moov"])]
        moov = next((old[start:end] for kind, start, end in _outer(old) if kind == b"moov"), b"")
        # Brands that promise fragments are not kept: what was made has none.
        brands = b"" if kinds & _FRAGMENTS else _first(old, b"ftyp")
        front = (brands or new[begin:media]) + b"".join(_extras(old))
        index = _wide_offsets(_grafted(index, moov, track_ids), len(front) + 2 * len(index) + len(moov))
        shift = len(front) + len(index) - media
        temp = made.with_name(f"{made.name}.index")
        try:
            new.write(temp, [front, _shifted(index, shift), (media, outer[b"moov"][0])])
            os.replace(temp, made)
        finally:
            temp.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Layout:
    """index_first : the index comes before the media data. edit_lists : some track has one."""

    index_first: bool
    edit_lists: bool


def layout(path: Path) -> Layout | None:
    """How an MP4 or QuickTime file is laid out; None for other files. Raises MediaError."""
    with open_large(path) as file:
        places = {kind: (start, end) for kind, start, end in _outer(file)}
        if b"moov" not in places:
            return None
        index = file[slice(*places[b"moov"])]
        first = b"mdat" not in places or places[b"moov"] < places[b"mdat"]
        return Layout(first, any(_has_edits(index, part) for part in _inner(index)))


def _has_edits(index: bytes, part: Box) -> bool:
    return part.kind == b"trak" and any(inner.kind == b"edts" for inner in _content(index, part))


def _outer(file: LargeFile) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the outermost boxes; the walk ends where they stop making sense."""
    position = 0
    while position + 8 <= len(file):
        header = file[position : position + 16]
        size, kind = struct.unpack_from(">I4s", header)
        if size == 1 and len(header) == 16:
            (size,) = struct.unpack_from(">Q", header, 8)
        elif size == 0:
            size = len(file) - position
        if size < 8 or position + size > len(file):
            return
        yield kind, position, position + size
        position += size


def _first(file: LargeFile, wanted: bytes) -> bytes:
    return next((file[start:end] for kind, start, end in _outer(file) if kind == wanted), b"")


def _extras(file: LargeFile) -> Iterator[bytes]:
    """The outermost metadata and uuid boxes."""
    for kind, start, end in _outer(file):
        if kind in (b"uuid", b"meta") and end - start <= _MOST_EXTRA:
            yield file[start:end]


def _grafted(index: bytes, old_index: bytes, track_ids: Sequence[int]) -> bytes:
    """The index with the old one's own boxes instead of those that the muxer wrote."""
    new_parts, old_parts = _inner(index), _inner(old_index)
    old_tracks = {_track_id(old_index, part): part for part in old_parts if part.kind == b"trak"}
    wanted = iter(track_ids)
    parts = []
    for part in new_parts:
        if part.kind == b"trak":
            old_track = old_tracks.get(next(wanted, -1))
            parts.append(
                _with_own(index, part, old_index, _content(old_index, old_track) if old_track else None)
            )
        elif part.kind not in _OWN:
            parts.append(index[part.start : part.end])
    parts += (old_index[part.start : part.end] for part in old_parts if _carried(old_index, part))
    return box(b"moov", *parts)


def _inner(index: bytes) -> list[Box]:
    return _content(index, boxes(index)[0]) if index else []


def _content(data: bytes, part: Box) -> list[Box]:
    return boxes(data, part.content, part.end)


def _track_id(index: bytes, track: Box) -> int:
    """From the track header (8.3.2)."""
    for part in _content(index, track):
        if part.kind == b"tkhd":
            at = part.content + (20 if index[part.content] == 1 else 12)
            return int.from_bytes(index[at : at + 4], "big")
    return 0


def _with_own(index: bytes, track: Box, old_index: bytes, old: list[Box] | None) -> bytes:
    if old is None:
        return index[track.start : track.end]
    kept = [index[part.start : part.end] for part in _content(index, track) if part.kind not in _OWN]
    own = [old_index[part.start : part.end] for part in old if _carried(old_index, part)]
    return box(b"trak", *kept, *own)


def _carried(data: bytes, part: Box) -> bool:
    # Items with places in the file (iloc) would point to what is no longer there.
    return part.kind in _OWN and not (part.kind == b"meta" and b"iloc" in data[part.start : part.end])


_PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def _tables(index: bytes, start: int, end: int) -> Iterator[Box]:
    """The tables of chunk offsets, stco and co64."""
    for part in boxes(index, start, end):
        if part.kind in _PARENTS:
            yield from _tables(index, part.content, part.end)
        elif part.kind in (b"stco", b"co64"):
            yield part


def _wide_offsets(index: bytes, room: int) -> bytes:
    """The index with 64-bit offsets where 32 bits would not take those of media data that moves by up to
    `room` bytes."""
    offsets = [
        struct.unpack_from(f">{(part.end - part.content - 8) // 4}I", index, part.content + 8)
        for part in _tables(index, 0, len(index))
        if part.kind == b"stco"
    ]
    if max(map(max, filter(None, offsets)), default=0) + 2 * room <= _TOP_OF_32_BITS:
        return index
    return _widened(index, boxes(index)[0])


def _widened(index: bytes, part: Box) -> bytes:
    if part.kind in _PARENTS:
        return box(part.kind, *(_widened(index, inner) for inner in _content(index, part)))
    if part.kind != b"stco":
        return index[part.start : part.end]
    count = (part.end - part.content - 8) // 4
    values = struct.unpack_from(f">{count}I", index, part.content + 8)
    return box(b"co64", index[part.content : part.content + 8], struct.pack(f">{count}Q", *values))


def _shifted(index: bytes, shift: int) -> bytes:
    """The index with every chunk offset moved by `shift` bytes."""
    changed = bytearray(index)
    for part in _tables(index, 0, len(index)):
        letter, size = ("I", 4) if part.kind == b"stco" else ("Q", 8)
        form = f">{(part.end - part.content - 8) // size}{letter}"
        values = struct.unpack_from(form, index, part.content + 8)
        struct.pack_into(form, changed, part.content + 8, *(value + shift for value in values))
    return bytes(changed)

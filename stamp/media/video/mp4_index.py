"""Carry an MP4 or QuickTime file's own boxes over to a file that was made from it.

FFmpeg's muxer writes the tags that it knows, in its own way. What it does not know (XMP, Android's and
Apple's keys, a camera's own data, spherical video) and how the rest was written would be lost. So the
source's boxes take the place of the muxer's, byte for byte, and the index moves before the media data in the
same pass (ISO/IEC 14496-12: section 8.10 user data, 8.11 metadata, 11.1 uuid, 8.7.5 chunk offsets).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import CorruptFile
from ...formats.chunk_offsets import chunk_offsets, set_chunk_offsets, widen
from ...formats.isobmff import MAX_TOP_BOXES, Box, BoxTree, Tail, box, boxes, taken_apart, taken_out, walk
from ...formats.mp4 import PARENTS, tracks
from ...formats.reading import named
from ...formats.source import Source
from ...storage.large import open_large

_OWN = (b"udta", b"meta", b"uuid")
_DOLBY_VISION = (b"dvcC", b"dvvC", b"dvwC")
_STSD = (b"mdia", b"minf", b"stbl", b"stsd")
_ENTRIES, _PICTURE = 8, 78  # bytes before the entries of stsd, and before the boxes of one (12.1.3)
_FRAGMENTS = (b"moof", b"sidx", b"styp")
_MOST_EXTRA = 64 << 20  # bytes of one top-level box that are carried over
_TOP_OF_32_BITS = 0xFFFFFFFF


def carry_over_boxes(
    source: Path, made: Path, track_ids: Sequence[int], *, dolby_vision: bool = False
) -> None:
    """Replace `made`, a file with its index at the end, by one with the index in front and with the user
    data, metadata and uuid boxes of `source`: of the file, of the movie, and of the tracks.

    track_ids : for each track of `made` in order, the track of `source` that it comes from; tracks beyond
        them keep what they have.
    dolby_vision : the pictures still have their metadata, so that what describes these is carried over, too.

    Raises CorruptFile if one of the two is no such file, OSError for what the disk does not take.
    """
    with open_large(source) as old, open_large(made) as new:
        outer = {part.kind: part for part in _top_level(new)}
        if not {b"moov", b"ftyp"} <= outer.keys() or outer[b"moov"].end != len(new):
            raise CorruptFile("not a file with its index at the end", path=made)
        brands, index = outer[b"ftyp"], outer[b"moov"]
        parts = list(_top_level(old))
        old_index = next((part for part in parts if part.kind == b"moov"), None)
        moov = taken_apart(new, index, PARENTS)
        _carry_over(moov, old, old_index, track_ids)
        if dolby_vision and old_index:
            _describe_dolby_vision(moov, taken_apart(old, old_index, PARENTS))

        # Brands that promise fragments are not kept: what was made has none.
        kept = [] if any(part.kind in _FRAGMENTS for part in parts) else parts
        own_brands = next((old[part.start : part.end] for part in kept if part.kind == b"ftyp"), b"")
        front = (own_brands or new[brands.start : brands.end]) + b"".join(_extras(old, parts))
        room = len(front) + 2 * (index.end - index.start)
        room += old_index.end - old_index.start if old_index else 0
        _make_room(moov, room)
        shift = len(front) + len(moov.tobytes()) - brands.end
        for track in tracks(moov):
            set_chunk_offsets(track, [offset + shift for offset in chunk_offsets(track)])
        temp = made.with_name(f"{made.name}.index")
        try:
            new.write(temp, [front, moov.tobytes(), (brands.end, index.start)])
            os.replace(temp, made)
        finally:
            temp.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Layout:
    """index_first : the index comes before the media data. edit_lists : some track has one."""

    index_first: bool
    edit_lists: bool


def layout(path: Path) -> Layout | None:
    """Return how an MP4 or QuickTime file is laid out; None for other files. Raises MediaError."""
    with open_large(path) as file, named(path):
        places = {part.kind: part for part in _top_level(file)}
        index = places.get(b"moov")
        if index is None:
            return None
        first = b"mdat" not in places or index.start < places[b"mdat"].start
        found = (part for part in _children(file, index) if part.kind == b"trak")
        return Layout(first, any(inner.kind == b"edts" for part in found for inner in _children(file, part)))


def _top_level(file: Source) -> Iterator[Box]:
    return walk(file, most=MAX_TOP_BOXES, tail=Tail.ANYTHING)


def _children(data: Source, parent: Box) -> list[Box]:
    return boxes(data, parent.content, parent.end, tail=Tail.ZEROS)


def _extras(file: Source, parts: Sequence[Box]) -> Iterator[bytes]:
    """The outermost metadata and uuid boxes."""
    for part in parts:
        if part.kind in (b"uuid", b"meta") and part.end - part.start <= _MOST_EXTRA:
            yield file[part.start : part.end]


def _carry_over(moov: BoxTree, old: Source, old_index: Box | None, track_ids: Sequence[int]) -> None:
    """Put the old movie's own boxes, and its tracks', in the place of those that the muxer wrote."""
    parts = _children(old, old_index) if old_index else []
    old_tracks = {_track_id(old, part): part for part in parts if part.kind == b"trak"}
    for track, number in zip(tracks(moov), track_ids, strict=False):
        if number in old_tracks:
            _take_over(track, old, _children(old, old_tracks[number]))
    _take_over(moov, old, parts)


def _describe_dolby_vision(moov: BoxTree, old: BoxTree) -> None:
    """Put what describes Dolby Vision behind the description of the pictures, as FFmpeg's muxer does in MP4
    but not in QuickTime."""
    told = next((each for track in tracks(old) for each in _configurations(track)), None)
    for track in tracks(moov):
        table = track.get(*_STSD)
        if told is None or table is None or next(_configurations(track), None):
            continue
        parts = boxes(table.content, _ENTRIES)
        if parts and parts[0].kind in (b"hvc1", b"hev1"):
            first = parts[0]
            entry = box(first.kind, table.content[first.content : first.end], told)
            table.content = table.content[:_ENTRIES] + entry + table.content[first.end :]
            return


def _configurations(track: BoxTree) -> Iterator[bytes]:
    """The boxes in the descriptions of a track that are about Dolby Vision."""
    content = table.content if (table := track.get(*_STSD)) else b""
    for entry in boxes(content, _ENTRIES, tail=Tail.ANYTHING) if content else ():
        for part in walk(content, entry.content + _PICTURE, entry.end, tail=Tail.ANYTHING):
            if part.kind in _DOLBY_VISION:
                yield content[part.start : part.end]


def _take_over(new: BoxTree, old: Source, parts: Sequence[Box]) -> None:
    new.drop(*_OWN)
    own = (taken_out(old, part) for part in parts if part.kind in _OWN)
    # Items with places in the file (iloc) would point to what is no longer there.
    new.children += (part for part in own if part.kind != b"meta" or b"iloc" not in part.content)


def _track_id(file: Source, track: Box) -> int:
    """From the track header (8.3.2)."""
    header = next((part for part in _children(file, track) if part.kind == b"tkhd"), None)
    if header is None:
        return 0
    content = file[header.content : header.content + 24]
    return int.from_bytes(content[20:24] if content[:1] == b"\1" else content[12:16], "big")


def _make_room(moov: BoxTree, room: int) -> None:
    """Give the tracks 64-bit offsets where 32 bits would not take those of media data that moves by up to
    `room` bytes."""
    narrow = [track for track in tracks(moov) if track.get(b"mdia", b"minf", b"stbl", b"stco")]
    last = max((max(chunk_offsets(track), default=0) for track in narrow), default=0)
    if last + 2 * room > _TOP_OF_32_BITS:
        for track in narrow:
            widen(track)

"""What the movie box of an MP4 or QuickTime file says of its tracks (ISO/IEC 14496-12, section 8), as far
down as their sample tables.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..core.errors import CorruptFile
from .chunk_offsets import chunk_offsets
from .isobmff import MAX_TOP_BOXES, Box, BoxTree, Tail, taken_apart, walk
from .source import Source

PARENTS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})
_MAX_MOOV: Final = 128_000_000
_STBL: Final = (b"mdia", b"minf", b"stbl")


def top_level(data: Source) -> Iterator[Box]:
    """Yield the boxes of a file; one that is cut off ends where the file does. Raises `CorruptFile`."""
    return walk(data, most=MAX_TOP_BOXES, tail=Tail.CUT)


def read_moov(data: Source) -> BoxTree:
    """Return the box that describes the tracks. Raises `CorruptFile`."""
    for part in top_level(data):
        if part.kind == b"moov":
            if part.end - part.content > _MAX_MOOV:
                raise CorruptFile("it cannot be decoded (the description of its tracks is too large)")
            return taken_apart(data, part, PARENTS)
    raise CorruptFile("it cannot be decoded (the description of its tracks (moov) is missing)")


def tracks(moov: BoxTree) -> list[BoxTree]:
    """Return the tracks of a movie."""
    return [child for child in moov.children if child.kind == b"trak"]


def handler(track: BoxTree) -> bytes:
    """Return what kind of track it is: b"soun", b"vide", b"text", ..."""
    return track.at(b"mdia", b"hdlr").content[8:12]


def table(box: BoxTree, form: str, skip: int = 8) -> list[tuple[int, ...]]:
    """Return the rows of a full box, behind its version, flags and number of rows."""
    size = struct.calcsize(form)
    rows = box.content[skip : skip + (len(box.content) - skip) // size * size]
    return list(struct.iter_unpack(form, rows))


def sample_times(track: BoxTree) -> list[tuple[int, ...]]:
    """Return (number of samples, length of each in the track's time units) of each run (8.6.1.2)."""
    return table(track.at(*_STBL, b"stts"), ">II")


def media_time(track: BoxTree) -> tuple[int, int]:
    """Return (time units in a second, length of all samples in these units)."""
    header = track.at(b"mdia", b"mdhd").content
    scale = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0]
    return max(scale, 1), sum(count * length for count, length in sample_times(track))


def gaps(track: BoxTree) -> int:
    """Return how much longer than most some samples last by the table: time in which nothing is heard; in
    the track's units."""
    times = sample_times(track)
    usual = max(times, default=(0, 0))[1]
    return sum(count * max(length - usual, 0) for count, length in times)


def movie_scale(moov: BoxTree) -> int:
    """Return the movie's time units in a second."""
    header = moov.at(b"mvhd").content
    return max(int(struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0]), 1)


def codec_tag(track: BoxTree) -> bytes:
    """Return the four characters that name the coding of a track (8.5.2)."""
    return track.at(*_STBL, b"stsd").content[12:16]


@dataclass(frozen=True, slots=True)
class EditList:
    """What of the samples of a track is played, and when (section 8.6.6).

    wait : how long nothing is, in the movie's time units. start : where in the samples it begins, in the
    track's. length : in the movie's time units, 0 where it is not given. several : more pieces follow.
    """

    wait: int = 0
    start: int = 0
    length: int = 0
    several: bool = False


def edit_list(track: BoxTree) -> EditList:
    """Return the edit list of a track; one that plays all where it has none."""
    box = track.get(b"edts", b"elst")
    rows = table(box, ">Qqi" if box.content[0] == 1 else ">Iii") if box else []
    pieces = [(length, start) for length, start, _ in rows]
    wait = 0
    while pieces and pieces[0][1] < 0:
        wait += pieces.pop(0)[0]
    length, start = pieces[0] if pieces else (0, 0)
    return EditList(wait, start, length, len(pieces) > 1)


def chunk_spans(track: BoxTree) -> list[tuple[int, int]]:
    """Return (offset in the file, size) of each chunk of samples of a track (sections 8.7.3 to 8.7.5)."""
    samples = track.at(*_STBL)
    lengths = samples.at(b"stsz").content
    (same,) = struct.unpack_from(">I", lengths, 4)
    sizes = [] if same else [row[0] for row in table(samples.at(b"stsz"), ">I", 12)]
    runs = table(samples.at(b"stsc"), ">III")
    found, at = [], 0
    for number, offset in enumerate(chunk_offsets(track), 1):
        while len(runs) > 1 and runs[1][0] <= number:
            runs.pop(0)
        each = runs[0][1] if runs else 0
        found.append((offset, same * each or sum(sizes[at : at + each])))
        at += each
    return found

"""The boxes of an MP4 file (ISO/IEC 14496-12) as a tree, as far down as the sample tables of its tracks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}
_MAX_MOOV = 128_000_000


@dataclass(slots=True)
class Box:
    """content : what is behind the header; empty where there are `children`, which stand for it."""

    kind: bytes
    content: bytes
    children: list[Box]

    def tobytes(self) -> bytes:
        inner = b"".join(child.tobytes() for child in self.children) if self.children else self.content
        return struct.pack(">I4s", 8 + len(inner), self.kind) + inner

    def get(self, *path: bytes) -> Box | None:
        """The first box down this path of kinds."""
        box: Box | None = self
        for kind in path:
            box = next((child for child in box.children if child.kind == kind), None) if box else None
        return box

    def at(self, *path: bytes) -> Box:
        """`get`, for a box that must be there. Raises ValueError."""
        box = self.get(*path)
        if box is None:
            raise ValueError(f"the box {'/'.join(kind.decode('latin1') for kind in path)} is missing")
        return box

    def put(self, box: Box) -> None:
        """Replace the child of the same kind, or add one."""
        kinds = [child.kind for child in self.children]
        place = kinds.index(box.kind) if box.kind in kinds else len(kinds)
        self.children[place : place + 1] = [box]

    def drop(self, *kinds: bytes) -> None:
        self.children = [child for child in self.children if child.kind not in kinds]


def tree(data: bytes) -> list[Box]:
    """The boxes in `data`. Raises ValueError if they do not fill it."""
    found = []
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            if not any(data[at:]):
                break  # a QuickTime list of atoms may end in four zero bytes
            raise ValueError("a box is cut off")
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1 and start + 8 <= len(data):
            size, start = struct.unpack_from(">Q", data, start)[0], start + 8
        size = size or len(data) - at
        if size < start - at or at + size > len(data):
            raise ValueError(f"the box {kind!r} does not fit in what holds it")
        content = data[start : at + size]
        found.append(Box(kind, b"", tree(content)) if kind in _PARENTS else Box(kind, content, []))
        at += size
    return found


def top_level(file: BinaryIO) -> Iterator[tuple[bytes, int, int, int]]:
    """(kind, start, start of the content, end) of each box of a file; one that is cut off ends where the file
    does."""
    size = file.seek(0, 2)
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        content = at + 8
        if length == 1:
            length, content = int.from_bytes(file.read(8), "big"), at + 16
        end = at + length if length else size
        if end < content:
            raise ValueError(f"the box {kind!r} is shorter than its header")
        yield kind, at, content, min(end, size)
        at = end


def read_moov(file: BinaryIO) -> Box:
    """The box that describes the tracks. Raises ValueError."""
    for kind, _, content, end in top_level(file):
        if kind == b"moov":
            if end - content > _MAX_MOOV:
                raise ValueError("the description of its tracks is too large")
            file.seek(content)
            return Box(b"moov", b"", tree(file.read(end - content)))
    raise ValueError("the description of its tracks (moov) is missing")


def handler(track: Box) -> bytes:
    """What kind of track: b"soun", b"vide", b"text", ..."""
    return track.at(b"mdia", b"hdlr").content[8:12]


def table(box: Box, form: str, skip: int = 8) -> list[tuple[int, ...]]:
    """The rows of a full box, behind its version, flags and number of rows."""
    size = struct.calcsize(form)
    rows = box.content[skip : skip + (len(box.content) - skip) // size * size]
    return list(struct.iter_unpack(form, rows))


def media_time(track: Box) -> tuple[int, int]:
    """(time units in a second, length of all samples in these units)"""
    header = track.at(b"mdia", b"mdhd").content
    scale = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0]
    times = table(track.at(b"mdia", b"minf", b"stbl", b"stts"), ">II")
    return max(scale, 1), sum(count * length for count, length in times)


def gaps(track: Box) -> int:
    """How much longer than most some samples are said to last: time in which nothing is heard; in the
    track's units."""
    times = table(track.at(b"mdia", b"minf", b"stbl", b"stts"), ">II")
    usual = max(times, default=(0, 0))[1]
    return sum(count * max(length - usual, 0) for count, length in times)


def movie_scale(moov: Box) -> int:
    header = moov.at(b"mvhd").content
    return max(int(struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0]), 1)


@dataclass(frozen=True, slots=True)
class Edit:
    """What of the samples of a track is played, and when (section 8.6.6).

    wait : how long nothing is, in the movie's time units. start : where in the samples it begins, in the
    track's. length : in the movie's time units, 0 where not told. several : more pieces follow.
    """

    wait: int = 0
    start: int = 0
    length: int = 0
    several: bool = False


def edit(track: Box) -> Edit:
    box = track.get(b"edts", b"elst")
    rows = table(box, ">Qqi" if box.content[0] == 1 else ">Iii") if box else []
    pieces = [(length, start) for length, start, _ in rows]
    wait = 0
    while pieces and pieces[0][1] < 0:
        wait += pieces.pop(0)[0]
    length, start = pieces[0] if pieces else (0, 0)
    return Edit(wait, start, length, len(pieces) > 1)


def chunks(track: Box) -> list[tuple[int, int]]:
    """(offset in the file, size) of each chunk of samples of a track (sections 8.7.3 to 8.7.5)."""
    samples = track.at(b"mdia", b"minf", b"stbl")
    offsets = [row[0] for row in table(*_offsets(samples))]
    lengths = samples.at(b"stsz").content
    (same,) = struct.unpack_from(">I", lengths, 4)
    sizes = [] if same else [row[0] for row in table(samples.at(b"stsz"), ">I", 12)]
    runs = table(samples.at(b"stsc"), ">III")
    found, at = [], 0
    for number, offset in enumerate(offsets, 1):
        while len(runs) > 1 and runs[1][0] <= number:
            runs.pop(0)
        each = runs[0][1] if runs else 0
        found.append((offset, same * each or sum(sizes[at : at + each])))
        at += each
    return found


def move_chunks(track: Box, offsets: list[int]) -> None:
    """Say that the chunks of a track stand at `offsets` now. Raises struct.error above 4 GiB where the track
    has 32-bit offsets."""
    box, form = _offsets(track.at(b"mdia", b"minf", b"stbl"))
    rows = b"".join(struct.pack(form, offset) for offset in offsets)
    box.content = box.content[:4] + struct.pack(">I", len(offsets)) + rows


def _offsets(samples: Box) -> tuple[Box, str]:
    long = samples.get(b"co64")
    return (long, ">Q") if long else (samples.at(b"stco"), ">I")

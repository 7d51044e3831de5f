"""A new sound track in an MP4 file: the samples and their tables are new, every other box is the source's.

FFmpeg's muxer would lose free-form tags, chapter pictures and more (docs/adr/0057).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...formats.boxtree import (
    Box,
    chunks,
    edit,
    handler,
    media_time,
    move_chunks,
    movie_scale,
    read_moov,
    table,
    top_level,
)
from ...formats.reading import damaged, decoding
from .gapless import with_gapless

_COPY = 1 << 20


def graft(path: Path, source: BinaryIO, spool: BinaryIO, frames: int, output: BinaryIO) -> None:
    """Write `source`, the file `path`, to `output` with the sound of `spool` in the place of its own.

    spool : an MP4 file with one sound track, `frames` samples long without the encoder's delay and padding.

    Raises CorruptFile for the source, OSError.
    """
    with decoding(path):
        plan = _planned(source, spool, frames)
    output.write(plan.head)
    for offset, length in plan.sound:
        _copy(path, spool, offset, length, output)
    for offset, length in plan.kept:
        _copy(path, source, offset, length, output)
    output.write(plan.tail)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the new file consists of: bytes before the samples, (offset, size) of the spool's and of the
    source's chunks, bytes behind them."""

    head: bytes
    sound: list[tuple[int, int]]
    kept: list[tuple[int, int]]
    tail: bytes


def _planned(source: BinaryIO, spool: BinaryIO, frames: int) -> _Plan:
    moov, new = read_moov(source), read_moov(spool)
    old_track = next(box for box in moov.children if box.kind == b"trak" and handler(box) == b"soun")
    new_track = new.at(b"trak")
    others = [box for box in moov.children if box.kind == b"trak" and box is not old_track]
    kept = [chunks(track) for track in others]
    sound = chunks(new_track)
    delay = edit(new_track).start
    _take_over(moov, old_track, new_track, frames, delay)
    for index, child in enumerate(moov.children):
        if child.kind == b"udta":
            padding = max(_decoded(new_track) - delay - frames, 0)
            changed = with_gapless(child.content, delay, padding, frames)
            moov.children[index] = Box(b"udta", changed, [])

    tops = list(top_level(source))
    names = [kind for kind, *_ in tops]
    first = names.index(b"moov") < names.index(b"mdat") if b"mdat" in names else True
    size = sum(length for part in (sound, *kept) for _, length in part)
    head = _extra(source, tops, before=True)
    # The lengths of the boxes do not depend on the offsets in them, so the second pass is the last.
    for _ in range(2):
        start = len(head) + (len(moov.tobytes()) if first else 0) + _mdat_header(size)[1]
        for track, part in zip((old_track, *others), (sound, *kept), strict=True):
            offsets = []
            for _, length in part:
                offsets.append(start)
                start += length
            move_chunks(track, offsets)
    described = moov.tobytes()
    before = head + (described if first else b"") + _mdat_header(size)[0]
    behind = (b"" if first else described) + _extra(source, tops, before=False)
    return _Plan(before, sound, [chunk for part in kept for chunk in part], behind)


def _mdat_header(size: int) -> tuple[bytes, int]:
    if size + 8 < 1 << 32:
        return struct.pack(">I4s", size + 8, b"mdat"), 8
    return struct.pack(">I4sQ", 1, b"mdat", size + 16), 16


def _extra(source: BinaryIO, tops: list[tuple[bytes, int, int, int]], *, before: bool) -> bytes:
    """The other boxes of the top level: the type before the sound, XMP and the like before or behind it as in
    the source. Free space is not copied."""
    names = [kind for kind, *_ in tops]
    border = names.index(b"mdat") if b"mdat" in names else len(names)
    parts = []
    for index, (kind, start, _, end) in enumerate(tops):
        if kind in (b"moov", b"mdat", b"free", b"skip", b"wide") or (index < border) != before:
            continue
        source.seek(start)
        parts.append(source.read(end - start))
    return b"".join(parts)


def _take_over(moov: Box, old: Box, new: Box, frames: int, delay: int) -> None:
    """Put the sample tables of the new track into the old one, with its time scale and its edit list."""
    old.at(b"mdia", b"minf").put(new.at(b"mdia", b"minf", b"stbl"))
    scale, total = media_time(new)
    header = old.at(b"mdia", b"mdhd")
    long = header.content[0] == 1
    form, place = (">IQ", 20) if long else (">II", 12)
    times = struct.pack(form, scale, total)
    header.content = header.content[:place] + times + header.content[place + len(times) :]
    exact = frames * movie_scale(moov) / scale
    before = edit(old)
    told = before.length
    # Rounded up where the source's own length is another: players take the shorter of this and the samples.
    length = told if abs(told - exact) < 1 else math.ceil(exact)
    rows = [(before.wait, -1), (length, delay)] if before.wait else [(length, delay)]
    entries = b"".join(struct.pack(">IiHH", *row, 1, 0) for row in rows)
    old.drop(b"edts")
    listed = Box(b"elst", struct.pack(">II", 0, len(rows)) + entries, [])
    old.children.insert(1, Box(b"edts", b"", [listed]))


def _decoded(track: Box) -> int:
    """Sample frames that a decoder makes of the track: of AAC every packet is a whole one, of ALAC the last
    has what is left."""
    if track.at(b"mdia", b"minf", b"stbl", b"stsd").content[12:16] == b"alac":
        return media_time(track)[1]
    times = table(track.at(b"mdia", b"minf", b"stbl", b"stts"), ">II")
    return sum(count for count, _ in times) * max((length for _, length in times), default=0)


def _copy(path: Path, source: BinaryIO, offset: int, count: int, output: BinaryIO) -> None:
    source.seek(offset)
    while count:
        data = source.read(min(count, _COPY))
        if not data:
            raise damaged(path, "the samples of one of its tracks are cut off")
        output.write(data)
        count -= len(data)

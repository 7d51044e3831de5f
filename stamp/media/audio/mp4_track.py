"""A new sound track in an MP4 file: the samples and their tables are new, every other box is the source's.

FFmpeg's muxer would lose free-form tags, chapter pictures and more (docs/adr/0057).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...core.errors import CorruptFile
from ...formats.chunk_offsets import set_chunk_offsets, widen
from ...formats.isobmff import Box, BoxTree, header
from ...formats.mp4 import (
    chunk_spans,
    codec_tag,
    edit_list,
    handler,
    media_time,
    movie_scale,
    read_moov,
    sample_times,
    top_level,
    tracks,
)
from ...formats.reading import decoding
from ...formats.source import Source, chunks
from ...storage.large import LargeFile, open_large
from .gapless import with_gapless

_TOP_OF_32_BITS = 0xFFFFFFFF


def replace_sound_track(path: Path, spool: BinaryIO, frames: int, output: BinaryIO) -> None:
    """Write the file `path` to `output` with the sound of `spool` in the place of its own.

    spool : an MP4 file with one sound track, `frames` samples long without the encoder's delay and padding.

    Raises CorruptFile for the source, OSError.
    """
    spool.flush()
    new = LargeFile(spool)
    with open_large(path) as source:
        with decoding():
            plan = _planned(source, new, frames)
        output.write(plan.head)
        for file, spans in ((new, plan.sound), (source, plan.kept)):
            for offset, length in spans:
                output.writelines(chunks(file, offset, offset + length))
        output.write(plan.tail)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the new file consists of: bytes before the samples, (offset, size) of the spool's and of the
    source's chunks, bytes behind them."""

    head: bytes
    sound: list[tuple[int, int]]
    kept: list[tuple[int, int]]
    tail: bytes


def _planned(source: Source, spool: Source, frames: int) -> _Plan:
    moov, new = read_moov(source), read_moov(spool)
    old_track = next(track for track in tracks(moov) if handler(track) == b"soun")
    new_track = new.at(b"trak")
    others = [track for track in tracks(moov) if track is not old_track]
    kept = [chunk_spans(track) for track in others]
    if any(length and offset + length > len(source) for part in kept for offset, length in part):
        raise CorruptFile("the samples of one of its tracks are cut off")
    sound = chunk_spans(new_track)
    delay = edit_list(new_track).start
    _take_over(moov, old_track, new_track, frames, delay)
    for child in moov.children:
        if child.kind == b"udta":
            padding = max(_decoded(new_track) - delay - frames, 0)
            child.content = with_gapless(child.content, delay, padding, frames)

    tops = list(top_level(source))
    names = [part.kind for part in tops]
    first = names.index(b"moov") < names.index(b"mdat") if b"mdat" in names else True
    size = sum(length for part in (sound, *kept) for _, length in part)
    mdat = header(b"mdat", size, large=size + 8 > _TOP_OF_32_BITS)
    head = _extra(source, tops, before=True)
    # Every chunk begins before this; tables that are widened become at most twice as long.
    if len(head) + 2 * len(moov.tobytes()) + len(mdat) + size > _TOP_OF_32_BITS:
        for track in (old_track, *others):
            widen(track)
    # The lengths of the boxes do not depend on the offsets in them, so the second pass is the last.
    for _ in range(2):
        start = len(head) + (len(moov.tobytes()) if first else 0) + len(mdat)
        for track, part in zip((old_track, *others), (sound, *kept), strict=True):
            offsets = []
            for _, length in part:
                offsets.append(start)
                start += length
            set_chunk_offsets(track, offsets)
    described = moov.tobytes()
    before = head + (described if first else b"") + mdat
    behind = (b"" if first else described) + _extra(source, tops, before=False)
    return _Plan(before, sound, [chunk for part in kept for chunk in part], behind)


def _extra(source: Source, tops: list[Box], *, before: bool) -> bytes:
    """The other boxes of the top level: the type before the sound, XMP and the like before or behind it as in
    the source. Free space is not copied."""
    names = [part.kind for part in tops]
    border = names.index(b"mdat") if b"mdat" in names else len(names)
    return b"".join(
        source[part.start : part.end]
        for index, part in enumerate(tops)
        if part.kind not in (b"moov", b"mdat", b"free", b"skip", b"wide") and (index < border) == before
    )


def _take_over(moov: BoxTree, old: BoxTree, new: BoxTree, frames: int, delay: int) -> None:
    """Put the sample tables of the new track into the old one, with its time scale and its edit list."""
    old.at(b"mdia", b"minf").put(new.at(b"mdia", b"minf", b"stbl"))
    scale, total = media_time(new)
    mdhd = old.at(b"mdia", b"mdhd")
    long = mdhd.content[0] == 1
    form, place = (">IQ", 20) if long else (">II", 12)
    times = struct.pack(form, scale, total)
    mdhd.content = mdhd.content[:place] + times + mdhd.content[place + len(times) :]
    exact = frames * movie_scale(moov) / scale
    before = edit_list(old)
    stated = before.length
    # Rounded up where the source's own length is another: players take the shorter of this and the samples.
    length = stated if abs(stated - exact) < 1 else math.ceil(exact)
    rows = [(before.wait, -1), (length, delay)] if before.wait else [(length, delay)]
    entries = b"".join(struct.pack(">IiHH", *row, 1, 0) for row in rows)
    old.drop(b"edts")
    listed = BoxTree(b"elst", struct.pack(">II", 0, len(rows)) + entries)
    old.children.insert(1, BoxTree(b"edts", children=[listed]))


def _decoded(track: BoxTree) -> int:
    """Sample frames that a decoder makes of the track: of AAC every packet is a whole one, of ALAC the last
    has what is left."""
    if codec_tag(track) == b"alac":
        return media_time(track)[1]
    times = sample_times(track)
    return sum(count for count, _ in times) * max((length for _, length in times), default=0)

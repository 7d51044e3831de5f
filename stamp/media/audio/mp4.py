"""M4A, with AAC or ALAC: a new sound track in the place of the old one.

FFmpeg's muxer would lose free-form tags, chapter pictures and more (docs/adr/0057), so it only makes a file
with the new track, of which the sample tables and the samples are taken. Everything else is the source's.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import av
import numpy as np

from ..source import damaged, refused, regular_file
from .boxes import Box, chunks, handler, move_chunks, read_moov, table, top_level
from .decode import Sound, cut, decoded, examine
from .encode import Counted, lossy_note, mux, quantised, raised_rate
from .id3 import GAPLESS, with_gapless
from .song import Song

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .song import Block

_LEAST, _MOST = 80_000, 256_000
_ENCRYPTED = (b"enca", b"drms")
_COPY = 1 << 20
_SLACK = 4096  # sample frames that a decoder may hold back at the end


@dataclass(frozen=True, slots=True)
class _Track:
    """size : bytes of its samples. frames : its length in sample frames without the encoder's delay and
    padding, None where that is not told plainly. fragmented : more of it stands in other boxes."""

    size: int
    frames: int | None
    fragmented: bool


def open_mp4(path: Path) -> Song:
    """The first sound track of an MP4 file. Raises CorruptFile, UnsupportedFormat."""
    try:
        with regular_file(path) as file:
            moov = read_moov(file)
        track = _sound(moov, path)
    except (ValueError, struct.error) as error:
        raise damaged(path, str(error)) from error
    sound = examine(path, "mov")
    measured = _measured(moov, track, sound.rate)
    return Song(
        path,
        "M4A",
        sound.rate,
        sound.channels,
        measured.frames,
        lambda: cut(decoded(path, "mov"), measured.frames),
        lambda target, blocks: _write(path, sound, measured, target, blocks),
    )


def _sound(moov: Box, path: Path) -> Box:
    tracks = [box for box in moov.children if box.kind == b"trak" and handler(box) == b"soun"]
    if not tracks:
        raise refused(path, "there is no sound in this file", "name a file that has some")
    if tracks[0].at(b"mdia", b"minf", b"stbl", b"stsd").content[12:16] in _ENCRYPTED:
        raise refused(path, "its sound is protected (DRM)", "ask its publisher for a copy without protection")
    return tracks[0]


def _measured(moov: Box, track: Box, rate: int) -> _Track:
    """How long a track is: iTunes' own gapless comment knows best, then the sample table and the edits."""
    fragmented = moov.get(b"mvex") is not None
    size = sum(length for _, length in chunks(track))
    udta = moov.get(b"udta")
    comment = GAPLESS.search(udta.content) if udta else None
    media, total = _media_time(track)
    if fragmented or not total:
        return _Track(size, None, fragmented)
    if comment:
        return _Track(size, int(comment[3], 16), False)
    start, length = _edit(track)
    units = total - start
    if length and abs(length * media / _movie_scale(moov) - units) > media / _movie_scale(moov) + 1:
        return _Track(size, None, False)
    return _Track(size, round(units * rate / media), False)


def _media_time(track: Box) -> tuple[int, int]:
    """(time units in a second, length of all samples in these units)"""
    header = track.at(b"mdia", b"mdhd").content
    scale = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0]
    times = table(track.at(b"mdia", b"minf", b"stbl", b"stts"), ">II")
    return max(scale, 1), sum(count * length for count, length in times)


def _movie_scale(moov: Box) -> int:
    header = moov.at(b"mvhd").content
    return max(int(struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0]), 1)


def _edit(track: Box) -> tuple[int, int]:
    """(where in the samples the track begins, its length in the movie's time units); 0 where not told."""
    box = track.get(b"edts", b"elst")
    if box is None:
        return 0, 0
    rows = table(box, ">Qqi" if box.content[0] == 1 else ">Iii")
    length, start = rows[0][:2] if len(rows) == 1 else (0, 0)
    return max(start, 0), length


def _write(path: Path, sound: Sound, track: _Track, target: Path, blocks: Iterable[Block]) -> list[str]:
    if track.fragmented:
        raise refused(
            path, "a fragmented MP4 cannot be marked", "put it in one piece: ffmpeg -i IN -c copy OUT.m4a"
        )
    notes: list[str] = []
    with tempfile.TemporaryFile(dir=target.parent) as spool:
        if sound.codec == "alac":
            frames = _encode_alac(spool, path, sound, blocks, notes)
        elif sound.codec == "aac":
            source = round(8 * track.size / sound.seconds) if sound.seconds else 0
            rate = raised_rate(source, sound, least=_LEAST, most=_MOST)
            frames = _encode(spool, sound, "aac", "fltp", blocks, bit_rate=rate)
            notes.append(lossy_note("AAC", rate, source))
        else:
            raise refused(
                path, f"MP4 with {sound.codec} cannot be marked as a song", "convert it to M4A with AAC"
            )
        slack = 0 if sound.codec == "alac" else _SLACK
        if track.frames is not None and frames < track.frames - slack:
            raise damaged(path, f"its header tells of {track.frames} samples, there are {frames}")
        with regular_file(path) as source_file, open(target, "wb") as output:
            try:
                _graft(source_file, spool, frames, output)
            except (ValueError, struct.error) as error:
                raise damaged(path, str(error)) from error
    return notes


def _encode_alac(spool: BinaryIO, path: Path, sound: Sound, blocks: Iterable[Block], notes: list[str]) -> int:
    # The bit depth in the codec's own configuration (ALACSpecificConfig, behind the header of its box)
    bits = sound.extradata[17] if len(sound.extradata) >= 36 else 16
    if bits > 24:
        raise refused(path, f"ALAC with {bits} bits cannot be marked", "convert it to 24 bits, or to WAV")
    wide = 16 if bits <= 16 else 24
    if wide != bits:
        notes.append(f"its samples of {bits} bits were written as {wide} bits, the low ones zero")
    exact = (block << (wide - bits) for block in quantised(blocks, bits))
    if wide == 16:
        return _encode(spool, sound, "alac", "s16p", (block.astype(np.int16) for block in exact))
    return _encode(spool, sound, "alac", "s32p", (block << 8 for block in exact))


def _encode(
    spool: BinaryIO,
    sound: Sound,
    codec: str,
    sample_format: str,
    blocks: Iterable[NDArray[Any]],
    *,
    bit_rate: int | None = None,
) -> int:
    """Write an MP4 file with nothing but the new track to `spool`; returns its length in sample frames."""
    counted = Counted(blocks)
    # Edit lists count in the movie's time scale: with that of the sound, they are exact.
    options = {"movie_timescale": str(sound.rate)}
    with av.open(cast(Any, spool), "w", format="mp4", options=options) as container:
        for _ in mux(container, codec, sound, sample_format, counted, bit_rate=bit_rate):
            pass
    return counted.frames


def _graft(source: BinaryIO, spool: BinaryIO, frames: int, output: BinaryIO) -> None:
    """Write the source with the spool's sound in the place of its own."""
    moov, new = read_moov(source), read_moov(spool)
    old_track = next(box for box in moov.children if box.kind == b"trak" and handler(box) == b"soun")
    new_track = new.at(b"trak")
    others = [box for box in moov.children if box.kind == b"trak" and box is not old_track]
    kept = [chunks(track) for track in others]
    sound = chunks(new_track)
    delay = _edit(new_track)[0]
    _take_over(moov, old_track, new_track, frames, delay)
    for index, child in enumerate(moov.children):
        if child.kind == b"udta":
            changed = with_gapless(child.content, delay, max(_decoded(new_track) - delay - frames, 0), frames)
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
    output.write(head + (described if first else b"") + _mdat_header(size)[0])
    for file, part in ((spool, sound), *((source, part) for part in kept)):
        for offset, length in part:
            _copy(file, offset, length, output)
    output.write((b"" if first else described) + _extra(source, tops, before=False))


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
    scale, total = _media_time(new)
    header = old.at(b"mdia", b"mdhd")
    long = header.content[0] == 1
    form, place = (">IQ", 20) if long else (">II", 12)
    times = struct.pack(form, scale, total)
    header.content = header.content[:place] + times + header.content[place + len(times) :]
    # Rounded up: where this is longer than the samples, players go by the samples.
    length = -(-frames * _movie_scale(moov) // scale)
    edit = struct.pack(">IIIiHH", 0, 1, length, delay, 1, 0)
    old.drop(b"edts")
    old.children.insert(1, Box(b"edts", b"", [Box(b"elst", edit, [])]))


def _decoded(track: Box) -> int:
    """Sample frames that a decoder makes of the track: every packet is a whole one."""
    times = table(track.at(b"mdia", b"minf", b"stbl", b"stts"), ">II")
    return sum(count for count, _ in times) * max((length for _, length in times), default=0)


def _copy(source: BinaryIO, offset: int, count: int, output: BinaryIO) -> None:
    source.seek(offset)
    while count:
        data = source.read(min(count, _COPY))
        if not data:
            raise ValueError("the samples of one of its tracks are cut off")
        output.write(data)
        count -= len(data)

"""M4A, with AAC or ALAC: a new sound track in the place of the old one.

FFmpeg makes a file with the new track and nothing else; `replace_sound_track` moves its samples into the
source.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import av
import numpy as np

from ...core.errors import UnsupportedFormat
from ...formats.isobmff import BoxTree
from ...formats.mp4 import (
    chunk_spans,
    codec_tag,
    edit_list,
    gaps,
    handler,
    media_time,
    movie_scale,
    read_moov,
    tracks,
)
from ...formats.reading import damaged, decoding, refused
from ...storage.large import open_large
from ..video.mp4_index import carry_over_boxes
from .decode import Sound, cut, decoded, examine, opened
from .encode import AAC_OPTIONS, Counted, lossy_note, mux, quantised, raised_rate
from .gapless import GAPLESS
from .mp4_track import replace_sound_track
from .song import Faults, Song

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .song import Block

_LEAST, _MOST = 96_000, 256_000
_ENCRYPTED = (b"enca", b"drms")
_GAP = 0.01  # seconds
_SLACK = 4096  # sample frames that a decoder may hold back at the end


@dataclass(frozen=True, slots=True)
class _Track:
    """size : bytes of its samples. frames : its length in sample frames without the encoder's delay and
    padding, None where that is not given plainly. fragmented : more of it is in other boxes. others :
    there are other sound tracks. start : where in its samples it begins. pieces : it is put together of
    several of them. silent : seconds between its samples in which nothing is heard."""

    size: int
    frames: int | None
    fragmented: bool
    others: bool
    start: int = 0
    pieces: bool = False
    silent: float = 0.0


def open_mp4(path: Path) -> Song:
    """The first sound track of an MP4 file. Raises CorruptFile, UnsupportedFormat."""
    with open_large(path) as file, decoding():
        moov = read_moov(file)
        track = _sound(moov)
    sound = examine(path, "mov")
    with decoding():
        measured = _measured(moov, track, sound.rate)
    if measured.fragmented:  # in its index are none of its samples
        measured = replace(measured, size=path.stat().st_size)
    # An edit list counts in the movie's time scale, often milliseconds, and FFmpeg 9 cuts the sound there.
    # Where nothing but a delay is to be left out, it is told to take no more than that from the list.
    edits = {"advanced_editlist": "0"} if measured.frames is not None else {}
    start = 0 if sound.codec == "aac" else measured.start  # of AAC, FFmpeg leaves out the delay even so
    faults = Faults()
    return Song(
        path,
        "M4A",
        sound.rate,
        sound.channels,
        measured.frames,
        lambda: cut(decoded(path, "mov", options=edits, faults=faults), measured.frames, start),
        lambda target, blocks: _write(path, sound, measured, target, blocks),
        faults,
    )


def _sound(moov: BoxTree) -> BoxTree:
    sounds = [track for track in tracks(moov) if handler(track) == b"soun"]
    if not sounds:
        raise UnsupportedFormat("there is no sound in this file; name a file that has some")
    if codec_tag(sounds[0]) in _ENCRYPTED:
        raise UnsupportedFormat(
            "its sound is protected (DRM); ask its publisher for a copy without protection"
        )
    return sounds[0]


def _measured(moov: BoxTree, track: BoxTree, rate: int) -> _Track:
    """How long a track is: iTunes' own gapless comment knows best, then the sample table and the edits."""
    fragmented = moov.get(b"mvex") is not None
    others = sum(handler(each) == b"soun" for each in tracks(moov)) > 1
    size = sum(length for _, length in chunk_spans(track))
    udta = moov.get(b"udta")
    comment = GAPLESS.search(udta.content) if udta else None
    media, total = media_time(track)
    silent = gaps(track)
    if fragmented or not total:
        return _Track(size, None, fragmented, others)
    piece = edit_list(track)
    if comment and not piece.several:
        delay, padding, frames = (int(number, 16) for number in comment.groups())
        # An editor that knows nothing of the comment leaves it as it was.
        if abs(delay + padding + frames - (total - silent) * rate / media) <= _SLACK:
            return _Track(size, frames, False, others)
    units = total - piece.start
    played = piece.length * media / movie_scale(moov)
    if piece.several or (played and abs(played - units) > media / movie_scale(moov) + 1):
        return _Track(size, None, False, others, pieces=piece.several)
    return _Track(
        size,
        round((units - silent) * rate / media),
        False,
        others,
        round(piece.start * rate / media),
        silent=silent / media,
    )


def _write(path: Path, sound: Sound, track: _Track, target: Path, blocks: Iterable[Block]) -> list[str]:
    if track.others:
        raise refused("there are several sound tracks in it", "put each in a file of its own")
    if track.pieces:
        raise refused(
            "its edit list puts it together of several pieces", "make one of them: ffmpeg -i IN OUT.m4a"
        )
    notes: list[str] = []
    if track.silent >= _GAP:
        notes.append(f"gaps between its samples, {track.silent:.2f} s in all, were closed")
    with tempfile.TemporaryFile(dir=target.parent) as spool:
        if sound.codec == "alac":
            frames = _encode_alac(spool, sound, blocks, notes)
        elif sound.codec == "aac":
            source = round(8 * track.size / sound.seconds) if sound.seconds else 0
            rate = raised_rate(source, sound, least=_LEAST, most=_MOST)
            frames = _encode(spool, sound, "aac", "fltp", blocks, bit_rate=rate, options=AAC_OPTIONS)
            notes.append(lossy_note("AAC", rate, source))
        else:
            lossless = sound.codec == "flac" or sound.codec.startswith("pcm_")
            remedy = "FLAC or WAV" if lossless else "M4A with AAC"
            raise refused(f"MP4 with {sound.codec} cannot be marked as a song", f"convert it to {remedy}")
        slack = 0 if sound.codec == "alac" else _SLACK
        if track.frames is not None and frames < track.frames - slack:
            raise damaged(f"its header tells of {track.frames} samples, there are {frames}")
        with open(target, "wb") as output:
            if track.fragmented:
                with _in_one_piece(path, target) as whole:
                    replace_sound_track(whole, spool, frames, output)
                notes.append("its fragments were put together to one piece")
            else:
                replace_sound_track(path, spool, frames, output)
    return notes


@contextmanager
def _in_one_piece(path: Path, target: Path) -> Iterator[Path]:
    """A copy beside `target` of a fragmented file, with one index for all of it and the boxes of its own."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        whole = Path(folder) / "whole.m4a"
        with opened(path, "mov") as source, av.open(str(whole), "w", format="mp4") as made:
            stream = next(iter(source.streams.audio))
            copy, number = made.add_stream_from_template(stream, opaque=True), stream.id
            for packet in source.demux(stream):
                if packet.size:
                    packet.stream = copy
                    made.mux(packet)
        carry_over_boxes(path, whole, [number])
        yield whole


def _encode_alac(spool: BinaryIO, sound: Sound, blocks: Iterable[Block], notes: list[str]) -> int:
    # The bit depth in the codec's own configuration (ALACSpecificConfig, behind the header of its box)
    bits = sound.extradata[17] if len(sound.extradata) >= 36 else 16
    if bits > 24:
        raise refused(f"ALAC with {bits} bits cannot be marked", "convert it to 24 bits, or to WAV")
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
    options: Mapping[str, str] | None = None,
) -> int:
    """Write an MP4 file with nothing but the new track to `spool`; returns its length in sample frames."""
    counted = Counted(blocks)
    # Edit lists count in the movie's time scale: with that of the sound, they are exact.
    exact = {"movie_timescale": str(sound.rate)}
    with av.open(cast(Any, spool), "w", format="mp4", options=exact) as container:
        for _ in mux(container, codec, sound, sample_format, counted, bit_rate=bit_rate, options=options):
            pass
    return counted.frames

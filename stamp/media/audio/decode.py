"""Compressed sound to samples, with PyAV.

Gapless information is applied by the demuxers: encoder delay and padding (LAME header, Opus pre-skip, edit
lists) are not among the samples that come out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from av.audio.stream import AudioStream
from av.container import InputContainer

from ...formats.reading import damaged, decoding, reading, refused
from ..tolerance import AS_THEY_ARE
from .song import Faults, Song, block_frames

if TYPE_CHECKING:
    from .song import Block

_TYPES = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}
_SCALE = {"u8": 2.0**-7, "s16": 2.0**-15, "s32": 2.0**-31, "flt": 1.0, "dbl": 1.0}


@dataclass(frozen=True, slots=True)
class Sound:
    """What a demuxer and its decoder say about the sound in a file.

    codec : FFmpeg's name of the codec, "mp3", "aac", "vorbis". layout : FFmpeg's name for the order of the
    channels, "stereo", "5.1". seconds : by the header, None where that does not say.
    """

    codec: str
    rate: int
    layout: str
    channels: int
    seconds: float | None
    extradata: bytes


@contextmanager
def opened(
    path: Path, demuxer: str, file: BinaryIO | None = None, options: Mapping[str, str] | None = None
) -> Iterator[InputContainer]:
    """`path`, or the part of it that `file` shows, opened with the demuxer of that name.

    The demuxer is named so that nothing is guessed from hostile bytes, and addresses inside a file
    (playlists, external tracks) are not followed. `options` are the demuxer's own.
    """
    safe = {"protocol_whitelist": "file", "format_whitelist": demuxer}
    with decoding():
        container = av.open(
            # An absolute path: "http:x.mp3" is a file here, not an address.
            file if file is not None else os.path.abspath(path),
            format=demuxer,
            options={**(options or {}), **safe},
            **AS_THEY_ARE,
        )
        with container:
            yield cast(InputContainer, container)


def examine(path: Path, demuxer: str, file: BinaryIO | None = None) -> Sound:
    """What is in the first sound stream. Raises UnsupportedFormat where there is none, or none that can be
    decoded, CorruptFile, MediaError."""
    with opened(path, demuxer, file) as container:
        stream = _first_sound(container)
        context = stream.codec_context
        seconds = container.duration / av.time_base if container.duration else None
        if stream.duration and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        return Sound(
            codec=context.codec.canonical_name,
            rate=context.rate,
            layout=context.layout.name,
            channels=context.layout.nb_channels,
            seconds=seconds if seconds and seconds > 0 else None,
            extradata=context.extradata or b"",
        )


def _first_sound(container: InputContainer) -> AudioStream:
    sounds = container.streams.audio
    if not sounds:
        raise refused("there is no sound in this file", "name a file that has some")
    stream = sounds[0]
    context = stream.codec_context
    if stream.codec_context is None or context.codec_tag in ("drms", "enca"):
        raise refused("its sound is encrypted or in an unknown codec", "convert it first")
    if not context.rate or not context.layout.nb_channels:
        raise damaged("it does not tell the sample rate and the channels of its sound")
    return stream


def decoded(
    path: Path,
    demuxer: str,
    file: BinaryIO | None = None,
    options: Mapping[str, str] | None = None,
    *,
    faults: Faults | None = None,
) -> Iterator[Block]:
    """The samples of the first sound stream, in blocks (n, channels).

    Packets that cannot be decoded are left out, as players do, and counted in `faults`. Raises CorruptFile,
    also where the sample rate or the channels change on the way.
    """
    faults = faults or Faults()
    faults.packets = 0
    with opened(path, demuxer, file, options) as container:
        stream = _first_sound(container)
        rate, layout = stream.codec_context.rate, stream.codec_context.layout.name
        size = block_frames(stream.codec_context.layout.nb_channels)
        waiting: list[Block] = []
        for frame in _frames(container, stream, faults):
            if frame.sample_rate != rate or frame.layout.name != layout:
                raise damaged("its sample rate or its channels change on the way")
            waiting.append(samples(frame))
            if sum(map(len, waiting)) >= size:
                yield np.concatenate(waiting)
                waiting = []
        if waiting:
            yield np.concatenate(waiting)


def _frames(container: InputContainer, stream: AudioStream, faults: Faults) -> Iterator[AudioFrame]:
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            faults.packets += 1
            continue
        faults.packets += any(frame.is_corrupt for frame in frames)
        yield from frames


def cut(blocks: Iterator[Block], frames: int | None, start: int = 0) -> Iterator[Block]:
    """The first `frames` samples from `start` on: decoders give the encoder's padding, too."""
    left = frames if frames is not None else 1 << 62
    for whole in blocks:
        block, start = whole[start:], max(start - len(whole), 0)
        if left > 0 and len(block):
            yield block[:left]
        left -= len(block)


def planes(frame: AudioFrame) -> list[AudioPlane]:
    """The planes of a frame: one for each channel, or one for all where their samples take turns.

    Not `frame.planes`, nor `to_ndarray`, which counts pointers until one is null: behind eight of them none
    is, so that PyAV 18 finds a ninth plane there, or reads where nothing is, and PyAV 19 raises ValueError.
    """
    count = frame.layout.nb_channels if frame.format.is_planar else 1
    return [AudioPlane(frame, index) for index in range(count)]


def samples(frame: AudioFrame) -> Block:
    """A decoded frame as float32 (n, channels) on a scale of +-1."""
    name = frame.format.name.removesuffix("p")
    channels = frame.layout.nb_channels
    each = frame.samples * (1 if frame.format.is_planar else channels)
    parts = [np.frombuffer(plane, _TYPES[name], each) for plane in cast("list[Any]", planes(frame))]
    array = np.stack(parts, axis=1) if frame.format.is_planar else parts[0].reshape(-1, channels)
    if name == "u8":
        array = array.astype(np.int16) - 128
    block: Block = array.astype(np.float32)
    return block * np.float32(_SCALE[name]) if _SCALE[name] != 1 else block


class Section:
    """The bytes `start` to `end` of a file as a file of their own, for reading."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._start, self._end, self._at = file, start, end, 0

    def read(self, count: int = -1) -> bytes:
        there = max(self._end - self._start - self._at, 0)
        with reading():
            self._file.seek(self._start + self._at)
            data = self._file.read(there if count < 0 else min(count, there))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._end - self._start)[whence]
        return self._at

    def tell(self) -> int:
        return self._at


def read_only(path: Path, title: str, demuxer: str) -> Song:
    """A song that can be searched for a mark but not written back."""
    sound = examine(path, demuxer)

    def write(target: Path, blocks: Iterable[Block]) -> list[str]:
        raise refused(f"{title} cannot be marked", "convert it to FLAC, WAV or M4A")

    blocks = partial(decoded, path, demuxer)
    return Song(path, title, sound.rate, sound.channels, None, blocks, write)

"""Samples to packets, with PyAV, and the bit rate at which a second lossy encoding is not heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from .decode import planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .decode import Sound
    from .song import Block

MARGINS = {"aac": 2.5, "mp3": 2.0, "opus": 2.0, "vorbis": 2.5}
"""How many times the source's bit rate a second encoding has, so that it is not heard: the codec has to
describe its own earlier noise, too (measured by `benchmarks.studies.adr0056_reencoding`; docs/adr/0056)."""
_MARGIN = 2.0

AAC_OPTIONS = {"aac_coder": "fast", "aac_pns": "0", "aac_is": "0", "aac_tns": "0"}
"""For FFmpeg's AAC encoder at such rates: what it puts in the place of the sound, noise and one channel for
two, is not needed there, and its plain coder uses the bits that its searching one leaves (docs/adr/0056)."""

OPUS_OPTIONS = {"compression_level": "6"}
"""For libopus at such rates: from 7 on it analyses what kind of sound it is, which takes a third of the time
and is for low ones (docs/adr/0056)."""


def raised_rate(source: int | None, sound: Sound, *, least: int, most: int) -> int:
    """The bit rate for sound that was encoded at `source` bit/s before: as many times that as its codec
    needs, and for each channel no less than `least` (at 44.1 kHz and above; in proportion below) nor more
    than `most` bit/s."""
    floor = least * min(1, sound.rate / 44_100)
    wanted = MARGINS.get(sound.codec, _MARGIN) * (source or 0)
    return round(min(max(wanted, floor * sound.channels), most * sound.channels))


def lossy_note(name: str, new: int, old: int) -> str:
    """What a person should know about a second lossy encoding; rates in bit/s."""
    rates = f"{new / 1000:.0f} kbit/s (it had {old / 1000:.0f})"
    return f"encoded again as {name}, at {rates} so that nothing more is heard to be lost"


def regular(blocks: Iterable[NDArray[Any]], size: int) -> Iterator[NDArray[Any]]:
    """The same samples in blocks of `size` frames; only the last may be shorter."""
    waiting: list[NDArray[Any]] = []
    count = 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        if count >= size:
            joined = np.concatenate(waiting) if len(waiting) > 1 else block
            whole = count - count % size
            for start in range(0, whole, size):
                yield joined[start : start + size]
            waiting = [joined[whole:]]
            count -= whole
    if count:
        yield np.concatenate(waiting)


def as_frame(samples: NDArray[Any], pts: int, context: AudioCodecContext) -> AudioFrame:
    """Samples (n, channels) of the encoder's own type as a frame."""
    frame = AudioFrame(context.format.name, context.layout.name, len(samples))
    parts = np.ascontiguousarray(samples.T) if context.format.is_planar else [np.ascontiguousarray(samples)]
    for plane, part in zip(planes(frame), parts, strict=True):
        plane.update(part)
    frame.sample_rate = context.rate
    frame.pts = pts
    return frame


def encoder(codec: str, sound: Sound, sample_format: str, frame_size: int) -> AudioCodecContext:
    """An open encoder that is not part of a container, for frames of that many samples."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, AudioCodecContext)
    context.options = {"frame_size": str(frame_size)}
    context.sample_rate = sound.rate
    context.layout = sound.layout
    context.format = sample_format
    context.open()
    return context


def packets(context: AudioCodecContext, blocks: Iterable[NDArray[Any]]) -> Iterator[list[Packet[Any]]]:
    """The packets that an encoder makes of blocks (n, channels) of its own sample type, the last ones
    included, as they come."""
    position = 0
    for block in regular(blocks, context.frame_size):
        yield context.encode(as_frame(block, position, context))
        position += len(block)
    yield context.encode(None)


def mux(
    container: OutputContainer,
    codec: str,
    sound: Sound,
    sample_format: str,
    blocks: Iterable[NDArray[Any]],
    *,
    bit_rate: int | None = None,
    options: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Encode blocks (n, channels) of the encoder's sample type into the only stream of a container; yields
    the number of packets that came of each step. `options` are the encoder's own."""
    stream = container.add_stream(codec, rate=sound.rate, layout=sound.layout, options=dict(options or {}))
    assert isinstance(stream, AudioStream)
    stream.codec_context.format = sample_format
    if bit_rate:
        stream.bit_rate = bit_rate
    stream.codec_context.open()
    for found in packets(stream.codec_context, blocks):
        for packet in found:
            packet.stream = stream
            container.mux(packet)
        yield len(found)


class Counted:
    """Blocks on their way; `frames` is how many samples have passed."""

    def __init__(self, blocks: Iterable[NDArray[Any]]) -> None:
        self._blocks = iter(blocks)
        self.frames = 0

    def __iter__(self) -> Iterator[NDArray[Any]]:
        for block in self._blocks:
            self.frames += len(block)
            yield block


def quantised(blocks: Iterable[Block], bits: int) -> Iterator[NDArray[np.int32]]:
    """Samples as integers of `bits` bits (at most 24), rounded and not dithered, clipped at full scale."""
    full = 1 << (bits - 1)
    for block in blocks:
        scaled = block * np.float32(full)  # a power of two: nothing is lost
        yield np.clip(np.rint(scaled, out=scaled), -full, full - 1).astype(np.int32)

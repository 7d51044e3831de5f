"""The sound of a clip: one track decoded, changed and encoded again, while its neighbours are copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from ...formats.reading import decoding, refused
from .decode import Sound, opened, samples
from .encode import AAC_OPTIONS, OPUS_OPTIONS, as_frame, quantised, raised_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .song import Block

_GAP = 0.03
"""Seconds by which timestamps may differ from the count of samples before silence is put in: Matroska rounds
them to a millisecond, and other tracks must not drift away."""
_LONGEST_GAP = 3600.0


class Transform(Protocol):
    """What is done to the samples: blocks of float32 (n, channels) in and out, as many out as in, perhaps
    later."""

    def push(self, block: Block, /) -> Block: ...

    def flush(self) -> Block: ...


@dataclass(frozen=True, slots=True)
class _Coder:
    """least, most : bit/s of one channel; 0 for a codec without loss. options : the encoder's own."""

    encoder: str
    sample_format: str
    least: int = 0
    most: int = 0
    options: Mapping[str, str] = field(default_factory=dict)


_CODERS = {
    "aac": _Coder("aac", "fltp", 96_000, 256_000, AAC_OPTIONS),
    "ac3": _Coder("ac3", "fltp", 96_000, 320_000),
    "alac": _Coder("alac", "s16p"),
    "eac3": _Coder("eac3", "fltp", 96_000, 320_000),
    "flac": _Coder("flac", "s16"),
    "mp2": _Coder("mp2", "s16", 96_000, 192_000),
    "mp3": _Coder("libmp3lame", "fltp", 64_000, 160_000),
    "opus": _Coder("libopus", "flt", 64_000, 256_000, OPUS_OPTIONS),
    "pcm_f32be": _Coder("pcm_f32be", "flt"),
    "pcm_f32le": _Coder("pcm_f32le", "flt"),
    "pcm_s16be": _Coder("pcm_s16be", "s16"),
    "pcm_s16le": _Coder("pcm_s16le", "s16"),
    "pcm_s24be": _Coder("pcm_s24be", "s32"),
    "pcm_s24le": _Coder("pcm_s24le", "s32"),
}
_WIDE = {"s16": "s32", "s16p": "s32p"}
_FULL_CHOICE = {
    "mp3": (96, 112, 128, 160, 192, 224, 256, 320),
    "ac3": (192, 224, 256, 320, 384, 448, 512, 640),
}
_BLOCK = 4096
_INAUDIBLE = 1e-4
_USUAL = 64_000
"""bit/s of one channel, where it is not known."""


class SoundTrack:
    """Takes the packets of `source` and gives those of a stream of the same codec that it adds to `output`.

    Rate, layout, language, title and disposition are the source's; the bit rate of a lossy codec is raised,
    so that nothing more is heard to be lost. Raises UnsupportedFormat where the codec cannot be written.
    """

    def __init__(
        self,
        source: AudioStream,
        output: OutputContainer,
        transform: Transform,
        *,
        bit_rate: int | None = None,
    ) -> None:
        """bit_rate : of the source, where its container does not say it."""
        context = source.codec_context
        if context is None or context.codec.canonical_name not in _CODERS:
            name = context.codec.canonical_name if context else "an unknown codec"
            raise refused(f"sound in {name} cannot be marked", "convert the sound to AAC or FLAC first")
        codec = context.codec.canonical_name
        self._coder = _CODERS[codec]
        self._transform = transform
        self._rate, self._channels = context.rate, context.layout.nb_channels
        self._context = context
        sample_format = self._coder.sample_format
        self._bits = 0 if self._coder.most or "flt" in sample_format else 16
        if self._bits and context.format.name.startswith("s32"):
            sample_format, self._bits = _WIDE.get(sample_format, sample_format), 24
        made = output.add_stream(
            self._coder.encoder,
            rate=self._rate,
            layout=context.layout.name,
            options=dict(self._coder.options),
        )
        assert isinstance(made, AudioStream)
        self.stream = made
        made.codec_context.format = sample_format
        if self._coder.most:
            sound = Sound(codec, self._rate, context.layout.name, self._channels, None, b"")
            told = context.bit_rate or bit_rate or _USUAL * self._channels
            rate = raised_rate(told, sound, least=self._coder.least, most=self._coder.most)
            made.bit_rate = _allowed(codec, rate)
        made.metadata.update(source.metadata)
        made.disposition = source.disposition
        self._held: tuple[Block, float | None] | None = None
        self._position: int | None = None  # in samples on the clip's clock, of what was decoded
        self._encoded = 0
        self._start = 0
        self._waiting: list[Block] = []

    @property
    def lossy(self) -> bool:
        return self._coder.most > 0

    def push(self, packet: Packet[Any]) -> list[Packet[Any]]:
        """Take a packet of the source; returns the packets to be written, if any yet. Raises CorruptFile."""
        with decoding():
            blocks = [block for frame in self._context.decode(packet) for block in self._placed(frame)]
        return self._encode([self._transform.push(block) for block in blocks])

    def flush(self) -> list[Packet[Any]]:
        """The packets that are left."""
        with decoding():
            blocks = [block for frame in (*self._context.decode(None), None) for block in self._placed(frame)]
        last = [self._transform.push(block) for block in blocks]
        return [*self._encode([*last, self._transform.flush()], end=True), *self._encoder(None)]

    def _placed(self, frame: av.AudioFrame | None) -> Iterator[Block]:
        """The samples of the frame before this one, behind silence where the clip's clock has a gap; None
        comes last. Only the next frame shows whether a gap is one, or a time is wrong."""
        held, self._held = self._held, self._timed(frame) if frame else None
        if held is None:
            return
        block, time = held
        following = self._held[1] if self._held else None
        if self._position is None:
            self._position = self._start = round((time or 0.0) * self._rate)
        gap = 0.0 if time is None else time - self._position / self._rate
        stays = time is None or following is None or following - time > len(block) / self._rate / 2
        if stays and _GAP < gap < _LONGEST_GAP:
            silence = np.zeros((round(gap * self._rate), self._channels), np.float32)
            self._position += len(silence)
            yield silence
        self._position += len(block)
        yield block

    def _timed(self, frame: av.AudioFrame) -> tuple[Block, float | None]:
        """The samples of a frame, and when they are heard, in seconds."""
        if frame.sample_rate != self._rate or frame.layout.nb_channels != self._channels:
            raise refused("its sound changes its rate or channels on the way", "convert it first")
        if frame.pts is None or frame.time_base is None:
            return samples(frame), None
        return samples(frame), float(frame.pts * frame.time_base)

    def _encode(self, blocks: Iterable[Block], *, end: bool = False) -> list[Packet[Any]]:
        self._waiting += [block for block in blocks if len(block)]
        size = self.stream.codec_context.frame_size or _BLOCK
        there = sum(map(len, self._waiting))
        whole = there if end else there - there % size
        if not whole:
            return []
        joined = np.concatenate(self._waiting)
        self._waiting = [joined[whole:]]
        return [
            packet
            for start in range(0, whole, size)
            for packet in self._encoder(joined[start : min(start + size, whole)])
        ]

    def _encoder(self, block: Block | None) -> list[Packet[Any]]:
        context = self.stream.codec_context
        if block is None:
            found = context.encode(None)
        else:
            found = context.encode(as_frame(self._typed(block), self._start + self._encoded, context))
            self._encoded += len(block)
        for packet in found:
            packet.stream = self.stream
        return found

    def _typed(self, block: Block) -> NDArray[Any]:
        """The block in the encoder's sample type."""
        name = self.stream.codec_context.format.name.removesuffix("p")
        if name == "flt":
            return block
        exact = next(quantised([block], self._bits or 16))
        return exact << 8 if name == "s32" else exact.astype(np.int16)


def is_silent(path: Path, source: AudioStream) -> bool:
    """Return whether nothing at all is heard in this track of a clip: no sample above -80 dB of full scale.

    Reads up to the first that is. Raises CorruptFile, MediaError.
    """
    with opened(path, source.container.format.name.partition(",")[0]) as container:
        for frame in container.decode(container.streams[source.index]):
            assert isinstance(frame, av.AudioFrame)
            if np.abs(samples(frame)).max(initial=0.0) > _INAUDIBLE:
                return False
    return True


def _allowed(codec: str, rate: int) -> int:
    """The bit rate, or the next one above it that the codec knows."""
    known = [1000 * each for each in _FULL_CHOICE.get(codec, ())]
    return next((each for each in known if each >= rate), known[-1]) if known else rate

"""A reference rung: excerpts of a clip as a platform hands them on, coded and decoded again in memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any

import av
from av import VideoCodecContext
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from .clip import Clip, decoder_for, describe, main_video, opened
from .difficulty import LIFETIME
from .luma import luma_plane
from .platforms import platform

_EVERY_SECONDS, _MOST_EXCERPTS = 10.0, 6
_SHARE, _SHORTEST, _LONGEST = 0.1, 0.5, 1.0  # of a clip, and seconds of an excerpt
_FEWEST = 8  # frames
_CRF, _ROWS = 28, 720
_PRESET = "veryfast"
_FINEST, _COARSEST = 18, 44  # crf of excerpts of a rung with a rate
# Seconds of a clip that goes through such a rung at its rate, and how many of them: encoders begin coarsely.
_SHORT, _BEGINNING = 10.0, 3.0
_PEAK, _BUFFER = 1.5, 2.0  # times the rate, and seconds of it, as platforms' encoders are allowed
_SIXFOLD = 6.0  # of the quantiser, that halve the bits


@dataclass(frozen=True, slots=True)
class Rung:
    """rows : of the shorter side, at most. bits : per pixel and frame; None for a fixed quality."""

    name: str
    rows: int
    bits: float | None = None


REFERENCE = Rung(f"x264 at crf {_CRF}, {_ROWS} rows at most", _ROWS)


@dataclass(frozen=True, slots=True)
class Shared:
    """A frame of a copy. luma : (H, W) uint8, upright. size : bytes that it was coded in."""

    luma: NDArray[Any]
    seconds: float
    size: int


def rung_for(name: str | None) -> Rung:
    """Return the lowest ordinary rung of a platform; without one, the reference."""
    if name is None:
        return REFERENCE
    wanted = platform(name)
    rows, bits = wanted.rung
    return Rung(f"the {rows:g} rows of {name}", int(rows), bits)


def excerpts(path: Path, rung: Rung) -> Iterator[list[Shared]]:
    """Yield excerpts of a clip, half a second to a second of every ten, as they come out of the rung; where
    the rung has a rate, the first three seconds of a short clip.

    Raises MediaError, and FFmpegError where they cannot be coded.
    """
    with opened(path) as container:
        stream = main_video(container)
        if stream is None:
            return
        decoder = decoder_for(stream)
        seconds = float((container.duration or 0) / av.time_base)
        begins = rung.bits is not None and seconds <= _SHORT
        count = 1 if begins else min(max(int(seconds / _EVERY_SECONDS), 1), _MOST_EXCERPTS)
        fps = float(stream.average_rate or 25)
        length = _BEGINNING if begins else min(max(_SHARE * seconds / count, _SHORTEST), _LONGEST)
        for number in range(count):
            decoded = _frames(container, stream, decoder, seconds * number / count)
            first = next(decoded, None)
            if first is None:
                continue
            clip = describe(container, stream, first, path)
            taken = islice(chain([first], decoded), max(round(length * fps), _FEWEST))
            small = [_small(frame, rung) for frame in taken]
            yield _decoded(_at_rate(small, clip, rung) if begins else _at_quality(small, clip, rung), clip)


def _frames(
    container: InputContainer, stream: VideoStream, decoder: VideoCodecContext, seconds: float
) -> Iterator[VideoFrame]:
    """The frames from the key frame at or before `seconds` on."""
    if seconds:
        container.seek(
            (stream.start_time or 0) + int(seconds / (stream.time_base or Fraction(1))), stream=stream
        )
        decoder.flush_buffers()
    for packet in container.demux(stream):
        yield from decoder.decode(packet)


def _small(frame: VideoFrame, rung: Rung) -> VideoFrame:
    """A frame at the size of the rung: one of 2160 rows by itself takes as much as twenty of these."""
    scale = min(rung.rows / min(frame.width, frame.height), 1.0)
    width, height = (max(round(side * scale / 2) * 2, 2) for side in (frame.width, frame.height))
    return frame.reformat(width, height, format="yuv420p")


def _decoded(packets: Iterable[Packet[Any]], clip: Clip) -> list[Shared]:
    """Coded frames as they come out of the rung."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    sizes_of: dict[int | None, int] = {}
    found: list[Shared] = []
    for packet in (*packets, None):
        if packet is not None:
            sizes_of[packet.pts] = packet.size
        for frame in decoder.decode(packet):
            number = frame.pts or 0
            luma = clip.turn.upright(luma_plane(frame))
            found.append(Shared(luma, number / (clip.fps or 25), sizes_of.get(frame.pts, 1)))
    return found


def _at_quality(small: Sequence[VideoFrame], clip: Clip, rung: Rung) -> list[Packet[Any]]:
    crf = _CRF if rung.bits is None else _quality(small, clip, rung.bits)
    return _coded(small, clip.fps, {"crf": f"{crf:.1f}"})


def _at_rate(small: Sequence[VideoFrame], clip: Clip, rung: Rung) -> list[Packet[Any]]:
    rate = (rung.bits or 0) * small[0].width * small[0].height * (clip.fps or 25)
    most = {"maxrate": f"{_PEAK * rate:.0f}", "bufsize": f"{_BUFFER * rate:.0f}"}
    return _coded(small, clip.fps, {"b": f"{rate:.0f}", **most})


def _quality(small: Sequence[VideoFrame], clip: Clip, wanted: float) -> float:
    """The crf at which all of a clip would have the `wanted` bits per pixel, by an excerpt of it."""
    first, *others = (packet.size for packet in _coded(small, clip.fps, {"crf": f"{_CRF}"}))
    shared = first / min(LIFETIME, max(clip.frames, len(small)))  # of its key frame
    bits = 8 * (shared + sum(others) / max(len(others), 1)) / (small[0].width * small[0].height)
    return min(max(_CRF + _SIXFOLD * math.log2(max(bits, 1e-9) / wanted), _FINEST), _COARSEST)


def _coded(frames: Sequence[VideoFrame], fps: float, options: dict[str, str]) -> list[Packet[Any]]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
    encoder.framerate = Fraction(fps or 25).limit_denominator(1001)
    encoder.time_base = 1 / encoder.framerate
    encoder.thread_count, encoder.options = 1, {"preset": _PRESET, **options}
    for number, frame in enumerate(frames):
        frame.pts, frame.time_base, frame.pict_type = number, encoder.time_base, PictureType.NONE
    return [packet for frame in (*frames, None) for packet in encoder.encode(frame)]

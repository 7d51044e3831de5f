"""How hard the pictures of a clip are to code, measured by coding a little of them.

A platform gives every clip of one size about the same rate. What is hard to code comes back coarse, and
little is left of a mark in it; what is easy comes back nearly whole. Neither the size of the file nor the
motion in it shows which is which.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
from av import VideoCodecContext
from av.container import InputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from ...core.errors import MediaError
from .clip import decoder_for, main_video, opened

EXCERPT_FRAMES = 16
_FEWEST = 4
_EVERY_SECONDS, _MOST_EXCERPTS = 10.0, 24
_ROWS = 360  # of the rendition that most clips come back in
LIFETIME = 150  # frames that share a key frame on platforms
_SETTINGS = {"preset": "veryfast", "qp": "28", "g": "1000", "sc_threshold": "0"}


def difficulty(frames: Sequence[VideoFrame]) -> float | None:
    """Bits per pixel and frame that an excerpt of `EXCERPT_FRAMES` frames takes at a fixed quality; None
    where there are too few frames, or they cannot be coded.

    Still pictures and drawings have less than 0.01, crowds and hand-held cameras more than 0.06.
    """
    if len(frames) < _FEWEST:
        return None
    first = frames[0]
    scale = min(_ROWS / min(first.width, first.height), 1.0)
    width, height = (max(round(side * scale / 2) * 2, 2) for side in (first.width, first.height))
    with suppress(av.error.FFmpegError):
        return _bits([frame.reformat(width, height, format="gray") for frame in frames])
    return None


def later_scenes(path: Path, seconds: float) -> tuple[tuple[float, float], ...]:
    """Of a clip that lasts `seconds`: when excerpts begin that are spread over it, in seconds, and the
    difficulty of each. That of its first frames, which are decoded anyway, is not among them; none are where
    the clip is short, or does not let itself be sampled.
    """
    found: dict[float, float] = {}
    count = int(min(seconds / _EVERY_SECONDS, _MOST_EXCERPTS))
    if count < 2:
        return ()
    # Encoder and container say what is wrong with a file where it is read in full.
    with suppress(MediaError, av.error.FFmpegError), opened(path) as container:
        stream = main_video(container)
        if stream is None:
            return ()
        decoder = decoder_for(stream)
        decoder.thread_count = 1  # more would decode frames ahead that nobody looks at
        for number in range(1, count):
            with suppress(av.error.FFmpegError):
                begins, frames = _excerpt(container, stream, decoder, seconds * number / count)
                bits = None if begins in found else difficulty(frames)
                if bits is not None:
                    found[begins] = bits
    return tuple(sorted(found.items()))


def _excerpt(
    container: InputContainer, stream: VideoStream, decoder: VideoCodecContext, seconds: float
) -> tuple[float, list[VideoFrame]]:
    """The frames from the key frame at or before `seconds` on, and when they begin."""
    base, start = stream.time_base or Fraction(1), stream.start_time or 0
    container.seek(start + int(seconds / base), stream=stream)
    decoder.flush_buffers()
    decoded = (frame for packet in container.demux(stream) for frame in decoder.decode(packet))
    frames = list(islice(decoded, EXCERPT_FRAMES))
    return float(((frames[0].pts or 0) - start) * base) if frames else 0.0, frames


def _bits(frames: list[VideoFrame]) -> float:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frames[0].width, frames[0].height, "gray"
    encoder.framerate, encoder.time_base = Fraction(25), Fraction(1, 25)
    encoder.thread_count, encoder.options = 1, dict(_SETTINGS)
    for number, frame in enumerate(frames):
        frame.pts, frame.time_base, frame.pict_type = number, encoder.time_base, PictureType.NONE
    sizes = [packet.size for frame in (*frames, None) for packet in encoder.encode(frame)]
    shared = sizes[0] / LIFETIME + sum(sizes[1:]) / (len(sizes) - 1)
    return 8 * shared / (encoder.width * encoder.height)

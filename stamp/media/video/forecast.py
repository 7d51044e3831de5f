"""How much larger a clip will be when it is written again, by coding a little of it as it will be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Any

import av
from av import VideoCodecContext
from av.container import InputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ...core.errors import MediaError
from .clip import decoder_for, opened
from .difficulty import EXCERPT_FRAMES, LIFETIME
from .encoders import Encoder, configure
from .luma import edit_luma
from .picture_track import Edit, Preview
from .transcode import Transcode

_EXCERPTS = 3
_SECONDS, _FEWEST, _MOST = 1.0, 8, 48  # of an excerpt: its length, and its frames


def growth(plan: Transcode, edit: Edit, preview: Preview) -> float | None:
    """Return about how many times its bytes the clip of `plan` will take, all tracks together, with `edit`
    applied to every frame, after a `preview` of the first ones; None where no excerpt of it can be coded.

    Up to three excerpts, each from a key frame on, are decoded, edited and coded again; what they took in the
    source is known by its packets.
    """
    clip = plan.clip
    assert clip.path is not None
    before = after = 0.0
    bit_rate = 0
    with suppress(MediaError, av.error.FFmpegError, ValueError), opened(clip.path) as container:
        stream = container.streams[clip.index]
        assert isinstance(stream, VideoStream)
        bit_rate = stream.bit_rate or 0
        decoder = decoder_for(stream)
        decoder.thread_count = 1
        count = _EXCERPTS if clip.seconds > 4 * _EXCERPTS * _SECONDS else 1
        for number in range(count):
            sizes, frames = _excerpt(container, stream, decoder, clip.seconds * number / count, clip.fps)
            before += _shared([sizes.get(frame.pts, 0) for frame in frames], clip.frames)
            if number == 0:
                preview(frames[:EXCERPT_FRAMES])
            for frame in frames:
                seconds = float(((frame.pts or 0) - (stream.start_time or 0)) * (stream.time_base or 0))
                edit_luma(frame, clip.turn, partial(_edited, edit, seconds))
            after += _shared(_coded(frames, plan.encoder, clip.fps), clip.frames)
    if not before or not after:
        return None
    size = clip.path.stat().st_size
    share = min(bit_rate * clip.seconds / 8 / size, 1.0) or 1.0  # of the picture
    return 1 + (after / before - 1) * share


def _excerpt(
    container: InputContainer, stream: VideoStream, decoder: VideoCodecContext, seconds: float, fps: float
) -> tuple[dict[int | None, int], list[VideoFrame]]:
    """The bytes of packets by their times, and frames from the key frame at or before `seconds` on."""
    base = stream.time_base or Fraction(1)
    container.seek((stream.start_time or 0) + int(seconds / base), stream=stream)
    decoder.flush_buffers()
    sizes: dict[int | None, int] = {}

    def decoded() -> Iterator[VideoFrame]:
        for packet in container.demux(stream):
            sizes[packet.pts] = packet.size
            for frame in decoder.decode(packet):
                frame.make_writable()  # the decoder predicts later ones from it
                yield frame

    wanted = min(max(round(_SECONDS * fps), _FEWEST), _MOST)
    return sizes, list(islice(decoded(), wanted))


def _shared(sizes: list[int], frames: int) -> float:
    """The bytes of an excerpt of a clip of so many frames: its key frame, the first, serves more than it."""
    return sum(sizes[1:]) + sum(sizes[:1]) * len(sizes) / max(min(LIFETIME, frames), len(sizes), 1)


def _edited(edit: Edit, seconds: float, luma: NDArray[Any]) -> None:
    edit(luma, seconds)


def _coded(frames: list[VideoFrame], encoder: Encoder, fps: float) -> list[int]:
    """The bytes of the packets that the encoder makes of frames."""
    if not frames:
        return []
    context = av.CodecContext.create(encoder.name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = frames[0].width, frames[0].height
    context.framerate = Fraction(fps or 25).limit_denominator(1001)
    context.time_base = 1 / context.framerate
    configure(context, encoder)
    for number, frame in enumerate(frames):
        frame.pts, frame.time_base, frame.pict_type = number, context.time_base, PictureType.NONE
    return [packet.size for frame in (*frames, None) for packet in context.encode(frame)]

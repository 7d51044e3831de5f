"""Luma planes of a clip one after the other, for detection."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
from numpy.typing import NDArray

from ..source import damaged, refused
from .clip import STREAM, Clip, Source, decoder_for, main_video, opened, path_of, reading
from .luma import has_luma_plane, luma_plane

_MOST_FAULTS = 200  # packets in a row that cannot be decoded


def read_luma(
    source: Source, clip: Clip, *, start: float = 0.0, references_only: bool = False
) -> Iterator[tuple[NDArray[Any], float, bool]]:
    """Yield (luma, seconds, key) for the frames of a clip, in the order of display, from `start` seconds on.

    luma : (H, W), upright, uint8 or uint16 with the sample in the lowest `luma_depth` bits; read only, and
        only until the next frame is asked for.
    key : the frame was coded without others, and the one before it was not: where all are, none stands out.
    references_only : leave out the frames that no other frame is predicted from, where the codec marks them.
        That spares up to half of the decoding, and those frames are the most coarsely coded.

    What is damaged is passed over. Raises MediaError, CorruptFile, UnsupportedFormat.
    """
    path = path_of(source)
    named = path or STREAM
    if not isinstance(source, str | os.PathLike):
        source.seek(0)
    with opened(source) as container:
        stream = main_video(container)
        if stream is None:
            raise refused(named, "there is no moving picture in it", "it may be a song")
        decoder = decoder_for(stream)
        if references_only:
            decoder.skip_frame = "NONREF"
        base = stream.time_base or Fraction(1)
        first = stream.start_time or 0
        if start > 0:
            with reading(path):
                container.seek(first + int(start / base), stream=stream)
        faults, before = 0, False
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                last = not packet.size and packet.dts is None
                frames = decoder.decode(None if last else packet) if packet.size or last else []
            except (av.error.InvalidDataError, av.error.PatchWelcomeError):
                faults += 1
                if faults > _MOST_FAULTS:
                    raise damaged(named, "too much of it cannot be decoded") from None
                continue
            except av.error.EOFError:
                return
            for frame in frames:
                faults = 0
                if not has_luma_plane(frame.format.name):
                    frame = _with_luma(frame)
                seconds = float(((frame.pts if frame.pts is not None else first) - first) * base)
                key, before = frame.key_frame and not before, frame.key_frame
                yield clip.turn.upright(luma_plane(frame)), seconds, key


def _with_luma(frame: av.VideoFrame) -> av.VideoFrame:
    """A frame of RGB, palette or packed samples, with a luma plane."""
    with suppress(ValueError):
        return frame.reformat(format="gray")
    return frame

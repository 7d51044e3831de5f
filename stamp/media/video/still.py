"""One frame of a clip, to be looked at."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from av.video.frame import VideoFrame
from numpy.typing import NDArray

from ...formats.reading import damaged, named
from .clip import Clip, decoder_for, main_video, opened, reading


def still(path: Path, seconds: float = 0.0) -> VideoFrame:
    """Return the frame of a clip that is shown at this time, or the last one before it; it may be drawn on.

    Raises MediaError, CorruptFile.
    """
    with named(path), opened(path) as container, reading():
        stream = main_video(container)
        found: VideoFrame | None = None
        if stream is not None:
            decoder = decoder_for(stream)
            base, start = stream.time_base or Fraction(1), stream.start_time or 0
            wanted = start + int(Fraction(seconds) / base)
            if seconds:
                container.seek(wanted, stream=stream)
            for packet in container.demux(stream):
                for frame in decoder.decode(packet):
                    if found is not None and (frame.pts or start) > wanted:
                        return _own(found)
                    found = frame
        if found is None:
            raise damaged("no frame of it can be decoded")
        return _own(found)


def shown(frame: VideoFrame, clip: Clip) -> NDArray[Any]:
    """Return the upright pixels (H, W, 3) RGB uint8 of a frame."""
    pixels = frame.to_ndarray(format="rgb24")
    if clip.turn.transposed:
        pixels = pixels.swapaxes(0, 1)
    return pixels[:: -1 if clip.turn.flip_rows else 1, :: -1 if clip.turn.flip_columns else 1]


def _own(frame: VideoFrame) -> VideoFrame:
    frame.make_writable()
    return frame

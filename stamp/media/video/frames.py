"""Luma planes of a clip one after the other, for detection."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ...formats.reading import damaged
from .clip import Clip, Source, decoder_for, describe, main_video, opened, path_of
from .luma import has_luma_plane, luma_plane

_MOST_FAULTS = 200  # packets that cannot be decoded between two frames that can


@dataclass(frozen=True, slots=True)
class Look:
    """A frame to look at, until the next one is asked for.

    luma : (H, W), upright, uint8 or uint16 with the sample in the lowest `Clip.luma_depth` bits; read only.
    seconds : from the start of the clip.
    key : the frame was coded without others, and the one before it was not: where all are, none stands out.
    size : bytes of the packet that it was decoded from; where that is not known, those of the frame before.
        Not less than half of what packets had so far on average: AV1 shows frames that came earlier in
        packets of three bytes.
    """

    luma: NDArray[Any]
    seconds: float
    key: bool
    size: int


class _Sizes:
    """Bytes of packets, by the times at which they are shown."""

    def __init__(self) -> None:
        self._waiting: dict[int, int] = {}
        self._count = self._total = 0

    @property
    def mean(self) -> int:
        return self._total // max(self._count, 1)

    def add(self, pts: int, size: int) -> None:
        self._waiting[pts] = size
        self._count, self._total = self._count + 1, self._total + size

    def take(self, pts: int) -> int | None:
        """Of the packet shown at `pts`; those before it are forgotten."""
        size = self._waiting.get(pts)
        self._waiting = {later: kept for later, kept in self._waiting.items() if later > pts}
        return size


@contextmanager
def watched(source: Source, *, references_only: bool = False) -> Iterator[tuple[Clip, Iterator[Look]] | None]:
    """Open a clip; gives what it is, and its frames in the order of display; None where the file has no
    moving picture (a song with a cover).

    references_only : leave out the frames that no other frame is predicted from, where the codec marks them.
        That spares up to half of the decoding, and those frames are the most coarsely coded.

    What is damaged is passed over. Raises MediaError, CorruptFile, UnsupportedFormat.
    """
    path = path_of(source)
    if not isinstance(source, str | os.PathLike):
        source.seek(0)
    with opened(source) as container:
        stream = main_video(container)
        if stream is None:
            yield None
            return
        sizes = _Sizes()
        frames = _decoded(container, stream, sizes, references_only=references_only)
        first = next(frames, None)
        if first is None:
            raise damaged("no frame of it can be decoded")
        clip = describe(container, stream, first, path)
        yield clip, _looks(chain([first], frames), clip, stream, sizes)


def _decoded(
    container: InputContainer,
    stream: VideoStream,
    sizes: _Sizes,
    *,
    references_only: bool,
) -> Iterator[VideoFrame]:
    """Frames; `sizes` gets the bytes of the packets."""
    decoder = decoder_for(stream)
    if references_only:
        decoder.skip_frame = "NONREF"
    packets = container.demux(stream)
    faults = 0
    while faults <= _MOST_FAULTS:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            last = not packet.size and packet.dts is None
            if packet.pts is not None:
                sizes.add(packet.pts, packet.size)
            frames = decoder.decode(None if last else packet) if packet.size or last else []
        except (av.error.InvalidDataError, av.error.PatchWelcomeError):
            faults += 1
            continue
        except av.error.EOFError:
            return
        for frame in frames:
            faults = 0
            yield frame
    raise damaged("too much of it cannot be decoded")


def _looks(frames: Iterator[VideoFrame], clip: Clip, stream: VideoStream, sizes: _Sizes) -> Iterator[Look]:
    base, first, before = stream.time_base or Fraction(1), stream.start_time or 0, False
    size = 1
    for frame in frames:
        if frame.pts is not None:
            size = sizes.take(frame.pts) or size
        seconds = float(((frame.pts if frame.pts is not None else first) - first) * base)
        key, before = frame.key_frame and not before, frame.key_frame
        shown = frame if has_luma_plane(frame.format.name) else _with_luma(frame)
        yield Look(clip.turn.upright(luma_plane(shown)), seconds, key, max(size, sizes.mean // 2))


def _with_luma(frame: VideoFrame) -> VideoFrame:
    """A frame of RGB, palette or packed samples, with a luma plane."""
    with suppress(ValueError):
        return frame.reformat(format="gray")
    return frame

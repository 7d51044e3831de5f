"""Clips and songs beside their original: which span of the one is seen or heard in the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.comparison import Comparison
from ..core.errors import UnsupportedFormat
from ..formats.reading import named
from ..matching.clips import Frame, compare_clips
from ..matching.frame_prints import Course
from ..matching.pictures import side_by_side
from ..matching.songs import compare_songs
from ..media.audio.opening import open_song
from ..media.video.frames import watched

_EVERY = 0.5  # seconds
_HALVED = 32_000  # samples a second; of more, two are made one: no more than 8000 Hz is compared


def clips(
    original: Path, suspect: Path, draw: bool, known: Course | None = None
) -> tuple[Comparison, NDArray[Any] | None]:
    """Return whether a clip shows another one; `draw` : also the frame that agrees most beside its original;
    `known` : the course that an index has found.

    Raises MediaError, MissingDependency.
    """
    comparison, found = compare_clips(frames_of(original), frames_of(suspect), known)
    if found is None or not draw:
        return comparison, None
    best = found.best
    return comparison, side_by_side(best.original, best.suspect, best.registration)


def songs(original: Path, suspect: Path, *, marked: bool) -> Comparison:
    """Return whether a song plays another one; `marked` : it carries that one's mark. Raises MediaError."""
    (whole, rate), (heard, suspect_rate) = samples_of(original), samples_of(suspect)
    return compare_songs(whole, heard, rate, suspect_rate, marked=marked)[0]


def frames_of(path: Path) -> Callable[[], Iterator[Frame]]:
    """A function that reads a clip from the start: times, and luma of 8 bits."""

    def read() -> Iterator[Frame]:
        with named(path), watched(path) as opened:
            if opened is None:
                raise UnsupportedFormat("has no moving picture")
            clip, looks = opened
            for look in looks:
                deep = look.luma.dtype != np.uint8
                yield (
                    look.seconds,
                    (look.luma >> (clip.luma_depth - 8)).astype(np.uint8) if deep else look.luma,
                )

    return read


def sampled(path: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield two frames a second of a clip, by their times, as luma of 8 bits. Raises MediaError."""
    due = -np.inf
    for time, frame in frames_of(path)():
        if time >= due:
            due = time + _EVERY
            yield time, np.asarray(frame)


def samples_of(path: Path) -> tuple[NDArray[np.float32], int]:
    """A song as one channel, and its rate."""
    song = open_song(path)
    mono = np.concatenate([np.zeros(0, np.float32), *(block.mean(axis=1) for block in song.blocks())])
    rate = song.rate
    while rate >= _HALVED:
        mono, rate = mono[: len(mono) // 2 * 2].reshape(-1, 2).mean(axis=1), rate // 2
    return mono, rate

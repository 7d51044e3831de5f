"""Fingerprints of frames, and the one offset and speed at which those of two clips agree.

A fingerprint is the signs of the 16 x 16 lowest frequencies of a frame, bars cut off: 256 bits, of which up
to 72 differ between a frame and its copy. The same signs with every second column turned round are those
of the mirror image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .opencv import opencv

_SIDE, _WAVES = 64, np.arange(1, 17)
_COSINES = np.cos(np.pi * (2 * np.arange(_SIDE) + 1) * _WAVES[:, None] / (2 * _SIDE)).astype(np.float32)
_MIRROR = np.packbits(np.tile(_WAVES % 2 == 1, (16, 1)).ravel())
FLAT = 8.0  # deviation of a frame that says nothing: black, a fade
_BAR = 6.0  # deviation of a row or column of a bar
_NEAR = 72  # of 256 bits
_SPEEDS = (1.0, 0.95, 1.05, 0.9, 1.1, 0.8, 1.25)  # the usual one first: of equals, it is taken
_TOLERANCE = 0.6  # seconds
_VOTES = 3
_ALIKE, _UNUSUAL = 16.0, 0.85  # bits by which likeness falls to a third; weight of another speed than 1


@dataclass(frozen=True)
class Prints:
    """Fingerprints (n, 32) of frames at `times` (n,) in seconds."""

    times: NDArray[np.float64]
    signs: NDArray[np.uint8]


@dataclass(frozen=True)
class Course:
    """How the time of a find runs in the work: `start` + `speed` x seconds of the find, for the frames at
    `times` of the find that met frames of the work; none where points showed the place."""

    start: float
    speed: float
    mirrored: bool
    times: NDArray[np.float64]

    def at(self, seconds: float) -> float:
        return self.start + self.speed * seconds


def fingerprint(frame: NDArray[Any]) -> NDArray[np.uint8] | None:
    """Return the 32 bytes of a frame of luma (H, W); None of one that is flat."""
    x0, y0, x1, y1 = picture_box(frame)
    waves, deviation = spectrum(np.ascontiguousarray(frame[y0:y1, x0:x1]))
    return None if deviation < FLAT else np.packbits(waves > 0)


def spectrum(plane: NDArray[Any]) -> tuple[NDArray[np.float32], float]:
    """Return the 16 x 16 lowest frequencies of a picture of luma (H, W), and the deviation of its luma."""
    cv2 = opencv()
    small = cv2.resize(plane, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return _COSINES @ (small - small.mean()) @ _COSINES.T, float(small.std())


def mirrored(signs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the fingerprint of the mirror image of a frame."""
    return signs ^ _MIRROR


def picture_box(frame: NDArray[Any]) -> tuple[int, int, int, int]:
    """Return x0, y0, x1, y1 (pixels) of a frame (H, W) without rows and columns of one colour at its edges;
    of all of it where hardly anything would be left."""
    step = max(1, min(frame.shape) // 128)
    rows = np.flatnonzero(frame[:, ::step].std(axis=1) > _BAR)
    columns = np.flatnonzero(frame[::step].std(axis=0) > _BAR)
    if len(rows) < 32 or len(columns) < 32:
        return 0, 0, frame.shape[1], frame.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def course(work: Prints, find: Prints) -> Course | None:
    """Return the course on which most frames of the find meet frames of the work that are most like them;
    None where fewer than three do."""
    best: tuple[float, Course] | None = None
    for mirrored in (False, True):
        pairs = _pairs(work, find, mirrored)
        for speed in _SPEEDS:
            weight, start, chosen = _densest(pairs, speed)
            # Of a scene that hardly moves any speed is true: the usual one, unless another is clearly better.
            weight *= 1 if speed == 1 else _UNUSUAL
            if len(chosen) >= _VOTES and (best is None or weight > best[0]):
                best = weight, Course(start, speed, mirrored, find.times[chosen])
    return best[1] if best else None


@dataclass(frozen=True)
class _Pairs:
    """Frames of the find (their numbers and times) and of the work (times) that are alike, and how much."""

    frames: NDArray[np.int64]
    here: NDArray[np.float64]
    there: NDArray[np.float64]
    weights: NDArray[np.float64]


def _pairs(work: Prints, find: Prints, mirrored: bool) -> _Pairs:
    parts = []
    for number, signs in enumerate(find.signs):
        apart = np.bitwise_count(work.signs ^ (signs ^ _MIRROR if mirrored else signs)).sum(
            axis=1, dtype=np.int64
        )
        near = np.flatnonzero(apart <= _NEAR)
        parts.append((np.full(len(near), number), work.times[near], np.exp(-apart[near] / _ALIKE)))
    if not parts:
        return _Pairs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))
    frames, there, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _Pairs(frames, find.times[frames], there, weights)


def _densest(pairs: _Pairs, speed: float) -> tuple[float, float, NDArray[np.int64]]:
    """The weight, the start and the frames of the course of this speed that most frames agree on."""
    if not len(pairs.frames):
        return 0.0, 0.0, pairs.frames
    starts = pairs.there - speed * pairs.here
    first = starts.min()
    # Bins half as wide as the tolerance, each pair in two of them, so that none is cut at an edge.
    bins = np.floor((starts - first) / (_TOLERANCE / 2)).astype(np.int64) + 1
    both = np.concatenate([bins, bins - 1])
    frames, weights = np.tile(pairs.frames, 2), np.tile(pairs.weights, 2)
    order = np.lexsort((-weights, frames, both))
    both, frames, weights = both[order], frames[order], weights[order]
    best_of_frame = np.flatnonzero(
        np.diff(both, prepend=-1).astype(bool) | np.diff(frames, prepend=-1).astype(bool)
    )
    totals = np.bincount(both[best_of_frame], weights[best_of_frame])
    top = int(np.argmax(totals))
    chosen = (bins == top) | (bins == top + 1)
    start = float(np.average(starts[chosen], weights=pairs.weights[chosen]))
    return float(totals[top]), start, np.unique(pairs.frames[chosen])

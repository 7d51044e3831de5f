"""The visibility mask of a frame, at low resolution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..common.filters import box

Plane = NDArray[np.float32]

SAMPLED = 270  # rows, or columns of an upright video, that are looked at: every fourth of 1080
_CELL = 4  # samples a side
# Samples a side of the cells that are looked at for flatness, grey levels that an even one spans less than,
# and up to which all counts as black.
_EVEN_CELL, _EVEN, _BLACK = 8, 1.5, 28.0
# Nearly even: coders keep an even mark as well as one that follows the texture, and measures of quality take
# less offence at it.
EXPONENT, OFFSET = 0.2, 0.5
AMPLITUDE = 0.65  # grey levels (deviation) at an activity of 0.5
# Grey levels, root mean square of a frame. Drawings and titles get no less than the first, or rounding to
# whole levels would swallow the mark; no frame more than the second, counted in codes: 44.1 dB.
LEAST, MOST = 0.9, 1.6
# Platforms give bits by the pixel: a small frame has fewer for the same scene, and fewer samples of the mark.
AREA, _AREA_EXPONENT, _AREA_GAINS = 720 * 1280, 0.35, (0.7, 1.5)


def step_of(shape: tuple[int, int]) -> int:
    """Return the distance of the rows and columns that a mask of a frame of `shape` looks at."""
    return max(round(min(shape) / SAMPLED), 1)


def sample(luma: NDArray[np.unsignedinteger], step: int, white: float) -> Plane:
    """Return every `step`-th row and column, float32, on a scale on which white is 255."""
    return luma[::step, ::step].astype(np.float32) * np.float32(255 / white)


def flatness(sampled: Plane) -> float:
    """Return the share of the picture that has one and the same shade, give or take one, as the paper of a
    text; black, as of a film's bars, is left out."""
    rows, columns = (side // _EVEN_CELL for side in sampled.shape)
    cells = sampled[: rows * _EVEN_CELL, : columns * _EVEN_CELL].reshape(
        rows, _EVEN_CELL, columns, _EVEN_CELL
    )
    highest, lowest = cells.max((1, 3)), cells.min((1, 3))
    shown = highest > _BLACK
    even = highest[shown & (highest - lowest < _EVEN)]
    shades = np.bincount(np.rint(even).astype(int), minlength=258)
    shades = shades[:-2] + shades[1:-1] + shades[2:]
    return float(shades.max() / max(int(shown.sum()), 1))


def size_gain(shape: tuple[int, int]) -> float:
    """Return how much stronger the mark of a frame of `shape` is, for being small, or weaker, for being
    large."""
    return float(np.clip((AREA / (shape[0] * shape[1])) ** _AREA_EXPONENT, *_AREA_GAINS))


def visibility(sampled: Plane, gain: float, most: float) -> Plane:
    """Return the deviation that the mark may have, in grey levels of 255, per cell of 4 x 4 samples: `gain`
    times as much as in a large and still frame, but a root mean square of no more than `most`.

    Goes with a power of the squared mean root of the gradients: next to a lone edge that stays low, where a
    mean would not, and the flat side of an edge is where a mark is seen first.
    """
    h, w = (max(n // _CELL, 1) for n in sampled.shape)
    root = np.zeros_like(sampled)
    root[:-1] = np.abs(np.diff(sampled, axis=0))
    root[:, :-1] += np.abs(np.diff(sampled, axis=1))
    np.sqrt(root * np.float32(0.5), out=root)
    cells = root[: h * _CELL, : w * _CELL].reshape(h, _CELL, w, _CELL).mean((1, 3))
    activity = box(cells, 3) ** 2
    mask = np.float32(gain * AMPLITUDE) * (activity + np.float32(OFFSET)) ** np.float32(EXPONENT)
    rms = float(np.sqrt(np.mean(mask * mask)))
    return np.asarray(mask * np.float32(min(max(rms, gain * LEAST), most) / rms))

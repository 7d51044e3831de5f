"""What a JPEG says of a mark with the original at hand: coefficient by coefficient, by how it was rounded.

A coefficient says hardly anything where the original lies in the middle of a step, and much where it lies at
the edge of one. With x the coefficient that the original would have, n the multiple of the step q that was
coded, and s the deviation of everything else, P(n | x) is the mass of a normal distribution about x between
(n - 1/2) q and (n + 1/2) q. The derivative of its logarithm by x is the score: for a small change of x, no
statistic has more power than what it is correlated with (Rao 1948, doi:10.1017/S0305004100023987).

Steps are those of ITU-T T.81, table K.1, scaled by a quality as the Independent JPEG Group does it. The
quality is found in the coefficients. Nothing here knows a key, so that all laws hold of what comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Blocks = NDArray[np.float64]

_ROWS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_TABLE = np.array(_ROWS)
_QUALITIES = range(5, 96)
_DEVIATIONS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6)  # grey levels
_SAMPLE = 1500  # blocks by which quality and deviation are judged
_KEPT, _ENOUGH = 0.7, 50  # share of the coefficients, those nearest to multiples; coefficients at least
_OFF = 0.008  # mean square of what these are off, in steps; by chance it is 0.041
_CLIPPED = 1.5  # grey levels off, root mean square, of a block in which something was clipped
_LEAST = 1e-6  # probability of a multiple, whatever the original is


def _basis() -> Blocks:
    frequency, place = np.mgrid[:8, :8]
    rows = np.cos(np.pi * (2 * place + 1) * frequency / 16) / 2
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, np.float64)


_BASIS = _basis()


@dataclass(frozen=True)
class Coded:
    """How a picture of `shape` (H, W) was coded.

    multiples : (rows, columns, 8, 8) of `steps` (8, 8). known : (rows, columns), the blocks of which that
        holds; in others something was clipped.
    """

    multiples: Blocks
    steps: Blocks
    known: NDArray[np.bool_]
    shape: tuple[int, int]


def steps_at(quality: int) -> Blocks:
    """Return the steps (8, 8) of luma at a quality, 1 to 100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.asarray(np.clip((_TABLE * scale + 50) // 100, 1, 255), np.float64)


def coded(suspect: NDArray[np.uint8]) -> Coded | None:
    """Return how a picture of luma (H, W) was coded, from its top left corner on; None where it does not show
    that: it is no JPEG, a piece of one, or one of another encoder."""
    there = _blocks(suspect)
    some = there.reshape(-1, 8, 8)[:: max(1, there.size // (64 * _SAMPLE))]
    found: list[tuple[float, int]] = []
    for quality in _QUALITIES:
        ratios = some / steps_at(quality)
        multiples = np.rint(ratios)
        multiples[:, 0, 0] = 0  # the means of blocks say nothing where a picture is flat
        off = (ratios - multiples)[multiples != 0] ** 2
        if off.size >= _ENOUGH:
            kept = int(_KEPT * off.size)
            found.append((float(np.partition(off, kept)[:kept].mean()), quality))
    if not found or min(found)[0] > _OFF:
        return None
    steps = steps_at(min(found)[1])
    multiples = np.rint(there / steps)
    known = np.sqrt(((there - multiples * steps) ** 2).mean((2, 3))) < _CLIPPED
    return Coded(multiples, steps, known, (suspect.shape[0], suspect.shape[1])) if known.any() else None


def likelihood(found: Coded, like: Plane) -> tuple[float, float]:
    """Return the highest mean logarithm of P(n | x), and the deviation at which it is. like : (H, W) luma of
    what may have been coded, without a mark."""
    every = max(1, int(found.known.sum()) // _SAMPLE)
    multiples, x = (each[found.known][::every] for each in (found.multiples, _blocks(like)))
    return max((float(np.log(_mass(multiples, found.steps, x, s)).mean()), s) for s in _DEVIATIONS)


def score(found: Coded, like: Plane, deviation: float) -> Plane:
    """Return the score of each pixel (H, W); 0 where it is not known."""
    x = _blocks(like)
    low, high = _edges(found.multiples, found.steps, x, deviation)
    slope = (_density(low) - _density(high)) / _mass(found.multiples, found.steps, x, deviation)
    pixels = _BASIS.T @ (slope * found.known[..., None, None] / deviation) @ _BASIS
    rows, columns = found.known.shape
    plane = np.zeros(found.shape, np.float32)
    plane[: 8 * rows, : 8 * columns] = pixels.transpose(0, 2, 1, 3).reshape(8 * rows, 8 * columns)
    return plane


def _blocks(plane: NDArray[np.generic]) -> Blocks:
    """The DCT of blocks of 8 x 8 (rows, columns, 8, 8), of a picture of luma."""
    rows, columns = (side // 8 for side in plane.shape)
    whole = plane[: 8 * rows, : 8 * columns].astype(np.float64) - 128
    tiles = whole.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3)
    return np.asarray(_BASIS @ tiles @ _BASIS.T)


def _edges(multiples: Blocks, steps: Blocks, x: Blocks, deviation: float) -> tuple[Blocks, Blocks]:
    return ((multiples - 0.5) * steps - x) / deviation, ((multiples + 0.5) * steps - x) / deviation


def _mass(multiples: Blocks, steps: Blocks, x: Blocks, deviation: float) -> Blocks:
    low, high = _edges(multiples, steps, x, deviation)
    return np.asarray(np.maximum(_normal(high) - _normal(low), _LEAST))


def _density(z: Blocks) -> Blocks:
    return np.asarray(np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi))


def _normal(z: Blocks) -> Blocks:
    """The normal distribution function, to 7.5e-8 (Abramowitz and Stegun 1964, 26.2.17)."""
    t = 1 / (1 + 0.2316419 * np.abs(z))
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = _density(z) * series
    return np.where(z > 0, 1 - tail, tail)

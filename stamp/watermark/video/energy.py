"""How much mark a scene gets, and in which levels: by how hard to code, and how flat it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .mask import AREA


@dataclass(frozen=True, slots=True)
class Shares:
    """Where the energy of a pattern lies.

    levels : shares of levels 1 to 4 of the transform, of all but the sinusoids. diagonals : the part of each
        level's share that its diagonal sub-band (HH) has. sinusoids : their share of the whole.
    """

    levels: tuple[float, float, float, float]
    diagonals: tuple[float, float, float, float]
    sinusoids: float


@dataclass(frozen=True, slots=True)
class Allocation:
    """gain : amplitude, in units of the usual. shares : where in the transform. drawn : what frames get that
    are drawn; the same if None."""

    gain: float
    shares: Shares
    drawn: Allocation | None = None

    def of(self, flat: float) -> Allocation:
        """Return what a frame gets of which this share has one and the same shade, in quarter steps from
        filmed to drawn."""
        part = round(4 * float(np.clip((flat - _FILMED) / (_DRAWN_FROM - _FILMED), 0, 1))) / 4
        if self.drawn is None or part == 0:
            return self
        one, other = self.shares, self.drawn.shares
        return Allocation(
            (1 - part) * self.gain + part * self.drawn.gain,
            Shares(
                _mixed(one.levels, other.levels, part),
                _mixed(one.diagonals, other.diagonals, part),
                (1 - part) * one.sinusoids + part * other.sinusoids,
            ),
        )


_Four = tuple[float, float, float, float]


def _mixed(one: _Four, other: _Four, part: float) -> _Four:
    a, b, c, d = ((1 - part) * x + part * y for x, y in zip(one, other, strict=True))
    return a, b, c, d


# Shares of one shade up to which a frame counts as filmed, and from which as drawn (ADR 130).
_FILMED, _DRAWN_FROM = 0.12, 0.25


# Where nothing is known of the scene; in the conformance vectors, so it stays. Platforms keep nothing of the
# finest level, which costs the most bits.
USUAL = Allocation(1.0, Shares((0.0, 4 / 9, 4 / 9, 1 / 9), (1 / 3, 1 / 3, 1 / 3, 1 / 3), 0.2))
# Platforms give videos of one size much the same rate: what is hard to code needs more, what is easy less. An
# encoder for constant quality drops fine texture from what is easy, and keeps coarse; measures of quality
# mind coarse texture, and diagonal texture less than upright.
_BITS = (0.003, 0.008, 0.014, 0.025, 0.045, 0.075)


@dataclass(frozen=True, slots=True)
class _Table:
    """gains, second, third, fourth : amplitude, and shares of levels 2 to 4, at `_BITS`. diagonal : of
    level 2."""

    gains: tuple[float, ...]
    second: tuple[float, ...]
    third: tuple[float, ...]
    fourth: tuple[float, ...]
    diagonal: float

    def at(self, octave: float) -> NDArray[np.float64]:
        """Return the five values at a binary logarithm of the bits."""
        rows = (self.gains, self.second, self.third, self.fourth)
        return np.array([*(np.interp(octave, np.log2(_BITS), row) for row in rows), self.diagonal])


_SMALL = _Table(
    gains=(0.62, 0.76, 0.77, 0.78, 0.95, 1.6),
    second=(0.05, 0.15, 0.28, 0.38, 0.45, 0.55),
    third=(0.25, 0.50, 0.60, 0.62, 0.55, 0.45),
    fourth=(0.70, 0.35, 0.12, 0.00, 0.00, 0.00),
    diagonal=0.2,
)
# In large frames the same texture has fewer cycles per pixel: measures of quality mind level 4 less than 3,
# and renditions of 480 rows and less keep it best, and little of level 2.
_LARGE = _Table(
    gains=(0.62, 0.84, 0.84, 1.08, 1.2, 1.8),
    second=(0.05, 0.20, 0.30, 0.36, 0.45, 0.55),
    third=(0.25, 0.20, 0.25, 0.44, 0.55, 0.45),
    fourth=(0.70, 0.60, 0.45, 0.20, 0.00, 0.00),
    diagonal=0.6,
)
# Of what is drawn, encoders keep coarse texture only.
_DRAWN = _Table(
    gains=(0.62, 1.0, 1.0, 1.0, 1.1, 1.6),
    second=(0.05,) * 6,
    third=(0.25,) * 6,
    fourth=(0.70,) * 6,
    diagonal=0.2,
)
_LARGE_AREA = 1080 * 1920
_DIAGONAL = 0.7  # of level 3
_SINUSOIDS = 0.12


def allocation(bits_per_pixel: float, size: tuple[int, int]) -> Allocation:
    """Return what a scene needs that takes so many bits per pixel and frame of 360 rows at x264's quantiser
    28 (veryfast, luma, a key frame every 150 frames), in frames of `size`, (height, width)."""
    octave = float(np.log2(max(bits_per_pixel, 1e-9)))
    largeness = np.clip(np.log(size[0] * size[1] / AREA) / np.log(_LARGE_AREA / AREA), 0, 1)
    values = (1 - largeness) * _SMALL.at(octave) + largeness * _LARGE.at(octave)
    return replace(_allocated(values), drawn=_allocated(_DRAWN.at(octave)))


def _allocated(values: NDArray[np.float64]) -> Allocation:
    gain, second, third, fourth, diagonal = (float(value) for value in values)
    return Allocation(
        gain, Shares((0.0, second, third, fourth), (0.0, diagonal, _DIAGONAL, 1 / 3), _SINUSOIDS)
    )

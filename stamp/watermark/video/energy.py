"""How much mark a scene gets, and in which levels of the transform, by how hard it is to code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
    """gain : amplitude, in units of the usual. shares : where in the transform."""

    gain: float
    shares: Shares


# Where nothing is known of the scene; in the conformance vectors, so it stays. Platforms keep nothing of the
# finest level, which costs the most bits.
USUAL = Allocation(1.0, Shares((0.0, 4 / 9, 4 / 9, 1 / 9), (1 / 3, 1 / 3, 1 / 3, 1 / 3), 0.2))
# Platforms give clips of one size much the same rate: what is hard to code needs more, what is easy less. An
# encoder for constant quality drops fine texture from what is easy, and keeps coarse; measures of quality
# mind coarse texture, and diagonal texture less than upright.
_BITS = (0.003, 0.008, 0.014, 0.025, 0.045, 0.075)
_GAINS = (0.62, 0.76, 0.77, 0.78, 0.95, 1.6)
_LEVELS = (  # shares of levels 2 to 4
    (0.05, 0.15, 0.28, 0.38, 0.45, 0.55),
    (0.25, 0.50, 0.60, 0.62, 0.55, 0.45),
    (0.70, 0.35, 0.12, 0.00, 0.00, 0.00),
)
_DIAGONALS = (0.0, 0.2, 0.7, 1 / 3)
_SINUSOIDS = 0.12


def allocation(bits_per_pixel: float) -> Allocation:
    """What a scene needs that takes so many bits per pixel and frame of 360 rows at x264's quantiser 28
    (veryfast, luma, a key frame every 150 frames)."""
    known, octave = np.log2(_BITS), float(np.log2(max(bits_per_pixel, 1e-9)))
    gain, second, third, fourth = (float(np.interp(octave, known, row)) for row in (_GAINS, *_LEVELS))
    return Allocation(gain, Shares((0.0, second, third, fourth), _DIAGONALS, _SINUSOIDS))

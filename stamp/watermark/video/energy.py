"""How much mark a scene gets, and in which levels of the transform, by how hard it is to code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Allocation:
    """gain : amplitude, in units of the usual. levels : shares of the energy in levels 1 to 4 of the
    transform, the sinusoids' apart."""

    gain: float
    levels: tuple[float, float, float, float]


# Where nothing is known of the scene; in the conformance vectors, so it stays. Platforms keep nothing of the
# finest level, which costs the most bits.
USUAL = Allocation(1.0, (0.0, 4 / 9, 4 / 9, 1 / 9))
# Platforms give clips of one size much the same rate: what is hard to code needs more, what is easy less. An
# encoder for constant quality drops fine texture from what is easy, and keeps coarse.
_BITS = (0.003, 0.008, 0.014, 0.025, 0.045, 0.075)
_GAINS = (0.7, 0.9, 0.95, 1.0, 1.2, 1.7)
_LEVELS = (  # shares of levels 2 to 4
    (0.05, 0.10, 0.25, 0.44, 0.44, 0.44),
    (0.25, 0.30, 0.40, 0.44, 0.44, 0.44),
    (0.70, 0.60, 0.35, 0.12, 0.12, 0.12),
)


def allocation(bits_per_pixel: float) -> Allocation:
    """What a scene needs that takes so many bits per pixel and frame of 360 rows at x264's quantiser 28
    (veryfast, luma, a key frame every 150 frames)."""
    known, octave = np.log2(_BITS), float(np.log2(max(bits_per_pixel, 1e-9)))
    gain, second, third, fourth = (float(np.interp(octave, known, row)) for row in (_GAINS, *_LEVELS))
    return Allocation(gain, (0.0, second, third, fourth))

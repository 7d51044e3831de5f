"""The visibility mask: how strong the mark may be, coefficient by coefficient.

Amplitude goes with (local activity) ** 0.5 in each level of the transform. With that exponent, and the robust
activity of `observation.activity`, one strength scores alike in SSIMULACRA2 on smooth and on busy pictures,
which no fixed PSNR does: 42 dB is invisible on foliage and plain to see in a sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .grid import resize

Plane = NDArray[np.float32]

STRENGTH = 0.73  # grey levels in one coefficient of activity 0.7; SSIMULACRA2 of about 83
EXPONENT = 0.5
OFFSET = 0.3
PSNR_FLOOR = 42.0  # dB; on very busy pictures the mask allows more than anybody would call faithful
LEVEL_GAIN = (
    0.6,
    1.0,
    1.2,
    1.15,
)  # relative amplitude: fine detail is lost first, coarse patterns are seen first


@dataclass(frozen=True, slots=True)
class Mask:
    """levels : (h, w) relative amplitude of the coefficients, level 1 first. rms : root mean square of the
    mark, grey levels."""

    levels: list[Plane]
    rms: float
    exponent: float


def visibility(activities: list[Plane], cover: list[Plane], strength: float) -> Mask:
    """Return the mask for a picture of these activities; above the PSNR floor's energy, busy places give way
    before calm ones."""
    limit = strength * 255 / 10 ** (PSNR_FLOOR / 20)

    def rms(exponent: float) -> float:
        total = weight = 0.0
        for level, (a, seen) in enumerate(zip(activities, cover, strict=True), start=1):
            share = 0.25**level
            energy = float(((OFFSET + a) ** np.float32(2 * exponent) * seen).sum())
            total += share * energy / max(float(seen.sum()), 1.0)
            weight += share
        # the mask's mean square is that of three orientations a level: the approximation carries nothing
        return float(strength * STRENGTH * (3 * total) ** 0.5)

    exponent = EXPONENT
    if rms(exponent) > limit:
        low, high = 0.0, EXPONENT
        for _ in range(8):
            exponent = (low + high) / 2
            low, high = (low, exponent) if rms(exponent) > limit else (exponent, high)
        exponent = low
    levels = [
        np.float32(g) * (OFFSET + a) ** np.float32(exponent)
        for g, a in zip(LEVEL_GAIN, activities, strict=True)
    ]
    return Mask(levels, min(rms(exponent), limit), exponent)


def spatial(mask: Mask, activities: list[Plane], shape: tuple[int, int]) -> Plane:
    """Return the mask of the middle frequencies at full resolution, (H, W), for marks that are not made of
    wavelets."""
    fine = (OFFSET + activities[1]) ** np.float32(mask.exponent)
    coarse = (OFFSET + activities[2]) ** np.float32(mask.exponent)
    fine *= resize(coarse, (fine.shape[0], fine.shape[1]))
    return resize(np.sqrt(fine), shape)

"""The visibility mask: how strong the mark may be, coefficient by coefficient.

Amplitude goes with (local activity - 0.9) ** 0.2 in each level of the transform, the least activity being 1.
The low exponent is what SSIMULACRA2 likes best; the constant spares what is quite flat, where an eye looks
first. Where a picture is so busy that it drowns the mark, the exponent is lower still. Where a mark would be
cut off at black or white there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..common.wavelet import LEVELS
from .grid import resize

Plane = NDArray[np.float32]

STRENGTH = 1.1  # grey levels in one coefficient of activity 1.9; SSIMULACRA2 of about 86
EXPONENT = 0.2
OFFSET = -0.9
PSNR_FLOOR = 44.2  # dB; on very busy pictures the mask allows more than anybody would call faithful
# Relative amplitude: fine detail is lost first, coarse patterns are seen first (ADR 120).
LEVEL_GAIN = (0.5, 1.2, 1.4, 0.9)


# Pictures in which the mark is less prominent than this get a lower exponent: at the same energy, their calm
# places read better than their busy ones (ADR 118).
_PROMINENT, _PER_OCTAVE, _LEAST_EXPONENT = 0.35, 0.3, -0.35
_ROOM = 6.0  # grey levels from black or white at which a mark is not cut off


@dataclass(frozen=True, slots=True)
class Mask:
    """levels : (h, w) relative amplitude of the coefficients, level 1 first. rms : root mean square of the
    mark, grey levels."""

    levels: list[Plane]
    rms: float
    exponent: float


def headroom(padded: Plane) -> list[Plane]:
    """Return, per level, how much of a mark black and white leave room for, 0 to 1.

    Where they clip a mark, half of it is lost, and the other half is seen as a mottling of what was clean.
    """
    room = np.clip(np.minimum(padded, 255 - padded) * np.float32(1 / _ROOM), 0, 1)
    out = []
    for _ in range(LEVELS):
        room = 0.25 * (room[::2, ::2] + room[1::2, ::2] + room[::2, 1::2] + room[1::2, 1::2])
        out.append(room)
    return out


def visibility(activities: list[Plane], cover: list[Plane], room: list[Plane], strength: float) -> Mask:
    """Return the mask for a picture of these activities; what exceeds the energy of the PSNR floor is scaled
    down, and where the picture drowns the mark, it moves from busy places to calm ones."""
    total = 0.0
    for level, (a, seen, free) in enumerate(zip(activities, cover, room, strict=True), start=1):
        share = 0.25**level
        energy = float(((OFFSET + a) ** np.float32(2 * EXPONENT) * (seen * free * free)).sum())
        total += share * energy / max(float(seen.sum()), 1.0)
    # the mask's mean square is that of three orientations a level: the approximation carries nothing
    usual = STRENGTH * (3 * total) ** 0.5
    rms = min(usual, 255 / 10 ** (PSNR_FLOOR / 20))
    exponent = _exponent(_prominence(activities, cover, room) * rms / usual) if usual else EXPONENT
    levels = [
        np.float32(g) * free * (OFFSET + a) ** np.float32(exponent)
        for g, a, free in zip(LEVEL_GAIN, activities, room, strict=True)
    ]
    return Mask(levels, strength * rms, exponent)


def _prominence(activities: list[Plane], cover: list[Plane], room: list[Plane]) -> float:
    """Return the root mean square of the usual mask by the activity: how the mark compares with the detail
    that drowns it."""
    energy = area = 0.0
    for gain, a, seen, free in zip(LEVEL_GAIN, activities, cover, room, strict=True):
        ratio = (OFFSET + a) ** np.float32(EXPONENT) * free / a
        energy += gain**2 * float((ratio * ratio * seen).sum())
        area += float(seen.sum())
    return float(STRENGTH * (energy / max(area, 1.0)) ** 0.5)


def _exponent(prominence: float) -> float:
    """Return the exponent for a picture of a prominence."""
    lower = _PER_OCTAVE * np.log2(_PROMINENT / max(prominence, 1e-6))
    return float(np.clip(EXPONENT - lower, _LEAST_EXPONENT, EXPONENT))


def spatial(mask: Mask, activities: list[Plane], room: list[Plane], shape: tuple[int, int]) -> Plane:
    """Return the mask of the middle frequencies at full resolution, (H, W), for marks that are not made of
    wavelets."""
    fine = room[1] ** 2 * (OFFSET + activities[1]) ** np.float32(mask.exponent)
    coarse = (OFFSET + activities[2]) ** np.float32(mask.exponent)
    fine *= resize(coarse, (fine.shape[0], fine.shape[1]))
    return resize(np.sqrt(fine), shape)

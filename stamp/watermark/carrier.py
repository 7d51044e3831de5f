"""Key -> carriers: which coded bit and which sign each wavelet coefficient of a tile has, the pilots, the
constellation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .coding import CODED_BITS
from .key import Key
from .wavelet import LEVELS, synthesise

SCHEME = "stamp.image.1"
PERIOD = 256  # canonical pixels: a crop of about one tile carries the whole frame
PILOT_SHARE, WITNESS_SHARE = 0.12, 0.08
PILOT, WITNESS = CODED_BITS, CODED_BITS + 1  # the indices of the two kinds of known chips
SYMBOLS = CODED_BITS + 2
CONSTELLATION = 32
F_MIN, F_MAX = 0.08, 0.19  # cycles per canonical pixel
_SPACING = 6 / PERIOD


@dataclass(frozen=True, slots=True)
class Carriers:
    """What one key says about one tile.

    index, sign : one array per level 1..4, shape (3, PERIOD >> level, PERIOD >> level), orientations in the
        order LH, HL, HH of `wavelet.analyse`; index is the coded bit that the coefficient carries, `PILOT` or
        `WITNESS`; sign is -1 or +1. Pilots serve to find the mark and to measure the channel; witnesses serve
        only to judge what was found (`stats`).
    pilot_spectrum : conjugate FFT of the tile with only the pilots in it, (PERIOD, PERIOD // 2 + 1)
        complex64.
    frequencies : (CONSTELLATION, 2) float64, (fy, fx) in cycles per canonical pixel, on the lattice k /
        PERIOD.
    """

    index: tuple[NDArray[np.int16], ...]
    sign: tuple[NDArray[np.float32], ...]
    pilot_spectrum: NDArray[np.complex64]
    frequencies: NDArray[np.float64]


@lru_cache(maxsize=8)
def carriers(key: Key, scheme: str = SCHEME) -> Carriers:
    """The carriers of a key (cached: deriving them takes some ten milliseconds). Each scheme has its own."""
    index, sign = [], []
    for level in range(1, LEVELS + 1):
        side = PERIOD >> level
        count = 3 * side * side
        words = key.words(f"{scheme}/carrier/{level}", count)
        pilots, witnesses = round(PILOT_SHARE * count), round(WITNESS_SHARE * count)
        rank = np.empty(count, np.int64)
        rank[np.argsort(words, kind="stable")] = np.arange(count)
        bit = np.where(rank < pilots + witnesses, WITNESS, (rank - pilots - witnesses) % CODED_BITS)
        index.append(np.where(rank < pilots, PILOT, bit).astype(np.int16).reshape(3, side, side))
        sign.append(np.where(words & np.uint64(1), np.float32(1), np.float32(-1)).reshape(3, side, side))
    pilots_only = [np.where(i == PILOT, s, np.float32(0)) for i, s in zip(index, sign, strict=True)]
    tile = synthesise(np.zeros((PERIOD >> LEVELS,) * 2, np.float32), pilots_only)
    spectrum = np.conj(np.fft.rfft2(tile)).astype(np.complex64)
    return Carriers(tuple(index), tuple(sign), spectrum, constellation(key, scheme))


def constellation(key: Key, scheme: str = SCHEME) -> NDArray[np.float64]:
    """Keyed frequencies, log-uniform in radius and uniform in angle over half the plane, no two closer than 6
    / PERIOD."""
    uniform = key.words(f"{scheme}/constellation", 4096).astype(np.float64).reshape(-1, 2) * 2.0**-64
    points: list[NDArray[np.float64]] = []
    for u, v in uniform:
        radius, angle = F_MIN * (F_MAX / F_MIN) ** u, np.pi * v
        f = np.rint(np.array([np.sin(angle), np.cos(angle)]) * radius * PERIOD) / PERIOD
        if all(min(np.hypot(*(f - q)), np.hypot(*(f + q))) > _SPACING for q in points):
            points.append(f)
        if len(points) == CONSTELLATION:
            break
    return np.array(points)

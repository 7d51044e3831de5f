"""The wavelet transform of the scheme: bior4.4, four levels, on a grid that starts at a tile's corner.

Orientations follow pywt: each level is (cH, cV, cD) = (LH, HL, HH), H being detail along axis 0 (horizontal
edges).
"""

from __future__ import annotations

import numpy as np
import pywt
from numpy.typing import NDArray

WAVELET, LEVELS = "bior4.4", 4
MARGIN = (
    32  # reflected pixels around the picture, so that the periodic transform sees no false edge at the border
)

Plane = NDArray[np.float32]
Detail = list[Plane]

_REACH, _STRIP = 4, 64


def analyse(plane: NDArray[np.float32]) -> tuple[NDArray[np.float32], Detail]:
    """Transform (H, W), with sides divisible by 16, to the approximation, and details of level 1, 2, 3, 4,
    each (3, H >> level, W >> level)."""
    approximation, details = plane, []
    for _ in range(LEVELS):
        left, right = pywt.dwt(approximation, WAVELET, mode="periodization", axis=1)
        h, w = left.shape
        detail = np.empty((3, h // 2, w), np.float32)
        approximation = np.empty((h // 2, w), np.float32)
        _split_rows(left, approximation, detail[0])
        _split_rows(right, detail[1], detail[2])
        details.append(detail)
    return approximation, details


def synthesise(approximation: NDArray[np.float32], details: Detail) -> NDArray[np.float32]:
    """Return the inverse of `analyse`."""
    for detail in reversed(details):
        left, right = _merge_rows(approximation, detail[0]), _merge_rows(detail[1], detail[2])
        approximation = pywt.idwt(left, right, WAVELET, mode="periodization", axis=1)
    return approximation


# Down the columns, whole rows are added up, a strip at a time that stays in the cache: half the cost of
# PyWavelets, which walks down each column.


def _taps(filter_: list[float], centre: int) -> list[tuple[np.float32, list[int]]]:
    """Return the distinct values of a filter, each with its positions, counted from `centre`."""
    positions: dict[float, list[int]] = {}
    for i, tap in enumerate(filter_):
        if tap:
            positions.setdefault(tap, []).append(i - centre)
    return [(np.float32(tap), offsets) for tap, offsets in positions.items()]


_FILTERS = pywt.Wavelet(WAVELET)
_CENTRE = _FILTERS.dec_len // 2 - 1
# x[n] of an analysis filter meets coefficient k at n = 2 k + offset; so does that of a synthesis filter
_ANALYSIS = [_taps(f[::-1], _CENTRE) for f in (_FILTERS.dec_lo, _FILTERS.dec_hi)]
_SYNTHESIS = [_taps(f, _CENTRE) for f in (_FILTERS.rec_lo, _FILTERS.rec_hi)]


def _split_rows(plane: Plane, low: Plane, high: Plane) -> None:
    """Write `pywt.dwt` along axis 0, periodic, to `low` and `high`."""
    around = _around(plane)
    for start in range(0, len(low), _STRIP):
        count = min(_STRIP, len(low) - start)
        rows = around[2 * start :]
        for taps, out in zip(_ANALYSIS, (low, high), strict=True):
            total = out[start : start + count]
            total.fill(0)
            for tap, offsets in taps:
                first, *others = (rows[_REACH + k : _REACH + k + 2 * count : 2] for k in offsets)
                total += tap * _sum(first, others)


def _merge_rows(low: Plane, high: Plane) -> Plane:
    """Return `pywt.idwt` along axis 0, periodic."""
    out = np.zeros((2 * len(low), low.shape[1]), np.float32)
    parts = _around(low), _around(high)
    for start in range(0, len(low), _STRIP):
        count = min(_STRIP, len(low) - start)
        for part, taps in zip(parts, _SYNTHESIS, strict=True):
            rows = part[start + _REACH - 4 :]
            for tap, offsets in taps:
                for parity in (0, 1):
                    met = [rows[4 - k // 2 : 4 - k // 2 + count] for k in offsets if k % 2 == parity]
                    if met:
                        out[2 * start + parity : 2 * (start + count) : 2] += tap * _sum(met[0], met[1:])
    return out


def _around(plane: Plane) -> Plane:
    """Return the plane continued periodically at top and bottom."""
    return np.pad(plane, ((_REACH, _REACH), (0, 0)), mode="wrap")


def _sum(first: Plane, others: list[Plane]) -> Plane:
    for other in others:
        first = first + other
    return first

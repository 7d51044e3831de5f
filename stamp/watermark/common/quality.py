"""Fidelity: how near a marked picture is to its host."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_ROWS = 512  # rows at a time, so that memory does not grow with the picture


def psnr(a: NDArray[np.generic], b: NDArray[np.generic], *, data_range: float) -> float:
    """Return the peak signal-to-noise ratio in dB, infinite for identical arrays.

    a, b : arrays of one shape. data_range : the value of white.

    Raises
    ------
    ValueError : the shapes differ.
    """
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {a.shape} and {b.shape}")
    total = 0.0
    for start in range(0, len(a), _ROWS):
        d = a[start : start + _ROWS].astype(np.float32) - b[start : start + _ROWS].astype(np.float32)
        total += float(np.vdot(d, d))
    return math.inf if total == 0 else 10 * math.log10(data_range**2 * a.size / total)


def ssim(a: NDArray[np.generic], b: NDArray[np.generic], *, data_range: float) -> float:
    """Return the mean structural similarity of two (H, W) planes: 7 x 7 uniform windows, sample covariance,
    K1 = 0.01, K2 = 0.03.

    The definition of Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Process. 13(4), 2004,
    doi:10.1109/TIP.2003.819861, with the window that scikit-image uses by default.

    Raises
    ------
    ValueError : the shapes differ, or a side is shorter than 7.
    """
    if a.shape != b.shape or a.ndim != 2 or min(a.shape) < 7:
        raise ValueError(f"two planes of one shape, at least 7 x 7, not {a.shape} and {b.shape}")
    c1, c2 = np.float32((0.01 * data_range) ** 2), np.float32((0.03 * data_range) ** 2)
    total, count = 0.0, 0
    for start in range(0, len(a) - 6, _ROWS):
        x = a[start : start + _ROWS + 6].astype(np.float32)
        y = b[start : start + _ROWS + 6].astype(np.float32)
        # about the mean of the strip, so that squares keep their precision in float32
        centre = np.float32(x.mean())
        x -= centre
        y -= centre
        mx, my = _means(x), _means(y)
        k = np.float32(49 / 48)
        vx, vy, vxy = (
            k * (_means(x * x) - mx * mx),
            k * (_means(y * y) - my * my),
            k * (_means(x * y) - mx * my),
        )
        mx += centre
        my += centre
        s = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
        total += float(s.sum(dtype=np.float64))
        count += s.size
    return total / count


def _means(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of all 7 x 7 windows that lie inside."""
    h, w = plane.shape
    rows = plane[: h - 6].copy()
    for i in range(1, 7):
        rows += plane[i : h - 6 + i]
    out = rows[:, : w - 6].copy()
    for j in range(1, 7):
        out += rows[:, j : w - 6 + j]
    out *= np.float32(1 / 49)
    return out

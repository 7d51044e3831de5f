"""Box filters and whitening on float32 planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_WINDOW, _CLIP = 7, 2.5
_STRIP = 64


def box(plane: Plane, size: int) -> Plane:
    """Return the mean over `size` x `size` (odd) neighbours of a (H, W) plane, the border pixels repeated
    outwards.

    A strip of rows at a time, which stays in the cache. Sums of doubling length, not a running sum: in
    float32 a running sum drifts, and in float64 it is slower.
    """
    r = size // 2
    p = np.pad(plane, r, mode="edge")
    h, w = plane.shape
    out = np.empty((h, w), np.float32)
    for start in range(0, h, _STRIP):
        end = min(start + _STRIP, h)
        columns = _sums(p[start : end + 2 * r], size)
        np.multiply(_sums(columns.T, size).T, np.float32(1 / size**2), out=out[start:end])
    return out


def _sums(p: Plane, size: int) -> Plane:
    """Return the sums of `size` consecutive rows."""
    count = len(p) - size + 1
    total: Plane | None = None
    first = 0
    width = 1
    while True:
        if size & width:
            part = p[first : first + count]
            total = part if total is None else total + part
            first += width
        if 2 * width > size:
            assert total is not None
            return total
        p = p[:-width] + p[width:]
        width *= 2


def centred(plane: Plane) -> tuple[Plane, Plane]:
    """Return the plane less its local mean, and its local deviation plus one grey level, in 7 x 7 windows."""
    r = plane - box(plane, _WINDOW)
    deviation = box(r * r, _WINDOW)
    np.sqrt(np.maximum(deviation, np.float32(0), out=deviation), out=deviation)
    deviation += np.float32(1)
    return r, deviation


def whitened(plane: Plane) -> tuple[Plane, Plane]:
    """Return the plane with its local mean removed, its local deviation made one and clipped at 2.5
    deviations, and that deviation."""
    r, deviation = centred(plane)
    r /= deviation
    return np.clip(r, -_CLIP, _CLIP, out=r), deviation


def whiten(plane: Plane) -> Plane:
    """Return the plane `whitened`, each place divided by the root of its deviation: a mark hardly grows with
    what drowns it, so that calm places show it best (ADR 126)."""
    r, deviation = whitened(plane)
    r /= np.sqrt(deviation, out=deviation)
    return r

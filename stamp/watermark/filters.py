"""Box filters and whitening on float32 planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def box(plane: Plane, size: int) -> Plane:
    """Mean over `size` x `size` (odd) neighbours along the last two axes, the border pixels repeated outwards.

    Shifted sums, not a running sum: in float32 a running sum drifts, and in float64 it is slower.
    """
    r = size // 2
    pad = [(0, 0)] * (plane.ndim - 2)
    p = np.pad(plane, [*pad, (r, r), (r, r)], mode="edge")
    h, w = plane.shape[-2:]
    rows = p[..., 0:h, :].copy()
    for i in range(1, size):
        rows += p[..., i : i + h, :]
    out = rows[..., 0:w].copy()
    for i in range(1, size):
        out += rows[..., i : i + w]
    out *= np.float32(1 / size**2)
    return out


def whiten(plane: Plane, size: int = 7, clip: float = 2.5) -> Plane:
    """Local mean removed, local deviation made one, clipped at `clip` deviations."""
    r = plane - box(plane, size)
    deviation = np.sqrt(np.maximum(box(r * r, size), np.float32(0)))
    deviation += np.float32(1)
    r /= deviation
    return np.clip(r, -clip, clip, out=r)

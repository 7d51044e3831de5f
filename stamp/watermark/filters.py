"""Box filters and whitening on float32 planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_WINDOW, _CLIP = 7, 2.5


def box(plane: Plane, size: int) -> Plane:
    """Mean over `size` x `size` (odd) neighbours along the last two axes, the border pixels repeated
    outwards.

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


def centred(plane: Plane) -> tuple[Plane, Plane]:
    """The plane less its local mean, and its local deviation plus one grey level, in 7 x 7 windows."""
    r = plane - box(plane, _WINDOW)
    deviation = box(r * r, _WINDOW)
    np.sqrt(np.maximum(deviation, np.float32(0), out=deviation), out=deviation)
    deviation += np.float32(1)
    return r, deviation


def whitened(plane: Plane) -> tuple[Plane, Plane]:
    """Local mean removed, local deviation made one, clipped at 2.5 deviations; and that deviation."""
    r, deviation = centred(plane)
    r /= deviation
    return np.clip(r, -_CLIP, _CLIP, out=r), deviation


def whiten(plane: Plane) -> Plane:
    """`whitened` without the deviation."""
    return whitened(plane)[0]

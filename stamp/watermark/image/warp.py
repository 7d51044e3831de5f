"""Bring a picture under an affine hypothesis back to the canonical grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .grid import resize

Plane = NDArray[np.float32]
Affine = NDArray[np.float64]

MAX_PIXELS = 1_500_000
_STRIP = 32  # rows at a time: all that is touched stays in the cache
_DRIFT = 0.5  # canonical pixels of shear over the whole picture that a reading does not notice


def unwarp(
    plane: Plane, affine: Affine, shift: NDArray[np.float64] | None = None
) -> tuple[Plane, Plane | None] | None:
    """Resample so that the mark is upright at one pixel a canonical pixel.

    plane : (H, W) luma. affine : (2, 2), canonical frequency -> frequency in `plane`. Returns the canonical
        plane and which of its pixels the picture covers (None: all of them), or None where the result would
        be absurdly large or small.
    """
    # q = B p with p in the picture and q canonical; frequencies go by the transposed inverse, so B = affine.T
    back = affine.T
    scale = abs(np.linalg.det(back)) ** 0.5
    pixels = plane.size * scale**2
    if not 4096 < pixels < MAX_PIXELS:
        return None
    if shift is None and (upright := _axis_aligned(plane, back)) is not None:
        return upright, None
    if scale < 1:  # shrink first, antialiased; what is left to do is close to a rotation
        shape = (max(round(plane.shape[0] * scale), 1), max(round(plane.shape[1] * scale), 1))
        back = back @ np.diag([plane.shape[0] / shape[0], plane.shape[1] / shape[1]])
        plane = resize(plane, shape)
    h, w = plane.shape
    corners = np.array([[0, 0], [h, 0], [0, w], [h, w]]) @ back.T
    low, high = corners.min(0), corners.max(0)
    if shift is not None:
        low, high = low + shift, high + shift
    height, width = (int(n) for n in np.ceil(high - low))
    forth = np.linalg.inv(back).astype(np.float32)
    out, valid = np.empty((height, width), np.float32), np.empty((height, width), np.bool_)
    j = np.arange(width, dtype=np.float32) + np.float32(low[1] + 0.5)
    for start in range(0, height, _STRIP):
        end = min(start + _STRIP, height)
        # centre of pixel (i, j) in the picture's continuous coordinates
        i = (np.arange(start, end, dtype=np.float32) + np.float32(low[0] + 0.5))[:, None]
        y = i * forth[0, 0] + j * forth[0, 1] - np.float32(0.5)
        x = i * forth[1, 0] + j * forth[1, 1] - np.float32(0.5)
        valid[start:end] = (y > -0.5) & (y < h - 0.5) & (x > -0.5) & (x < w - 0.5)
        out[start:end] = interpolate(plane, y, x)
    out[~valid] = out[valid].mean()
    return out, valid.astype(np.float32)


def interpolate(plane: Plane, y: Plane, x: Plane) -> Plane:
    """Interpolate `plane` at rows `y` and columns `x`, counted from the centre of the first pixel; overwrites
    both."""
    h, w = plane.shape
    np.clip(y, 0, h - 1.001, out=y)
    np.clip(x, 0, w - 1.001, out=x)
    iy, ix = y.astype(np.int32), x.astype(np.int32)
    y -= iy
    x -= ix
    at = iy * w + ix
    flat = plane.ravel()
    top: Plane = flat.take(at)
    top += (flat.take(at + 1) - top) * x
    at += w
    bottom = flat.take(at)
    bottom += (flat.take(at + 1) - bottom) * x
    top += (bottom - top) * y
    return top


def _axis_aligned(plane: Plane, back: Affine) -> Plane | None:
    """Undo quarter turns, mirrors and plain scalings, without the blur of an interpolation in two dimensions;
    None where there is more to undo."""
    if abs(back[0, 0]) < abs(back[0, 1]):
        plane, back = plane.T, back[:, ::-1]
    drift = max(abs(back[0, 1]) * plane.shape[1], abs(back[1, 0]) * plane.shape[0])
    if drift > _DRIFT:
        return None
    plane = np.ascontiguousarray(plane[:: 1 if back[0, 0] > 0 else -1, :: 1 if back[1, 1] > 0 else -1])
    zoom = np.abs(np.diag(back))
    shape = tuple(max(int(n * z), 1) for n, z in zip(plane.shape, zoom, strict=True))
    return resize(plane, (shape[0], shape[1]), (shape[0] / zoom[0], shape[1] / zoom[1]))

"""Lay a suspect onto the original's frame, for whoever subtracts the one from the other.

The original is sampled as coarsely as the suspect is, and brought back the same way, so that what is left of
the difference is not what every reduction takes away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import detail
from .opencv import Matrix, Plane, opencv, pixels_per_pixel, reduced, resizing
from .registration import Registration, filled

_STEPS, _STEP = 40, 1e-4  # of the refinement, at most; and what a step must gain
_AROUND = 6  # pixels about what is seen that interpolation needs

Shrink = Callable[[Plane, tuple[int, int]], Plane]


@dataclass(frozen=True)
class Laid:
    """Luma, float32, (H, W) of the frame.

    suspect : as it shows the original. original : as it would show it, had only its size been changed.
    seen : where the suspect shows the original.
    """

    suspect: Plane
    original: Plane
    seen: detail.Mask


def laid(original: Plane, suspect: NDArray[Any], found: Registration, shrink: Shrink) -> Laid:
    """Return a suspect in the frame of the original; arguments as of `Way`."""
    return Way(original, suspect, found, shrink).lay(original, suspect)


class Way:
    """How a suspect comes into the frame of the original, the same for all frames of a clip.

    original : its luma, (H, W), at whatever size it is to be compared. suspect : the luma that was
    registered, (H, W). found : how the one lies on the other. shrink : how pictures are made smaller where
    the suspect came from, as far as anybody knows: (H, W) to a shape.
    """

    def __init__(self, original: Plane, suspect: NDArray[Any], found: Registration, shrink: Shrink) -> None:
        height, width = original.shape
        self._size = size = width, height
        self._quad, self._shrink = found.quad_suspect, shrink
        self._seen = filled(found.quad_work * np.array(size), original.shape)
        matrix = np.linalg.inv(resizing(size, found.original_size)) @ found.matrix
        piece, matrix = _cut(suspect, matrix, self._quad)
        centre = np.clip(found.quad_suspect.mean(0), 0, np.array(found.suspect_size) - 1)
        self._rate = pixels_per_pixel(found.matrix, centre) * width / found.original_size[0]
        small, back = self._reduced(piece)
        self._into = refined(original, small, matrix @ back)

    def lay(self, original: Plane, suspect: NDArray[Any]) -> Laid:
        """Return a suspect, of the size of the first, in the frame of an original of the size of the
        first."""
        piece, _ = _cut(suspect, np.eye(3), self._quad)
        small, _ = self._reduced(piece)
        moved, seen = detail.warped(small, self._into, self._size)
        like = original
        if self._rate > 1:
            shape = tuple(max(16, round(side / self._rate)) for side in original.shape)
            coarse = self._shrink(original, (shape[0], shape[1]))
            out = np.linalg.inv(self._into) @ resizing((shape[1], shape[0]), self._size)
            there, _ = detail.warped(coarse, out, (small.shape[1], small.shape[0]))
            like, _ = detail.warped(there, self._into, self._size)
        return Laid(moved, like, seen & self._seen)

    def _reduced(self, piece: NDArray[Any]) -> tuple[Plane, Matrix]:
        """A piece no finer than the frame, and the map back."""
        return reduced(piece, max(16, round(max(piece.shape) * min(1.0, self._rate))))


def refined(original: Plane, suspect: NDArray[Any], matrix: Matrix) -> Matrix:
    """Return a map from pixels of a suspect to the original's that brings their shades closest to each other.

    Matched points are right to within half a pixel of the coarser picture; this is ten times closer. Where it
    does not converge, `matrix` is returned.
    """
    cv2 = opencv()
    rate = pixels_per_pixel(matrix, np.array(suspect.shape[1::-1]) / 2)
    small, back = reduced(original, max(16, round(max(original.shape) / max(rate, 1.0))))
    start = np.linalg.inv(back) @ matrix
    start /= start[2, 2]
    bent = not np.allclose(start[2, :2], 0, atol=1e-12)
    kind, rows = (cv2.MOTION_HOMOGRAPHY, 3) if bent else (cv2.MOTION_AFFINE, 2)
    steps = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _STEP
    try:
        _, found = cv2.findTransformECC(
            suspect.astype(np.float32),
            small.astype(np.float32),
            start[:rows].astype(np.float32),
            kind,
            steps,
            None,
            5,
        )
    except cv2.error:
        return matrix
    end = np.eye(3)
    end[:rows] = found
    closer: Matrix = back @ end
    return closer


def _cut(suspect: NDArray[Any], matrix: Matrix, quad: Matrix) -> tuple[NDArray[Any], Matrix]:
    """The part of a suspect around a quadrilateral, and the map from there."""
    size = np.array(suspect.shape[1::-1])
    x0, y0 = np.clip(np.floor(quad.min(0)) - _AROUND, 0, size - 1).astype(int)
    x1, y1 = np.clip(np.ceil(quad.max(0)) + _AROUND, (x0 + 1, y0 + 1), size).astype(int)
    return suspect[y0:y1, x0:x1], matrix @ np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]], np.float64)

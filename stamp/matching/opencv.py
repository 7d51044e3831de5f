"""OpenCV, loaded on first use, and what this room asks of it for every picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.detection import corners
from ..core.errors import ArgumentError, MissingDependency

Plane = NDArray[np.float32]
Matrix = NDArray[np.float64]


def opencv() -> Any:
    """Return the module `cv2`. Raises MissingDependency with the remedy where it is not installed."""
    try:
        import cv2
    except ImportError as error:
        message = (
            "comparing pictures needs the package opencv-python-headless; pip install 'stamp-media[match]'"
        )
        raise MissingDependency(message, extra="match") from error
    return cv2


def luma(pixels: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Return the Rec. 601 luma (H, W) of (H, W) or (H, W, 3) pixels of 8 or 16 bits.

    Raises ArgumentError, which names the argument, for what is no picture.
    """
    pixels = np.asarray(pixels)
    if pixels.dtype not in (np.uint8, np.uint16) or 0 in pixels.shape:
        raise ArgumentError(f"`{name}` is a picture of uint8 or uint16, not {pixels.dtype} {pixels.shape}")
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] == 3):
        raise ArgumentError(f"`{name}` is a picture (H, W) or (H, W, 3), not {pixels.shape}")
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    pixels = np.ascontiguousarray(pixels)
    gray: NDArray[np.uint8] = (
        pixels if pixels.ndim == 2 else opencv().cvtColor(pixels, opencv().COLOR_RGB2GRAY)
    )
    return gray


def reduced(plane: NDArray[Any], longest: int) -> tuple[NDArray[Any], Matrix]:
    """Return a picture of at most `longest` pixels on its longer side, and the map (3, 3) from there back."""
    height, width = plane.shape[:2]
    factor = min(1.0, longest / max(height, width))
    if factor == 1:
        return plane, np.eye(3)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return opencv().resize(plane, size, interpolation=opencv().INTER_AREA), resizing(size, (width, height))


def resizing(size: tuple[int, int], to: tuple[int, int]) -> Matrix:
    """Return the map of pixel centres from a picture of (width, height) `size` to the same one at `to`."""
    x, y = to[0] / size[0], to[1] / size[1]
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


def moving(x: float, y: float) -> Matrix:
    """Return the map that moves by so many pixels."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def mapped(matrix: Matrix, points: NDArray[Any]) -> Matrix:
    """Return (n, 2) points mapped by a 3 x 3 matrix."""
    lifted = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    moved: Matrix = lifted[:, :2] / lifted[:, 2:]
    return moved


def pixels_per_pixel(matrix: Matrix, at: NDArray[Any]) -> float:
    """Return how many pixels of the target a pixel at (x, y) `at` is long, the root of its area there."""
    return float(np.sqrt(abs(np.linalg.det(slopes(matrix, at)))))


def slopes(matrix: Matrix, at: NDArray[Any]) -> Matrix:
    """Return where a step to the right and one down from (x, y) `at` lead, as rows (2, 2)."""
    here = mapped(matrix, at + np.array([[0, 0], [1, 0], [0, 1]]))
    steps: Matrix = here[1:] - here[0]
    return steps


def corner_points(place: tuple[float, float, float, float]) -> Matrix:
    """Return the corners (4, 2) of a rectangle x0, y0, x1, y1, clockwise from the top left one."""
    return np.array(corners(*place), np.float64)

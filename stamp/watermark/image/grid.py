"""The canonical grids, and resampling to and from them.

Every picture is marked and read on a grid of a fixed area and the picture's own shape, so that the mark of an
uncropped copy is at the same coordinates whatever size the copy has. There are two areas: that of a 768 x 512
picture, and twice that for large pictures, whose mark is finer and so carries smaller crops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..common.linear import SINGLE_THREAD

_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Grid:
    """A canonical grid: what is added to the scheme's name in the keyed check, so that a frame shows its
    grid, the area in pixels, and the least and the most pixels of pictures that are marked on it."""

    check: str
    area: int
    marked_pixels: tuple[int, int | None]


LARGE_FROM = 1_500_000  # pixels of a picture that is marked on the large grid
STANDARD = Grid("", 768 * 512, (1, LARGE_FROM - 1))
LARGE = Grid("/large", 2 * 768 * 512, (LARGE_FROM, None))
GRIDS = (STANDARD, LARGE)


def grid_for(shape: tuple[int, int]) -> Grid:
    """Return the grid on which a picture of `shape` (H, W) is marked."""
    return LARGE if shape[0] * shape[1] >= LARGE_FROM else STANDARD


def canonical_shape(shape: tuple[float, float], grid: Grid = STANDARD) -> tuple[int, int]:
    """Return the shape, (H, W), of a canonical grid for a picture of `shape`: the same proportions, an area
    of about `grid.area` pixels."""
    scale = (grid.area / (shape[0] * shape[1])) ** 0.5
    return max(round(shape[0] * scale), 1), max(round(shape[1] * scale), 1)


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Keys' cubic kernel, a = -0.5 (IEEE Trans. ASSP 29(6), 1981, doi:10.1109/TASSP.1981.1163711)."""
    x = np.abs(x)
    return np.where(
        x < 1, (1.5 * x - 2.5) * x * x + 1, np.where(x < 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0.0)
    )


@lru_cache(maxsize=64)
def _taps(
    old: int, new: int, extent: float, block: int = _BLOCK
) -> tuple[tuple[int, int, int, int, NDArray[np.float32]], ...]:
    """Return a banded resampling matrix in blocks: (first output, end output, first input, end input,
    weights)."""
    ratio = extent / new
    support = max(ratio, 1.0)
    blocks = []
    for start in range(0, new, block):
        end = min(start + block, new)
        centre = (np.arange(start, end) + 0.5) * ratio - 0.5
        first = int(np.floor(centre[0] - 2 * support))
        last = int(np.ceil(centre[-1] + 2 * support)) + 1
        weight = _cubic((np.arange(first, last)[None, :] - centre[:, None]) / support)
        weight /= weight.sum(1, keepdims=True)
        # beyond the border the edge pixel repeats: fold its weight back
        low, high = max(first, 0), min(last, old)
        folded = weight[:, low - first : high - first].copy()
        folded[:, 0] += weight[:, : low - first].sum(1)
        folded[:, -1] += weight[:, high - first :].sum(1)
        blocks.append((start, end, low, high, folded.astype(np.float32)))
    return tuple(blocks)


def resize(
    plane: NDArray[np.float32], shape: tuple[int, int], extent: tuple[float, float] | None = None
) -> NDArray[np.float32]:
    """Resample a (H, W) float32 plane to `shape` by a cubic kernel, antialiased where it shrinks.

    `extent` is the part of the plane that the result covers, from its first corner, in pixels; all of it if
    None.

    Products of small blocks of a banded matrix: several times faster in NumPy than gathering taps, and small
    enough that BLAS does not wake its threads, which cost four times the CPU they save here.
    """
    height, width = extent or plane.shape
    if (plane.shape[1], width) != (shape[1], shape[1]):
        out = np.empty((plane.shape[0], shape[1]), np.float32)
        for start, end, low, high, weight in _taps(plane.shape[1], shape[1], width):
            step = max(SINGLE_THREAD // weight.size, 1)
            for row in range(0, plane.shape[0], step):
                np.matmul(plane[row : row + step, low:high], weight.T, out=out[row : row + step, start:end])
        plane = out
    if (plane.shape[0], height) != (shape[0], shape[0]):
        out = np.empty((shape[0], plane.shape[1]), np.float32)
        for start, end, low, high, weight in _taps(plane.shape[0], shape[0], height):
            _combine_rows(weight, plane[low:high], out[start:end])
        plane = out
    return plane


def _combine_rows(weight: NDArray[np.float32], rows: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Compute out = weight @ rows, a few columns at a time."""
    step = max(SINGLE_THREAD // weight.size, 1)
    for column in range(0, rows.shape[1], step):
        np.matmul(weight, rows[:, column : column + step], out=out[:, column : column + step])


def resize_rows(
    plane: NDArray[np.float32], height: int, block: int
) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """Yield `resize` to (height, W) in bands of `block` rows, so that the whole is never in memory: (first
    row, end row, band)."""
    for start, end, low, high, weight in _taps(plane.shape[0], height, plane.shape[0], block):
        band = np.empty((end - start, plane.shape[1]), np.float32)
        _combine_rows(weight, plane[low:high], band)
        yield start, end, band

"""Where in the original a picture lies, as far as the mark can show it.

The pattern repeats every `PERIOD` canonical pixels, and the original covers a known area of them, but its
proportions are not in the mark: the left two thirds of one picture and the upper two thirds of another look
alike. What is certain is a whole copy: its corners are the pattern's, and its area is the known one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Quad
from .align import Offset
from .carrier import PERIOD

_NEAR = 0.01  # of a side: by how much the corners of a whole copy may miss those of the original


def seen_corners(
    shape: tuple[int, int],
    affine: NDArray[np.float64],
    shift: NDArray[np.float64] | None,
    offset: Offset,
    area: int,
) -> Quad | None:
    """Find where the corners of a picture lie in the original, (x, y) in 0..1, clockwise from the picture's
    top left corner; None unless it is a whole copy.

    shape : (H, W) of the picture, whose canonical plane is `unwarp(picture, affine, shift)` and begins at
    `offset` within the tile. area : canonical pixels of an original.
    """
    height, width = shape
    canonical = np.array([[0, 0], [0, width], [height, width], [height, 0]]) @ affine
    low, high = canonical.min(0), canonical.max(0)
    sides = high - low
    begins = np.array(offset) - (0 if shift is None else shift)
    misses = np.abs((begins + PERIOD / 2) % PERIOD - PERIOD / 2) / sides
    covered = height * width * abs(np.linalg.det(affine))
    places = (canonical - low) / sides
    whole = np.rint(places)
    if max(misses.max(), abs(covered / area - 1), np.abs(places - whole).max()) > _NEAR:
        return None
    return tuple((float(x), float(y)) for y, x in whole)

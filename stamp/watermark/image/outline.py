"""The outline of an original around a mark that was read: a rectangle of the picture, upright or turned,
whose corners are corners of the pattern and whose area is that of an original."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Quad
from .carrier import PERIOD
from .place import seen_corners
from .regions import regions_of
from .search import ImageSearch
from .warp import unwarp

_LOOKS = 24  # rectangles
_UPRIGHT = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])  # (y, x), clockwise from the top left corner


def outline(state: ImageSearch) -> tuple[Quad, Quad] | None:
    """Return where a whole original lies in the picture of a search that has read a payload: its corners,
    (x, y) in pixels, clockwise from the top left one, and where in the original each is, 0 to 1. None where
    no such rectangle stands out."""
    reading = state.reading
    assert reading is not None
    warped = unwarp(state.work, reading.affine, reading.shift)
    if warped is None:
        return None
    plane, back = np.clip(warped[0], 0, 255), reading.affine.T
    height, width = state.work.shape
    low = (np.array([[0, 0], [height, 0], [0, width], [height, width]]) @ back.T).min(0)
    low = low if reading.shift is None else low + reading.shift
    for region in regions_of(plane, (plane.shape[1], plane.shape[0]), _LOOKS):
        x0, y0, x1, y1 = region.box
        begins = (reading.offset[0] + y0) % PERIOD, (reading.offset[1] + x0) % PERIOD
        shape = y1 - y0, x1 - x0
        if seen_corners(shape, np.eye(2), None, begins, reading.grid.area) is None:
            continue
        corners = low + (y0, x0) + _UPRIGHT * shape
        pixels = np.array(state.shape) / state.work.shape
        return _clockwise(corners @ np.linalg.inv(back).T * pixels)
    return None


def _clockwise(places: NDArray[np.float64]) -> tuple[Quad, Quad]:
    """Order the corners (y, x) of an upright original by where they lie in the picture."""
    y, x = (places - places.mean(0)).T
    order = np.argsort(np.arctan2(y, x))
    order = np.roll(order, -int((y + x)[order].argmin()))
    region = tuple((float(px), float(py)) for py, px in places[order])
    return region, tuple((float(u), float(v)) for v, u in _UPRIGHT[order])

"""Make the fingerprints of a work, from its file as it was before it was marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UnsupportedFormat
from ..formats.sniff import kind_of
from ..matching.opencv import luma
from ..matching.picture_prints import whole_signs, work_points
from ..media.image.opening import read_shown
from .store import Print, packed


def prints_of(path: Path) -> list[Print]:
    """Return the fingerprints of a photo. Raises MediaError, MissingDependency without OpenCV."""
    if kind_of(path) != "image":
        raise UnsupportedFormat("only photos have fingerprints", path=path)
    return [print_of(luma(read_shown(path), "picture"), "image")]


def print_of(plane: NDArray[Any], kind: str, time: float = 0.0) -> Print:
    """Return the fingerprint of a picture of luma (H, W) uint8."""
    points = work_points(plane)
    places = packed(points.places, points.scales, points.angles)
    size = plane.shape[1], plane.shape[0]
    return Print(kind, size, whole_signs(plane), points.codes, np.asarray(places), time)

"""The wavelet transform of the scheme: bior4.4, four levels, on a grid that starts at a tile's corner.

Orientations follow pywt: each level is (cH, cV, cD) = (LH, HL, HH), H being detail along axis 0 (horizontal
edges).
"""

from __future__ import annotations

import numpy as np
import pywt
from numpy.typing import NDArray

WAVELET, LEVELS = "bior4.4", 4
MARGIN = (
    32  # reflected pixels around the picture, so that the periodic transform sees no false edge at the border
)

Detail = list[NDArray[np.float32]]


def analyse(plane: NDArray[np.float32]) -> tuple[NDArray[np.float32], Detail]:
    """(H, W) with sides divisible by 16 -> approximation, and details of level 1, 2, 3, 4, each (3, H >>
    level, W >> level)."""
    approximation, details = plane, []
    for _ in range(LEVELS):
        approximation, detail = pywt.dwt2(approximation, WAVELET, mode="periodization")
        details.append(np.stack(detail))
    return approximation, details


def synthesise(approximation: NDArray[np.float32], details: Detail) -> NDArray[np.float32]:
    """The inverse of `analyse`."""
    for detail in reversed(details):
        approximation = pywt.idwt2((approximation, tuple(detail)), WAVELET, mode="periodization")
    return approximation

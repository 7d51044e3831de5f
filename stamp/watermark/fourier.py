"""The Fourier transform of float32 planes in single precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rfft2(planes: NDArray[np.float32], shape: tuple[int, int] | None = None) -> NDArray[np.complex64]:
    """`numpy.fft.rfft2` of (..., H, W), padded to `shape` if that is given.

    By default NumPy multiplies a forward transform by the integer 1, for which it computes in double
    precision and rounds in the end: 21 ms instead of 6 for 1024 x 1024 pixels.
    """
    height, width = shape or planes.shape[-2:]
    out = np.fft.rfft2(planes, shape, norm="forward").astype(np.complex64, copy=False)
    out *= np.float32(height * width)
    return out

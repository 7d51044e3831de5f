"""A model of what platforms do to a picture, for the embedder: JPEG's luma path, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# ITU-T T.81, table K.1
_LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)
_K = np.arange(8)
_DCT = (np.cos(np.pi * np.outer(_K, 2 * _K + 1) / 16) * np.where(_K == 0, 8**-0.5, 0.5)[:, None]).astype(np.float32)


def jpeg(plane: NDArray[np.float32], quality: int) -> NDArray[np.float32]:
    """(H, W) luma, 0..255 -> what libjpeg's `quality` leaves of it."""
    h, w = plane.shape
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    table = np.maximum(np.floor((_LUMINANCE * scale + 50) / 100), 1).astype(np.float32)
    blocks = np.pad(plane, ((0, -h % 8), (0, -w % 8)), mode="edge") - np.float32(128)
    height, width = blocks.shape
    c = np.matmul(_DCT, blocks.reshape(height // 8, 8, width))
    c = (c.reshape(-1, 8) @ _DCT.T).reshape(height // 8, 8, width // 8, 8)
    t = table[None, :, None, :]
    c /= t
    np.rint(c, out=c)
    c *= t
    c = np.matmul(_DCT.T, c.reshape(height // 8, 8, width))
    return (c.reshape(-1, 8) @ _DCT).reshape(height, width)[:h, :w] + np.float32(128)

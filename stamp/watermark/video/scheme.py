"""The pattern of a clip: what embedder and reader of `stamp.video.1` agree on.

The carriers are those of the image scheme under another name, hence with other signs, so that what many
frames of a clip give away does not help against the pictures marked with the same key.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..carrier import PERIOD, carriers
from ..coding import encode
from ..grid import canonical_shape
from ..key import Key
from ..linear import product
from ..payload import frame
from ..wavelet import LEVELS, synthesise
from .energy import USUAL, Shares

SCHEME = "stamp.video.1"


def displayed(shape: tuple[int, int], aspect: float | None) -> tuple[int, int]:
    """The canonical grid of a clip of (H, W) samples that is shown with the proportions `aspect` (width by
    height; square samples unless told)."""
    return canonical_shape(shape if aspect is None else (shape[1], round(shape[1] * aspect)))


def pattern(
    payload: bytes, key: Key, shape: tuple[int, int], shares: Shares = USUAL.shares
) -> NDArray[np.float32]:
    """The mark of a frame on its canonical grid (H, W), float32, of mean square 1.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes.
    """
    c = carriers(key, SCHEME)
    bits = 1 - 2 * encode(frame(payload, key, SCHEME)).astype(np.float32)
    signs = np.concatenate([bits, np.ones(2, np.float32)])
    details = [
        _amplitudes(level, shares) * signs[index] * sign
        for level, index, sign in zip(range(1, LEVELS + 1), c.index, c.sign, strict=True)
    ]
    tile = synthesise(np.zeros((PERIOD >> LEVELS,) * 2, np.float32), details)
    tiles = np.tile(tile, (-(-shape[0] // PERIOD), -(-shape[1] // PERIOD)))[: shape[0], : shape[1]]
    waves = _sinusoids(key, c.frequencies, shape)
    return np.asarray(
        (1 - shares.sinusoids) ** 0.5 * tiles / tile.std() + shares.sinusoids**0.5 * waves / waves.std(),
        np.float32,
    )


def _amplitudes(level: int, shares: Shares) -> NDArray[np.float32]:
    """Of the coefficients of LH, HL and HH, (3, 1, 1); a level has a quarter of the places of the one
    before."""
    diagonal = shares.diagonals[level - 1]
    edge = (1 - diagonal) / 2
    energy = 3 * shares.levels[level - 1] * 4**level * np.array([edge, edge, diagonal])
    return np.asarray(np.sqrt(energy)[:, None, None], np.float32)


def _sinusoids(key: Key, frequencies: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    """The constellation, its phases drawn from the key: a clip has no single host to follow."""
    words = key.words(f"{SCHEME}/phase", len(frequencies)).astype(np.float64)
    amplitude = np.hypot(frequencies[:, 0], frequencies[:, 1]) ** -0.5 * np.exp(2j * np.pi * 2.0**-64 * words)
    rows = np.exp(2j * np.pi * np.outer(np.arange(shape[0]), frequencies[:, 0])) * amplitude
    columns = np.exp(2j * np.pi * np.outer(frequencies[:, 1], np.arange(shape[1])))
    stacked = np.hstack([rows.real, -rows.imag]).astype(np.float32)
    return product(stacked, np.vstack([columns.real, columns.imag]).astype(np.float32))

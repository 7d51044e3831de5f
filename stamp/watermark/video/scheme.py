"""The pattern of a video: what embedder and reader of `stamp.video.2` agree on.

The carriers are those of the image scheme under another name, hence with other signs, so that what many
frames of a video give away does not help against the pictures marked with the same key.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import encode
from ..common.frame import frame
from ..common.linear import product
from ..common.streams import words as stream_words
from ..common.wavelet import LEVELS, synthesise
from ..image.carrier import PERIOD, Layout, carriers
from ..image.grid import canonical_shape
from .energy import USUAL, Shares

SCHEME = "stamp.video.2"
# What an image spends on detection chips and on twelve more bits of check goes into the code, so that less of
# all is needed to come through platforms.
CLIP = Layout(
    SCHEME,
    frame_bits=84,
    pilots=0.14,
    profiles=(  # by how coarse the scene's own mark is, and by how much of its finer levels came through
        (0, 0, 0, 1, 1, 0.6, 0.5, 0.5, 1, 0.2, 0.2, 0.2),
        (0, 0, 0, 0.6, 0.6, 0.4, 0.6, 0.6, 1.2, 0.3, 0.3, 0.3),
        (0, 0, 0, 0.25, 0.25, 0.15, 0.6, 0.6, 1.2, 0.6, 0.6, 0.6),
        (0, 0, 0, 1, 1, 0.6, 0.25, 0.25, 0.5, 0.1, 0.1, 0.1),
        (0, 0, 0, 0.1, 0.1, 0.06, 0.3, 0.3, 0.6, 1, 1, 1),
        (0, 0, 0, 0.8, 0.8, 0.5, 0.5, 0.5, 1, 0.8, 0.8, 0.8),
    ),
    filters=((1, True), (2, True), (4, False)),
)


def displayed(shape: tuple[int, int], aspect: float | None) -> tuple[int, int]:
    """Return the canonical grid of a video of (H, W) samples that is shown with the proportions `aspect`
    (width by height; None: square samples)."""
    return canonical_shape(shape if aspect is None else (shape[1], round(shape[1] * aspect)))


def code_of(payload: bytes, key: Key) -> NDArray[np.float64]:
    """Return the coded bits of a payload, +1 for 0 and -1 for 1."""
    bits = encode(frame(payload, key, SCHEME, CLIP.frame_bits))
    return 1.0 - 2.0 * bits.astype(np.float64)


def pattern(
    payload: bytes, key: Key, shape: tuple[int, int], shares: Shares = USUAL.shares
) -> NDArray[np.float32]:
    """Return the mark of a frame on its canonical grid (H, W), float32, of mean square 1.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes.
    """
    c = carriers(key, CLIP)
    signs = np.concatenate([code_of(payload, key), np.ones(1)]).astype(np.float32)
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
    """Return the amplitudes of the coefficients of LH, HL and HH, (3, 1, 1); a level has a quarter of the
    coefficients of the one before."""
    diagonal = shares.diagonals[level - 1]
    edge = (1 - diagonal) / 2
    energy = 3 * shares.levels[level - 1] * 4**level * np.array([edge, edge, diagonal])
    return np.asarray(np.sqrt(energy)[:, None, None], np.float32)


def _sinusoids(key: Key, frequencies: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the constellation's waves, their phases drawn from the key: a video has no single host to
    follow."""
    words = stream_words(key, f"{SCHEME}/phase", len(frequencies)).astype(np.float64)
    amplitude = np.hypot(frequencies[:, 0], frequencies[:, 1]) ** -0.5 * np.exp(2j * np.pi * 2.0**-64 * words)
    rows = np.exp(2j * np.pi * np.outer(np.arange(shape[0]), frequencies[:, 0])) * amplitude
    columns = np.exp(2j * np.pi * np.outer(frequencies[:, 1], np.arange(shape[1])))
    stacked = np.hstack([rows.real, -rows.imag]).astype(np.float32)
    return product(stacked, np.vstack([columns.real, columns.imag]).astype(np.float32))

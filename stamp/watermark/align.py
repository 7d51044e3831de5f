"""Translation: where in its tile a picture on the canonical grid begins, by the pilots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .carrier import PERIOD, Carriers
from .filters import whiten

Plane = NDArray[np.float32]
Offset = tuple[int, int]

_BAND_LIMITS = (0.8, 0.25, 0.13)


def translations(plane: Plane, carriers: Carriers, inside: Plane | None = None, near: int | None = None) -> list[Offset]:
    """Likely positions (y, x) of the picture's first pixel within the tile, best first.

    Correlates the whitened picture, folded to one tile, with the pilots, once per band limit: after a blur the high
    frequencies hold nothing but noise. With `near`, only offsets within that many pixels of (0, 0) are considered.
    """
    w = whiten(plane)
    if inside is not None:
        w *= inside
    height, width = w.shape
    rows, columns = -(-height // PERIOD), -(-width // PERIOD)
    tile = np.zeros((rows * PERIOD, columns * PERIOD), np.float32)
    tile[:height, :width] = w
    spectrum = np.fft.fft2(tile.reshape(rows, PERIOD, columns, PERIOD).sum((0, 2)))
    f = np.fft.fftfreq(PERIOD)
    radius = np.hypot(f[:, None], f[None, :])
    peaks: dict[Offset, float] = {}
    for limit in _BAND_LIMITS:
        band = (radius > 0.02) & (radius < limit)
        g = np.where(band, spectrum, 0)
        g = g / (np.abs(g) + np.median(np.abs(spectrum[band])))
        correlation = np.fft.ifft2(g * carriers.pilot_spectrum).real
        correlation /= correlation.std()
        if near is not None:
            far = np.abs(np.rint(f * PERIOD)) > near
            correlation[far] = correlation[:, far] = -np.inf
        at = np.unravel_index(int(correlation.argmax()), correlation.shape)
        offset = (int(-at[0]) % PERIOD, int(-at[1]) % PERIOD)
        peaks[offset] = max(float(correlation[at]), peaks.get(offset, 0.0))
    return sorted(peaks, key=lambda offset: -peaks[offset])

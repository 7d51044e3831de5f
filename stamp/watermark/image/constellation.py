"""The constellation as it is embedded: keyed sinusoids whose phases follow the host."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..common.filters import whitened
from ..common.fourier import rfft2
from ..common.linear import product
from .sync import POWER_CAP, spectrum_at, window

Plane = NDArray[np.float32]

SHARE_MIN, SHARE_MAX = 0.07, 0.2  # of the mark's energy
_MIDDLE = 512
SCORE = 40.0  # what the search should see, host and all, before anything happens to the picture


def sinusoids(plane: Plane, mask: Plane, frequencies: NDArray[np.float64], rms: float) -> Plane:
    """Return the sum of the constellation's sinusoids under `mask`, (H, W) float32; its share of rms ** 2 is
    what the host demands.

    A sinusoid in phase with the host's own component at its frequency adds to it; in any other phase the two
    would fight. Busy hosts hide the peaks from the search and get a larger share.
    """
    h, w = plane.shape
    r, deviation = whitened(plane)
    fade = window(h)[:, None] * window(w)
    r *= fade
    host = spectrum_at(r, frequencies)
    noise = _noise(r, frequencies)
    amplitude = np.hypot(frequencies[:, 0], frequencies[:, 1]) ** -0.5 * np.exp(1j * np.angle(host))
    rows = np.exp(2j * np.pi * np.outer(np.arange(h), frequencies[:, 0])) * amplitude
    columns = np.exp(2j * np.pi * np.outer(frequencies[:, 1], np.arange(w)))
    stacked = np.hstack([rows.real, -rows.imag]).astype(np.float32)
    waves = product(stacked, np.vstack([columns.real, columns.imag]).astype(np.float32))
    waves *= mask
    waves *= np.float32(rms / np.sqrt(np.mean(waves * waves)))
    fade *= waves
    fade /= deviation
    own = spectrum_at(fade, frequencies)
    share = SHARE_MIN
    for share in np.arange(SHARE_MIN, SHARE_MAX, 0.01):
        lines = np.abs(host + share**0.5 * own) ** 2 / noise
        if (np.minimum(lines, POWER_CAP) - 1).sum() >= SCORE * len(frequencies) ** 0.5:
            break
    waves *= np.float32(share**0.5)
    return waves


def _noise(faded: Plane, frequencies: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the host's mean power around each frequency, measured on the middle of the picture."""
    top, left = ((n - min(n, _MIDDLE)) // 2 for n in faded.shape)
    middle = faded[top : top + _MIDDLE, left : left + _MIDDLE]
    transform = rfft2(middle, (_MIDDLE, _MIDDLE))
    power = (transform.real**2 + transform.imag**2).astype(np.float32)
    power *= np.float32(np.vdot(faded, faded) / (np.vdot(middle, middle) + 1e-9))
    at = np.rint(frequencies * np.where(frequencies[:, 1:] < 0, -1, 1) * _MIDDLE).astype(int)
    reach = np.arange(-6, 7)
    y = (at[:, :1] + reach) % _MIDDLE
    x = np.clip(at[:, 1:] + reach, 0, _MIDDLE // 2)
    return np.asarray(power[y[:, :, None], x[:, None, :]].mean((1, 2)) + np.float32(1e-9))

"""The detector's statistic: how far every tile of the time-frequency plane stands out from its neighbours.

Embedder and detector share it: the embedder knows the host, and makes up for what is against the mark.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bands import LOW_BANDS, STEPS_A_SLOT

Map = NDArray[np.float32]

_DYNAMICS, _SILENCE = 1e-7, 1e-14  # energy floors: relative to the chunk's mean, and absolute
_AROUND = 12  # rows on either side over which the deviation is measured
_LEAST_DEVIATION = 0.3  # dB
_CLIP = 1.2  # deviations at which the limiter bends
_COMMON = 0.7  # share of a jump of all bands together that is taken to be no mark
# A band's quietest moments show its noise: that percentile of the energy, so many times, is noise.
_QUIETEST, _NOISE = 5, 3.0
_SMOOTHED = 4  # rows on either side

# the two kinds of bands, and the rows that one of their tiles spans
KINDS = ((slice(0, LOW_BANDS), 2 * STEPS_A_SLOT), (slice(LOW_BANDS, None), STEPS_A_SLOT))


def log_energy(rows: Map) -> Map:
    """Return the dB of the tile that would begin at each row, of (n, bands) energies."""
    n = len(rows)
    out = np.empty_like(rows)
    total = np.zeros((n + 1, rows.shape[1]), np.float64)
    np.cumsum(rows, 0, out=total[1:], dtype=np.float64)
    floor = max(float(rows.mean()) * _DYNAMICS, _SILENCE)
    for part, length in KINDS:
        box = (total[length:, part] - total[:-length, part]).astype(np.float32)
        out[: n + 1 - length, part] = np.log10(np.maximum(box, 0) + np.float32(floor * length))
        out[n + 1 - length :, part] = out[n - length, part]
    out *= 10
    return out


def contrast(level: Map) -> Map:
    """Return the dB of tiles above the mean of those just before and after, (n, bands)."""
    out = np.zeros_like(level)
    for part, length in KINDS:
        middle = level[length:-length, part]
        out[length:-length, part] = middle - 0.5 * (level[: -2 * length, part] + level[2 * length :, part])
    return out


def deviation(contrasts: Map) -> Map:
    """Return how far contrasts go in the rows around: the square of the mean root, which a lone onset does
    not raise much."""
    n = len(contrasts)
    total = np.zeros((n + 1, contrasts.shape[1]), np.float64)
    np.cumsum(np.sqrt(np.abs(contrasts)), 0, out=total[1:], dtype=np.float64)
    first = np.maximum(np.arange(n) - _AROUND, 0)
    last = np.minimum(np.arange(n) + _AROUND + 1, n)
    mean = ((total[last] - total[first]) / (last - first)[:, None]).astype(np.float32)
    mean *= mean
    out: Map = mean
    return out


def smoothed(rows: Map, around: int) -> Map:
    """Return the mean over the rows up to `around` before and after."""
    n = len(rows)
    padded = np.pad(rows, ((around + 1, around), (0, 0)), mode="edge")
    total = np.cumsum(padded, 0, dtype=np.float64)
    out: Map = ((total[-n:] - total[:n]) / (2 * around + 1)).astype(np.float32)
    return out


def _above_noise(rows: Map) -> Map:
    """Return the share of each tile's energy that is no steady noise: in a noisy copy only the loud tiles
    count."""
    energy = smoothed(rows, _SMOOTHED)
    sample = energy[::STEPS_A_SLOT]
    total = sample.sum(1)
    live = sample[total > 1e-10 * total.max()]
    if len(live) < 10:
        return np.ones_like(rows)
    noise = np.percentile(live, _QUIETEST, axis=0).astype(np.float32)
    share = energy / (energy + np.float32(_NOISE) * noise + np.float32(_SILENCE))
    out: Map = share.astype(np.float32, copy=False)
    return out


def tile_contrast(rows: Map) -> Map:
    """Return how far each tile was raised, about -1..1, of the (n, bands) energies of one signal."""
    d = contrast(log_energy(rows))
    d /= _CLIP * (1.25 * deviation(d) + np.float32(_LEAST_DEVIATION))
    np.tanh(d, out=d)
    d -= _COMMON * d.mean(1, keepdims=True)
    share = _above_noise(rows)
    d *= share * share
    return d

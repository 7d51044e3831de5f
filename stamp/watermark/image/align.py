"""Translation: where in its tile a picture on the canonical grid begins, by the pilots."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..common.fourier import rfft2
from ..common.wavelet import LEVELS, synthesise
from .carrier import PERIOD, Carriers

Plane = NDArray[np.float32]
Offset = tuple[int, int]

_BAND_LIMITS = (0.8, 0.25, 0.13)


def translations(
    white: Plane, carriers: Carriers, near: int | None = None, about: Offset = (0, 0)
) -> list[tuple[float, Offset]]:
    """Find likely positions (y, x) of the picture's first pixel within the tile, highest peak (in deviations)
    first.

    Correlates the whitened picture, its tiles added up to one, with the pilots, once per band limit: after a
    blur the high frequencies hold nothing but noise. With `near`, only offsets within that many pixels of
    `about` are considered.
    """
    spectrum = tile_spectrum(white, PERIOD)
    magnitude = np.abs(spectrum)
    f = np.fft.fftfreq(PERIOD)
    radius = np.hypot(f[:, None], np.fft.rfftfreq(PERIOD))
    peaks: dict[Offset, float] = {}
    for limit in _BAND_LIMITS:
        band = (radius > 0.02) & (radius < limit)
        g = spectrum * (band / (magnitude + np.median(magnitude[band]) + np.float32(1e-9)))
        correlation = np.fft.irfft2(g * carriers.pilot_spectrum, (PERIOD, PERIOD))
        correlation /= correlation.std() + 1e-12
        if near is not None:
            rows, columns = beyond(near, about)
            correlation[rows] = correlation[:, columns] = -np.inf
        at = np.unravel_index(int(correlation.argmax()), correlation.shape)
        offset = (int(-at[0]) % PERIOD, int(-at[1]) % PERIOD)
        peaks[offset] = max(float(correlation[at]), peaks.get(offset, 0.0))
    return sorted(((peak, offset) for offset, peak in peaks.items()), reverse=True)


def beyond(near: int, about: Offset) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows and which columns of a correlation, (PERIOD,) each, stand for offsets that are more
    than `near` pixels from `about`."""
    y, x = (((np.arange(PERIOD) + at + PERIOD // 2) % PERIOD) - PERIOD // 2 for at in about)
    return np.abs(y) > near, np.abs(x) > near


def tile_spectrum(plane: Plane, period: int) -> NDArray[np.complex64]:
    """Return the spectrum of the sum of a picture's tiles of `period` pixels, (period, period // 2 + 1)."""
    height, width = plane.shape
    rows, columns = -(-height // period), -(-width // period)
    tile = np.zeros((rows * period, columns * period), np.float32)
    tile[:height, :width] = plane
    return rfft2(tile.reshape(rows, period, columns, period).sum((0, 2)))


_BLOCK, _REACH, _FFT = 96, 6, 128  # pixels: sides of a block, shifts that are tried, sides of a transform
_FEWEST = 6  # blocks
_STEPS = (2.0, 1.0, 0.5, 0.25, 0.125)


def drift(
    white: Plane, carriers: Carriers, offset: Offset, weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Measure how the pattern in a nearly aligned, whitened picture drifts from where it should be: (2, 2)
    matrix M and (2,) shift t.

    A point q (pixels from the first corner) shows the pattern of q - (M q + t). Each block of the picture is
    correlated with the pilots of its own part of the tile, weighted by sub-band with `weight`; the affine
    drift that collects most of all correlations wins, so that blocks too weak to show a peak of their own
    still count. None where there are too few blocks.
    """
    if len(_corners(white)) < _FEWEST:
        return None
    collected, middles = block_drift(white, carriers, offset, weight)
    centre = np.array(white.shape) / 2
    radius = max(white.shape) / 2
    r = (middles - centre) / radius
    one, zero = np.ones(len(r)), np.zeros(len(r))
    # what each parameter does to (dy, dx) of every block: two shifts, scale, turn, stretch, shear
    moves = np.array(
        [
            (one, zero),
            (zero, one),
            (r[:, 0], r[:, 1]),
            (r[:, 1], -r[:, 0]),
            (r[:, 0], -r[:, 1]),
            (r[:, 1], r[:, 0]),
        ]
    )
    p = ascent(lambda p: collected(np.einsum("p,pcb->cb", p, moves)), len(moves), _STEPS)
    matrix = np.array([[p[2] + p[4], p[3] + p[5]], [p[5] - p[3], p[2] - p[4]]]) / radius
    return matrix, p[:2] - matrix @ centre


def block_drift(
    white: Plane, carriers: Carriers, offset: Offset, weight: NDArray[np.float64]
) -> tuple[Callable[[NDArray[np.float64]], float], NDArray[np.float64]]:
    """Correlate the blocks of a nearly aligned, whitened picture with the pilots.

    Returns what all of them collect if block b shows the pattern of a place d[:, b] pixels before its own,
    for d of (2, blocks) pixels, rows first; and the middles of the blocks, (blocks, 2).
    """
    corners = _corners(white)
    maps = _correlations(white, corners, carriers, offset, weight)
    index = np.arange(len(corners))

    def collected(d: NDArray[np.float64]) -> float:
        d = np.clip(d, -_REACH, _REACH) + _REACH + 1
        low = np.minimum(d.astype(int), 2 * _REACH + 1)
        (fy, fx), (y, x) = d - low, low
        top = maps[index, y, x] * (1 - fx) + maps[index, y, x + 1] * fx
        bottom = maps[index, y + 1, x] * (1 - fx) + maps[index, y + 1, x + 1] * fx
        return float((top * (1 - fy) + bottom * fy).sum())

    return collected, np.minimum(corners + _BLOCK / 2, white.shape)


def _corners(white: Plane) -> NDArray[np.int64]:
    """The first pixels of the blocks of a picture, (blocks, 2)."""
    starts = [range(0, max(n - _BLOCK // 2, 1), _BLOCK) for n in white.shape]
    return np.array([(y, x) for y in starts[0] for x in starts[1]])


def _correlations(
    white: Plane,
    corners: NDArray[np.int64],
    carriers: Carriers,
    offset: Offset,
    weight: NDArray[np.float64],
) -> Plane:
    """Correlate the blocks at `corners` with the pilots that belong there, at shifts of up to `_REACH` pixels
    and one more: (blocks, shifts down, shifts right)."""
    scaled = [
        np.where(index == carriers.layout.pilot, sign, np.float32(0)) * w[:, None, None]
        for index, sign, w in zip(
            carriers.index, carriers.sign, weight.reshape(LEVELS, 3).astype(np.float32), strict=True
        )
    ]
    tile = synthesise(np.zeros((PERIOD >> LEVELS,) * 2, np.float32), scaled)
    margin = (_FFT - _BLOCK) // 2
    blocks = np.zeros((len(corners), _FFT, _FFT), np.float32)
    expected = np.empty_like(blocks)
    span = np.arange(_FFT) - margin
    for k, (y, x) in enumerate(corners):
        part = white[y : y + _BLOCK, x : x + _BLOCK]
        blocks[k, margin : margin + part.shape[0], margin : margin + part.shape[1]] = part
        expected[k] = tile[np.ix_((y + offset[0] + span) % PERIOD, (x + offset[1] + span) % PERIOD)]
    cross = np.fft.irfft2(rfft2(blocks) * np.conj(rfft2(expected)), (_FFT, _FFT))
    near = np.arange(-_REACH - 1, _REACH + 2) % _FFT
    maps: Plane = cross[:, near][:, :, near]
    return maps


def ascent(
    value: Callable[[NDArray[np.float64]], float], count: int, sizes: Sequence[float], least: float = 0.0
) -> NDArray[np.float64]:
    """Climb from the origin of `count` coordinates by steps along them: of each of `sizes` in turn, for as
    long as one raises `value` by more than `least`. Return the point."""
    point = np.zeros(count)
    best = value(point)
    for size in sizes:
        improved = True
        while improved:
            improved = False
            for unit in (*np.eye(count), *-np.eye(count)):
                height = value(point + size * unit)
                if height > best + least:
                    point, best, improved = point + size * unit, height, True
    return point

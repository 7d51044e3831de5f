"""Matched filters for the pilots: where an accumulated picture begins in its tile, and at which scale.

Accumulated pictures have even noise at all frequencies, so that correlating with what the pilots look like
under a profile of gains is the best that can be done with them (Turin 1960, doi:10.1109/TIT.1960.1057571).
Nothing here looks at the coded bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..common.filters import whiten
from ..common.fourier import rfft2
from ..image.align import Offset, ascent, beyond, tile_spectrum
from ..image.carrier import PERIOD, Carriers
from ..image.grid import STANDARD, resize
from ..image.warp import unwarp

Plane = NDArray[np.float32]
Affine = NDArray[np.float64]

_PEAKS, _APART = 2, 3  # of one filter's peaks, and pixels between any two
_FINEST = 0  # the filter for the finest texture, which shows a geometry best
_HALF = PERIOD // 2  # zooms are looked for at half the size, where the coarse levels are
_SCALES = np.exp(np.arange(np.log(0.66), np.log(1.5), 0.008))
_ZOOMS, _RATIO = 3, 1.02  # that are worth a closer look, and between any two of them
_STEPS, _FARTHEST = (0.004, 0.002, 0.001), 0.012
_REACH = 5  # pixels that the first corner moves in a climb
_ZERO = 1e-9
_HIGHER = 0.02  # deviations; less is no step up
_UPRIGHT = (np.eye(2), np.diag([1.0, -1.0]))
_ANY = (*_UPRIGHT, np.array([[0.0, 1.0], [-1.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]))


def tile_offsets(
    white: Plane, plane: Plane, carriers: Carriers, near: int | None = None, about: Offset = (0, 0)
) -> list[tuple[float, Offset]]:
    """Find where in the tile a picture's first pixel may lie, (peak, offset): the highest peak of a
    correlation, in deviations, first, and no two closer than `_APART`.

    plane : on the canonical grid. white : the same whitened, for fine texture. With `near`, only offsets
    within that many pixels of `about` are considered.
    """
    found: list[tuple[float, Offset]] = []
    spectra = tile_spectrum(plane - plane.mean(), PERIOD), tile_spectrum(white, PERIOD)
    for (_, fine), matched in zip(carriers.layout.filters, carriers.filters, strict=True):
        correlation = _correlation(spectra[fine], matched)
        if near is not None:
            rows, columns = beyond(near, about)
            correlation[rows] = correlation[:, columns] = -np.inf
        for _ in range(_PEAKS):
            y, x = np.unravel_index(int(correlation.argmax()), correlation.shape)
            if np.isfinite(correlation[y, x]):
                found.append((float(correlation[y, x]), _offset(y, x)))
            around = np.arange(-_APART, _APART + 1)
            correlation[np.ix_((y + around) % PERIOD, (x + around) % PERIOD)] = -np.inf
    apart: list[tuple[float, Offset]] = []
    for peak, offset in sorted(found, reverse=True):
        if all(_distance(offset, other) > _APART for _, other in apart):
            apart.append((peak, offset))
    return apart


def _correlation(spectrum: NDArray[np.complex64], matched: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return the correlation with one filter at every shift, (PERIOD, PERIOD), in deviations."""
    correlation = np.fft.irfft2(spectrum * matched, (PERIOD, PERIOD)).astype(np.float32)
    correlation /= correlation.std() + np.float32(1e-12)
    return correlation


def _offset(y: np.intp, x: np.intp) -> Offset:
    """Return the offset in the tile at which a picture begins whose correlation peaks at (y, x)."""
    return int(-y) % PERIOD, int(-x) % PERIOD


def _distance(one: Offset, other: Offset) -> int:
    """Return the larger of the distances along rows and columns, in a tile that repeats."""
    half = PERIOD // 2
    return max(abs((a - b + half) % PERIOD - half) for a, b in zip(one, other, strict=True))


def zooms(work: Plane, carriers: Carriers) -> list[Affine]:
    """Find the upright scales, mirrored or not, at which the pilots stand out most: affine maps of
    frequencies from a canonical grid to `work`.

    Where the mark is coarse the constellation is lost first, since its lines are finer than that.
    """
    coarse = zip(carriers.layout.filters[_FINEST + 1 :], carriers.filters[_FINEST + 1 :], strict=True)
    filters = [
        (fine, mirror, _halved(matched, mirrored=bool(mirror)))
        for (_, fine), matched in coarse
        for mirror in (0, 1)
    ]
    base = (STANDARD.area / work.size) ** 0.5 / 2
    found = []
    for scale in _SCALES:
        shape = [max(round(side * base / scale), 1) for side in work.shape]
        plane = resize(work, (shape[0], shape[1]))
        spectra = tile_spectrum(plane - plane.mean(), _HALF), tile_spectrum(whiten(plane), _HALF)
        to_work = np.diag([2 * n / side for n, side in zip(shape, work.shape, strict=True)])
        for fine, mirror, matched in filters:
            correlation = np.fft.irfft2(spectra[fine] * matched, (_HALF, _HALF))
            peak = float(correlation.max() / (correlation.std() + 1e-12))
            found.append((peak, float(scale), mirror, to_work @ _UPRIGHT[mirror]))
    found.sort(key=lambda entry: -entry[0])
    best: list[tuple[float, float, int, Affine]] = []
    for entry in found:
        if all(m != entry[2] or max(s / entry[1], entry[1] / s) > _RATIO for _, s, m, _ in best):
            best.append(entry)
    return [affine for _, _, _, affine in best[:_ZOOMS]]


def _halved(matched: NDArray[np.complex64], *, mirrored: bool) -> NDArray[np.complex64]:
    """Return a filter for pictures at half the canonical size."""
    tile = np.fft.irfft2(np.conj(matched), (PERIOD, PERIOD)).astype(np.float32)
    half = tile.reshape(_HALF, 2, _HALF, 2).mean((1, 3))
    return np.conj(rfft2(half[:, ::-1] if mirrored else half))


def climb(work: Plane, affine: Affine, offset: Offset, carriers: Carriers) -> tuple[Affine, Offset]:
    """Find a warp next to `affine`, and the offset in it, at which the filter for the finest texture sees the
    pilots best: scale and aspect, and of one that is not upright also rotation and shear, in steps of a pixel
    in 250 down to one in 1,000.

    The constellation shows a geometry to half a pixel at a picture's border. That costs a weak mark a third
    of its deviations.
    """
    upright = np.count_nonzero(np.abs(affine) > _ZERO) == 2
    moves = _UPRIGHT if upright else _ANY

    def warped_by(steps: NDArray[np.float64]) -> Affine:
        return np.asarray(affine @ (np.eye(2) + np.einsum("m,mij->ij", steps, moves)))

    def seen(there: Affine) -> tuple[float, Offset]:
        warped = unwarp(work, there)
        if warped is None:
            return -np.inf, offset
        correlation = _correlation(tile_spectrum(whiten(warped[0]), PERIOD), carriers.filters[_FINEST])
        around = np.arange(-_REACH, _REACH + 1)
        rows, columns = ((around - first) % PERIOD for first in offset)
        y, x = np.unravel_index(int(correlation[np.ix_(rows, columns)].argmax()), (len(around),) * 2)
        return float(correlation[rows[y], columns[x]]), _offset(rows[y], columns[x])

    def height(steps: NDArray[np.float64]) -> float:
        return -np.inf if np.abs(steps).max() > _FARTHEST else seen(warped_by(steps))[0]

    there = warped_by(ascent(height, len(moves), _STEPS, _HIGHER))
    return there, seen(there)[1]

"""The pilots as a matched filter on the spectrum of a picture: how well a geometry lays it onto the grid.

Resampled pictures have resampled spectra. So a geometry is judged without resampling anything: the picture's
spectrum is looked up where the geometry puts the frequencies of a tile, which are the same as those of all
tiles added up, and correlated with the pilots. That costs a millisecond or two, so that many geometries near
a likely one can be tried: in small crops the constellation alone is off by a percent, and pilots bear 0.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.filters import whiten
from ..common.fourier import rfft2
from ..common.linear import SINGLE_THREAD
from .carrier import IMAGE, PERIOD, Layout, carriers
from .sync import SCALE_MAX, SCALE_MIN, Candidate, Kind, turn

Plane = NDArray[np.float32]
Affine = NDArray[np.float64]
_Complex = NDArray[np.complex64]
_Tile = tuple[Plane, NDArray[np.float32], _Complex, _Complex, tuple[tuple[int, int, NDArray[np.int64]], ...]]

_LONGEST = 704  # pixels of the picture that are looked at
_PADDED = 1.33  # sides of the spectrum by those of the picture, so that it is smooth enough to interpolate
_LOWEST, _HIGHEST = 0.02, 0.5  # cycles per canonical pixel
_FINE_LOST = 0.2  # the same, up to which the pilots are correlated also without what is above
_STRONGEST = 0.5  # share of the frequencies that is used: it has 85 % of the pilots' energy
_COARSE, _FINE = 1.5, 0.75  # canonical pixels by which the longer side is changed
# By kind, how many coarse steps are gone in each direction, and along how many unknowns.
_REACH = {"zoom": (2, 1), "stretch": (1, 2), "similarity": (1, 2), "affine": (0, 1)}
_TURNED, _TURNS = np.radians(3.0), 2  # turns of a whole picture that are tried; how many are returned
_ABOUT = 4  # canonical pixels by which the middle of a whole picture may be displaced
_SMALLEST, _SMALL = 140, 420  # canonical pixels of the longer side of crops that no constellation shows


@dataclass(frozen=True, slots=True)
class MatchedFilter:
    """spectrum : (size + 1, size // 2 + 1) complex64 of the whitened middle of a picture, whose centre is the
    origin; the rows go from frequency -size // 2 to size // 2. length : pixels of its longer side. middle :
    (2,) of the whole picture, in pixels from the origin. usual : median magnitude.
    frequencies : (2, n) float32, of a tile, in cycles per canonical pixel, the lower ones first. twice : (n,)
    how often each is in a whole spectrum. pilots : (n,) conjugate values of the pilots there. rotors : (n,)
    square of their phase factors. bands : for each, how many frequencies it has, the side of its correlation,
    and where they lie in its half spectrum.
    """

    spectrum: NDArray[np.complex64]
    size: int
    length: int
    middle: NDArray[np.float64]
    usual: np.float32
    frequencies: Plane
    twice: NDArray[np.float32]
    pilots: NDArray[np.complex64]
    rotors: NDArray[np.complex64]
    bands: tuple[tuple[int, int, NDArray[np.int64]], ...]

    @classmethod
    def of(cls, work: Plane, key: Key, layout: Layout = IMAGE) -> MatchedFilter:
        """Return the filter for a picture and a key."""
        top, left = (max(n - _LONGEST, 0) // 2 for n in work.shape)
        white = whiten(work[top : top + _LONGEST, left : left + _LONGEST])
        length = max(white.shape)
        size = 1 << int(np.ceil(np.log2(_PADDED * length)))
        padded = np.zeros((size, size), np.float32)
        padded[: white.shape[0], : white.shape[1]] = white
        spectrum = rfft2(np.roll(padded, [-(n // 2) for n in white.shape], (0, 1)))
        usual = np.float32(np.median(np.abs(spectrum[::8, ::8])) + 1e-9)
        spectrum = np.concatenate([spectrum[size // 2 :], spectrum[: size // 2 + 1]])
        origin = np.array([top, left]) + np.array(white.shape) // 2 + 0.5
        return cls(spectrum, size, length, np.array(work.shape) / 2 - origin, usual, *_tile(key, layout))

    def peak(self, affine: Affine, *, turned: bool = True) -> float:
        """Return the highest correlation over all places in the tile, in standard deviations.

        affine : (2, 2), canonical frequency -> frequency in the picture. turned : also of the picture turned
        by 180 degrees.
        """
        found, deviations = self._matched(affine)
        highest = 0.0
        for (count, side, index), deviation in zip(self.bands, deviations, strict=True):
            values = found[:count]
            for mirrored in (False, True) if turned else (False,):
                if mirrored:  # turning the picture conjugates its spectrum, and leaves the pilots
                    values = np.conj(values) * self.rotors[:count]
                correlation = _correlation(values, side, index)
                highest = max(highest, float(correlation.max()) / deviation)
        return highest

    def turned(self, whole: Affine, shape: tuple[int, int]) -> list[tuple[float, Affine]]:
        """Return the highest peaks, and the geometries, of the whole picture turned by a few degrees.

        whole : the geometry of the picture as it was marked, on a canonical grid of `shape`. Only the place
        in the tile is looked at where the middle of a picture that is whole lies.
        """
        step = 2 * _FINE / self.length
        angles = np.arange(-_TURNED, _TURNED + step / 2, step)
        middle = np.array(shape) / 2

        def peak(angle: float) -> float:
            return self.peak_near(whole @ turn(angle), middle, _ABOUT)

        peaks, found = np.array([peak(angle) for angle in angles]), []
        for _ in range(_TURNS):
            at = int(peaks.argmax())
            near = {angle: peak(angle) for angle in (angles[at] - step / 2, angles[at] + step / 2)}
            near[angles[at]] = peaks[at]
            best = max(near, key=lambda angle: near[angle])
            found.append((float(near[best]), whole @ turn(best)))
            peaks[max(at - 1, 0) : at + 2] = -np.inf
        return found

    def peak_near(self, affine: Affine, middle: NDArray[np.float64], reach: int) -> float:
        """Return the highest correlation where the middle of the picture is at most `reach` pixels from
        `middle` (2,) on the canonical grid: among so few places, much less is due to chance."""
        at = middle - affine.T @ self.middle - 0.5
        found, deviations = self._matched(affine)
        highest = -np.inf
        for (count, side, index), deviation in zip(self.bands, deviations, strict=True):
            near = np.arange(-(reach * side // PERIOD), reach * side // PERIOD + 1)
            rows, columns = (np.rint(-at * side / PERIOD).astype(int)[:, None] + near) % side
            correlation = _correlation_at(found[:count], side, index, rows, columns)
            highest = max(highest, float(correlation.max()) / deviation)
        return highest

    def _matched(self, affine: Affine) -> tuple[NDArray[np.complex64], list[float]]:
        """The spectrum in a geometry times the pilots, and the deviation of its correlation in each band."""
        found = self._at(affine)
        found *= 1 / (np.abs(found) + self.usual)  # a complex division takes six times as long
        found *= self.pilots
        square = np.square(found.real)
        square += np.square(found.imag)
        square *= self.twice
        # Parseval
        return found, [float(square[:count].sum()) ** 0.5 / side**2 + 1e-12 for count, side, _ in self.bands]

    def _at(self, affine: Affine) -> NDArray[np.complex64]:
        """Return the spectrum where a geometry puts the frequencies, interpolated; zero beyond it."""
        f = (affine * self.size).astype(np.float32) @ self.frequencies
        sign = np.copysign(np.float32(1), f[1])
        f *= sign
        beyond = np.abs(f).max(0) >= 0.499 * self.size
        f[:, beyond] = 0
        low = np.floor(f)
        f -= low
        dy, dx = f
        stride, flat = self.spectrum.shape[1], self.spectrum.ravel()
        index, column = low.astype(np.int32)
        index += self.size // 2
        index *= stride
        index += column
        # in place: a pass over fresh memory takes twice as long
        top, right = flat.take(index), flat.take(index + 1)
        right -= top
        right *= dx
        top += right
        index += stride
        bottom, right = flat.take(index), flat.take(index + 1)
        right -= bottom
        right *= dx
        bottom += right
        bottom -= top
        bottom *= dy
        top += bottom
        top.imag *= sign
        top[beyond] = 0
        return np.asarray(top)

    def small_crops(self, count: int) -> list[tuple[float, Affine]]:
        """Return the `count` highest peaks of upright crops with a longer side of `_SMALLEST` to `_SMALL`
        canonical pixels."""
        sides = np.arange(_SMALLEST, _SMALL, _COARSE)
        scales = self.length / sides
        scales = scales[(scales > SCALE_MIN) & (scales < SCALE_MAX)]
        peaks = np.array([self.peak(np.eye(2) / scale, turned=False) for scale in scales])
        found = []
        for _ in range(min(count, len(scales))):
            at = int(peaks.argmax())
            found.append((float(peaks[at]), np.eye(2) / scales[at]))
            peaks[max(at - 1, 0) : at + 2] = 0
        return found

    def sharpened(self, candidate: Candidate, refined: Affine) -> tuple[float, Affine]:
        """Return the highest peak near a candidate, and near what the constellation refined it to, with its
        geometry."""
        unit, (reach, unknowns) = self._unit(refined), _REACH[candidate.kind]
        away = np.abs(np.linalg.solve(refined, candidate.affine) - np.eye(2)).max()
        starts = (refined, candidate.affine) if away > _FINE * unit else (refined,)

        def highest(starts: Sequence[Affine], reach: int, step: float) -> tuple[float, Affine]:
            moves = product(np.arange(-reach, reach + 1) * step * unit, repeat=unknowns)
            near = [start @ _moved(candidate.kind, move) for move in moves for start in starts]
            peaks = [self.peak(affine) for affine in near]
            at = int(np.argmax(peaks))
            return peaks[at], near[at]

        best = highest(starts, reach, _COARSE)
        return highest([best[1]], 1, _FINE) if reach else best

    def _unit(self, affine: Affine) -> float:
        """By what share the scale changes if the longer side becomes longer by a canonical pixel."""
        return float(1 / (self.length * abs(np.linalg.det(affine)) ** 0.5))


@lru_cache(maxsize=8)
def _tile(key: Key, layout: Layout) -> _Tile:
    """Return `MatchedFilter`'s frequencies to bands of a key."""
    half = PERIOD // 2
    ky, kx = (k.ravel() for k in np.meshgrid(np.arange(1 - half, half), np.arange(half), indexing="ij"))
    radius = np.hypot(ky, kx) / PERIOD
    pilots = carriers(key, layout).pilot_spectrum[ky % PERIOD, kx]
    inside = (radius > _LOWEST) & (radius < _HIGHEST)
    strong = np.abs(pilots) > np.quantile(np.abs(pilots[inside]), 1 - _STRONGEST)
    order = np.flatnonzero(inside & strong)
    order = order[np.argsort(radius[order])]
    ky, kx, few = ky[order], kx[order], int((radius[order] < _FINE_LOST).sum())
    bands = []
    for count, side in ((len(order), PERIOD), (few, half)):
        bands.append((count, side, (ky[:count] % side) * (side // 2 + 1) + kx[:count]))
    pilots = pilots[order]
    return (
        (np.stack([ky, kx]) / PERIOD).astype(np.float32),
        np.where(kx, 2, 1).astype(np.float32),
        pilots,
        np.square(pilots / np.abs(pilots)).astype(np.complex64),
        tuple(bands),
    )


def _correlation(values: NDArray[np.complex64], side: int, index: NDArray[np.int64]) -> Plane:
    """The correlation (side, side) of which `values` are the spectrum at `index` of its half."""
    return np.fft.irfft2(_half(values, side, index), (side, side))


def _correlation_at(
    values: NDArray[np.complex64],
    side: int,
    index: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> Plane:
    """Some rows and columns of `_correlation`, (rows, columns), by products in place of a transform."""
    half = _half(values, side, index)
    down = _roots(side)[np.outer(rows, np.arange(side)) % side]
    across = _roots(side)[np.outer(np.arange(side // 2 + 1), columns) % side]
    across[1:] *= 2  # what the other half of the spectrum adds
    step = max(SINGLE_THREAD // (4 * len(rows) * half.shape[1]), 1)  # a complex product is of four
    few = sum(down[:, start : start + step] @ half[start : start + step] for start in range(0, side, step))
    return np.asarray((few @ across).real / np.float32(side**2), np.float32)


def _half(values: NDArray[np.complex64], side: int, index: NDArray[np.int64]) -> NDArray[np.complex64]:
    half = np.zeros((side, side // 2 + 1), np.complex64)
    half.ravel()[index] = values
    return half


@lru_cache(maxsize=4)
def _roots(side: int) -> NDArray[np.complex64]:
    """The roots of one of order `side`."""
    return np.exp(2j * np.pi * np.arange(side) / side).astype(np.complex64)


def _moved(kind: Kind, by: Sequence[float]) -> Affine:
    """A small change of the canonical grid: of its scale, of those of both axes, or of scale and turn."""
    if kind == "stretch":
        return np.diag(np.exp(by))
    return np.asarray(np.exp(by[0]) * (turn(by[1]) if kind == "similarity" else np.eye(2)))

"""Read the mark with the unmarked original at hand, in what is left of a suspect without it.

What is left of the frames of a clip adds up to one picture, which is read as that of a photo is.

The suspect lies in the frame in which the original was marked. What the original explains is taken out of
every wavelet coefficient. What is left counts as a matched filter counts it: frequency by frequency, by how
much of the original's own detail has survived and how much else is there; place by place, by the amplitude
that the mask gave the mark. All of this comes from suspect and original. The key's signs have no part in it,
so that the law of `null_law` holds as it does for a picture by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ...core.key import Key
from ..common import null_law
from ..common.filters import box
from ..common.soft_decoding import Decoded
from ..common.wavelet import MARGIN, Detail, analyse, synthesise
from .carrier import IMAGE, Carriers, Layout, carriers
from .decode import View, decode_variants, grid_of
from .grid import Grid
from .mask import headroom, visibility
from .observation import BANDS, Observation, activity, coverage, gathered, pad_to_tiles

Plane = NDArray[np.float32]

DECODINGS = 1  # an attempt whose coded bits are looked at

_WINDOW = 7  # coefficients over which it is measured what the original explains
_PRIOR = 8.0  # coefficients as which the sub-band as a whole counts in that
_SHARE = 0.1  # of the mean square of the sub-band, which counts everywhere in what is around a place
_CLIP, _FAR = 3.0, 6.0  # deviations
_SPECTRUM = 17  # frequencies of the frame over which survival and noise are measured
_FLOOR = 0.2  # of the mean noise, which counts at every frequency
_COARSE = 31  # pixels: what is coarser says nothing of survival
_MOSTLY = 0.9  # of the frames, by weight, that show a place which counts
_EXPONENT = 0.75  # of the noise; 1 would be right if it were the same everywhere


@dataclass(frozen=True)
class Sight:
    """Luma planes (H, W) on one canonical grid, 0 to 255.

    original : unmarked. like : as the suspect would show it had only its size been changed. suspect : laid
    onto it. seen : where the suspect shows it.
    """

    original: Plane
    like: Plane
    suspect: Plane
    seen: NDArray[np.bool_]


class Residue:
    """What the original does not explain of a suspect: of one picture, or of the frames of a clip, which show
    one mark.

    frames : how many were added.
    """

    def __init__(self) -> None:
        self.frames = 0
        self._weight = 0.0
        # of the frames, by weight: original, what is left, where it is seen; power of the original's
        # frequencies, and what the suspect has in common with them
        self._sums: list[Plane] = []

    def add(self, sight: Sight, weight: float = 1.0) -> None:
        """Add a picture, of the shape of those before it, that counts by `weight`."""
        seen, by = sight.seen.astype(np.float32), np.float32(weight)
        whole, there = (
            np.fft.rfft2((plane - box(plane, _COARSE)) * seen) for plane in (sight.original, sight.suspect)
        )
        left = _left(sight, coverage(sight.original.shape, (0, 0), seen))
        power, shared = np.abs(whole) ** 2, (there * whole.conj()).real
        parts = [np.asarray(by * part, np.float32) for part in (sight.original, left, seen, power, shared)]
        added = [one + other for one, other in zip(self._sums, parts, strict=True)] if self._sums else parts
        self._sums = added
        self._weight += weight
        self.frames += 1

    def observe(self, c: Carriers) -> Observation:
        """Observe every coded bit."""
        original, left, shown, power, shared = self._sums
        cover = coverage(original.shape, (0, 0), (shown > _MOSTLY * self._weight).astype(np.float32))
        amplitudes = _amplitudes(original / np.float32(self._weight))
        matched = analyse(pad_to_tiles(_matched(left, power, shared)))[1]
        return gathered(_weighted(matched, cover, amplitudes), cover, c)


def observe_score(original: Plane, score: Plane, seen: NDArray[np.bool_], c: Carriers) -> Observation:
    """Observe every coded bit in the score of a suspect's pixels (`quantised`), which weighs by itself how
    much of each frequency has survived and how much else is there.

    original : unmarked luma (H, W) on the canonical grid. score : laid onto it. seen : where it is.
    """
    cover = coverage(original.shape, (0, 0), seen.astype(np.float32))
    found = analyse(pad_to_tiles(score))[1]
    return gathered(_limited(found, cover, _amplitudes(original)), cover, c)


def _amplitudes(original: Plane) -> Sequence[Plane]:
    """What the mask gives the mark in the wavelet coefficients of an unmarked plane, level by level."""
    padded, everywhere = pad_to_tiles(original), coverage(original.shape, (0, 0), None)
    details = analyse(padded)[1]
    return visibility([activity(detail) for detail in details], everywhere, headroom(padded), 1.0).levels


def _limited(score: Detail, cover: list[Plane], amplitudes: Sequence[Plane]) -> Iterator[NDArray[np.float32]]:
    """Coefficients of a score that count by the amplitude of the mark, none far more than the rest."""
    for detail, seen, amplitude in zip(score, cover, amplitudes, strict=True):
        most = _FAR * np.sqrt(_mean(detail * detail * seen, seen)) + np.float32(1e-12)
        yield (np.clip(detail, -most, most) * amplitude).astype(np.float32, copy=False)


def _matched(left: Plane, power: Plane, shared: Plane) -> Plane:
    """What is left, each frequency by the square of what of the original has survived, over the noise."""
    survived = _smooth(shared) / (_smooth(power) + 1e-6)
    spectrum = np.fft.rfft2(left)
    noise = _smooth(np.abs(spectrum) ** 2)
    noise += np.float32(_FLOOR * noise.mean() + 1e-6)
    spectrum *= np.clip(survived, 0, 1) ** 2 / noise**_EXPONENT
    return np.fft.irfft2(spectrum, left.shape).astype(np.float32)


def _weighted(
    matched: Detail, cover: list[Plane], amplitudes: Sequence[Plane]
) -> Iterator[NDArray[np.float32]]:
    """Coefficients that count by the amplitude of the mark, none of them far more than those around it."""
    for detail, seen, amplitude in zip(matched, cover, amplitudes, strict=True):
        square = detail * detail * seen
        whole = _mean(square, seen) + np.float32(1e-12)
        deviation = np.sqrt(_around(square) + np.float32(_SHARE) * whole)
        clipped = np.clip(detail / deviation, -_CLIP, _CLIP)
        yield (clipped * np.sqrt(whole) * amplitude).astype(np.float32, copy=False)


def _left(sight: Sight, cover: list[Plane]) -> Plane:
    """What the original does not explain, around each place, as a plane without what is coarsest."""
    planes = np.where(sight.seen, sight.suspect, sight.like), sight.like
    (coarse, there), (_, known) = (analyse(pad_to_tiles(plane)) for plane in planes)
    left = []
    for one, two, seen in zip(there, known, cover, strict=True):
        product, power = one * two * seen, two * two * seen
        prior = np.float32(_PRIOR / _WINDOW**2)
        fitted = _around(product) + prior * _mean(product, seen)
        fitted /= _around(power) + prior * _mean(power, seen) + np.float32(1e-6)
        left.append(((one - fitted * two) * seen).astype(np.float32, copy=False))
    height, width = sight.seen.shape
    plane = synthesise(np.zeros_like(coarse), left)
    return np.ascontiguousarray(plane[MARGIN : MARGIN + height, MARGIN : MARGIN + width])


def _smooth(spectrum: NDArray[np.floating]) -> Plane:
    return box(spectrum.astype(np.float32), _SPECTRUM)


def _mean(bands: Plane, seen: Plane) -> Plane:
    return bands.sum((1, 2), keepdims=True) / np.float32(max(float(seen.sum()), 1.0))


def _around(bands: Plane) -> Plane:
    return np.stack([box(band, _WINDOW) for band in bands])


def decode(observation: Observation, key: Key, layout: Layout = IMAGE) -> Decoded | None:
    """Decode what was observed. Nothing but suspect and original had a part in choosing the geometry."""
    view = View(key, carriers(key, layout), observation)
    found = decode_variants([view], promising=True, searched=False, fixed=[np.ones(BANDS)])
    return found[0] if found else None


def read(residue: Residue, key: Key, grid: Grid, *, spent: int = 0, layout: Layout = IMAGE) -> Detection:
    """Look for the mark of `key` in what the original does not explain; "not found" is a value.

    spent : decodings that are allowed in the same call beside `DECODINGS`. The geometry is the caller's.
    """
    c = carriers(key, layout)
    decoded = decode(residue.observe(c), key, layout)
    trials, odds = spent + DECODINGS, c.layout.odds
    threshold, score = null_law.threshold_after(trials, odds), decoded.score if decoded else 0.0
    read_it = decoded and decoded.payload and score >= threshold and grid_of(decoded, c.layout) is grid
    return Detection(
        present=bool(read_it),
        payload=decoded.payload if decoded and read_it else None,
        score=round(score, 2),
        threshold=threshold,
        log10_p=round(null_law.log10_p_report(score, trials, odds), 2),
        bits_corrected=decoded.bits_corrected if decoded and read_it else None,
        transform=None,
        key_name=key.name,
        scheme=c.layout.scheme,
        marked_pixels=grid.marked_pixels,
    )

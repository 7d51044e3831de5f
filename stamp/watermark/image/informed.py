"""Read the mark with the unmarked original at hand, in what is left of a suspect without it.

The suspect lies in the frame in which the original was marked. What the original explains is taken out of
every wavelet coefficient. What is left counts as a matched filter counts it: frequency by frequency, by how
much of the original's own detail has survived and how much else is there; place by place, by the amplitude
that the mask gave the mark. All of this comes from suspect and original. The key's signs have no part in it,
so that the law of `null_law` holds as it does for a picture by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ...core.key import Key
from ..common import null_law
from ..common.filters import box
from ..common.soft_decoding import Decoded
from ..common.wavelet import MARGIN, analyse, synthesise
from .carrier import Carriers, carriers
from .decode import View, decode_variants, grid_of
from .grid import Grid
from .mask import headroom, visibility
from .observation import BANDS, Observation, activity, coverage, gathered, pad_to_tiles

Plane = NDArray[np.float32]

DECODINGS = 1  # an attempt whose coded bits are looked at

_WINDOW = 7  # coefficients over which it is measured what the original explains
_PRIOR = 8.0  # coefficients as which the sub-band as a whole counts in that
_SHARE = 0.1  # of the mean square of the sub-band, which counts everywhere in what is around a place
_CLIP = 3.0  # deviations
_SPECTRUM = 17  # frequencies of the frame over which survival and noise are measured
_FLOOR = 0.2  # of the mean noise, which counts at every frequency
_COARSE = 31  # pixels: what is coarser says nothing of survival
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


def observe(sight: Sight, c: Carriers) -> Observation:
    """Observe every coded bit in what the original does not explain."""
    seen = sight.seen.astype(np.float32)
    cover = coverage(sight.original.shape, (0, 0), seen)
    return gathered(_measured(sight, cover), cover, c)


def _measured(sight: Sight, cover: list[Plane]) -> Iterator[NDArray[np.float32]]:
    """What is left, matched to the mark, at every coefficient."""
    padded = pad_to_tiles(sight.original)
    _, original = analyse(padded)
    everywhere = coverage(sight.original.shape, (0, 0), None)
    mask = visibility([activity(detail) for detail in original], everywhere, headroom(padded), 1.0)
    _, matched = analyse(pad_to_tiles(_matched(sight, _left(sight, cover))))
    for detail, seen, amplitude in zip(matched, cover, mask.levels, strict=True):
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


def _matched(sight: Sight, left: Plane) -> Plane:
    """What is left, each frequency by the square of what of the original has survived, over the noise."""
    whole, there = (
        np.fft.rfft2((plane - box(plane, _COARSE)) * sight.seen) for plane in (sight.original, sight.suspect)
    )
    survived = _smooth((there * whole.conj()).real) / (_smooth(np.abs(whole) ** 2) + 1e-6)
    spectrum = np.fft.rfft2(left)
    noise = _smooth(np.abs(spectrum) ** 2)
    noise += np.float32(_FLOOR * noise.mean() + 1e-6)
    spectrum *= np.clip(survived, 0, 1) ** 2 / noise**_EXPONENT
    return np.fft.irfft2(spectrum, left.shape).astype(np.float32)


def _smooth(spectrum: NDArray[np.floating]) -> Plane:
    return box(spectrum.astype(np.float32), _SPECTRUM)


def _mean(bands: Plane, seen: Plane) -> Plane:
    return bands.sum((1, 2), keepdims=True) / np.float32(max(float(seen.sum()), 1.0))


def _around(bands: Plane) -> Plane:
    return np.stack([box(band, _WINDOW) for band in bands])


def decode(observation: Observation, key: Key) -> Decoded | None:
    """Decode what was observed. Nothing but suspect and original had a part in choosing the geometry."""
    view = View(key, carriers(key), observation)
    found = decode_variants([view], promising=True, searched=False, fixed=[np.ones(BANDS)])
    return found[0] if found else None


def read(sight: Sight, key: Key, grid: Grid, *, spent: int = 0) -> Detection:
    """Look for the mark of `key` in what the original does not explain; "not found" is a value.

    spent : decodings that are allowed in the same call beside `DECODINGS`. The geometry is the caller's.
    """
    c = carriers(key)
    decoded = decode(observe(sight, c), key)
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

"""Read the mark with the unmarked original at hand, in what is left of a suspect without it.

The suspect lies in the frame in which the original was marked. What the original explains is taken out of
every wavelet coefficient, and what is left counts as a matched filter counts it: by the amplitude that the
mask gave the mark there, by how much of the original's own detail has survived there, and by what else is
left around it. All three come from suspect and original; the key's signs have no part in them, so the law of
`null_law` holds as it does for a picture by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ...core.key import Key
from ..common import null_law
from ..common.filters import box
from ..common.soft_decoding import Decoded, decode_soft
from ..common.wavelet import analyse
from .carrier import PILOT, Carriers, carriers
from .decode import detection_score, gains_from_code, gains_from_pilots
from .grid import Grid
from .mask import visibility
from .observation import BANDS, Observation, activity, coverage, gathered, pad_to_tiles

Plane = NDArray[np.float32]

DECODINGS = 6  # two weightings, each refined twice

_WINDOW = 7  # coefficients over which survival and noise are measured
_PRIOR = 8.0  # coefficients as which the sub-band as a whole counts in that
_LEAST = 1.0  # grey levels squared: noise that is there even where nothing seems to be
_SHARE = 0.1  # of the sub-band's noise, which counts everywhere
_CLIP = 3.0  # deviations
_SURVIVES = 1.2  # more than this is sharpening


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
    planes = sight.original, sight.like, np.where(sight.seen, sight.suspect, sight.like)
    original, like, suspect = (analyse(pad_to_tiles(plane))[1] for plane in planes)
    everywhere = coverage(sight.original.shape, (0, 0), None)
    mask = visibility([activity(detail) for detail in original], everywhere, 1.0)
    for host, resized, there, seen, amplitude in zip(
        original, like, suspect, cover, mask.levels, strict=True
    ):
        left = (there - _fitted(there, resized, seen) * resized) * seen
        square = left * left
        noise = _around(square) + np.float32(_SHARE) * _mean(square, seen) + np.float32(_LEAST)
        survived = np.clip(_fitted(there, host, seen), 0, np.float32(_SURVIVES))
        deviation = np.sqrt(noise)
        clipped = np.clip(left / deviation, -_CLIP, _CLIP)
        yield (clipped * amplitude * survived / np.sqrt(deviation)).astype(np.float32)


def _fitted(there: Plane, known: Plane, seen: Plane) -> Plane:
    """By what a sub-band's coefficients `known` are multiplied in `there`: around each place, as far as that
    can be told from so few."""
    product, power = there * known * seen, known * known * seen
    whole = _mean(power, seen) + np.float32(1e-6)
    prior = np.float32(_PRIOR / _WINDOW**2)
    fitted = (_around(product) + prior * _mean(product, seen)) / (_around(power) + prior * whole)
    return fitted.astype(np.float32, copy=False)


def _mean(bands: Plane, seen: Plane) -> Plane:
    mean: Plane = bands.sum((1, 2), keepdims=True) / np.float32(max(float(seen.sum()), 1.0))
    return mean


def _around(bands: Plane) -> Plane:
    return np.stack([box(band, _WINDOW) for band in bands])


def decode(observation: Observation, key: Key, grid: Grid) -> tuple[Decoded, float]:
    """Decode what was observed on `grid`; and return the statistic of the detection chips, whatever the code
    says. At most `DECODINGS`."""
    c = carriers(key)
    even = np.ones(BANDS)
    decoded = decode_soft(
        observation.soft[:, :PILOT],
        [even, gains_from_pilots(observation)],
        key=key,
        schemes=[c.layout.scheme + grid.check],
        gains=partial(gains_from_code, observation),
        score=lambda weight, code: detection_score(observation, weight),
        budget=DECODINGS,
    )
    return decoded, detection_score(observation, even)


def read(sight: Sight, key: Key, grid: Grid, *, spent: int = 0) -> Detection:
    """Look for the mark of `key` in what the original does not explain; "not found" is a value.

    spent : decodings that are allowed in the same call beside `DECODINGS`. The geometry is the caller's.
    """
    c = carriers(key)
    decoded, alone = decode(observe(sight, c), key, grid)
    threshold = null_law.threshold_after(spent + DECODINGS)
    read_it = decoded.payload is not None and decoded.score >= threshold
    score = decoded.score if read_it else alone
    if read_it:
        log10_p = null_law.log10_p_report(score, spent + DECODINGS)
    else:
        threshold = null_law.THRESHOLD_ALONE
        log10_p = null_law.log10_p_statistic(score, null_law.MAX_POSITIONS)
    return Detection(
        present=read_it or score >= threshold,
        payload=decoded.payload if read_it else None,
        score=round(score, 2),
        threshold=threshold,
        log10_p=round(log10_p, 2),
        bits_corrected=decoded.bits_corrected if read_it else None,
        transform=None,
        key_name=key.name,
        scheme=c.layout.scheme,
        marked_pixels=grid.marked_pixels,
    )

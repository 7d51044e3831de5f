"""From one observation to a payload: channel estimation, soft decoding, the keyed check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .carrier import PILOT, SCHEME, WITNESS
from .coding import CODED_BITS, decode, encode
from .grid import GRIDS, Grid
from .key import Key
from .payload import unframe
from .statistic import Observation

# Relative gain of levels 1-4 after: nothing; a mild filter; JPEG or WebP; a strong blur or a resize to a
# quarter.
PROFILES = np.repeat([[1, 1, 1, 0.4], [0.5, 1, 1, 0.5], [0.1, 0.45, 1, 0.5], [0, 0.15, 1, 0.5]], 3, axis=1)
_REFINEMENTS = 2
_NOISE_AGREEMENT = 0.4  # what the decoder makes of pure noise, on average: such a decoding measures nothing


@dataclass(frozen=True, slots=True)
class Decoded:
    """A payload whose keyed check holds, the grid that this check tells, and the witnesses' statistic under
    the weights that its code words measured."""

    payload: bytes
    grid: Grid
    score: float
    bits_corrected: int
    decodings: int


def pilot_scores(observation: Observation) -> NDArray[np.float64]:
    """The pilots' correlation in standard deviations under each of `PROFILES`: how promising a geometry
    is."""
    weight = PROFILES / np.sqrt(observation.variance)
    return (weight @ observation.soft[:, PILOT]) / np.sqrt(weight**2 @ observation.pilot_energy + 1e-30)


def witness_score(o: Observation, weight: NDArray[np.float64]) -> float:
    """The statistic of `stats`: the witnesses' weighted correlation in standard deviations. `weight` must not
    depend on them."""
    return float(weight @ o.soft[:, WITNESS] / np.sqrt(weight**2 @ o.witness_energy + 1e-30))


def gains_from_pilots(o: Observation) -> NDArray[np.float64]:
    gain = o.soft[:, PILOT] / o.pilot_count
    return np.maximum(gain - 0.5 * np.sqrt(o.variance / o.pilot_count), 0) / o.variance


def _gains_from_code(o: Observation, code: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maximal-ratio weights measured on an earlier decoding: mean over variance of each sub-band's soft
    bits."""
    agreed = o.soft[:, :CODED_BITS] * code
    return np.asarray(np.maximum(agreed.mean(1), 0) / (agreed.var(1) + 1e-12))


def _weightings(o: Observation) -> Iterator[NDArray[np.float64]]:
    yield gains_from_pilots(o)
    for profile in PROFILES[np.argsort(-pilot_scores(o))[:2]]:
        yield profile / np.sqrt(o.variance)


def decode_payload(observation: Observation, key: Key, budget: int, scheme: str = SCHEME) -> Decoded | int:
    """The payload, or the number of decodings that found none (at most `budget`).

    Each weighting is refined by its own decoding: even a wrong one has most coded bits right, and measures
    the sub-bands' gains on 576 bits instead of the pilots.
    """
    used = 0
    for weight in _weightings(observation):
        for _ in range(1 + _REFINEMENTS):
            if used == budget or not weight.any():
                break
            soft = weight @ observation.soft[:, :CODED_BITS]
            soft /= soft.std() + 1e-12
            bits = decode(soft)
            used += 1
            code = 1.0 - 2.0 * encode(bits).astype(np.float64)
            for grid in GRIDS:
                if (payload := unframe(bits, key, scheme + grid.check)) is not None:
                    score = witness_score(observation, _gains_from_code(observation, code))
                    return Decoded(payload, grid, score, int((soft * code < 0).sum()), used)
            if float((soft * code).mean()) < _NOISE_AGREEMENT:
                break
            weight = _gains_from_code(observation, code)
    return used

"""From one observation to a payload: channel estimation, soft decoding, the keyed check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import decode, encode
from ..common.frame import unframe
from ..common.null_law import WEIGHTINGS
from .carrier import IMAGE, PILOT, WITNESS, Layout
from .grid import GRIDS, Grid
from .observation import Observation

_REFINEMENTS = 2
_NOISE_AGREEMENT = 0.4  # what the decoder makes of pure noise, on average: such a decoding measures nothing


@dataclass(frozen=True, slots=True)
class Decoded:
    """A payload whose keyed check holds, the grid that this check tells, and the statistic of `stats`.

    Without any, payload and grid are None, and the score is the highest of all code words that were decoded.
    """

    payload: bytes | None
    grid: Grid | None
    score: float
    bits_corrected: int
    decodings: int


def pilot_scores(observation: Observation, layout: Layout = IMAGE) -> NDArray[np.float64]:
    """The pilots' correlation in standard deviations under each profile: how promising a geometry is."""
    weight = np.array(layout.profiles) / np.sqrt(observation.variance)
    return (weight @ observation.soft[:, PILOT]) / np.sqrt(weight**2 @ observation.pilot_energy + 1e-30)


def witness_score(o: Observation, weight: NDArray[np.float64]) -> float:
    """The statistic of `stats`: the witnesses' weighted correlation in standard deviations. `weight` must not
    depend on them."""
    return float(weight @ o.soft[:, WITNESS] / np.sqrt(weight**2 @ o.witness_energy + 1e-30))


def code_score(o: Observation, weight: NDArray[np.float64], code: NDArray[np.float64]) -> float:
    """The statistic of `stats` for a scheme without witnesses: how far the coded bits agree with `code`, +-1
    for each. `weight` must not depend on them."""
    agreed = weight @ (o.soft[:, :PILOT] @ code)
    return float(agreed / np.sqrt(weight**2 @ o.coded_energy + 1e-30))


def code_energy(o: Observation, layout: Layout) -> float:
    """How far the coded bits have more energy than signs by chance would give them, in standard deviations of
    that: whether there is anything to decode, whatever it says. The best of what decoding would try."""
    energies = []
    for weight in _weightings(o, layout):
        soft = weight @ o.soft[:, :PILOT]
        energies.append(float(soft @ soft / (weight**2 @ o.coded_energy + 1e-30)))
    return float((max(energies) - 1) * (layout.coded_bits / 2) ** 0.5)


def gains_from_pilots(o: Observation) -> NDArray[np.float64]:
    gain = o.soft[:, PILOT] / o.pilot_count
    return np.maximum(gain - 0.5 * np.sqrt(o.variance / o.pilot_count), 0) / o.variance


def _gains_from_code(o: Observation, code: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maximal-ratio weights measured on an earlier decoding: mean over variance of each sub-band's soft
    bits."""
    agreed = o.soft[:, :PILOT] * code
    return np.asarray(np.maximum(agreed.mean(1), 0) / (agreed.var(1) + 1e-12))


def _weightings(o: Observation, layout: Layout) -> list[NDArray[np.float64]]:
    """What the pilots measure, and the profiles that suit them best: `stats.WEIGHTINGS` in all."""
    best = np.argsort(-pilot_scores(o, layout))[: WEIGHTINGS - 1]
    return [gains_from_pilots(o), *(np.array(layout.profiles)[best] / np.sqrt(o.variance))]


def decode_payload(observation: Observation, key: Key, budget: int, layout: Layout = IMAGE) -> Decoded:
    """What at most `budget` decodings find.

    Each weighting is refined by its own decoding: even a wrong one has most coded bits right, and measures
    the sub-bands' gains on all coded bits instead of the pilots.
    """
    used, highest = 0, 0.0
    for weight in (weightings := _weightings(observation, layout)):
        for _ in range(1 + _REFINEMENTS):
            if used == budget or not weight.any():
                break
            soft = weight @ observation.soft[:, :PILOT]
            soft /= soft.std() + 1e-12
            bits = decode(soft)
            used += 1
            code = 1.0 - 2.0 * encode(bits).astype(np.float64)
            refined = _gains_from_code(observation, code)
            if layout.witnesses:
                score = witness_score(observation, refined)
            else:
                score = max(code_score(observation, w, code) for w in weightings)
            for grid in GRIDS:
                if (payload := unframe(bits, key, layout.scheme + grid.check)) is not None:
                    return Decoded(payload, grid, score, int((soft * code < 0).sum()), used)
            highest = max(highest, score)
            if float((soft * code).mean()) < _NOISE_AGREEMENT:
                break
            weight = refined
    return Decoded(None, None, highest, 0, used)

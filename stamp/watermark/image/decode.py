"""From one observation to a payload: channel estimation, the statistics, decoding."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.null_law import WEIGHTINGS
from ..common.soft_decoding import Code, Decoded, Weights, decode_soft, standard_score
from .carrier import DETECTION, IMAGE, PILOT, Layout
from .grid import GRIDS, Grid
from .observation import Observation


def pilot_scores(observation: Observation, layout: Layout = IMAGE) -> NDArray[np.float64]:
    """Return the pilots' correlation in standard deviations under each profile of the layout: how promising a
    geometry is."""
    weight = np.array(layout.profiles) / np.sqrt(observation.variance)
    return (weight @ observation.soft[:, PILOT]) / np.sqrt(weight**2 @ observation.pilot_energy + 1e-30)


def detection_score(o: Observation, weight: Weights) -> float:
    """Return the statistic of `null_law`: the detection chips' weighted correlation in standard deviations.
    `weight` must not depend on them."""
    return standard_score(weight, o.soft[:, DETECTION], o.detection_energy)


def code_score(o: Observation, weight: Weights, code: Code) -> float:
    """Return the statistic of `null_law` for a scheme without detection chips: how far the coded bits agree
    with `code`. `weight` must not depend on them."""
    return standard_score(weight, o.soft[:, :PILOT] @ code, o.coded_energy)


def agreement(o: Observation, layout: Layout, code: Code) -> float:
    """Return the highest `code_score` under the weightings that decoding would try."""
    return max(code_score(o, weight, code) for weight in _weightings(o, layout))


def code_energy(o: Observation, layout: Layout) -> float:
    """Return how far the coded bits have more energy than signs by chance would give them, in standard
    deviations of that, under the best weighting that decoding would try.

    It shows whether there is anything to decode, whatever the payload is.
    """
    energies = []
    for weight in _weightings(o, layout):
        soft = weight @ o.soft[:, :PILOT]
        energies.append(float(soft @ soft / (weight**2 @ o.coded_energy + 1e-30)))
    return float((max(energies) - 1) * (layout.coded_bits / 2) ** 0.5)


def gains_from_pilots(o: Observation) -> Weights:
    """Return the maximal-ratio weights of the sub-bands, (BANDS,), as the pilots measure them."""
    gain = o.soft[:, PILOT] / o.pilot_count
    return np.maximum(gain - 0.5 * np.sqrt(o.variance / o.pilot_count), 0) / o.variance


def gains_from_code(o: Observation, code: Code) -> Weights:
    """Return the maximal-ratio weights that a decoded frame measures: mean over variance of each sub-band's
    soft bits."""
    agreed = o.soft[:, :PILOT] * code
    return np.asarray(np.maximum(agreed.mean(1), 0) / (agreed.var(1) + 1e-12))


def _weightings(o: Observation, layout: Layout) -> list[Weights]:
    """Return what the pilots measure, and the profiles that suit them best: `null_law.WEIGHTINGS` in all."""
    best = np.argsort(-pilot_scores(o, layout))[: WEIGHTINGS - 1]
    return [gains_from_pilots(o), *(np.array(layout.profiles)[best] / np.sqrt(o.variance))]


def decode_payload(observation: Observation, key: Key, budget: int, layout: Layout = IMAGE) -> Decoded:
    """Decode an observation with at most `budget` decodings."""
    weightings = _weightings(observation, layout)

    def score(weight: Weights, code: Code) -> float:
        if layout.detection_chips:
            return detection_score(observation, weight)
        return max(code_score(observation, each, code) for each in weightings)

    return decode_soft(
        observation.soft[:, :PILOT],
        [weight for weight in weightings if weight.any()],  # pilots that all disagree measure nothing
        key=key,
        schemes=[layout.scheme + grid.check for grid in GRIDS],
        gains=partial(gains_from_code, observation),
        score=score,
        budget=budget,
    )


def grid_of(decoded: Decoded, layout: Layout) -> Grid:
    """Return the grid on which a frame was marked, by the check that holds."""
    return next(grid for grid in GRIDS if layout.scheme + grid.check == decoded.scheme)

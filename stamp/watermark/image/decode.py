"""From one observation to a payload: channel estimation, the statistics, decoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import encode
from ..common.frame import frame
from ..common.null_law import WEIGHTINGS
from ..common.soft_decoding import Code, Decoded, Weights, decode_soft, standard_score
from .carrier import IMAGE, PILOT, Carriers, Layout, variant_of
from .grid import GRIDS, Grid
from .observation import Observation, in_variant

_TRIED = 3  # weightings under which the coded bits of one variant are decoded
_LIKELY = 2  # variants that are decoded where the pilots promise something
# Deviations of the coded bits' energy that promise something whatever the pilots say, and that a variant has
# where they do: none of 866 readings of attacked pictures had less (1.7); without a mark, the best of 16 has
# 2.5 in the median.
_CLEAR, _FAINT = 4.0, 2.2


def pilot_scores(observation: Observation, layout: Layout = IMAGE) -> NDArray[np.float64]:
    """Return the pilots' correlation in standard deviations under each profile of the layout: how promising a
    geometry is."""
    weight = np.array(layout.profiles) / np.sqrt(observation.variance)
    return (weight @ observation.soft[:, PILOT]) / np.sqrt(weight**2 @ observation.pilot_energy + 1e-30)


def code_score(o: Observation, weight: Weights, code: Code) -> float:
    """Return the statistic of `null_law`: how far the coded bits agree with `code`, in standard deviations.
    `weight` must not depend on them."""
    return standard_score(weight, o.soft[:, :PILOT] @ code, o.coded_energy)


def known_score(o: Observation, weight: Weights, code: Code) -> float:
    """Return the same of coded bits and pilots together, for a geometry that no pilot had a part in choosing.
    `weight` must depend on neither."""
    return standard_score(
        weight, o.soft[:, :PILOT] @ code + o.soft[:, PILOT], o.coded_energy + o.pilot_energy
    )


def agreement(o: Observation, layout: Layout, code: Code) -> float:
    """Return the highest `code_score` under the weightings that decoding would try."""
    return max(code_score(o, weight, code) for weight in _weightings(o, layout))


def code_energy(o: Observation, layout: Layout) -> float:
    """Return how far the coded bits have more energy than signs by chance would give them, in standard
    deviations of that, under the best weighting that decoding would try.

    It shows whether there is anything to decode, whatever the payload is.
    """
    return float(_energies(o, _weightings(o, layout), layout).max())


def _energies(o: Observation, weightings: list[Weights], layout: Layout) -> NDArray[np.float64]:
    """Return `code_energy` under each weighting."""
    weights = np.array(weightings)
    energy = np.square(weights @ o.soft[:, :PILOT]).sum(1) / (np.square(weights) @ o.coded_energy + 1e-30)
    return np.asarray((energy - 1) * (layout.coded_bits / 2) ** 0.5)


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


@dataclass(frozen=True, slots=True)
class View:
    """What one of several keys that share the pilots sees. observation : under its own `carriers`."""

    key: Key
    carriers: Carriers
    observation: Observation


def decode_variants(
    views: Sequence[View], *, promising: bool, searched: bool, fixed: Sequence[Weights] = ()
) -> tuple[Decoded, View] | None:
    """Decode the variants whose coded bits have the most energy, of whichever key; None where none has
    enough.

    promising : the pilots say that there is something. searched : they had a part in choosing the geometry.
    fixed : weightings of the sub-bands that depend on no sign of the key; the layout's profiles if empty.
    """
    o, layout = views[0].observation, views[0].carriers.layout
    fixed = fixed or list(np.array(layout.profiles) / np.sqrt(o.variance))
    weightings = [weight for weight in (gains_from_pilots(o), *fixed) if weight.any()]
    energies = np.array(
        [
            _energies(in_variant(view.observation, view.carriers, variant), weightings, layout)
            for view in views
            for variant in range(layout.variants)
        ]
    )
    # pilots that keys share are in pictures that were marked with another of them
    known = not searched and views[0].key.finder is None
    highest = None
    for number in np.argsort(-energies.max(1))[:_LIKELY]:
        if energies[number].max() < (_FAINT if promising else _CLEAR):
            break
        view, variant = views[number // layout.variants], int(number % layout.variants)
        own = in_variant(view.observation, view.carriers, variant)

        def score(weight: Weights, code: Code, own: Observation = own) -> float:
            by_code = max(code_score(own, each, code) for each in weightings)
            return by_code if not known else max(by_code, *(known_score(own, each, code) for each in fixed))

        decoded = decode_soft(
            own.soft[:, :PILOT],
            [weightings[i] for i in np.argsort(-energies[number])[:_TRIED]],
            key=view.key,
            schemes=[layout.scheme + grid.check for grid in GRIDS],
            gains=partial(gains_from_code, own),
            score=score,
        )
        if decoded.payload is not None and variant_of(decoded.payload, view.key, layout) == variant:
            return decoded, view
        if highest is None or decoded.score > highest[0].score:
            highest = replace(decoded, payload=None), view
    return highest


def code_of(payload: bytes, key: Key, grid: Grid, layout: Layout = IMAGE) -> Code:
    """Return the coded bits of the payload of a picture, or of a clip by its layout, +1 for 0 and -1 for 1.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes.
    """
    bits = encode(frame(payload, key, layout.scheme + grid.check, layout.frame_bits))
    return np.asarray(1.0 - 2.0 * bits.astype(np.float64))


def grid_of(decoded: Decoded, layout: Layout) -> Grid:
    """Return the grid on which a frame was marked, by the check that holds."""
    return next(grid for grid in GRIDS if layout.scheme + grid.check == decoded.scheme)

"""From an alignment to a payload: observing every tile, weights from the pilots, decoding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import CODED_BITS
from ..common.soft_decoding import Code, Decoded, Weights, decode_soft, standard_score
from .bands import BANDS, LOW_BANDS, STEPS, STEPS_A_SLOT
from .carrier import DETECTION, PERIOD, PILOT, SCHEME, SYMBOLS, carriers
from .sync import PERIOD_ROWS, Alignment, interpolated
from .tile_contrast import Map

GROUPS = 8
_GROUP = np.arange(BANDS) * GROUPS // BANDS
PIECE = 3 * STEPS + STEPS // 5  # rows: four frames, twenty pieces a period
# Gains of the groups of bands after common codecs, mean of 48 clips of 5 s (MP3 96, Opus 48 kbit/s), and how
# many pilots that experience is worth.
_USUAL = np.array([0.6, 0.8, 1, 1, 1, 0.85, 0.5, 0.4])
_USUAL_COUNT = 400


@dataclass(frozen=True, slots=True)
class Observation:
    """What is seen of a mark in a stretch of sound, by group of bands.

    soft : (GROUPS, SYMBOLS) correlation with the carrier of each coded bit, of the pilots, of the detection
        chips.
    energy : the same shape, sum of the squares. count : tiles of each.
    """

    soft: NDArray[np.float64]
    energy: NDArray[np.float64]
    count: NDArray[np.float64]


def _tiles(
    rows: Map, key: Key, alignment: Alignment
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return every tile that a map shows: its contrast times its sign, symbol, band, and row of the map."""
    c = carriers(key)
    slots = np.arange(PERIOD)
    at = (slots * STEPS_A_SLOT - alignment.offset) % PERIOD_ROWS / alignment.tempo
    seen = at < len(rows) - 1
    slots, at = slots[seen], at[seen]
    band = np.broadcast_to(np.arange(BANDS) + alignment.shift, (slots.size, BANDS))
    row = np.broadcast_to(at[:, None], band.shape)
    first = np.ones(band.shape, bool)
    first[slots % 2 == 1, :LOW_BANDS] = False
    value = interpolated(rows, row[first], band[first]) * c.sign[slots][first]
    own = np.broadcast_to(np.arange(BANDS), band.shape)[first]
    return value, c.index[slots][first].astype(np.int64), own, row[first].astype(np.int64)


def observe(rows: Map, key: Key, alignment: Alignment) -> Observation:
    """Observe the tiles of a map."""
    value, symbol, band, _ = _tiles(rows, key, alignment)
    index = _GROUP[band] * SYMBOLS + symbol
    size = GROUPS * SYMBOLS
    return Observation(
        *(
            np.bincount(index, w, size).reshape(GROUPS, SYMBOLS).astype(np.float64)
            for w in (value, value * value, None)
        )
    )


def pieces(rows: Map, key: Key, alignment: Alignment) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Observe the tiles of a map by time: (pieces, SYMBOLS) correlations, and (pieces,) energies."""
    value, symbol, _, row = _tiles(rows, key, alignment)
    count = -(-len(rows) // PIECE)
    piece = row // PIECE
    soft = np.bincount(piece * SYMBOLS + symbol, value, count * SYMBOLS).reshape(count, SYMBOLS)
    return soft.astype(np.float32), np.bincount(piece, value * value, count).astype(np.float32)


def detection_score(o: Observation, weight: Weights) -> float:
    """Return the statistic of `null_law`: the detection chips' weighted correlation in standard deviations.
    `weight` must not depend on them."""
    return standard_score(weight, o.soft[:, DETECTION], o.energy[:, DETECTION])


def _variance(o: Observation) -> NDArray[np.float64]:
    """Return the mean square of the tiles of each group."""
    return np.asarray(o.energy.sum(1) / np.maximum(o.count.sum(1), 1) + 1e-12)


def gains_from_pilots(o: Observation) -> Weights:
    """Return the weights of the groups as their pilots measure them, and, where few were seen, as is
    usual."""
    deviation = np.sqrt(_variance(o))
    agreed, count = o.soft[:, PILOT] / deviation, o.count[:, PILOT]
    overall = max(float(agreed @ _USUAL / (count @ _USUAL**2 + 1e-9)), 1e-6)
    gain = (agreed + _USUAL_COUNT * overall * _USUAL) / (count + _USUAL_COUNT)
    return np.asarray(np.maximum(gain, 0) / deviation)


def _gains_from_code(o: Observation, code: Code) -> Weights:
    """Return the weights of the groups that a decoded frame measures."""
    count = np.maximum(o.count[:, :CODED_BITS].sum(1), 1)
    gain = (o.soft[:, :CODED_BITS] * code).sum(1) / count
    return np.asarray(np.maximum(gain, 0) / _variance(o))


def decode_payload(o: Observation, key: Key) -> Decoded:
    """Decode an observation with the weights of its pilots, then with equal ones."""
    return decode_soft(
        o.soft[:, :CODED_BITS],
        (gains_from_pilots(o), 1 / np.sqrt(_variance(o))),
        key=key,
        schemes=(SCHEME,),
        gains=partial(_gains_from_code, o),
        score=lambda weight, code: detection_score(o, weight),
    )

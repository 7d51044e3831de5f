"""From a place to a payload: what every tile says, weights from the pilots, decoding, the keyed check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import CODED_BITS, decode, encode
from ..common.frame import unframe
from .bands import BANDS, LOW_BANDS, STEPS, STEPS_A_SLOT
from .carrier import PERIOD, PILOT, SCHEME, SYMBOLS, WITNESS, carriers
from .sync import PERIOD_ROWS, Place, look
from .tile_contrast import Map

GROUPS = 8
_GROUP = np.arange(BANDS) * GROUPS // BANDS
PIECE = 3 * STEPS + STEPS // 5  # rows: four frames, twenty pieces a period
# Gains of the groups of bands after common codecs, mean of 48 clips of 5 s (MP3 96, Opus 48 kbit/s), and how
# many pilots that experience is worth.
_USUAL = np.array([0.6, 0.8, 1, 1, 1, 0.85, 0.5, 0.4])
_USUAL_COUNT = 400
_REFINEMENTS = 2
_NOISE_AGREEMENT = 0.4  # what the decoder makes of pure noise: such a decoding measures nothing


@dataclass(frozen=True, slots=True)
class Observation:
    """What a stretch of sound says, by group of bands.

    soft : (GROUPS, SYMBOLS) correlation with the carrier of each coded bit, of the pilots, of the witnesses.
    energy : the same shape, sum of the squares. count : tiles of each.
    """

    soft: NDArray[np.float64]
    energy: NDArray[np.float64]
    count: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A payload whose keyed check holds, and the witnesses' statistic."""

    payload: bytes
    score: float
    bits_corrected: int
    decodings: int
    code: NDArray[np.float64]


def _tiles(
    rows: Map, key: Key, place: Place
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Every tile that a map shows: its evidence times its sign, symbol, band, and row of the map."""
    c = carriers(key)
    slots = np.arange(PERIOD)
    at = (slots * STEPS_A_SLOT - place.offset) % PERIOD_ROWS / place.tempo
    seen = at < len(rows) - 1
    slots, at = slots[seen], at[seen]
    band = np.broadcast_to(np.arange(BANDS) + place.shift, (slots.size, BANDS))
    row = np.broadcast_to(at[:, None], band.shape)
    first = np.ones(band.shape, bool)
    first[slots % 2 == 1, :LOW_BANDS] = False
    value = look(rows, row[first], band[first]) * c.sign[slots][first]
    own = np.broadcast_to(np.arange(BANDS), band.shape)[first]
    return value, c.index[slots][first].astype(np.int64), own, row[first].astype(np.int64)


def observe(rows: Map, key: Key, place: Place) -> Observation:
    """The tiles of a map at a place."""
    value, symbol, band, _ = _tiles(rows, key, place)
    index = _GROUP[band] * SYMBOLS + symbol
    size = GROUPS * SYMBOLS
    return Observation(
        *(
            np.bincount(index, w, size).reshape(GROUPS, SYMBOLS).astype(np.float64)
            for w in (value, value * value, None)
        )
    )


def pieces(rows: Map, key: Key, place: Place) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The same by time: (pieces, SYMBOLS) correlations, and (pieces,) energies, for `spans`."""
    value, symbol, _, row = _tiles(rows, key, place)
    count = -(-len(rows) // PIECE)
    piece = row // PIECE
    soft = np.bincount(piece * SYMBOLS + symbol, value, count * SYMBOLS).reshape(count, SYMBOLS)
    return soft.astype(np.float32), np.bincount(piece, value * value, count).astype(np.float32)


def witness_score(o: Observation, weight: NDArray[np.float64]) -> float:
    """The statistic of `stats`: `weight` must not depend on the witnesses."""
    return float(weight @ o.soft[:, WITNESS] / np.sqrt(weight**2 @ o.energy[:, WITNESS] + 1e-30))


def _variance(o: Observation) -> NDArray[np.float64]:
    return np.asarray(o.energy.sum(1) / np.maximum(o.count.sum(1), 1) + 1e-12)


def gains_from_pilots(o: Observation) -> NDArray[np.float64]:
    """Weights of the groups: what their pilots say, and, where few were seen, what is usual."""
    deviation = np.sqrt(_variance(o))
    agreed, count = o.soft[:, PILOT] / deviation, o.count[:, PILOT]
    overall = max(float(agreed @ _USUAL / (count @ _USUAL**2 + 1e-9)), 1e-6)
    gain = (agreed + _USUAL_COUNT * overall * _USUAL) / (count + _USUAL_COUNT)
    return np.asarray(np.maximum(gain, 0) / deviation)


def _gains_from_code(o: Observation, code: NDArray[np.float64]) -> NDArray[np.float64]:
    count = np.maximum(o.count[:, :CODED_BITS].sum(1), 1)
    gain = (o.soft[:, :CODED_BITS] * code).sum(1) / count
    return np.asarray(np.maximum(gain, 0) / _variance(o))


def decode_payload(o: Observation, key: Key) -> Decoded | int:
    """The payload, or the number of decodings that found none.

    Each weighting is refined by its own decoding: even a wrong one has most coded bits right, and measures
    the groups' gains on all of them instead of the pilots.
    """
    used = 0
    for weight in (gains_from_pilots(o), 1 / np.sqrt(_variance(o))):
        for _ in range(1 + _REFINEMENTS):
            soft = weight @ o.soft[:, :CODED_BITS]
            soft /= soft.std() + 1e-12
            bits = decode(soft)
            used += 1
            code = 1.0 - 2.0 * encode(bits).astype(np.float64)
            payload = unframe(bits, key, SCHEME)
            if payload is not None:
                score = witness_score(o, _gains_from_code(o, code))
                return Decoded(payload, score, int((soft * code < 0).sum()), used, code)
            if float((soft * code).mean()) < _NOISE_AGREEMENT:
                break
            weight = _gains_from_code(o, code)
    return used

"""Key -> carriers: which coded bit and which sign each tile of the time-frequency plane has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import CODED_BITS
from ..common.streams import words as stream_words
from .bands import BANDS, LOW_BANDS, SLOTS

SCHEME = "stamp.audio.1"
FRAME = 32  # slots in which every coded bit appears two or three times
FRAMES = 80
PERIOD = FRAME * FRAMES  # slots: 64 s until the pattern repeats
PERIOD_SECONDS = PERIOD / SLOTS
PILOT_SHARE, DETECTION_SHARE = 0.11, 0.06
PILOT, DETECTION = CODED_BITS, CODED_BITS + 1  # the indices of the two kinds of known chips
SYMBOLS = CODED_BITS + 2
T = TypeVar("T", np.int16, np.float32)
_LOW_TILES = LOW_BANDS * FRAME // 2
_TILES = _LOW_TILES + (BANDS - LOW_BANDS) * FRAME


@dataclass(frozen=True, slots=True)
class Carriers:
    """What one key puts into one period.

    index : (PERIOD, BANDS) int16, the coded bit that the tile carries, `PILOT` or `DETECTION`. sign : the
    same shape, -1 or +1. In the low bands a tile spans an even slot and the next one.
    """

    index: NDArray[np.int16]
    sign: NDArray[np.float32]


def _spread(tiles: NDArray[T]) -> NDArray[T]:
    """Spread tiles over slots and bands: (FRAMES, _TILES) -> (PERIOD, BANDS)."""
    low = tiles[:, :_LOW_TILES].reshape(FRAMES * FRAME // 2, LOW_BANDS)
    high = tiles[:, _LOW_TILES:].reshape(PERIOD, BANDS - LOW_BANDS)
    return np.hstack([np.repeat(low, 2, axis=0), high])


@lru_cache(maxsize=8)
def carriers(key: Key) -> Carriers:
    """Derive the carriers of a key (cached: it takes some twenty milliseconds)."""
    words = stream_words(key, f"{SCHEME}/carrier", FRAMES * _TILES).reshape(FRAMES, _TILES)
    pilots, known = round(PILOT_SHARE * _TILES), round(DETECTION_SHARE * _TILES)
    known += pilots
    rank = np.empty(words.shape, np.int64)
    np.put_along_axis(rank, np.argsort(words, axis=1, kind="stable"), np.arange(_TILES)[None], axis=1)
    bit = (rank - known) % CODED_BITS
    index = np.where(rank < pilots, PILOT, np.where(rank < known, DETECTION, bit))
    sign = np.where(words & np.uint64(1), np.float32(1), np.float32(-1))
    return Carriers(_spread(index.astype(np.int16)), _spread(sign))


def start_slot(payload: bytes, key: Key) -> int:
    """Return the slot of the period, an even one, at which a recording with this payload begins.

    Recordings of one key begin at different slots, so that adding up their beginnings does not show the
    pattern.
    """
    return 2 * int(stream_words(key, f"{SCHEME}/start/{payload.hex()}", 1)[0] % np.uint64(PERIOD // 2))

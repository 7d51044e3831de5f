"""How much of a mark is left in an excerpt of a song, for whoever knows its payload."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import CODED_BITS, encode
from ..common.frame import frame
from ..common.soft_decoding import standard_score
from .bands import STEPS, STEPS_A_SLOT
from .carrier import SCHEME, start_slot
from .decode import gains_from_pilots, observe
from .maps import Mapper
from .sync import PERIOD_ROWS, Alignment, refine

# Deviations of agreement. The code is that of photos, which asks for 14.5; ten seconds must be placed by few
# pilots, too: of 13 songs at four strengths one with 15.6 was not read, and none above.
NEEDED = 16.5


def left_of(
    samples: NDArray[np.floating], payload: bytes, *, key: Key, sample_rate: int, starts_s: float
) -> float:
    """Return how far the coded bits of an excerpt agree with those of `payload`, in deviations of chance;
    nothing is searched nor decoded.

    samples : (n, channels), in -1..1. starts_s : where in the song that was marked it begins.
    """
    mapper = Mapper(sample_rate, samples.shape[1], PERIOD_ROWS)
    rows = np.concatenate([stretch.rows for stretch in (*mapper.push(samples), *mapper.flush())])
    offset = (start_slot(payload, key) * STEPS_A_SLOT + starts_s * STEPS) % PERIOD_ROWS
    seen = observe(rows, key, refine(rows, key, Alignment(0.0, offset)))
    code = 1.0 - 2.0 * encode(frame(payload, key, SCHEME)).astype(np.float64)
    weight = gains_from_pilots(seen)
    return standard_score(weight, seen.soft[:, :CODED_BITS] @ code, seen.energy[:, :CODED_BITS].sum(1))

"""Judge known payloads by what is left of a suspect without the original, where no decoding can read one.

An observation has one sum for each coded bit, S, under the signs of the candidate's variant. The candidate's
code word c says what sign each of them should have; pilots and constellation, which all marks of a key have
in common, stay out of it. Two laws hold of c S, whatever the picture is:

- Made without the key: S is a sum over places of independent fair signs, the key's, so that the bound of
  `null_law` holds of c S by the root of the sum of squares over places.
- Marked with the key and another payload: c is a word of the code that has nothing to do with S. Any five
  of its bits are independent, since no five columns of the generator matrix add up to zero, so that
  z = c S / |S| has the first five moments of a sum of independent signs; of its tail, see there.

`docs/scheme.md`, section 13, derives both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common import null_law
from ..common.coding import encode
from .carrier import IMAGE, PILOT, carriers, variant_of
from .decode import code_of
from .grid import Grid
from .observation import BANDS, Observation, in_variant

_DRAWN = 4096  # code words that candidates are compared with


@dataclass(frozen=True, slots=True)
class Judged:
    """z, log10_p, log10_p_permuted : see `Confirmation`; these of one candidate by itself."""

    z: float
    log10_p: float
    log10_p_permuted: float


def judge(observation: Observation, key: Key, grid: Grid, payloads: Sequence[bytes]) -> list[Judged]:
    """Judge candidates that were marked with `key` on `grid`. Raises PayloadError."""
    made = carriers(key)
    over_places = float(np.sqrt(observation.coded_energy.sum())) + 1e-12
    judged = []
    for payload in payloads:
        own = in_variant(observation, made, variant_of(payload, key))
        soft = np.ones(BANDS) @ own.soft[:, :PILOT]
        over_codes = float(np.sqrt(soft @ soft)) + 1e-12
        drawn = _drawn() @ soft
        agreed = float(code_of(payload, key, grid) @ soft)
        z, by_key = agreed / over_codes, agreed / over_places
        law = max(null_law.log10_p_statistic(z), null_law.log10_p_statistic(by_key))
        by_draw = null_law.log10_normal_tail((agreed - float(drawn.mean())) / (float(drawn.std()) + 1e-12))
        judged.append(Judged(z, law, by_draw))
    return judged


@cache
def _drawn() -> NDArray[np.float32]:
    """Code words of frames that were drawn once and for all, (n, coded bits), +1 for 0 and -1 for 1."""
    generator = np.array([encode(bits) for bits in np.eye(IMAGE.frame_bits, dtype=np.uint8)], np.float32)
    frames = np.random.default_rng(0).integers(0, 2, (_DRAWN, IMAGE.frame_bits)).astype(np.float32)
    return np.asarray(1 - 2 * ((frames @ generator) % 2), np.float32)

"""Judge a known payload by what is left of a suspect without the original, where no decoding can read one.

An observation has one sum for each coded bit, S, under the signs that the payload has. Its code word c says
what sign each of them should have; pilots and constellation, which all marks of a key have in common, stay
out of it. Two laws hold of c S, whatever the suspect is:

- Made without the key: S is a sum over places of independent fair signs, the key's, so that the bound of
  `null_law` holds of c S by the root of the sum of squares over places.
- Marked with the key and another payload: c is a word of the code that has nothing to do with S. Any five
  of its bits are independent, since no five columns of the generator matrix add up to zero, so that
  z = c S / |S| has the first five moments of a sum of independent signs; of its tail, see there.

`docs/scheme.md`, section 13, derives both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from . import null_law
from .coding import encode

_DRAWN = 4096  # code words that candidates are compared with


@dataclass(frozen=True, slots=True)
class Judged:
    """z, log10_p, log10_p_permuted : see `Confirmation`; these of one candidate by itself."""

    z: float
    log10_p: float
    log10_p_permuted: float


def judged(soft: NDArray[np.float64], code: NDArray[np.float64], energy: float, frame_bits: int) -> Judged:
    """Judge a candidate. soft : (coded bits,) sums under its signs. code : its code word, +1 and -1.
    energy : sum of the squares over places. frame_bits : of the code."""
    over_places = float(np.sqrt(energy)) + 1e-12
    over_codes = float(np.sqrt(soft @ soft)) + 1e-12
    drawn = _drawn(frame_bits) @ soft
    agreed = float(code @ soft)
    z, by_key = agreed / over_codes, agreed / over_places
    law = max(null_law.log10_p_statistic(z), null_law.log10_p_statistic(by_key))
    by_draw = null_law.log10_normal_tail((agreed - float(drawn.mean())) / (float(drawn.std()) + 1e-12))
    return Judged(z, law, by_draw)


def either(looks: Sequence[Judged]) -> Judged:
    """Return the best of several looks at one candidate, which pays for their number."""
    best, paid = min(looks, key=lambda each: each.log10_p), math.log10(len(looks))
    return replace(
        best,
        log10_p=min(0.0, best.log10_p + paid),
        log10_p_permuted=min(0.0, min(each.log10_p_permuted for each in looks) + paid),
    )


@cache
def _drawn(frame_bits: int) -> NDArray[np.float32]:
    """Code words of frames that were drawn once and for all, (n, coded bits), +1 for 0 and -1 for 1."""
    generator = np.array([encode(bits) for bits in np.eye(frame_bits, dtype=np.uint8)], np.float32)
    frames = np.random.default_rng(0).integers(0, 2, (_DRAWN, frame_bits)).astype(np.float32)
    return np.asarray(1 - 2 * ((frames @ generator) % 2), np.float32)

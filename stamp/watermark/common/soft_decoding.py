"""From soft bits to a payload: combining, decoding, refining, the keyed check.

An observation has the soft bits of several channels, the sub-bands of an image or groups of bands of a sound.
How much each of them counts is measured on the pilots first, and then, better, on what was decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ...core.payload import Payload
from .coding import decode, encode
from .frame import unframe

Weights = NDArray[np.float64]  # (channels,)
Code = NDArray[np.float64]  # (coded bits,), +1 for 0 and -1 for 1

_REFINEMENTS = 2
_NOISE_AGREEMENT = 0.4  # what the decoder makes of pure noise, on average: such a decoding measures nothing


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the decodings of one observation found.

    payload : the first whose keyed check holds, or None. score : the statistic of `null_law` for its frame;
        without a payload, the highest of all frames that were decoded.
    decodings : how many there were. scheme : whose check holds; bits_corrected, code : of the payload's
        frame. These three are empty without a payload.
    """

    payload: Payload | None
    score: float
    decodings: int
    scheme: str = ""
    bits_corrected: int = 0
    code: Code = field(default_factory=lambda: np.empty(0))


def decode_soft(
    soft: NDArray[np.float64],
    weightings: Iterable[Weights],
    *,
    key: Key,
    schemes: Sequence[str],
    gains: Callable[[Code], Weights],
    score: Callable[[Weights, Code], float],
    budget: int | None = None,
) -> Decoded:
    """Decode `soft`, (channels, coded bits), under each weighting, until a keyed check holds.

    Each weighting is refined by its own decoding: even a wrong one has most coded bits right, and measures
    the channels' gains on all of them instead of the pilots.

    schemes : names under which the check may hold. gains : the weights that a decoded frame measures.
    score : the statistic of `null_law` of a frame, and of the weights that it measures. budget : decodings at
        most; as many as there are weightings and refinements if None.
    """
    used, highest = 0, 0.0
    for weight in weightings:
        for _ in range(1 + _REFINEMENTS):
            if used == budget:
                break
            combined = weight @ soft
            combined /= combined.std() + 1e-12
            bits = decode(combined)
            used += 1
            code = 1.0 - 2.0 * encode(bits).astype(np.float64)
            weight = gains(code)
            statistic = score(weight, code)
            for scheme in schemes:
                if (payload := unframe(bits, key, scheme)) is not None:
                    corrected = int((combined * code < 0).sum())
                    return Decoded(payload, statistic, used, scheme, corrected, code)
            highest = max(highest, statistic)
            if float((combined * code).mean()) < _NOISE_AGREEMENT:
                break
    return Decoded(None, highest, used)


def standard_score(weight: Weights, soft: NDArray[np.float64], energy: NDArray[np.float64]) -> float:
    """Return the weighted sum of the channels' correlations in its standard deviations.

    soft : (channels,) correlations with known signs. energy : (channels,) sums of the squares of what was
        correlated. `weight` must not depend on the signs.
    """
    return float(weight @ soft / np.sqrt(weight**2 @ energy + 1e-30))

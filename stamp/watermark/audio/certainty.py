"""The threshold of the detection chips of a stretch of sound: false positives stay below one in 10^9 calls.

`null_law` has the law. An excerpt of some seconds has few detection chips, and is read at the first attempts
or never: so the threshold is lower for the first decodings of a call than for the later ones. In all, however
many there are, the probabilities that they allow add up to at most

    4 * 0.25 + 16 * 0.05 + 180 * 0.005 + 200 * 0.005 = 3.7,    times 2**-32 of the keyed check: 8.7e-10,

and the mark that is called present without a payload adds 1e-10.
"""

from __future__ import annotations

from functools import cache

from ..common import null_law

FIRST, P_FIRST = 4, 0.25
EARLY, P_EARLY = 20, 0.05
LATE, P_LATE = 200, 0.005


@cache
def threshold_after(decodings: int) -> float:
    """Return what the statistic must reach where the call has spent so many decodings, this one included."""
    if decodings <= FIRST:
        return null_law.threshold(P_FIRST, 1)
    if decodings <= EARLY:
        return null_law.threshold(P_EARLY, 1)
    return null_law.threshold(P_LATE * min(1.0, (LATE / decodings) ** 2), 1)

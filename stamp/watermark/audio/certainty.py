"""What the witnesses of a stretch of sound must reach: false positives stay below one in 10^9 calls.

`stats` has the law. A clip of some seconds has few witnesses, and is read at the first attempts or never:
so the first decodings of a call are asked for less than the later ones. In all, however many there are, the
probabilities asked for add up to at most

    4 * 0.25 + 16 * 0.05 + 180 * 0.005 + 200 * 0.005 = 3.7,    times 2**-32 of the keyed check: 8.7e-10,

and the mark that is called present without a payload adds 1e-10.
"""

from __future__ import annotations

from functools import cache

from ..common import null_law as stats

FIRST, P_FIRST = 4, 0.25
EARLY, P_EARLY = 20, 0.05
LATE, P_LATE = 200, 0.005


@cache
def threshold_after(decodings: int) -> float:
    """What the statistic must reach where the call has spent so many decodings, this one included."""
    if decodings <= FIRST:
        return stats.threshold(P_FIRST, 1)
    if decodings <= EARLY:
        return stats.threshold(P_EARLY, 1)
    return stats.threshold(P_LATE * min(1.0, (LATE / decodings) ** 2), 1)

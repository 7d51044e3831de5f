"""The null law of the detection statistic, its threshold, and the false positive rate of one call.

The detection chips are signs s_i = +-1 drawn by the key's PRF. Nothing that finds a mark looks at them:
geometry, position, the weights of the sub-bands and the payload come from the constellation, the pilots and
the coded bits. For a picture that was not marked with this key they are therefore independent of all that was
chosen, and z = sum(s_i a_i) / sqrt(sum(a_i ** 2)) is a weighted Rademacher sum, for which

    P(z >= x) <= c * P(N(0, 1) >= x),    c = 1 / (4 * P(N(0, 1) >= sqrt(2))) = 3.178...

(Bentkus and Dzindzalieta, "A tight Gaussian bound for weighted sums of Rademacher random variables",
Bernoulli 21(2), 2015, doi:10.3150/14-BEJ603). No assumption about photographs enters, however many geometries
were searched.

A song's payload is reported only where z reaches `THRESHOLD`, which has p <= `P_STATISTIC`, *and* the keyed
32-bit check holds for one of two grids, which a wrong decoding does with probability 2 * 2**-32,
independently of the detection chips. With at most `MAX_DECODINGS` decodings in one call,

    false positive rate per call <= MAX_DECODINGS * P_STATISTIC * CHECKED = 4.7e-10,    CHECKED = 2 * 2**-32.

Pictures and clips have no detection chips: they are judged by their coded bits, which the decoder does look
at. The statistic is their sum under the frame that was read. For any one frame that is a weighted Rademacher
sum with the bound above, as long as geometry, position and weights come from the constellation and the
pilots. So for the best of all 2 * 2**64 frames that carry a payload, under the best of `WEIGHTINGS` weights,
the bound is `CHOSEN` times as high, however the frame was found; the statistic must reach 11.8 instead of 2.7
to make up for that. What counts there as a decoding is an attempt whose coded bits are looked at, however
often they are decoded.

In a picture the payload also chooses one of several patterns of signs; a frame belongs to one of them, so
that there are no more frames to choose among. An attempt tries twelve fixed weightings and that of the
pilots. Where the geometry is that of the whole picture as it was marked, or one pixel about, pilots count as
evidence as well: the statistic is then also that of coded bits and pilots together, under the fixed
weightings, at each of 9 places on 2 grids, of which the pilots may have chosen the best. So a call looks at
no more than 13 statistics of a frame in each of 100 attempts and 12 in each of 18 places, 1,516; the law
counts 100 x `WEIGHTINGS_PICTURE` = 1,600.

A call that looks at rectangles of a picture one by one makes further decodings in each, and asks more of each
(`threshold_after`): however many there are, all of them together are as likely to report a payload by chance
as the whole picture is. Rectangles are chosen without the key.

A mark is called present without its payload only where z alone reaches `THRESHOLD_ALONE`: p <= 1e-10 over the
`MAX_POSITIONS` geometries that one call may look at.
"""

from __future__ import annotations

import math
from functools import cache

P_STATISTIC = 0.01
MAX_DECODINGS = 100
WEIGHTINGS = 3  # of the sub-bands, that one attempt tries
WEIGHTINGS_PICTURE = 16  # and statistics, that an attempt in a picture tries, on average
_CHECKS = 2  # a frame has one of two checks, for the two grids that it may be marked on
# What a decoding multiplies the probability of a statistic with: the chance that a wrong one passes a check,
# or the frames and weightings that it chooses among.
CHECKED, CHOSEN = _CHECKS * 2.0**-32, WEIGHTINGS * _CHECKS * 2.0**64
CHOSEN_PICTURE = WEIGHTINGS_PICTURE * _CHECKS * 2.0**64
P_ALONE = 1e-10
MAX_POSITIONS = 200
_LOG10_C = math.log10(1 / (2 * math.erfc(1.0)))


def log10_normal_tail(z: float) -> float:
    """Return log10 P(N(0, 1) >= z), also where the probability itself underflows."""
    if z < 30:
        return math.log10(math.erfc(z / math.sqrt(2)) / 2)
    # Abramowitz and Stegun 26.2.12
    return (-z * z / 2 - math.log(z * math.sqrt(2 * math.pi))) / math.log(10) + math.log10(
        1 - 1 / z**2 + 3 / z**4
    )


def log10_p_statistic(z: float, tests: int = 1) -> float:
    """Return an upper bound of log10 P(one of `tests` statistics reaches z) on a picture not marked with the
    key."""
    return min(0.0, _LOG10_C + log10_normal_tail(z) + math.log10(tests))


def log10_p_report(z: float, decodings: int, odds: float = CHECKED) -> float:
    """Return an upper bound of log10 of the probability that a payload with this statistic arises by chance;
    `odds`: of one decoding, `CHECKED` or `CHOSEN`."""
    return min(0.0, log10_p_statistic(z) + math.log10(decodings) + math.log10(odds))


def threshold(p: float, tests: int) -> float:
    """Return what the highest of `tests` statistics reaches with a probability of at most `p`, rounded up."""
    low, high = 0.0, 60.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if log10_p_statistic(middle, tests) > math.log10(p) else (low, middle)
    return math.ceil(high * 1000) / 1000


THRESHOLD = threshold(P_STATISTIC, 1)


@cache
def threshold_after(decodings: int, odds: float = CHECKED) -> float:
    """Return what the statistic must reach once a call has spent `decodings`: its p falls with their square
    beyond `MAX_DECODINGS`.

    So the false positives of a call that goes on for ever stay below 2 MAX_DECODINGS P_STATISTIC CHECKED =
    9.3e-10, whatever the `odds` of its decodings are.
    """
    share = min(MAX_DECODINGS / max(decodings, 1), 1.0) ** 2
    return threshold(P_STATISTIC * share * CHECKED / odds, 1)


THRESHOLD_ALONE = threshold(P_ALONE, MAX_POSITIONS)

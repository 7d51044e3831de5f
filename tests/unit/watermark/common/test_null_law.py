"""The law of the statistic: known tails, Rademacher sums, and what follows from the constants."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.watermark.common import null_law
from stamp.watermark.image.grid import GRIDS

# log10 of P(N(0, 1) >= z), from scipy.null_law.norm.logsf, SciPy 1.17
TAILS = {
    -3.0: -0.00058665,
    0.0: -0.301030,
    1.0: -0.799546,
    5.0: math.log10(2.866515719e-7),
    10.0: -23.118053,
    29.0: -184.482832,
    31.0: -210.569401,
    40.0: -349.437006,
}


@pytest.mark.parametrize("z", TAILS)
def test_known_tails(z: float) -> None:
    assert null_law.log10_normal_tail(z) == pytest.approx(TAILS[z], abs=2e-6)


def test_the_tail_is_continuous_where_the_formula_changes() -> None:
    below, above = null_law.log10_normal_tail(30 - 1e-9), null_law.log10_normal_tail(30 + 1e-9)
    assert below == pytest.approx(above, abs=1e-5)


@pytest.mark.parametrize("law", [null_law.log10_p_statistic, lambda z: null_law.log10_p_report(z, 3)])
def test_more_evidence_is_never_less_sure(law) -> None:  # type: ignore[no-untyped-def]
    values = [law(z) for z in np.arange(-10, 200, 0.25)]
    assert values[0] <= 0
    assert all(b <= a for a, b in itertools.pairwise(values))
    assert all(map(math.isfinite, values))
    assert values[-1] < -8000


def test_more_trials_are_less_sure() -> None:
    assert null_law.log10_p_statistic(8, 10) == pytest.approx(null_law.log10_p_statistic(8, 1) + 1)
    assert null_law.log10_p_report(8, 100) == pytest.approx(null_law.log10_p_report(8, 1) + 2)
    assert null_law.log10_p_statistic(0.1, 1000) == 0


WEIGHTS = {
    "two": [1, 1],
    "equal": [1] * 15,
    "one heavy": [3] + [1] * 13,
    "geometric": [0.8**k for k in range(15)],
    "two heavy": [5, 5] + [1] * 12,
    "uneven": [math.sqrt(k + 1) for k in range(15)],
}


def exceeding(sums: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
    """No level is reached more often than the bound says."""
    z = np.sort(sums / math.sqrt(float(weights @ weights)))[::-1]
    for rank, level in enumerate(z, start=1):
        if level > 0 and (rank == len(z) or z[rank] < level - 1e-12):
            assert math.log10(rank / len(z)) <= null_law.log10_p_statistic(level - 1e-9) + 1e-6


@pytest.mark.parametrize("name", WEIGHTS)
def test_no_exact_rademacher_sum_exceeds_the_bound(name: str) -> None:
    weights = np.array(WEIGHTS[name], float)
    signs = 1 - 2 * (np.arange(1 << weights.size)[:, None] >> np.arange(weights.size) & 1)
    exceeding(signs @ weights, weights)


def test_the_bound_is_reached_by_two_signs() -> None:
    """P(s1 + s2 >= 2) is a quarter; the constant is chosen so that the bound says just that."""
    assert null_law.log10_p_statistic(math.sqrt(2)) == pytest.approx(math.log10(0.25))


@pytest.mark.slow
def test_drawn_rademacher_sums_keep_the_bound() -> None:
    random = np.random.default_rng(11)
    weights = np.abs(random.standard_cauchy(300)).clip(0, 20)
    signs = random.integers(0, 2, (100_000, 300), np.int8) * np.int8(2) - np.int8(1)
    z = signs.astype(np.float32) @ weights.astype(np.float32) / np.sqrt(weights @ weights)
    for level in (1.0, 1.5, 2.0, 2.5, null_law.THRESHOLD, 3.0, 3.5):
        assert (z >= level).mean() <= 10 ** null_law.log10_p_statistic(level)


def test_one_call_reports_falsely_less_than_once_in_a_billion() -> None:
    with_payload = (
        null_law.MAX_DECODINGS * null_law.CHECKED * 10 ** null_law.log10_p_statistic(null_law.THRESHOLD)
    )
    alone = 10 ** null_law.log10_p_statistic(null_law.THRESHOLD_ALONE, null_law.MAX_POSITIONS)
    assert with_payload + alone <= 1e-9
    assert len(GRIDS) / 2**32 == null_law.CHECKED


def test_a_frame_that_was_chosen_among_all_must_reach_more() -> None:
    """No call, however long, is wrong more than once in a billion; thresholds are the lowest that hold."""
    assert null_law.WEIGHTINGS * len(GRIDS) * 2.0**64 == null_law.CHOSEN
    for odds in (null_law.CHECKED, null_law.CHOSEN):
        thresholds = [null_law.threshold_after(n, odds) for n in (1, 100, 101, 1000, 10**6)]
        assert thresholds == sorted(thresholds)
        for n, threshold in zip((1, 100, 101, 1000, 10**6), thresholds, strict=True):
            each = 10 ** (null_law.log10_p_statistic(threshold)) * odds
            allowed = null_law.P_STATISTIC * null_law.CHECKED * min(100 / n, 1) ** 2
            assert 0.98 * allowed < each <= allowed * (1 + 1e-9)
    assert null_law.threshold_after(1) == null_law.THRESHOLD
    assert 11.8 < null_law.threshold_after(1, null_law.CHOSEN) < 11.9
    assert 2 * null_law.MAX_DECODINGS * null_law.P_STATISTIC * null_law.CHECKED < 1e-9


def test_thresholds_are_the_lowest_that_hold() -> None:
    for threshold, p, tests in (
        (null_law.THRESHOLD, null_law.P_STATISTIC, 1),
        (null_law.THRESHOLD_ALONE, null_law.P_ALONE, null_law.MAX_POSITIONS),
    ):
        assert null_law.log10_p_statistic(threshold, tests) <= math.log10(p)
        assert null_law.log10_p_statistic(threshold - 0.002, tests) > math.log10(p)

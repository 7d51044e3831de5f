"""The null law's table: a uniform p follows it, an optimistic one is seen."""

from math import comb
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.photos import Size
from benchmarks.false_positives import run as false_positives


def test_normal_scores_stay_within_the_band_and_under_the_bound() -> None:
    table = false_positives.exceedance(np.random.default_rng(1).normal(size=4000))
    assert sum(row["low"] <= row["measured"] <= row["high"] for row in table) >= len(table) - 1
    assert all(row["measured"] <= max(row["bound"], 1) for row in table)


def test_scores_that_are_half_as_large_again_leave_the_bound() -> None:
    table = false_positives.exceedance(1.5 * np.random.default_rng(1).normal(size=4000))
    assert all(row["measured"] > row["bound"] for row in table if 3 <= row["z"] <= 4)


@pytest.mark.parametrize(("count", "p"), [(20, 0.5), (100, 0.02), (300, 0.001)])
def test_the_band_is_the_binomial_one(count: int, p: float) -> None:
    low, high = false_positives.binomial_band(count, p)
    pmf = [comb(count, k) * p**k * (1 - p) ** (count - k) for k in range(count + 1)]
    assert sum(pmf[:low]) < 0.025 <= sum(pmf[: low + 1])
    assert sum(pmf[:high]) < 0.975 <= sum(pmf[: high + 1])


def test_detections_are_dealt_evenly() -> None:
    paths = [Path("a.jpg"), Path("b.jpg"), Path("c.jpg")]
    tasks = false_positives.tasks_for(paths, Size(), 1, 2000)
    null = [task for task in tasks if task.kind != false_positives.MARKED]
    per_photo = {path: sum(len(task.numbers) for task in null if task.path == path) for path in paths}
    assert sum(per_photo.values()) >= 2000
    assert len(set(per_photo.values())) == 1

"""The null law's table, and what it counts: payloads that were drawn before anybody looked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import stamp
from benchmarks.common import tools
from benchmarks.common.photos import Size
from benchmarks.false_positives import run as false_positives
from benchmarks.false_positives.run import LEVELS, Drawn, Sample
from tests.media.pixels import photo


def of_scores(scores: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Sample]:
    reached = tuple(int((scores >= z).sum()) for z in LEVELS)
    return [Sample("unmarked", "", "", 1, False, False, 0.0, 0.0, 0.0, scores.size, reached)]


def test_normal_scores_stay_near_the_tail_and_under_the_bound() -> None:
    table = false_positives.exceedance(of_scores(np.random.default_rng(1).normal(size=40_000)))
    assert all(abs(row["measured"] - row["normal"]) <= 4 * row["normal"] ** 0.5 + 1 for row in table)
    assert all(row["measured"] <= max(row["bound"], 1) for row in table)


def test_scores_that_are_half_as_large_again_leave_the_bound() -> None:
    table = false_positives.exceedance(of_scores(1.5 * np.random.default_rng(1).normal(size=40_000)))
    assert all(row["measured"] > row["bound"] for row in table if 3 <= row["z"] <= 4)


@pytest.mark.slow
def test_drawn_payloads_score_as_chance_does_and_the_one_that_is_there_far_above() -> None:
    key = tools.key_from(1, "drawn")
    rng = np.random.default_rng(3)
    drawn, marked = Drawn(key, rng), Drawn(key, np.random.default_rng(4))
    payload = np.random.default_rng(4).bytes(8)  # the first that `marked` has drawn
    picture = stamp.embed(photo(256, 384, 1), payload, key=key)
    with drawn.watching(), marked.watching():
        assert stamp.detect(picture, key=key).payload == payload
    assert drawn.scored >= 100
    assert drawn.reached[LEVELS.index(5.0)] == 0
    assert marked.reached[LEVELS.index(6.0)] > 0


def test_detections_are_dealt_evenly() -> None:
    paths = [Path("a.jpg"), Path("b.jpg"), Path("c.jpg")]
    tasks = false_positives.tasks_for(paths, Size(), 1, 2000, 5)
    null = [task for task in tasks if task.kind != false_positives.MARKED]
    per_photo = {path: sum(len(task.numbers) for task in null if task.path == path) for path in paths}
    assert sum(per_photo.values()) >= 2000
    assert len(set(per_photo.values())) == 1

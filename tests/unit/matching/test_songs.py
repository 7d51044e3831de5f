"""Which span of a song is heard in another one: quieter, filtered, faster, under noise; and in none."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from stamp.matching.songs import SONG_AGREES, align_songs, compare_songs
from tests.media.samples import Samples, music, played_faster

RATE = 22_050


@cache
def song(seed: int = 1) -> Samples:
    return music(30.0, RATE, 2, seed)


def excerpt() -> Samples:
    """Ten seconds from the eleventh on."""
    return song()[11 * RATE : 21 * RATE]


@pytest.mark.slow
def test_an_excerpt_has_its_span() -> None:
    noise = np.random.default_rng(1).standard_normal(excerpt().shape)
    for heard in (0.1 * excerpt(), excerpt()[:, 0], excerpt() + 0.2 * excerpt().std() * noise):
        said, found = compare_songs(song(), heard, RATE)
        assert found is not None
        assert said.verdict == "agrees"
        assert found.correlation > 0.5
        assert found.work_span == pytest.approx((11, 21), abs=0.1)
        assert found.find_span == pytest.approx((0, 10), abs=0.1)
        assert said.overlap == pytest.approx(1 / 3, abs=0.02)
        assert "plays the work from 0:11.0 to 0:2" in said.sentence()


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.96, 1.05])
def test_a_faster_tape_has_its_speed(factor: float) -> None:
    found = align_songs(song(), played_faster(excerpt(), factor), RATE)
    assert found is not None
    assert found.agrees
    assert found.speed == pytest.approx(factor, abs=0.003)
    assert found.pitch == pytest.approx(factor, abs=0.003)
    assert found.work_span[0] == pytest.approx(11, abs=0.2)


@pytest.mark.slow
def test_only_the_part_that_is_the_work_counts() -> None:
    mixed = np.concatenate([song(7)[: 8 * RATE], excerpt()])
    found = align_songs(song(), mixed, RATE)
    assert found is not None
    assert found.find_span == pytest.approx((8, 18), abs=2.1)
    assert found.agrees


@pytest.mark.slow
def test_another_song_does_not_agree() -> None:
    found = align_songs(song(), song(7), RATE)
    assert found is not None
    assert abs(found.correlation) < 0.7 * SONG_AGREES
    assert compare_songs(song(), song(7), RATE)[0].verdict == "unregistered"
    said, _ = compare_songs(song(), song(7), RATE, marked=True)
    assert said.verdict == "differs"
    assert "carried over" in said.sentence()


def test_silence_and_crumbs_have_no_place() -> None:
    assert align_songs(song(), np.zeros(RATE, np.float32), RATE) is None
    assert align_songs(song(), np.zeros((0, 2), np.float32), RATE) is None
    said, found = compare_songs(song(), np.ones(100, np.float32), RATE)
    assert (said.verdict, found) == ("unregistered", None)

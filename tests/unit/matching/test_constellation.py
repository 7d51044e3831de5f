"""Pairs of tones: the same in excerpts, whatever the rate; other ones in other songs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.matching.constellation import STEP, Tones, tones_of

RATE = 16_000


def song(seconds: float, seed: int) -> NDArray[np.float32]:
    """Notes of three partials, four a second, in noise."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    samples = 0.01 * random.standard_normal(len(time))
    for note in range(int(4 * seconds)):
        start, pitch = note / 4 + random.uniform(0, 0.1), random.uniform(120, 900)
        inside = (time >= start) & (time < start + 0.5)
        local = time[inside] - start
        for partial in (1, 2, 3):
            samples[inside] += np.exp(-6 * local) * np.sin(2 * np.pi * partial * pitch * local) / partial
    return samples.astype(np.float32)


def votes(work: Tones, suspect: Tones) -> tuple[int, float]:
    """How many pairs agree on one offset, and that offset in seconds."""
    here, there = np.nonzero(suspect.codes[:, None] == work.codes[None])
    offsets = work.times[there].astype(int) - suspect.times[here].astype(int)
    if not len(offsets):
        return 0, 0.0
    values, counts = np.unique(offsets // 2, return_counts=True)
    return int(counts.max()), float(2 * values[counts.argmax()] * STEP)


@pytest.mark.slow
def test_an_excerpt_agrees_on_its_moment_and_another_song_does_not() -> None:
    whole = song(30, 1)
    work = tones_of(whole, RATE)
    found, moment = votes(work, tones_of(whole[12 * RATE : 20 * RATE], RATE))
    assert found > 40
    assert moment == pytest.approx(12, abs=0.1)
    assert votes(work, tones_of(song(8, 2), RATE))[0] < 8


@pytest.mark.slow
def test_a_faster_song_is_found_at_its_speed() -> None:
    whole = song(20, 1)
    work = tones_of(whole, RATE)
    faster = np.interp(np.arange(8 * RATE) * 1.05 + 5 * RATE, np.arange(len(whole)), whole).astype(np.float32)
    assert votes(work, tones_of(faster, RATE))[0] < 15
    found, moment = votes(work, tones_of(faster, RATE, 1.05))
    assert found > 30
    assert moment == pytest.approx(5, abs=0.1)


def test_the_rate_does_not_count() -> None:
    whole = song(10, 3)
    halved = whole[: len(whole) // 2 * 2].reshape(-1, 2).mean(axis=1)
    assert votes(tones_of(whole, RATE), tones_of(halved, RATE // 2))[0] > 40


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(RATE), np.ones(100)])
def test_silence_and_what_is_too_short_have_none(samples: NDArray[np.float64]) -> None:
    assert len(tones_of(samples.astype(np.float32), RATE).codes) == 0


def test_blocks_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = song(10, 4)
    at_once = tones_of(whole, RATE)
    monkeypatch.setattr("stamp.matching.constellation._BLOCK", 100)
    in_blocks = tones_of(whole, RATE)
    assert votes(at_once, in_blocks)[0] > 0.7 * len(at_once.codes)

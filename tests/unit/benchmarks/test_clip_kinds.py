"""Clips of every kind are drawn at their size, move, and go through the rungs that they have."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from benchmarks.clip_kinds import KINDS, REFERENCE, markdown, rungs
from benchmarks.common.clips import Shape
from benchmarks.robustness.video.attacks import Rendition


@pytest.mark.parametrize("name", [name for name in KINDS if "2160" not in name])
def test_a_kind_is_drawn_at_its_size_and_moves(name: str) -> None:
    kind = KINDS[name]
    size = kind.size[0] // 4, kind.size[1] // 4
    draw = kind.draw(size, np.random.default_rng(1))
    first, later = (np.asarray(draw(Image.new("RGB", size), time), int) for time in (0.0, 1.9))
    assert first.shape == (size[1], size[0], 3)
    assert first.std() > 5
    assert np.abs(first - later).max() > 30


def test_frames_beyond_the_usual_rate_get_half_as_much() -> None:
    usual, fast = (rungs(Shape(1280, 720, Fraction(rate))) for rate in (30, 60))
    one, two = (found["YouTube 720p AVC"] for found in (usual, fast))
    assert isinstance(one, Rendition)
    assert isinstance(two, Rendition)
    assert two.bits_per_pixel * 60 == pytest.approx(1.5 * one.bits_per_pixel * 30)
    small = rungs(Shape(426, 240, Fraction(30)))
    assert list(small) == [REFERENCE, "240 rows AVC"]
    assert not any("1080" in name for name in usual)


def test_what_was_said_to_hold_and_is_lost_is_counted() -> None:
    rows = [["a", REFERENCE, False, True], ["a", "360p", True, None], ["b", REFERENCE, False, False]]
    text = markdown({"rows": rows})
    assert "| a | 1 of 2 | holds |" in text
    assert "1 of 3 copies are read (33.3%). Said to hold but lost: 1." in text

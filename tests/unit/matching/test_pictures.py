"""The picture that shows a comparison: four panels, the region drawn, the find where the original has it."""

from __future__ import annotations

import numpy as np
import pytest

from stamp.matching.pictures import AMPLIFIED, side_by_side
from stamp.matching.registration import Registration, register
from tests.media.pixels import photo


def registered(original: np.ndarray, suspect: np.ndarray) -> Registration:
    found = register(original, suspect)
    assert found is not None
    return found


@pytest.mark.slow
def test_four_panels_show_the_part_that_is_seen() -> None:
    original = photo(320, 480, seed=3)
    suspect = np.clip(original[80:240, 120:360].astype(int) * 0.8 + 20, 0, 255).astype(np.uint8)
    drawn = side_by_side(original, suspect, registered(original, suspect), panel=480)
    gap = 12
    assert drawn.shape == (2 * 320 + 3 * gap, 2 * 480 + 3 * gap, 3)
    assert drawn.dtype == np.uint8
    laid = drawn[2 * gap + 320 : 2 * gap + 640, gap : gap + 480]
    assert np.abs(laid[100:220, 150:330].astype(int) - suspect[20:140, 30:210]).mean() < 6
    assert np.all(laid[:60, :100] == laid[0, 0])
    difference = drawn[2 * gap + 320 : 2 * gap + 640, 2 * gap + 480 : 2 * gap + 960]
    assert np.abs(difference[100:220, 150:330].astype(int) - 128).mean() < 2 * AMPLIFIED
    outside, inside = drawn[gap + 20, gap + 40].mean(), original[20, 40].mean()
    assert outside < 0.7 * inside


@pytest.mark.slow
def test_gray_large_and_mirrored_ones_are_drawn_too() -> None:
    original = photo(900, 600, seed=5)
    suspect = np.ascontiguousarray(original[..., 1].astype(np.uint16)[:, ::-1] << 8)
    found = registered(original, suspect)
    assert found.mirrored
    drawn = side_by_side(original, suspect, found, panel=300)
    again = side_by_side(original, suspect, found, panel=300)
    assert drawn.shape == (2 * 300 + 3 * 8, 2 * 200 + 3 * 8, 3)
    assert np.array_equal(drawn, again)

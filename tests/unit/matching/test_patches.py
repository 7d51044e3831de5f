"""Smooth photos on a page are found where they end, by the shade of the page."""

from __future__ import annotations

import numpy as np
import pytest

from stamp.matching.patches import patches
from tests.media.pixels import gray


def sky(height: int, width: int) -> np.ndarray:  # type: ignore[type-arg]
    shades = 180 - 60 * np.linspace(0, 1, height)[:, None] + 10 * np.linspace(0, 1, width)
    return np.rint(shades).astype(np.uint8)


@pytest.mark.parametrize("ground", [20, 250])
def test_a_sky_on_a_page_is_one_rectangle(ground: int) -> None:
    page = np.full((1800, 900), ground, np.uint8)
    page[300:800, 60:840] = sky(500, 780)
    page[900:912, 60:700] = 128  # a line of text
    (box,) = patches(page)
    assert np.abs(np.array(box) - (60, 300, 840, 800)).max() <= 2


def test_two_pictures_are_two_rectangles_the_larger_first() -> None:
    page = np.full((600, 900), 250, np.uint8)
    page[50:250, 50:350], page[50:550, 400:850] = sky(200, 300), sky(500, 450)
    assert [box[0] for box in patches(page)] == [400, 50]
    assert [box[0] for box in patches(page, limit=1)] == [400]


def test_a_photo_without_a_ground_has_none() -> None:
    assert patches(gray(480, 640, seed=3)) == []


def test_what_is_of_no_rectangle_is_left_out() -> None:
    page = np.full((600, 600), 250, np.uint8)
    rows, columns = np.mgrid[:600, :600]
    page[(rows - 300) ** 2 + (columns - 300) ** 2 < 200**2] = 100
    assert patches(page) == []

"""Whole pictures are alike by how light and dark lie on them, however they were turned."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from stamp.matching.thumbnails import ALIKE, thumbnail_correlation
from tests.media.pixels import gray


def smooth(edge: float, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    """Something dark below a slanting edge, under a light that is brighter somewhere."""
    y, x = np.mgrid[:300, :400] / 300
    light = 40 * np.cos(3 * x + seed) * np.cos(2 * y + 2 * seed)
    return np.asarray(128 + light + 60 * np.tanh(30 * (y - edge - 0.1 * x)), np.uint8)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarters", range(4))
def test_a_copy_is_alike_however_it_was_turned(mirrored: bool, quarters: int) -> None:
    plane = smooth(0.5, 1)
    copy = np.rot90(plane[:, ::-1] if mirrored else plane, quarters)
    small = np.asarray(Image.fromarray(np.ascontiguousarray(copy)).resize((130, 90)))
    assert thumbnail_correlation(plane, small) > 0.98
    assert thumbnail_correlation(plane, np.ascontiguousarray(255 - small)) < ALIKE


def test_contrast_and_lightness_do_not_count() -> None:
    plane = gray(300, 400)
    assert thumbnail_correlation(plane, (plane // 2 + 90).astype(np.uint8)) > 0.98


def test_another_picture_is_not_alike() -> None:
    assert thumbnail_correlation(smooth(0.5, 1), smooth(0.8, 4)) < ALIKE
    assert thumbnail_correlation(gray(300, 400), smooth(0.5, 1)) < ALIKE


def test_a_flat_picture_is_like_none() -> None:
    flat = np.full((300, 400), 90, np.uint8)
    assert thumbnail_correlation(flat, flat) == pytest.approx(0, abs=1e-6)
    assert thumbnail_correlation(gray(300, 400), flat) == pytest.approx(0, abs=1e-6)

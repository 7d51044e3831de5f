"""A suspect whose points match nothing is laid onto the original by its shades, to a tenth of a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from stamp.matching.laying import laid, refined
from stamp.matching.opencv import luma, mapped, resizing
from stamp.matching.registration import register
from stamp.matching.seeking import sought
from stamp.watermark.image.grid import resize
from tests.media.pixels import photo

from .test_registration import jpeg

WHOLE = photo(480, 640, seed=3)
SMOOTH = np.asarray(Image.fromarray(photo(24, 32, seed=4)).resize((640, 480), Image.Resampling.BICUBIC))


def test_a_thumbnail_is_brought_closer_than_its_points() -> None:
    thumbnail = jpeg(Image.fromarray(WHOLE).resize((160, 120), Image.Resampling.LANCZOS), 80)
    true = resizing((160, 120), (640, 480))
    moved = true.copy()
    moved[:2, 2] += 2.5, -1.5
    closer = refined(luma(WHOLE, "a").astype(np.float32), luma(thumbnail, "b"), moved)
    corners = np.array([[0, 0], [159, 0], [159, 119], [0, 119]])
    assert np.abs(mapped(closer, corners) - mapped(true, corners)).max() < 0.4


def test_where_nothing_fits_the_map_stays() -> None:
    flat = np.full((40, 60), 128, np.uint8)
    matrix = np.eye(3)
    assert refined(np.full((40, 60), 128, np.float32), flat, matrix) is matrix


@pytest.mark.parametrize("smooth", [False, True])
def test_a_small_piece_is_found(smooth: bool) -> None:
    noisy = SMOOTH.astype(int) + np.random.default_rng(1).integers(-3, 4, SMOOTH.shape)
    whole = np.clip(noisy, 0, 255).astype(np.uint8) if smooth else WHOLE
    piece = jpeg(Image.fromarray(whole[150:206, 270:350]), 90)
    found = sought(whole, piece)
    assert found is not None
    assert np.allclose(found.seen[0], (270 / 640, 150 / 480), atol=0.02)
    if smooth:
        assert register(whole, piece) is None


def test_another_picture_has_no_place() -> None:
    assert sought(WHOLE, photo(100, 140, seed=8)) is None
    assert sought(WHOLE, photo(500, 700, seed=8)) is None


def test_what_is_laid_lies_on_the_original_where_it_is_seen() -> None:
    piece = Image.fromarray(WHOLE[100:340, 160:480]).resize((240, 180), Image.Resampling.LANCZOS)
    suspect = jpeg(piece, 90)
    found = register(WHOLE, suspect)
    assert found is not None
    plane = luma(WHOLE, "a").astype(np.float32)
    there = laid(plane, luma(suspect, "b"), found, resize)
    assert there.seen.mean() == pytest.approx(0.25, abs=0.02)
    left = (there.suspect - there.original)[there.seen]
    assert np.sqrt(np.mean(left**2)) < 4
    assert np.sqrt(np.mean(left**2)) < np.sqrt(np.mean((there.suspect - plane)[there.seen] ** 2))

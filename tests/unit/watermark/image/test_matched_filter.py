"""The pilots on a picture's spectrum: which geometry lays it onto the grid."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.key import Key
from stamp.watermark.image.detect import detect
from stamp.watermark.image.embed import embed
from stamp.watermark.image.luma import luma_plane
from stamp.watermark.image.matched_filter import MatchedFilter
from stamp.watermark.image.stages import WORK_AREA
from stamp.watermark.image.sync import Candidate
from tests.media.pixels import photo

Pixels = NDArray[np.uint8]
KEY, OTHER = Key(bytes(range(32)), "tests"), Key(bytes(range(1, 33)), "other")
PAYLOAD = bytes.fromhex("00ff12345678abcd")
CHANCE = 5.7  # deviations: what the best of some hundred wrong geometries has


@pytest.fixture(scope="module")
def marked() -> Pixels:
    return embed(photo(512, 768, 1), PAYLOAD, key=KEY)


def filter_of(pixels: Pixels, key: Key = KEY) -> MatchedFilter:
    return MatchedFilter.of(luma_plane(pixels, None, WORK_AREA), key)


def test_the_right_geometry_stands_out_with_the_right_key_only(marked: Pixels) -> None:
    crop = marked[100:300, 200:500]
    assert filter_of(crop).peak(np.eye(2)) > 2 * CHANCE
    assert filter_of(crop, OTHER).peak(np.eye(2)) < CHANCE
    assert filter_of(crop).peak(np.eye(2) * 1.1) < CHANCE


def test_a_picture_that_is_upside_down_stands_out_where_that_is_asked(marked: Pixels) -> None:
    crop = np.ascontiguousarray(marked[300:100:-1, 500:200:-1])
    assert filter_of(crop).peak(np.eye(2)) > 2 * CHANCE
    assert filter_of(crop).peak(np.eye(2), turned=False) < CHANCE


@pytest.mark.parametrize("kind", ["zoom", "stretch", "similarity"])
def test_a_geometry_that_is_nearly_right_is_put_right(marked: Pixels, kind: str) -> None:
    crop = marked[100:300, 200:500]
    off = np.eye(2) * (1 - 1.4 / 300)
    if kind == "stretch":
        off = np.diag([1 + 1.4 / 300, 1 - 1.4 / 300])
    if kind == "similarity":
        off = off @ np.array([[1, 0.004], [-0.004, 1]])
    matched = filter_of(crop)
    peak, affine = matched.sharpened(Candidate(3.0, off, kind), off)  # type: ignore[arg-type]
    assert peak > matched.peak(off) + 3
    assert np.abs(affine - np.eye(2)).max() < 0.5 / 150


def test_of_a_geometry_of_many_unknowns_nothing_but_the_peak_is_found(marked: Pixels) -> None:
    off = np.array([[1.01, 0.002], [0.001, 0.99]])
    matched = filter_of(marked)
    peak, affine = matched.sharpened(Candidate(3.0, off, "affine"), off)
    assert peak == matched.peak(off)
    assert np.array_equal(affine, off)


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.9])
def test_the_scale_of_a_small_crop_is_found_without_a_constellation(marked: Pixels, zoom: float) -> None:
    crop = Image.fromarray(marked[150:310, 240:480])
    crop = crop.resize((round(240 * zoom), round(160 * zoom)), Image.Resampling.BICUBIC)
    peak, affine = filter_of(np.asarray(crop)).small_crops(2)[0]
    assert peak > CHANCE
    assert affine[0, 0] == affine[1, 1] == pytest.approx(1 / zoom, rel=0.5 / 120)


def turned(pixels: Pixels, degrees: float, noise: float = 0.0) -> Pixels:
    """A picture as a scanner gives it: turned about its middle, larger, and grainy."""
    image = Image.fromarray(pixels).rotate(degrees, Image.Resampling.BICUBIC).resize((1000, 667))
    grain = np.random.default_rng(1).normal(0, noise, (667, 1000, 1))
    return np.clip(np.rint(np.asarray(image) + grain), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("degrees", [-2.3, 0.4, 1.7])
def test_the_turn_of_a_whole_picture_is_found(marked: Pixels, degrees: float) -> None:
    scan = turned(marked, degrees, 15)
    whole = np.diag(np.array([512, 768]) / luma_plane(scan, None, WORK_AREA).shape)
    peak, affine = filter_of(scan).turned(whole, (512, 768))[0]
    assert np.degrees(np.arctan2(affine[1, 0], affine[0, 0])) == pytest.approx(degrees, abs=0.1)
    assert peak > CHANCE
    assert all(peak < 4.6 for peak, _ in filter_of(scan, OTHER).turned(whole, (512, 768)))


def test_a_peak_elsewhere_in_the_tile_does_not_count_near_the_middle(marked: Pixels) -> None:
    whole = np.eye(2)
    assert filter_of(marked).peak_near(whole, np.array([256.0, 384.0]), 4) > 2 * CHANCE
    assert filter_of(marked).peak_near(whole, np.array([276.0, 384.0]), 4) < CHANCE
    assert filter_of(marked).peak_near(whole, np.array([276.0, 384.0]), 24) > 2 * CHANCE


def test_a_noisy_scan_is_read(marked: Pixels) -> None:
    found = detect(turned(marked, 0.7, 22), key=KEY)
    assert found.payload == PAYLOAD
    assert found.transform is not None
    assert found.transform.rotation_deg == pytest.approx(0.7, abs=0.2)
    assert not detect(turned(marked, 0.7, 22), key=OTHER).present


def test_pictures_that_are_too_large_or_too_small_for_small_crops_have_none(marked: Pixels) -> None:
    assert all(peak < CHANCE for peak, _ in filter_of(photo(512, 768, 2)).small_crops(2))
    assert filter_of(marked[:40, :40]).small_crops(2) == []


@pytest.mark.parametrize("part", [(0, 160, 0, 240), (200, 330, 300, 520), (352, 512, 528, 768)])
def test_a_tenth_of_a_picture_is_read(marked: Pixels, part: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = part
    found = detect(marked[top:bottom, left:right], key=KEY)
    assert found.payload == PAYLOAD
    assert found.transform is not None
    assert found.transform.rotation_deg == 0

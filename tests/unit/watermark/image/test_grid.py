"""Resampling, against Pillow's, and the canonical grid."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.watermark.image.grid import LARGE, STANDARD, canonical_shape, grid_for, resize, resize_rows
from tests.media.pixels import gray

Plane = NDArray[np.float32]
PRIME = gray(811, 1237).astype(np.float32)


def pillow(plane: Plane, shape: tuple[int, int], extent: tuple[float, float] | None = None) -> Plane:
    """The same by Pillow, whose bicubic kernel is Keys' too, widened where it shrinks."""
    box = None if extent is None else (0, 0, extent[1], extent[0])
    resized = Image.fromarray(plane).resize(shape[::-1], Image.Resampling.BICUBIC, box=box)
    return np.asarray(resized)


def inner(old: int, new: int) -> slice:
    """The pixels of one axis away from the border, where Pillow cuts its kernel and we repeat the edge."""
    reach = int(np.ceil(2 * max(1, new / old))) + 1
    return slice(reach, new - reach)


@pytest.mark.parametrize(
    "shape", [(503, 769), (811, 769), (503, 1237), (97, 53), (810, 1236), (1009, 1601), (1622, 2474)]
)
def test_pillow_agrees_inside(shape: tuple[int, int]) -> None:
    ours, theirs = resize(PRIME, shape), pillow(PRIME, shape)
    assert ours.shape == shape
    assert ours.dtype == np.float32
    inside = inner(811, shape[0]), inner(1237, shape[1])
    assert ours[inside].size > 1000
    assert np.abs(ours[inside] - theirs[inside]).max() < 0.01
    assert np.abs(ours - theirs).mean() < 0.2


@pytest.mark.parametrize("extent", [(700.0, 1100.0), (701.3, 1099.9), (810.5, 1236.4), (405.5, 1237.0)])
@pytest.mark.parametrize("shape", [(350, 550), (900, 1300)])
def test_an_extent_is_pillows_box_from_the_corner(
    shape: tuple[int, int], extent: tuple[float, float]
) -> None:
    ours, theirs = resize(PRIME, shape, extent), pillow(PRIME, shape, extent)
    inside = inner(round(extent[0]), shape[0]), inner(round(extent[1]), shape[1])
    assert np.abs(ours[inside] - theirs[inside]).max() < 0.02


def test_the_same_shape_is_the_same_plane() -> None:
    assert np.array_equal(resize(PRIME, PRIME.shape), PRIME)


def test_the_plane_is_left_alone() -> None:
    before = PRIME.copy()
    resize(PRIME, (100, 2000))
    assert np.array_equal(PRIME, before)


@pytest.mark.parametrize("shape", [(3, 5), (64, 64), (128, 31), (301, 997)])
def test_a_constant_stays_constant(shape: tuple[int, int]) -> None:
    flat = resize(np.full((83, 131), 201.25, np.float32), shape)
    assert np.abs(flat - 201.25).max() < 1e-3


def test_a_ramp_stays_a_ramp_where_it_should() -> None:
    """Pixel centres, not corners, are what is aligned: the classic half-pixel shift would show here."""
    ramp = np.broadcast_to(np.arange(200, dtype=np.float32), (40, 200))
    for width in (150, 77, 433):
        x = (np.arange(width) + 0.5) * 200 / width - 0.5
        inside = inner(200, width)
        row = resize(np.ascontiguousarray(ramp), (40, width))[20]
        np.testing.assert_allclose(row[inside], x[inside], atol=0.02)


def test_bands_of_rows_are_the_same_resampling() -> None:
    for height, block in ((1500, 32), (300, 32), (811, 7), (50, 64)):
        bands = list(resize_rows(PRIME, height, block))
        assert [(start, end) for start, end, _ in bands] == [
            (start, min(start + block, height)) for start in range(0, height, block)
        ]
        whole = np.vstack([band for _, _, band in bands])
        np.testing.assert_allclose(whole, resize(PRIME, (height, 1237)), atol=1e-3)


@pytest.mark.parametrize("shape", [(512, 768), (768, 512), (627, 627)])
def test_the_canonical_picture_stays_as_it_is(shape: tuple[int, int]) -> None:
    assert canonical_shape(shape) == shape


def test_copies_of_all_sizes_share_one_grid() -> None:
    assert {canonical_shape((2 * k, 3 * k)) for k in (64, 100, 256, 1000, 4001)} == {(512, 768)}
    assert STANDARD.area == 512 * 768


def test_large_pictures_have_a_grid_of_twice_the_area() -> None:
    assert grid_for((1000, 1499)) is STANDARD
    assert grid_for((1000, 1500)) is LARGE
    h, w = canonical_shape((3000, 4000), LARGE)
    assert (h, w) == (768, 1024)
    assert h * w == 2 * STANDARD.area

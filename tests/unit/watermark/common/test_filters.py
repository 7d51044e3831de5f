"""Box filters, whitening and matrix products, against loops."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.watermark.common.filters import box, centred, whiten, whitened
from stamp.watermark.common.linear import product
from tests.media.pixels import gray

PLANE = gray(41, 67).astype(np.float32)


def naive_box(plane: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    h, w = plane.shape
    r = size // 2
    out = np.empty((h, w))
    for y in range(h):
        for x in range(w):
            values = [
                float(plane[min(max(y + i, 0), h - 1), min(max(x + j, 0), w - 1)])
                for i in range(-r, r + 1)
                for j in range(-r, r + 1)
            ]
            out[y, x] = sum(values) / len(values)
    return out


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_box_is_the_mean_of_its_neighbours(size: int) -> None:
    before = PLANE.copy()
    np.testing.assert_allclose(box(PLANE, size), naive_box(PLANE, size), atol=1e-3)
    assert np.array_equal(PLANE, before)


def test_a_window_larger_than_the_plane() -> None:
    small = PLANE[:2, :3]
    np.testing.assert_allclose(box(small, 7), naive_box(small, 7), atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("height", [1, 63, 64, 65, 200])
def test_strips_leave_no_seam(height: int) -> None:
    tall = np.tile(PLANE, (5, 1))[:height]
    np.testing.assert_allclose(box(tall, 11), naive_box(tall, 11), atol=1e-3)


def test_centred_is_the_residue_and_its_deviation() -> None:
    residue, deviation = centred(PLANE)
    expected = PLANE - naive_box(PLANE, 7)
    np.testing.assert_allclose(residue, expected, atol=1e-3)
    power = naive_box((expected * expected).astype(np.float32), 7)
    np.testing.assert_allclose(deviation, np.sqrt(power) + 1, atol=1e-3)


def test_whitening_lets_calm_places_count_more() -> None:
    white, deviation = whitened(PLANE)
    np.testing.assert_allclose(whiten(PLANE), white / np.sqrt(deviation), rtol=1e-5)


def test_whitening_hides_brightness_and_contrast() -> None:
    white = whiten(gray(200, 300).astype(np.float32))
    assert np.abs(white).max() <= 2.5
    assert abs(float(white.mean())) < 0.05
    np.testing.assert_allclose(whiten(PLANE), whiten(PLANE + 1000), atol=5e-3)
    assert np.abs(whiten(np.full((20, 30), 99, np.float32))).max() == 0


@pytest.mark.parametrize(
    ("m", "k", "n"), [(1, 1, 1), (64, 512, 768), (65, 63, 3001), (7, 130, 1), (200, 65, 9)]
)
def test_a_product_in_blocks_is_a_product(m: int, k: int, n: int) -> None:
    random = np.random.default_rng(m)
    a, b = random.normal(size=(m, k)), random.normal(size=(k, n))
    np.testing.assert_allclose(product(a.astype(np.float32), b.astype(np.float32)), a @ b, atol=2e-4)

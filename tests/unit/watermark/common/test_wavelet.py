"""The wavelet transform: perfect reconstruction, and which sub-band is which."""

from __future__ import annotations

import numpy as np
import pytest
import pywt

from stamp.watermark.common.wavelet import LEVELS, WAVELET, analyse, synthesise
from tests.media.pixels import gray

PLANE = gray(224, 336).astype(np.float32)


def test_the_shapes_are_the_documented_ones() -> None:
    approximation, details = analyse(PLANE)
    assert approximation.shape == (14, 21)
    assert [d.shape for d in details] == [(3, 112, 168), (3, 56, 84), (3, 28, 42), (3, 14, 21)]
    assert {d.dtype for d in details} == {np.dtype(np.float32)}


def test_reconstruction_is_perfect() -> None:
    assert np.abs(synthesise(*analyse(PLANE)) - PLANE).max() < 2e-3


@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 2), (1, 2)])
def test_swapped_sub_bands_do_not_reconstruct(first: int, second: int) -> None:
    approximation, details = analyse(PLANE)
    for detail in details:
        detail[[first, second]] = detail[[second, first]]
    assert np.abs(synthesise(approximation, details) - PLANE).max() > 20


@pytest.mark.parametrize(("axis", "band"), [(0, 0), (1, 1)])
def test_edges_along_an_axis_show_in_its_own_sub_band(axis: int, band: int) -> None:
    """LH: detail along axis 0, a horizontal edge. HL: detail along axis 1, a vertical edge."""
    profile = np.random.default_rng(2).normal(0, 40, 128).astype(np.float32)
    plane = np.ascontiguousarray(np.broadcast_to(profile[:, None] if axis == 0 else profile, (128, 128)))
    for detail in analyse(plane)[1]:
        energy = (detail.astype(np.float64) ** 2).sum((1, 2))
        assert energy[band] > 100
        assert np.delete(energy, band).max() < 1e-6 * energy[band]


def test_crossing_edges_show_in_hh() -> None:
    checks = np.where(np.indices((64, 64)).sum(0) % 2, 50, -50).astype(np.float32)
    energy = (analyse(checks)[1][0].astype(np.float64) ** 2).sum((1, 2))
    assert energy[2] > 1000 * energy[:2].max()


def test_levels_are_ordered_from_fine_to_coarse() -> None:
    x = np.arange(256)
    strongest = []
    for period in (3, 6, 12, 24):
        wave = np.broadcast_to(np.sin(2 * np.pi * x / period), (64, 256)).astype(np.float32)
        strongest.append(int(np.argmax([np.abs(d).mean() for d in analyse(wave)[1]])))
    assert strongest == list(range(LEVELS))


def test_a_constant_has_no_detail() -> None:
    approximation, details = analyse(np.full((64, 96), 77, np.float32))
    assert max(np.abs(d).max() for d in details) < 1e-3
    np.testing.assert_allclose(approximation, 77 * 2**LEVELS, rtol=1e-5)


@pytest.mark.parametrize("shape", [(16, 16), (16, 144), (32, 48), (160, 16), (336, 256)])
def test_the_transform_is_that_of_pywavelets(shape: tuple[int, int]) -> None:
    """Rows are filtered by our own sums: they must be the periodic bior4.4 of PyWavelets, both ways."""
    plane = gray(*shape).astype(np.float32)
    approximation, details = analyse(plane)
    expected = plane
    for detail in details:
        expected, bands = pywt.dwt2(expected, WAVELET, mode="periodization")
        np.testing.assert_allclose(detail, np.stack(bands), atol=5e-3)
    np.testing.assert_allclose(approximation, expected, atol=5e-3)
    back = approximation
    for detail in reversed(details):
        back = pywt.idwt2((back, tuple(detail)), WAVELET, mode="periodization")
    np.testing.assert_allclose(synthesise(approximation, details), back, atol=5e-3)

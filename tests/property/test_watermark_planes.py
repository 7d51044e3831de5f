"""Planes of any shape: resampling, the canonical grid, the wavelet transform."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from stamp.watermark.common.wavelet import analyse, synthesise
from stamp.watermark.image.grid import STANDARD, canonical_shape, resize

SIDES = st.integers(1, 90)
GREYS = st.floats(0, 255, width=32)
SHAPES = st.tuples(SIDES, SIDES)


@given(st.integers(128, 9000), st.integers(128, 9000))
def test_the_canonical_area_and_shape(height: int, width: int) -> None:
    h, w = canonical_shape((height, width))
    if max(height, width) <= 4 * min(height, width):
        assert abs(h * w / STANDARD.area - 1) < 0.01
        assert abs((h / w) / (height / width) - 1) < 0.01
    assert canonical_shape((width, height)) == (w, h)


@settings(deadline=None, max_examples=60)
@given(hnp.arrays(np.float32, SHAPES, elements=GREYS), SHAPES)
def test_resampling_keeps_greys_in_reach(plane: NDArray[np.float32], shape: tuple[int, int]) -> None:
    """Absolute weights sum to 1.25 an axis: 0.28 spreads of overshoot, with coarse taps a little more."""
    resized = resize(plane, shape)
    spread = float(plane.max() - plane.min())
    assert resized.shape == shape
    assert resized.min() >= plane.min() - 0.35 * spread - 0.01
    assert resized.max() <= plane.max() + 0.35 * spread + 0.01


@settings(deadline=None, max_examples=30)
@given(hnp.arrays(np.float32, SHAPES, elements=GREYS), SHAPES)
def test_resampling_knows_no_axis_and_no_direction(
    plane: NDArray[np.float32], shape: tuple[int, int]
) -> None:
    resized = resize(plane, shape)
    turned = resize(np.ascontiguousarray(plane.T), shape[::-1]).T
    mirrored = resize(np.ascontiguousarray(plane[:, ::-1]), shape)[:, ::-1]
    np.testing.assert_allclose(turned, resized, atol=0.01)
    np.testing.assert_allclose(mirrored, resized, atol=0.01)


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda s: (16 * s[0], 16 * s[1])),
        elements=GREYS,
    )
)
def test_any_plane_is_reconstructed(plane: NDArray[np.float32]) -> None:
    assert np.abs(synthesise(*analyse(plane)) - plane).max() < 5e-3

"""Whatever the frame: marking stays in range and near the host, follows the strength, and needs no special
layout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.key import Key
from stamp.watermark.image.vectors import host_picture
from stamp.watermark.video import Embedder

KEY, PAYLOAD = Key(bytes(range(32)), "mine"), bytes(8)
sides = st.integers(128, 300)


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(sides, sides, st.integers(8, 16), st.booleans(), st.integers(-255, 255))
def test_frames_of_any_size_and_depth(
    height: int, width: int, depth: int, full: bool, brightness: int
) -> None:
    white = (1 << depth) - 1
    host = np.clip(host_picture((height, width)).astype(np.int64) + brightness, 0, 255) * white // 255
    luma = host.astype(np.uint8 if depth == 8 else np.uint16)
    Embedder(PAYLOAD, key=KEY, size=(height, width), depth=depth, full_range=full).mark(luma)
    change = luma.astype(np.int64) - host
    assert luma.max() <= white
    assert 0 < np.sqrt(np.mean(change**2.0)) * 255 / white < 1.62  # 43.9 dB


@pytest.mark.slow
@settings(deadline=None, max_examples=10)
@given(sides, sides, st.sampled_from(["turned", "padded", "flipped"]))
def test_any_view_of_a_plane(height: int, width: int, layout: str) -> None:
    plain = host_picture((height, width))
    view = {
        "turned": np.rot90(np.ascontiguousarray(np.rot90(plain, -1))),
        "padded": np.pad(plain, ((0, 3), (5, 9)))[:height, 5 : 5 + width],
        "flipped": np.ascontiguousarray(plain[::-1, ::-1])[::-1, ::-1],
    }[layout]
    for frame in (plain, view):
        Embedder(PAYLOAD, key=KEY, size=(height, width)).mark(frame)
    np.testing.assert_array_equal(view, plain)


@settings(deadline=None, max_examples=10)
@given(st.floats(0.5, 8))
def test_the_change_grows_with_the_strength(strength: float) -> None:
    host = host_picture((160, 200)).astype(np.uint16) * 100 + 10_000
    changes = []
    for factor in (strength, 2 * strength):
        luma = host.copy()
        Embedder(PAYLOAD, key=KEY, size=(160, 200), depth=16, strength=factor).mark(luma)
        changes.append(luma.astype(np.int64) - host)
    assert np.abs(changes[1] - 2 * changes[0]).max() <= 2

"""Streams, frames and code words, for any key, payload and bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from stamp.core.key import Key
from stamp.watermark.common.coding import decode, encode
from stamp.watermark.common.frame import FRAME_BITS, frame, unframe

KEYS = st.builds(Key, st.binary(min_size=32, max_size=32))
PAYLOADS = st.binary(min_size=8, max_size=8)
FRAMES = hnp.arrays(np.uint8, FRAME_BITS, elements=st.integers(0, 1))


@given(KEYS, st.text(max_size=30), st.integers(0, 300), st.integers(0, 300))
def test_a_longer_stream_begins_with_the_shorter(key: Key, purpose: str, a: int, b: int) -> None:
    short, long = sorted((a, b))
    assert key.stream(purpose, long)[:short] == key.stream(purpose, short)


@given(KEYS, st.text(max_size=20), st.text(max_size=20))
def test_streams_of_two_purposes_differ(key: Key, a: str, b: str) -> None:
    assert (key.stream(a, 16) == key.stream(b, 16)) == (a == b)


@given(KEYS, KEYS, PAYLOADS)
def test_a_frame_opens_with_its_own_key_only(key: Key, other: Key, payload: bytes) -> None:
    bits = frame(payload, key, "s")
    assert unframe(bits, key, "s") == payload
    assert unframe(bits, other, "s") == (payload if other.secret == key.secret else None)


@given(FRAMES, FRAMES)
def test_the_code_is_linear(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> None:
    assert np.array_equal(encode(a ^ b), encode(a) ^ encode(b))


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(FRAMES)
def test_what_was_encoded_decodes(bits: NDArray[np.uint8]) -> None:
    assert np.array_equal(decode(1.0 - 2.0 * encode(bits)), bits)

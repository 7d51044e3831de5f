"""Any picture of a sensible size, in any type and kind, is marked, read back and otherwise left as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stamp.core.key import Key
from stamp.watermark.common.quality import psnr
from stamp.watermark.image.detect import detect
from stamp.watermark.image.embed import embed
from tests.media.pixels import photo

SIDES = st.integers(200, 700)
DTYPES = st.sampled_from([np.uint8, np.uint16, np.float32, np.float64])


def picture(height: int, width: int, seed: int, kind: str, dtype: type) -> NDArray[np.generic]:
    """A photo in the kind and type asked for; RGBA ones have a transparent corner and a translucent one."""
    pixels = photo(height, width, seed)
    if kind == "gray":
        pixels = pixels[:, :, 1]
    elif kind == "RGBA":
        alpha = np.full((height, width, 1), 255, np.uint8)
        alpha[: height // 4, : width // 3], alpha[-height // 4 :, : width // 3] = 0, 120
        pixels = np.concatenate([pixels, alpha], axis=2)
    if dtype is np.uint8:
        return pixels
    return pixels.astype(dtype) * dtype(257) if dtype is np.uint16 else (pixels / 255).astype(dtype)


@pytest.mark.slow
@settings(deadline=None, max_examples=24, suppress_health_check=[HealthCheck.too_slow])
@given(
    SIDES,
    SIDES,
    st.integers(0, 50),
    st.sampled_from(["gray", "RGB", "RGBA"]),
    DTYPES,
    st.binary(min_size=8, max_size=8),
    st.binary(min_size=32, max_size=32),
)
def test_what_was_put_in_comes_out(
    height: int, width: int, seed: int, kind: str, dtype: type, payload: bytes, secret: bytes
) -> None:
    host, key = picture(height, width, seed, kind, dtype), Key(secret)
    data_range = 1.0 if host.dtype.kind == "f" else None
    before = host.copy()
    marked = embed(host, payload, key=key, data_range=data_range)
    assert np.array_equal(host, before)
    assert (marked.shape, marked.dtype) == (host.shape, host.dtype)
    assert embed(host, payload, key=key, data_range=data_range).tobytes() == marked.tobytes()
    found = detect(marked, key=key, data_range=data_range)
    assert found.payload == payload
    assert found.transform is not None
    assert (found.transform.rotation_deg, found.transform.mirrored) == (0, False)
    assert psnr(host, marked, data_range=data_range or float(np.iinfo(host.dtype).max)) >= 42
    if kind == "RGBA":
        hidden = host[:, :, 3] == 0
        assert np.array_equal(marked[:, :, 3], host[:, :, 3])
        assert np.array_equal(marked[hidden], host[hidden])
        assert not np.array_equal(marked[~hidden], host[~hidden])

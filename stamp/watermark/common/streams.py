"""Named pseudo-random streams of a key as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key


def words(key: Key, purpose: str, count: int) -> NDArray[np.uint64]:
    """Draw `count` pseudo-random 64-bit words (big-endian) of the stream `purpose`; see `Key.stream`."""
    return np.frombuffer(key.stream(purpose, 8 * count), dtype=">u8").astype(np.uint64)

"""How much of a mark is left in a copy, for whoever knows its payload."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from .carrier import carriers, variant_of
from .decode import agreement, code_of
from .grid import canonical_shape, grid_for, resize
from .luma import luma_plane
from .observation import in_variant, observe_plane

# Deviations of agreement: what the code asks for. A payload is reported from 12.0 on.
NEEDED = 13.5


def left_of(image: NDArray[np.generic], payload: bytes, *, key: Key, marked_at: tuple[int, int]) -> float:
    """Return how far the coded bits of an uncropped copy agree with those of `payload`, in deviations of
    chance; nothing is searched nor decoded.

    image : (H, W), uint8 or uint16. marked_at : (height, width) of the picture that was marked.
    """
    grid = grid_for(marked_at)
    plane = resize(
        luma_plane(image, None, grid.area), canonical_shape((image.shape[0], image.shape[1]), grid)
    )
    made = carriers(key)
    seen = in_variant(observe_plane(plane, made, (0, 0), None), made, variant_of(payload, key))
    return agreement(seen, made.layout, code_of(payload, key, grid))

"""Put the mark into a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import HostError
from .carrier import SCHEME, carriers
from .coding import encode
from .embed_core import PARAM, mark
from .grid import CANONICAL_AREA, canonical_shape, resize
from .key import Key
from .luma import add_luma, luma_plane, white_of
from .payload import frame

MIN_SIDE = 128


def embed(
    image: NDArray[np.generic], payload: bytes, *, key: Key, strength: float = 1.0, data_range: float | None = None
) -> NDArray[np.generic]:
    code = (1 - 2 * encode(frame(payload, key, SCHEME)).astype(np.float32)).astype(np.float32)
    white = white_of(image, data_range)
    if strength == 0:
        return image.copy()
    h, w = image.shape[:2]
    if min(h, w) < MIN_SIDE:
        raise HostError(f"a picture of {w} x {h} is too small for the mark: the shorter side needs {MIN_SIDE} pixels")
    work = luma_plane(image, data_range, CANONICAL_AREA)
    plane = resize(work, canonical_shape((h, w)))
    delta = mark(plane, code, carriers(key), {**PARAM, "s": PARAM["s"] * strength})
    marked = add_luma(image, delta, white)
    from .detect import detect

    found = detect(marked, key=key, data_range=data_range)
    if found.payload != payload:
        raise HostError("the mark could not be read back: the picture is too flat, too clipped or too small to carry it")
    return marked

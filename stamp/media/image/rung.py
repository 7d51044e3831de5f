"""A reference rung: a photo as a messenger or a thumbnail of a page hands it on."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from .picture import Pixels

SIDE, QUALITY = 640, 70
RUNG = f"JPEG {QUALITY} at {SIDE} pixels"
_DEEP = 257  # codes of 16 bits in one of 8


def as_shared(luma: Pixels) -> Pixels:
    """Return luma (H, W), uint8 or uint16, as it comes out of the rung: uint8, `SIDE` pixels at most."""
    plane = luma if luma.dtype == np.uint8 else (luma // _DEEP).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(plane))
    image.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=1.0)
    coded = io.BytesIO()
    image.save(coded, "JPEG", quality=QUALITY)
    return np.asarray(Image.open(coded))

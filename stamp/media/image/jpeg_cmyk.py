"""Luma of CMYK and YCCK JPEGs as Adobe writes them, and how a change of it goes back onto their four planes.

C, M, Y and K are stored as inverted ink: 255 is bare paper. In a YCCK file, Y is the luma of the inverse of
the first three, so that it grows with the ink. Light passes the coloured inks and then K: seen luma = paper
luma * K / 255, which is what viewers without a profile show. A darker pixel takes light from the colour
planes; a lighter one gives it to them, and to K where they are full, as they are in pictures whose grays
are black ink alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.colour import LUMA_WEIGHTS
from .picture import Pixels

_WEIGHTS = np.array(LUMA_WEIGHTS, np.float32)

# Below this K, light is not made up for in full: the colour planes would swing from one end to the other.
_LEAST_KEY = 32.0


def seen_luma(planes: Pixels, *, ycck: bool) -> Pixels:
    """uint8 (H, W, 4) stored planes to luma (H, W) uint8."""
    return np.rint(_paper_luma(_lit(planes, ycck)) * (planes[..., 3] / np.float32(255))).astype(np.uint8)


def with_luma(planes: Pixels, luma: Pixels, *, ycck: bool) -> Pixels:
    """The planes changed so that their seen luma is `luma`, as far as it goes; untouched where it is."""
    change = luma.astype(np.float32) - seen_luma(planes, ycck=ycck)
    key = planes[..., 3].astype(np.float32)
    lit = _lit(planes, ycck)
    wanted = lit + np.rint(change * 255 / np.maximum(key, _LEAST_KEY))[..., None]
    given = np.clip(wanted, 0, 255)
    full = (wanted > 255).any(axis=2)
    target = _paper_luma(lit) * key / 255 + change
    out = planes.copy()
    out[..., : lit.shape[2]] = 255 - given if ycck else given
    out[..., 3][full] = np.clip(np.rint(255 * target[full] / np.maximum(_paper_luma(given)[full], 1)), 0, 255)
    return out


def _lit(planes: Pixels, ycck: bool) -> NDArray[np.float32]:
    """The planes that a change of light goes to, growing with it: (H, W, 1) of YCCK, (H, W, 3) of CMYK."""
    return 255 - planes[..., :1].astype(np.float32) if ycck else planes[..., :3].astype(np.float32)


def _paper_luma(lit: NDArray[np.float32]) -> NDArray[np.float32]:
    return lit[..., 0] if lit.shape[2] == 1 else lit @ _WEIGHTS

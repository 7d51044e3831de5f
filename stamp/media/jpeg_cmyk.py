"""Luma of CMYK and YCCK JPEGs as Adobe writes them, and how a change of it goes back onto their four planes.

Stored values are inverted ink: 255 is bare paper. The first plane (YCCK) or the first three (CMYK) shine
through the fourth, K: seen luma = paper luma * K / 255, which is what viewers without a profile show. A
darker pixel takes light from the paper planes; a lighter one gives it to them, and to K where they are
full, as they are in pictures whose grays are black ink alone.
"""

from __future__ import annotations

import numpy as np

from .picture import Pixels

_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)

# Below this K, light is not made up for in full: the paper planes would swing from one end to the other.
_LEAST_KEY = 32.0


def seen_luma(planes: Pixels, *, ycck: bool) -> Pixels:
    """uint8 (H, W, 4) stored planes to luma (H, W) uint8."""
    return np.rint(_paper(planes, ycck) * (planes[..., 3] / np.float32(255))).astype(np.uint8)


def with_luma(planes: Pixels, luma: Pixels, *, ycck: bool) -> Pixels:
    """The planes changed so that their seen luma is `luma`, as far as it goes; untouched where it is."""
    change = luma.astype(np.float32) - seen_luma(planes, ycck=ycck)
    key = planes[..., 3].astype(np.float32)
    out = planes.copy()
    number = 1 if ycck else 3
    wanted = planes[..., :number] + np.rint(change * 255 / np.maximum(key, _LEAST_KEY))[..., None]
    out[..., :number] = np.clip(wanted, 0, 255)
    full = (wanted > 255).any(axis=2)
    target = _paper(planes, ycck) * key / 255 + change
    out[..., 3][full] = np.clip(np.rint(255 * target[full] / np.maximum(_paper(out, ycck)[full], 1)), 0, 255)
    return out


def _paper(planes: Pixels, ycck: bool) -> Pixels:
    return planes[..., 0].astype(np.float32) if ycck else planes[..., :3].astype(np.float32) @ _WEIGHTS

"""Rectangles that stand out from the ground of a page: smooth photos, too, in which nothing else shows where
they end.

What is cut along flat gutters (`watermark.image.regions`) loses a plain sky. It is of another shade than the
page still, all over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..watermark.image.regions import Box
from .opencv import mapped, opencv, reduced

_SIDE = 900  # longest side, in pixels, at which a page is looked at
_GROUND, _MOST_GROUNDS = 0.12, 2  # share of a page that is of one shade; shades that are tried
_APART = 3  # grey levels from the ground
_SMALLEST, _LARGEST, _FILLED = 0.02, 0.97, 0.85  # of the page's area; of a rectangle that stands out


def patches(plane: NDArray[Any], limit: int = 6) -> list[Box]:
    """Return at most `limit` rectangles x0, y0, x1, y1 of a page of luma (H, W) uint8, the largest first."""
    cv2 = opencv()
    small, back = reduced(np.ascontiguousarray(plane), _SIDE)
    shades = np.bincount(small.ravel(), minlength=256) / small.size
    found: dict[Box, float] = {}
    for ground in np.argsort(-shades, kind="stable")[:_MOST_GROUNDS]:
        if shades[max(0, ground - 1) : ground + 2].sum() < _GROUND:
            break
        apart = (np.abs(small.astype(np.int16) - int(ground)) > _APART).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=4)
        for x, y, width, height, area in stats[1:]:
            share = width * height / small.size
            if _SMALLEST <= share <= _LARGEST and area >= _FILLED * width * height:
                corners = mapped(back, np.array([[x - 0.5, y - 0.5], [x + width - 0.5, y + height - 0.5]]))
                x0, y0, x1, y1 = np.rint(corners.ravel() + 0.5).astype(int)
                found[int(x0), int(y0), int(x1), int(y1)] = share
    return sorted(found, key=lambda box: (-found[box], box))[:limit]

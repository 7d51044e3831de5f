"""A suspect as it would be without a mark, had the original only been cut and resized: exactly, by each of
the usual kernels. And what is known of its pixels, back in the frame of the original.

A registration is right to a fraction of a pixel. Where that is the whole original, or a cut at its own size,
the exact place is known.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..matching.opencv import Plane, corner_points, mapped
from ..matching.registration import Registration

_KERNELS = (
    Image.Resampling.LANCZOS,
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
    Image.Resampling.BOX,
)
_UPRIGHT = 0.01  # of the longer side: so far from a rectangle of the original its corners may be
_SAME_SIZE = 0.004  # what the two sizes of a cut differ by, at most, where it is taken as not resized

Box = tuple[float, float, float, float]


def cut_of(found: Registration) -> Box | None:
    """Return the part of the original that a suspect is, x0, y0, x1, y1 in its pixels; None where it is more,
    turned, mirrored, or in perspective."""
    width, height = found.suspect_size
    quad = mapped(found.matrix, corner_points((0, 0, width, height)) - 0.5) + 0.5
    x0, x1 = quad[[0, 3], 0].mean(), quad[[1, 2], 0].mean()
    y0, y1 = quad[[0, 1], 1].mean(), quad[[2, 3], 1].mean()
    limit = _UPRIGHT * max(found.original_size)
    if x1 <= x0 or y1 <= y0 or np.abs(quad - corner_points((x0, y0, x1, y1))).max() > limit:
        return None
    if min(x0, y0) < -limit or x1 > found.original_size[0] + limit or y1 > found.original_size[1] + limit:
        return None
    x0, x1 = np.clip((x0, x1), 0, found.original_size[0])
    y0, y1 = np.clip((y0, y1), 0, found.original_size[1])
    return float(x0), float(y0), float(x1), float(y1)


def likes(original: Plane, cut: Box, size: tuple[int, int]) -> Iterator[tuple[Plane, Box]]:
    """Yield the luma (H, W) that a suspect of (width, height) `size` may have been made of, and its cut."""
    picture = Image.fromarray(original)
    for box in _exact(cut, size, picture.size):
        if (box[2] - box[0], box[3] - box[1]) == size and all(side.is_integer() for side in box):
            yield np.asarray(picture.crop(box)), box
            continue
        for kernel in _KERNELS:
            yield np.asarray(picture.resize(size, kernel, box=box)), box


def _exact(cut: Box, size: tuple[int, int], whole: tuple[int, int]) -> Iterator[Box]:
    """The cuts that one which was measured may be."""
    limit = _UPRIGHT * max(whole)
    if max(abs(cut[0]), abs(cut[1]), abs(cut[2] - whole[0]), abs(cut[3] - whole[1])) <= limit:
        yield 0.0, 0.0, float(whole[0]), float(whole[1])
        return
    wide, high = cut[2] - cut[0], cut[3] - cut[1]
    fits = size[0] <= whole[0] and size[1] <= whole[1]
    if fits and max(abs(wide / size[0] - 1), abs(high / size[1] - 1)) < _SAME_SIZE:
        x, y = round((cut[0] + cut[2] - size[0]) / 2), round((cut[1] + cut[3] - size[1]) / 2)
        x, y = min(max(x, 0), whole[0] - size[0]), min(max(y, 0), whole[1] - size[1])
        yield float(x), float(y), float(x + size[0]), float(y + size[1])
        return
    rounded = tuple(float(round(side)) for side in cut)
    yield rounded[0], rounded[1], rounded[2], rounded[3]
    yield cut


def in_frame(
    values: Plane, cut: Box, whole: tuple[int, int], shape: tuple[int, int]
) -> tuple[Plane, NDArray[np.bool_]]:
    """Return values of a suspect's pixels in a frame (H, W) `shape` that shows the `whole` (width, height)
    original, and where they are."""
    height, width = values.shape
    scale = shape[1] / whole[0], shape[0] / whole[1]
    x0, y0, x1, y1 = cut[0] * scale[0], cut[1] * scale[1], cut[2] * scale[0], cut[3] * scale[1]
    left, top = int(np.ceil(x0 - 1e-6)), int(np.ceil(y0 - 1e-6))
    right, bottom = int(np.floor(x1 + 1e-6)), int(np.floor(y1 + 1e-6))
    plane, seen = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    if right <= left or bottom <= top:
        return plane, seen
    across, down = width / (x1 - x0), height / (y1 - y0)
    part = (
        max(0.0, (left - x0) * across),
        max(0.0, (top - y0) * down),
        min(float(width), (right - x0) * across),
        min(float(height), (bottom - y0) * down),
    )
    resized = Image.fromarray(values).resize((right - left, bottom - top), Image.Resampling.LANCZOS, box=part)
    plane[top:bottom, left:right], seen[top:bottom, left:right] = np.asarray(resized), True
    return plane, seen

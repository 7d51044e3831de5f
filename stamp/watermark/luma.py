"""Pictures to luma planes, and a luma delta back into pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import HostError
from .grid import resize, resize_rows

Plane = NDArray[np.float32]

_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. ITU-R BT.601


def white_of(image: NDArray[np.generic], data_range: float | None) -> float:
    """The value of white; raises HostError where `image` is no picture that the scheme knows."""
    if not isinstance(image, np.ndarray) or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))):
        shape = getattr(image, "shape", type(image).__name__)
        raise HostError(f"a picture is an array of shape (H, W), (H, W, 3) or (H, W, 4), not {shape}")
    if image.shape[0] < 1 or image.shape[1] < 1:
        raise HostError(f"an empty picture: {image.shape}")
    if image.dtype in (np.uint8, np.uint16):
        return float(np.iinfo(image.dtype).max) if data_range is None else float(data_range)
    if np.issubdtype(image.dtype, np.floating):
        if data_range is None:
            raise HostError("floating-point pictures need data_range, the value of white (1.0 or 255.0, say)")
        return float(data_range)
    raise HostError(f"a picture is uint8, uint16 or floating point, not {image.dtype}")


def luma_plane(image: NDArray[np.generic], data_range: float | None, area: float) -> Plane:
    """Luma on a scale of 0 to 255, float32, shrunk to about `area` pixels if it is larger."""
    white = white_of(image, data_range)
    h, w = image.shape[:2]
    factor = max(int((h * w / area) ** 0.5 / 1.3), 1)
    reduced = _block_means(image[..., :3] if image.ndim == 3 else image, factor)
    plane = reduced @ _WEIGHTS if reduced.ndim == 3 else reduced
    plane *= np.float32(255 / white)
    scale = min((area / (h * w)) ** 0.5, 1.0)
    return resize(plane, (max(round(h * scale), 1), max(round(w * scale), 1)), (h / factor, w / factor))


def _block_means(image: NDArray[np.generic], factor: int) -> Plane:
    """Means of factor x factor blocks; those at the right and bottom border may be of fewer pixels."""
    if factor == 1:
        return image.astype(np.float32)
    kind = np.uint32 if image.dtype.itemsize <= 2 and image.dtype.kind == "u" else np.float32
    narrow = np.uint16 if image.dtype == np.uint8 and factor <= 16 else kind
    h, w = image.shape[:2]
    rows = -(-h // factor)
    columns = -(-w // factor)
    tall = np.zeros((rows, *image.shape[1:]), narrow)
    for i in range(factor):
        part = image[i::factor]
        tall[: len(part)] += part
    total = np.zeros((rows, columns, *image.shape[2:]), narrow)
    for j in range(factor):
        part = tall[:, j::factor]
        total[:, : part.shape[1]] += part
    out = total.astype(np.float32)
    counts_y = np.full(rows, factor, np.float32)
    counts_x = np.full(columns, factor, np.float32)
    counts_y[-1], counts_x[-1] = h - (rows - 1) * factor, w - (columns - 1) * factor
    out /= (counts_y[:, None] * counts_x)[(..., *[None] * (out.ndim - 2))]
    return out


def add_luma(image: NDArray[np.generic], delta: Plane, white: float) -> NDArray[np.generic]:
    """A copy of `image` with `delta` (canonical grid, luma on a scale of 0 to 255) added to every colour, saturated.

    Alpha stays as it is, and fully transparent pixels keep their colours.
    """
    h, w = image.shape[:2]
    colours = 1 if image.ndim == 2 else 3
    integral = image.dtype.kind in "ui"
    wide = resize(delta, (delta.shape[0], w))
    if white != 255:
        wide *= np.float32(white / 255)
    out = image.copy()
    for start, end, rows in resize_rows(wide, h):
        source = image[start:end] if image.ndim == 2 else image[start:end, :, :colours]
        d = rows if image.ndim == 2 else rows[:, :, None]
        if integral:
            value = np.rint(source + d)
            np.clip(value, 0, np.iinfo(image.dtype).max, out=value)
        else:
            value = np.clip(source + d, np.minimum(source, 0), np.maximum(source, white))
        value = value.astype(image.dtype)
        if image.ndim == 3 and image.shape[2] == 4:
            value = np.where(image[start:end, :, 3:] == 0, source, value)
            out[start:end, :, :3] = value
        else:
            out[start:end] = value
    return out

"""Pictures to luma planes, and a luma delta back into pictures."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...core.colour import LUMA_WEIGHTS
from ...core.errors import HostError
from .grid import resize, resize_rows

Plane = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)

_BAND = 8  # rows of blocks at a time
_STRIP = 16  # rows at a time: all that is touched stays in the second-level cache

_WEIGHTS = np.array(LUMA_WEIGHTS, np.float32)


def white_of(image: NDArray[np.generic], data_range: float | None) -> float:
    """Return the value of white; raise HostError where `image` is no picture that the scheme can mark."""
    if not isinstance(image, np.ndarray) or not (
        image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))
    ):
        shape = getattr(image, "shape", type(image).__name__)
        raise HostError(f"a picture is an array of shape (H, W), (H, W, 3) or (H, W, 4), not {shape}")
    if image.shape[0] < 1 or image.shape[1] < 1:
        raise HostError(f"an empty picture: {image.shape}")
    if data_range is not None and not (isinstance(data_range, int | float) and 0 < data_range < np.inf):
        raise HostError(f"data_range is the value of white, finite and above 0, not {data_range!r}")
    if image.dtype.newbyteorder("=") in (np.uint8, np.uint16):
        return float(255 if image.dtype == np.uint8 else 65535) if data_range is None else float(data_range)
    if np.issubdtype(image.dtype, np.floating):
        if data_range is None:
            raise HostError("floating-point pictures need data_range, the value of white (1.0 or 255.0, say)")
        if not np.isfinite(image).all():
            raise HostError("the picture has values that are not finite (NaN or infinite)")
        return float(data_range)
    raise HostError(f"a picture is uint8, uint16 or floating point, not {image.dtype}")


def luma_plane(image: NDArray[np.generic], data_range: float | None, area: float) -> Plane:
    """Return the luma on a scale of 0 to 255, float32, shrunk to about `area` pixels if it is larger."""
    white = white_of(image, data_range)
    h, w = image.shape[:2]
    factor = max(int((h * w / area) ** 0.5 / 1.3), 1)
    plane = _block_luma(np.ascontiguousarray(image), factor)
    plane *= np.float32(255 / white)
    scale = min((area / (h * w)) ** 0.5, 1.0)
    return resize(plane, (max(round(h * scale), 1), max(round(w * scale), 1)), (h / factor, w / factor))


def luma(image: NDArray[np.generic]) -> Plane:
    """Return the luma (H, W) of every pixel of (H, W, 3) or (H, W, 4), float32, on the picture's own scale.

    A few rows at a time: the product would first make floats of all colours, which takes three times the
    memory of what comes out.
    """
    out = np.empty(image.shape[:2], np.float32)
    for start in range(0, len(image), _STRIP):
        rows = slice(start, start + _STRIP)
        out[rows] = image[rows, :, :3].astype(np.float32) @ _WEIGHTS
    return out


def _block_luma(image: NDArray[np.generic], factor: int) -> Plane:
    """Return the luma of the means of factor x factor blocks; those at the right and bottom border may be of
    fewer pixels.

    Sums of integers, a few rows at a time, so that they stay in the cache; then colours and columns of a
    block in one product: a fifth of the cost of the decoder at 12 megapixels.
    """
    if factor == 1 and image.ndim == 3:
        return luma(image)
    integral = image.dtype.kind == "u"
    kind = (
        np.float32 if not integral else np.uint16 if image.dtype == np.uint8 and factor <= 16 else np.uint32
    )
    h, w = image.shape[:2]
    rows, columns = -(-h // factor), -(-w // factor)
    out = np.empty((rows, columns), np.float32)
    flat = image.reshape(h, -1)
    weights = np.tile(_weights(image), factor)
    for start in range(0, rows, _BAND):
        end = min(start + _BAND, rows)
        sums = flat[start * factor : end * factor : factor].astype(kind)
        for i in range(1, factor):
            part = flat[start * factor + i : end * factor : factor]
            np.add(sums[: len(part)], part, out=sums[: len(part)], dtype=kind)
        blocks, rest = sums[:, : len(weights) * (w // factor)], sums[:, len(weights) * (w // factor) :]
        values = blocks.astype(np.float32).reshape(-1, len(weights))
        if len(weights) > 1:
            values = values @ weights
        out[start:end, : w // factor] = values.reshape(end - start, -1)
        if w % factor:
            out[start:end, -1] = rest.astype(np.float32) @ weights[: rest.shape[1]]
    counts_y, counts_x = np.full(rows, factor, np.float32), np.full(columns, factor, np.float32)
    counts_y[-1], counts_x[-1] = h - (rows - 1) * factor, w - (columns - 1) * factor
    out /= counts_y[:, None] * counts_x
    return out


def _weights(image: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return the weight in its luma of each value of a pixel."""
    if image.ndim == 2:
        return np.ones(1, np.float32)
    weights = np.zeros(image.shape[2], np.float32)
    weights[: len(_WEIGHTS)] = _WEIGHTS
    return weights


def add_luma(image: NDArray[Scalar], delta: Plane, white: float) -> NDArray[Scalar]:
    """Return a copy of `image` with `delta` (canonical grid, luma on a scale of 0 to 255) added to every
    colour, saturated.

    Alpha stays as it is, and fully transparent pixels keep their colours.
    """
    h, w = image.shape[:2]
    image = np.ascontiguousarray(image)
    wide = resize(delta, (delta.shape[0], w))
    if white != 255:
        wide *= np.float32(white / 255)
    bytes_ = image.dtype == np.uint8 and white == 255
    add = _add_bytes if bytes_ else _add
    out = np.empty_like(image)
    for start, end, rows in resize_rows(wide, h, _STRIP):
        step = np.clip(np.rint(rows, out=rows), -127, 127, out=rows).astype(np.int8) if bytes_ else rows
        source, target = image[start:end], out[start:end]
        if image.ndim == 2:
            add(source, step, target, white)
        elif image.shape[2] == 3:
            add(source.reshape(end - start, -1), _thrice(step), target.reshape(end - start, -1), white)
        else:
            target[...] = source
            colours = np.ascontiguousarray(source[:, :, :3])
            marked = np.empty_like(colours)
            add(colours.reshape(end - start, -1), _thrice(step), marked.reshape(end - start, -1), white)
            np.copyto(target[:, :, :3], marked, where=source[:, :, 3:] != 0)
    return out


def _thrice(rows: NDArray[Scalar]) -> NDArray[Scalar]:
    """Repeat every value three times, for interleaved colours: three strided copies, since numpy's repeat is
    slower."""
    out = np.empty((*rows.shape, 3), rows.dtype)
    for colour in range(3):
        out[:, :, colour] = rows
    return out.reshape(len(rows), -1)


def _add(
    source: NDArray[np.generic], step: NDArray[np.generic], target: NDArray[np.generic], white: float
) -> None:
    value = source + step.astype(np.float64 if source.dtype.itemsize > 4 else np.float32)
    if target.dtype.kind == "u":
        np.rint(value, out=value)
        np.clip(value, 0, white, out=value)
    else:
        # floats beyond black or white, as HDR pictures have them, are kept
        np.clip(value, np.minimum(source, 0), np.maximum(source, white), out=value)
    target[...] = value


def _add_bytes(
    source: NDArray[np.generic], step: NDArray[np.generic], target: NDArray[np.generic], white: float
) -> None:
    """Do as `_add`, for uint8 and steps of int8: saturating additions on bytes, five times faster than a trip
    through wider numbers."""
    up = np.maximum(step, np.zeros_like(step))  # NumPy is ten times slower at the scalar 0
    down = (up - step).view(np.uint8)
    room = np.invert(up, out=up).view(np.uint8)
    value = np.minimum(source, room)
    np.maximum(value, down, out=value)
    np.add(value, step.view(np.uint8), out=target)  # wraps where the step is negative

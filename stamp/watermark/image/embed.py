"""Put the mark into a picture."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...core import arguments
from ...core.errors import HostError
from ...core.key import Key
from ..common.coding import encode
from ..common.frame import frame
from ..common.wavelet import MARGIN, analyse, synthesise
from .carrier import IMAGE, SCHEME, Carriers, carriers, variant_of
from .constellation import sinusoids
from .detect import detect
from .grid import canonical_shape, grid_for, resize
from .informed_embedding import coefficients
from .luma import add_luma, luma_plane, white_of
from .mask import headroom, spatial, visibility
from .observation import activity, coverage, pad_to_tiles

Plane = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)

MIN_SIDE = 128
MAX_PROPORTION = 20
_FLAT = 1.0  # grey levels of deviation
_CLIPPED = 0.98  # share of the picture


def embed(
    image: NDArray[Scalar],
    payload: bytes,
    *,
    key: Key,
    strength: float = 1.0,
    data_range: float | None = None,
    verify: bool = True,
    former: bytes | None = None,
) -> NDArray[Scalar]:
    """Return a marked copy of a picture.

    Parameters
    ----------
    image : (H, W), (H, W, 3) RGB or (H, W, 4) RGBA; uint8 or uint16, or floats with `data_range`. The shorter
        side needs 128 pixels. Alpha and fully transparent pixels stay as they are.
    payload : 8 bytes.
    strength : 0 is the identity; 1 is invisible at normal viewing; the mark's amplitude is proportional to
        it.
    data_range : the value of white; required for floats.
    verify : read the mark back before returning it. Only a caller who reads the finished file himself may
        leave that out.
    former : the payload of an earlier mark of the key in the same picture, which is taken off as far as it
        can
        be; None looks for one only where the new mark is not read.

    Returns
    -------
    An array of the same shape and dtype. The same input, key and payload give the same bytes.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes.
    HostError : the array is no picture, is too small, or cannot carry a mark that could be read back (flat,
        clipped).
    KeyFileError, ArgumentError : `key` is no Key; `strength` is negative, not finite or no number.
    """
    Key.checked(key)
    strength = arguments.strength(strength, zero=True)
    white = white_of(image, data_range)
    h, w = image.shape[:2]
    grid = grid_for((h, w))
    bits = frame(payload, key, SCHEME + grid.check, IMAGE.frame_bits)
    if strength == 0:
        return image.copy()
    _check_size(image)
    plane = resize(luma_plane(image, data_range, grid.area), canonical_shape((h, w), grid))
    _check_shades(plane)
    # a picture of fewer pixels than the grid cannot show the finest levels; the others get what these would
    amplitude = strength * max(grid.area / (h * w), 1.0) ** 0.25
    c = carriers(key)
    less: Plane | float = 0.0
    if (
        former is not None
    ):  # two marks of one key lie in the same places, and the one that is left may be read
        old = frame(former, key, SCHEME + grid.check, IMAGE.frame_bits)
        less = mark(plane, old, c.of(variant_of(former, key)), amplitude)
    marked = add_luma(
        image, mark(plane - less, bits, c.of(variant_of(payload, key)), amplitude) - less, white
    )
    if not verify:
        return marked
    read = detect(marked, key=key, data_range=data_range, search=False).payload
    if read == bytes(payload):
        return marked
    if read is not None and former is None:
        return embed(image, payload, key=key, strength=strength, data_range=data_range, former=read)
    raise HostError(
        f"the mark could not be read back at strength {strength:g}, so nothing was marked: the picture "
        "is too flat, small, clipped or noisy to carry it; try a higher strength or a larger version"
    )


def _check_size(image: NDArray[np.generic]) -> None:
    """Raise HostError where a picture has too few pixels to mark, or none that can be seen."""
    h, w = image.shape[:2]
    if max(h, w) > MAX_PROPORTION * min(h, w):
        raise HostError(
            f"{w} x {h} pixels are too narrow a strip for the mark: one side may be at most {MAX_PROPORTION} "
            "times the other"
        )
    if min(h, w) < MIN_SIDE:
        raise HostError(
            f"{w} x {h} pixels are too few for the mark: the shorter side needs at least {MIN_SIDE}"
        )
    if image.ndim == 3 and image.shape[2] == 4 and not image[:, :, 3].any():
        raise HostError("the picture is fully transparent: a mark in pixels that nobody sees would be lost")


def _check_shades(plane: Plane) -> None:
    """Raise HostError where a canonical luma plane has no shades that a mark could change."""
    if plane.std() < _FLAT:
        raise HostError("the picture is flat, one shade all over: there is nothing to hide a mark in")
    if np.mean((plane < 0.5) | (plane > 254.5)) > _CLIPPED:
        raise HostError(
            "the picture is clipped, pure black and white nearly everywhere: a mark needs shades between them"
        )


def mark(plane: Plane, bits: NDArray[np.uint8], c: Carriers, strength: float) -> Plane:
    """Return what to add to a canonical luma plane (H, W), 0 to 255, so that it carries the frame `bits` in
    the variant of `c`."""
    h, w = plane.shape
    padded = pad_to_tiles(plane)
    cover = coverage(plane.shape, (0, 0), None)
    approximation, host = analyse(padded)
    activities = [activity(detail) for detail in host]
    room = headroom(padded)
    mask = visibility(activities, cover, room, strength)
    waves = sinusoids(padded, spatial(mask, activities, room, padded.shape), c.frequencies, mask.rms)
    share = float(np.mean(waves * waves)) / mask.rms**2
    signs = np.concatenate([1 - 2 * encode(bits).astype(np.float32), np.ones(1, np.float32)])
    chips = coefficients(host, activities, cover, mask, signs, c, mask.rms**2 * (1 - share))
    delta = synthesise(np.zeros_like(approximation), chips) + waves
    return np.ascontiguousarray(delta[MARGIN : MARGIN + h, MARGIN : MARGIN + w])

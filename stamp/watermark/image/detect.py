"""Find and read the mark in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection, corners
from ...core.key import Key
from ...core.payload import Payload
from .carrier import carriers
from .grid import GRIDS, canonical_shape, grid_for
from .luma import luma_plane, white_of
from .pages import NARROWEST, Page, joined, outlined
from .search import ImageSearch, Thresholds
from .stages import AS_IT_IS, IF_MOVED, UNMOVED, WORK_AREA

THRESHOLDS = Thresholds()


def detect(
    image: NDArray[np.generic],
    *,
    key: Key,
    data_range: float | None = None,
    search: bool = True,
    spent: int = 0,
    ring: Sequence[Key] = (),
) -> Detection:
    """Look for the mark of `key` in a picture, whatever was done to it.

    Parameters
    ----------
    image : (H, W), (H, W, 3) RGB or (H, W, 4) RGBA; uint8 or uint16, or floats with `data_range`.
    data_range : the value of white; required for floats.
    search : also look for turned, cropped, scaled and mirrored pictures.
    spent : decodings that are allowed in the same call beside this, which `log10_p` counts, too.
    ring : other keys of the ring that `key` is of, whose marks are looked for in the same search.

    Returns
    -------
    Detection : "not found" is a value, not an error.

    Raises
    ------
    HostError : the array is no picture in the sense above.
    KeyFileError : `key` is no Key.

    Notes
    -----
    Reads the picture as it is first; then searches rotation, scale and mirroring, then changes of the aspect
    ratio as well.
    """
    state = replace(_search(image, key, data_range, spent), ring=tuple(ring))
    found = None
    if min(canonical_shape(state.shape)) >= NARROWEST:
        found = state.run(AS_IT_IS)
        if found is None and search:
            page = Page(image, data_range, state)
            found = joined(page.search())
            if found is None and (found := state.run(IF_MOVED)) is not None:
                found = outlined(found, state)
    found = found or state.verdict()
    height, width = state.shape
    if found.seen is not None and found.region is None:
        found = replace(found, region=corners(0, 0, width, height))
    return replace(found, size=(width, height))


def glance(image: NDArray[np.generic], *, key: Key, data_range: float | None = None) -> Payload | None:
    """Return the payload of a picture that lies as it was marked, as in a file that was marked before. Where
    there is none, that takes a small part of the time of `detect` without `search`. Raises HostError."""
    state = _search(image, key, data_range, 0)
    if min(canonical_shape(state.shape)) < NARROWEST:
        return None
    found = state.run(UNMOVED)
    return found.payload if found else None


def _search(image: NDArray[np.generic], key: Key, data_range: float | None, spent: int) -> ImageSearch:
    """The state of a search that has not begun."""
    Key.checked(key)
    white_of(image, data_range)
    shape = image.shape[0], image.shape[1]
    own = grid_for(shape)
    return ImageSearch(
        key,
        carriers(key),
        shape,
        work=luma_plane(image, data_range, max(own.area, WORK_AREA)),
        grids=tuple(sorted(GRIDS, key=lambda grid: grid is not own)),
        thresholds=THRESHOLDS,
        spent=spent,
    )

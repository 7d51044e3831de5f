"""Find and read the mark in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection, Quad, corners
from ...core.key import Key
from ...core.payload import Payload
from ..common.null_law import MAX_DECODINGS
from .bent import find_bent
from .carrier import carriers
from .grid import GRIDS, canonical_shape, grid_for
from .luma import luma_plane, white_of
from .pages import MOST_DECODINGS, NARROWEST, Page, joined, outlined
from .search import ImageSearch, Thresholds
from .stages import AS_IT_IS, IF_MOVED, UNMOVED, WORK_AREA

THRESHOLDS = Thresholds()
_SMALLER = 0.95  # scale of an original that has something around it
_CLEAR = 20.0  # score of a photo on a page that is no part of a copy which was stretched
_MOST = 16_000_000  # pixels in which photos are sought on a page


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
        if search and (found is None or _is_part(found)):
            found = _moved(image, data_range, state) or found or find_bent(state)
    found = found or state.verdict()
    if found.seen is not None and found.region is None:
        found = replace(found, region=corners(0, 0, *reversed(state.shape)))
    return replace(found, size=(state.shape[1], state.shape[0]))


def _is_part(found: Detection) -> bool:
    """Whether there is something around the original, so that other marks may be there."""
    return found.transform is not None and found.transform.scale < _SMALLER


def _moved(image: NDArray[np.generic], data_range: float | None, state: ImageSearch) -> Detection | None:
    """What is found on a page, else in the whole picture whatever was done to it."""
    page = Page(luma_plane(image, data_range, _MOST), state, spent=state.spent + MAX_DECODINGS)
    placed = None
    if found := page.search():
        placed = _in_pixels(joined(found), state.shape[1] / page.plane.shape[1])
        if placed.others or placed.score >= _CLEAR:
            return placed
    moved = state.run(IF_MOVED)
    if moved is None:
        return placed
    # Of a copy of other proportions, a narrow part may show a little of its mark.
    is_better = placed is None or (moved.payload == placed.payload and moved.score > placed.score)
    return outlined(moved, state) if is_better else placed


def look_closer(image: NDArray[np.generic], *, key: Key) -> Detection | None:
    """Look at the rectangles of a picture that may be photos, where `detect` has found nothing in a reduced
    version of it; None where nothing is read. What both calls decode is counted together."""
    state = _search(image, key, None, 0)
    page = Page(luma_plane(image, None, _MOST), state, spent=MOST_DECODINGS)
    if not (found := page.search()):
        return None
    placed = _in_pixels(joined(found), state.shape[1] / page.plane.shape[1])
    return replace(placed, size=(state.shape[1], state.shape[0]))


def _in_pixels(found: Detection, zoom: float) -> Detection:
    """What was found on a page that was looked at in a size smaller by `zoom`, with places in full pixels."""
    others = (replace(other, region=_times(other.region, zoom)) for other in found.others)
    return replace(found, region=_times(found.region, zoom), others=tuple(others))


def _times(quad: Quad | None, zoom: float) -> Quad | None:
    return quad and tuple((x * zoom, y * zoom) for x, y in quad)


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

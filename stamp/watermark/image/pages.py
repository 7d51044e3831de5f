"""Marks on pages: each rectangle of a picture that may be a photo is searched by itself.

A photo on a page is small beside what is around it, which drowns its mark; looked at alone it is a copy like
any other. `regions` says where to look. What each look may decode is counted as in one long search, so that
the law of the whole call holds however many rectangles there are (`null_law.threshold_after`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection, Mark, corners
from ...core.payload import Payload
from ..common.null_law import MAX_DECODINGS
from .grid import GRIDS, LARGE, canonical_shape
from .luma import luma_plane
from .outline import outline
from .regions import Box, Plane, regions_of, snapped
from .search import ImageSearch, Thresholds
from .stages import IF_MOVED, IN_A_REGION, WORK_AREA, refine_candidates, try_geometry, try_nearly_untouched

NARROWEST = 48  # canonical pixels of the shorter side below which nothing can be read

_RECTANGLES, _LOOKS = 16, 24  # that are looked at; looks, those at wider rectangles included
_BUDGET = 30  # decodings in one of them
MOST_DECODINGS = MAX_DECODINGS + _LOOKS * _BUDGET  # in one call
_THRESHOLDS = Thresholds(decode_near=3.2)
_PART = 0.6  # of a rectangle: a smaller one in it may show another photo
_SAME = 0.7  # of the smaller of two rectangles: then they show the same photo
_WITHIN = 0.95  # of a rectangle, from which on it lies in another
_AS_MUCH = 0.9  # of the mark, from which on a larger rectangle shows it as well
_ALL = 0.06  # of the original's area, by which a rectangle that shows all of it may miss that
_SEARCHED = 500_000  # pixels in which rectangles are sought

Stages = Sequence[Callable[[ImageSearch], Detection | None]]


@dataclass(frozen=True, slots=True)
class _Look:
    """What was read in one rectangle, and how."""

    box: Box
    found: Detection
    state: ImageSearch
    fills: bool = False

    @property
    def is_all(self) -> bool:
        """Whether one original is all that the rectangle shows."""
        return self.fills or self.found.seen is not None

    @property
    def strength(self) -> float:
        """How much of the mark is there: more in a rectangle that shows more of it."""
        assert self.state.reading is not None
        return self.state.reading.strength

    @property
    def whole_by_page(self) -> float:
        """The area of the whole original by that of the page."""
        assert self.found.transform is not None
        return self.found.transform.scale**2

    def explains(self, box: Box) -> bool:
        """Whether another rectangle is likely to show nothing else. A part of one that is not known to show a
        whole original may: the cell of a collage that was read in a larger piece of it."""
        least = _area(self.box) if not self.is_all and _area(box) < _PART * _area(self.box) else _area(box)
        return _shared(box, self.box) > _SAME * min(least, _area(self.box))

    def geometry(self, shape: tuple[int, ...], full: tuple[int, ...]) -> NDArray[np.float64]:
        """The map of frequencies that was found, in a plane of `shape` that shows `full` pixels."""
        assert self.state.reading is not None
        mine = np.array(self.state.work.shape) / self.state.shape
        return np.diag(mine * full / shape) @ self.state.reading.affine


@dataclass(slots=True)
class Page:
    """One picture in which rectangles are looked at.

    plane : its luma, 0 to 255, in which all pixels are counted. whole : the search in all of it.
    spent : decodings that were or may yet be made there and in the rectangles looked at before; looks : how
        many these were.
    """

    plane: Plane
    whole: ImageSearch
    spent: int = MAX_DECODINGS
    looks: int = 0

    @property
    def box(self) -> Box:
        """All of it."""
        return 0, 0, self.plane.shape[1], self.plane.shape[0]

    def search(self) -> list[Detection]:
        """Look at one rectangle after another; return what was read, the surest first."""
        boxes = self._boxes()
        looks: list[_Look] = []
        for box in boxes:
            if any(look.explains(box) for look in looks):
                continue
            if (look := self._look(box, IN_A_REGION)) is not None:
                look = look if look.found.seen else self._wider(look, boxes)
                look = _outlined(look)
                if look.found.seen is None and len({each.found.payload for each in (*looks, look)}) == 1:
                    look = self._widest(look)
                looks.append(look)
        found: dict[Payload | None, Detection] = {}
        for look in sorted(looks, key=lambda look: (look.found.seen is None, -look.strength)):
            found.setdefault(look.found.payload, look.found)
        return sorted(found.values(), key=lambda each: each.log10_p)

    def _boxes(self) -> list[Box]:
        """The rectangles that are looked at, their sides at edges of the picture in full."""
        reduced = np.clip(luma_plane(self.plane, 255.0, _SEARCHED), 0, 255)
        reach = round(2 * (self.plane.size / reduced.size) ** 0.5) + 1
        found = regions_of(reduced, self.box[2:], _RECTANGLES)
        boxes = (snapped(self.plane, region.box, reach) for region in found)
        return list(dict.fromkeys(boxes))

    def _wider(self, look: _Look, boxes: Sequence[Box]) -> _Look:
        """The look at the rectangle around it that shows the original from corner to corner, if there is
        one."""
        for box in boxes:
            around = _area(box) > _area(look.box) and _shared(box, look.box) > _WITHIN * _area(look.box)
            if around and abs(_area(box) / _area(self.box) / look.whole_by_page - 1) < _ALL:
                again = self._look(box, (try_nearly_untouched,))
                if again and again.found.payload == look.found.payload and again.found.seen:
                    return again
        return look

    def _widest(self, look: _Look) -> _Look:
        """The look at all of the picture, if that shows more of the mark."""
        if look.whole_by_page < 1 - 2 * _ALL:  # there is something around it
            return look
        known = look.geometry(self.whole.work.shape, self.plane.shape)
        found = self.whole.run([lambda state: try_geometry(state, known), refine_candidates])
        if found is not None and found.payload == look.found.payload:
            whole = _Look(self.box, found, self.whole)
            if whole.strength > _AS_MUCH * look.strength:
                return replace(whole, fills=True, found=self.whole.run(IF_MOVED) or found)
        return look

    def _look(self, box: Box, stages: Stages) -> _Look | None:
        """What is read in one rectangle, with its place in the picture."""
        x0, y0, x1, y1 = box
        shape = y1 - y0, x1 - x0
        if min(canonical_shape(shape)) < NARROWEST or self.looks == _LOOKS:
            return None
        state = replace(
            self.whole,
            shape=shape,
            work=luma_plane(self.plane[y0:y1, x0:x1], 255.0, max(LARGE.area, WORK_AREA)),
            grids=GRIDS,
            thresholds=_THRESHOLDS,
            spent=self.spent,
            budget=_BUDGET,
            decodings=0,
            best=None,
            reading=None,
            candidates=[],
            score=0.0,
        )
        found = state.run(stages)
        self.spent += _BUDGET
        self.looks += 1
        self.whole.score = max(self.whole.score, state.score)
        if found is None:
            return None
        return _Look(box, self._placed(found, box), state)

    def _placed(self, found: Detection, box: Box) -> Detection:
        region, transform = corners(*(float(side) for side in box)), found.transform
        if transform is not None:
            share = _area(box) / _area(self.box)
            transform = replace(transform, scale=round(transform.scale * share**0.5, 4))
        return replace(found, region=region, transform=transform)


def outlined(found: Detection, state: ImageSearch, corner: tuple[int, int] = (0, 0)) -> Detection:
    """Return what was found in a rectangle of a picture with the outline of the original, where there is one.

    corner : of the rectangle, (x, y) in pixels.
    """
    if found.seen is not None or (quads := outline(state)) is None:
        return found
    region, seen = quads
    return replace(found, region=tuple((x + corner[0], y + corner[1]) for x, y in region), seen=seen)


def _outlined(look: _Look) -> _Look:
    return replace(look, found=outlined(look.found, look.state, look.box[:2]))


def joined(found: Sequence[Detection]) -> Detection:
    """Return the first of one or more, with the others beside it."""
    first, *rest = found
    others = (
        Mark(other.payload, other.key_name, other.log10_p, region=other.region, seen=other.seen)
        for other in rest
        if other.payload is not None
    )
    return replace(first, others=tuple(others))


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _shared(one: Box, two: Box) -> int:
    """The area that two rectangles share."""
    wide = min(one[2], two[2]) - max(one[0], two[0])
    high = min(one[3], two[3]) - max(one[1], two[1])
    return max(wide, 0) * max(high, 0)

"""Marks on pages: each rectangle of a picture that may be a photo is searched by itself.

A photo on a page is small beside what is around it, which drowns its mark; looked at alone it is a copy like
any other. `regions` says where to look. What each look may decode is counted as in one long search, so that
the law of the whole call holds however many rectangles there are (`null_law.threshold_after`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection, Mark, corners
from ...core.key import Key
from ...core.payload import Payload
from ..common.null_law import MAX_DECODINGS
from .carrier import carriers
from .grid import GRIDS, LARGE, canonical_shape
from .luma import luma_plane
from .regions import Box, regions_of
from .search import ImageSearch, Thresholds
from .stages import AS_IT_IS, IN_A_REGION, WORK_AREA

NARROWEST = 48  # canonical pixels of the shorter side below which nothing can be read

_LOOKS = 16  # rectangles that are looked at
_BUDGET = 30  # decodings in one of them
_THRESHOLDS = Thresholds(decode_near=3.2)
_SAME = 0.7  # of the smaller of two rectangles: then they show the same photo
_SEARCHED = 500_000  # pixels in which rectangles are sought

Stages = Sequence[Callable[[ImageSearch], Detection | None]]


@dataclass(slots=True)
class Page:
    """One picture in which rectangles are looked at; `spent` decodings were or may yet be made in the whole
    picture and in those looked at before."""

    image: NDArray[np.generic]
    key: Key
    data_range: float | None
    spent: int = MAX_DECODINGS
    found: dict[Payload, Detection] = field(default_factory=dict)

    @property
    def box(self) -> Box:
        """All of it."""
        return 0, 0, self.image.shape[1], self.image.shape[0]

    def search(self) -> list[Detection]:
        """Look at one rectangle after another; return what was read, the surest first."""
        boxes = [region.box for region in regions_of(self._reduced(), self.box[2:], _LOOKS)]
        taken: list[Box] = []
        for box in boxes:
            if any(_shared(box, other) > _SAME * min(_area(box), _area(other)) for other in taken):
                continue
            if (found := self._look(box, IN_A_REGION)) is None:
                continue
            if found.seen is None:
                found, box = self._wider(found, box, boxes)
            taken.append(box)
            assert found.payload is not None
            known = self.found.get(found.payload)
            if known is None or (known.seen is None, known.log10_p) > (found.seen is None, found.log10_p):
                self.found[found.payload] = found
        return sorted(self.found.values(), key=lambda found: found.log10_p)

    def _wider(self, found: Detection, box: Box, boxes: Sequence[Box]) -> tuple[Detection, Box]:
        """The same mark in a rectangle around `box` that shows the whole original, if there is one."""
        for other in sorted(boxes, key=_area):
            if _area(other) > _area(box) and _shared(box, other) > 0.95 * _area(box):
                wider = self._look(other, AS_IT_IS)
                if wider is not None and wider.payload == found.payload:
                    return wider, other
        return found, box

    def _look(self, box: Box, stages: Stages) -> Detection | None:
        """What is read in one rectangle, with its place in the picture."""
        x0, y0, x1, y1 = box
        shape = y1 - y0, x1 - x0
        if min(canonical_shape(shape)) < NARROWEST:
            return None
        state = ImageSearch(
            self.key,
            carriers(self.key),
            shape,
            work=luma_plane(self.image[y0:y1, x0:x1], self.data_range, max(LARGE.area, WORK_AREA)),
            grids=GRIDS,
            thresholds=_THRESHOLDS,
            spent=self.spent,
            budget=_BUDGET,
        )
        found = state.run(stages)
        self.spent += _BUDGET
        return None if found is None else self._placed(found, box)

    def _placed(self, found: Detection, box: Box) -> Detection:
        assert found.transform is not None
        share = _area(box) / _area(self.box)
        scale = round(found.transform.scale * share**0.5, 4)
        return replace(
            found,
            size=(self.box[2], self.box[3]),
            region=corners(*(float(side) for side in box)),
            transform=replace(found.transform, scale=scale),
        )

    def _reduced(self) -> NDArray[np.float32]:
        return np.clip(luma_plane(self.image, self.data_range, _SEARCHED), 0, 255)


def joined(found: Sequence[Detection]) -> Detection:
    """Return the first, with the others beside it."""
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

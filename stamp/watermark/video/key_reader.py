"""One look at evidence with one key: the image search, and whether a mark that is known goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ...core.key import Key
from ..image.carrier import PILOT, carriers
from ..image.decode import gains_from_pilots
from ..image.detect import Reading, Search
from ..image.grid import canonical_shape
from ..image.observation import Observation, observe_plane
from ..image.warp import unwarp
from .accumulator import SUM, Plane
from .scheme import CLIP, code_of

Box = tuple[int, int, int, int]  # top, bottom, left, right

_BUDGET_NEAR, _BUDGET_FAR, _BUDGET_INSISTED = 12, 48, 48  # places that one look may read
_QUARTERS = ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1))  # corners, in quarters of the sides
_SMOOTH = 9  # rows or columns over which a profile is averaged
_CONTRAST = 0.5  # of logarithms: less between high and low is no frame around a picture
_NARROWEST = 48  # rows or columns of a part below which nothing can be read
GOES_ON = 5.0  # deviations at which a mark that was read elsewhere in the clip is taken to go on


@dataclass(slots=True)
class Sight:
    """What one key has seen of a clip.

    spent : places that were asked for their coded bits so far. best : the look whose pilots promised most.
    last : the latest look. readings : where each payload was read.
    """

    key: Key
    spent: int = 0
    best: Search | None = None
    last: Search | None = None
    readings: dict[bytes, Reading] = field(default_factory=dict)

    def look(self, picture: Plane, canonical: tuple[int, int], *, search: bool) -> Detection | None:
        """Read an evidence picture as it stands, then, with `search`, in every geometry.

        canonical : the grid of a frame that was neither cropped nor framed.
        """
        s = Search(
            self.key,
            carriers(self.key, CLIP),
            canonical,
            picture,
            measure=SUM,
            spent=self.spent,
            budget=_BUDGET_FAR if search else _BUDGET_NEAR,
        )
        found = s.untouched()
        if found is None and search:
            found = s.anywhere()
        self.spent += s.decodings
        self._keep(s)
        return found

    def insist(self) -> Detection | None:
        """Go on with the latest look, more patiently; worth its time where it was at all that there is."""
        s = self.last
        if s is None:
            return None
        before = s.decodings
        s.budget = before + _BUDGET_INSISTED
        found = s.insist()
        self.spent += s.decodings - before
        self._keep(s)
        return found

    def _keep(self, s: Search) -> None:
        self.last = s
        if self.best is None or s.promise > self.best.promise:
            self.best = s
        if s.reading is not None:
            self.readings[s.reading.payload] = s.reading

    def look_into(self, picture: Plane) -> Detection | None:
        """Search parts of it by themselves: a picture framed by bars, by a blurred copy of itself or by
        another picture is lost in all of it."""
        framed = _framed(picture)
        for top, bottom, left, right in (*framed, *_quarters(picture)):
            part = np.ascontiguousarray(picture[top:bottom, left:right])
            found = self.look(part, canonical_shape((part.shape[0], part.shape[1])), search=True)
            if found is None and framed and (top, bottom, left, right) == framed[0]:
                found = self.insist()
            if found is not None and found.transform is not None:
                # the span of a mark is followed in whole frames only
                self.readings.clear()
                scale = round(found.transform.scale * (part.size / picture.size) ** 0.5, 4)
                return replace(found, transform=replace(found.transform, scale=scale))
        return None

    def going_on(self, picture: Plane) -> bytes | None:
        """The payload, of those read before, that this evidence carries at its geometry, too."""
        scores = {payload: self._agreement(picture, reading) for payload, reading in self.readings.items()}
        best = max(scores, key=lambda payload: scores[payload], default=None)
        return best if best is not None and scores[best] >= GOES_ON else None

    def _agreement(self, picture: Plane, reading: Reading) -> float:
        """How far the coded bits agree with a known payload's, in standard deviations."""
        warped = unwarp(picture, reading.affine, reading.shift)
        if warped is None:
            return 0.0
        o = observe_plane(warped[0], carriers(self.key, CLIP), reading.offset, warped[1], SUM)
        return agreement(o, reading.payload, self.key)


def agreement(o: Observation, payload: bytes, key: Key) -> float:
    """How far the coded bits agree with those of `payload`, in standard deviations."""
    agreed = (gains_from_pilots(o) @ o.soft[:, :PILOT]) * code_of(payload, key)
    return float(agreed.mean() / (agreed.std() + 1e-12) * agreed.size**0.5)


def _framed(picture: Plane) -> list[Box]:
    """Where a picture with something around it may be: where most is to be seen, and the same centred."""
    h, w = picture.shape
    energy = np.square(picture)
    top, bottom = _busiest(energy.mean(1))
    left, right = _busiest(energy.mean(0))
    above, beside = min(top, h - bottom), min(left, w - right)
    boxes = dict.fromkeys(((top, bottom, left, right), (above, h - above, beside, w - beside)))
    return [
        box for box in boxes if box != (0, h, 0, w) and min(box[1] - box[0], box[3] - box[2]) >= _NARROWEST
    ]


def _quarters(picture: Plane) -> Iterator[Box]:
    """At the corners and in the middle."""
    h, w = picture.shape
    for y, x in _QUARTERS:
        up, across = round(y * h / 4), round(x * w / 4)
        yield up, up + h // 2, across, across + w // 2


def _busiest(profile: NDArray[np.floating[Any]]) -> tuple[int, int]:
    """From the first to the last place where a profile is high, by Otsu's threshold on its logarithm; all of
    it where it is much the same."""
    padded = np.pad(profile.astype(np.float64), _SMOOTH // 2, mode="edge")
    level = np.log(np.convolve(padded, np.full(_SMOOTH, 1 / _SMOOTH), "valid") + 1)
    total, count = np.cumsum(np.sort(level)), np.arange(1, len(level))
    low, high = total[:-1] / count, (total[-1] - total[:-1]) / (len(level) - count)
    best = int(np.argmax(count * (len(level) - count) * (high - low) ** 2))
    if high[best] - low[best] < _CONTRAST:
        return 0, len(level)
    inside = np.flatnonzero(level >= (low[best] + high[best]) / 2)
    return int(inside[0]), int(inside[-1]) + 1

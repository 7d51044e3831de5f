"""The attempts to read a video with one key: the search in accumulated pictures, and marks that continue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection, corners
from ...core.key import Key
from ..image.carrier import PILOT, carriers
from ..image.decode import gains_from_pilots
from ..image.grid import canonical_shape
from ..image.observation import Observation, observe_plane
from ..image.search import Reading
from ..image.stages import ANY_GEOMETRY, AS_IT_IS
from ..image.warp import unwarp
from .accumulator import SUM, Plane
from .scheme import CLIP, code_of
from .search import VideoSearch, VideoThresholds, search_exhaustively

Box = tuple[int, int, int, int]  # top, bottom, left, right

THRESHOLDS = VideoThresholds()
# Attempts of one search whose coded bits are looked at: of a picture as it is, in any geometry, and of an
# exhaustive search.
_BUDGET_NEAR, _BUDGET_FAR, _BUDGET_EXHAUSTIVE = 12, 48, 48
_QUARTERS = ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1))  # corners, in quarters of the sides
_SMOOTH = 9  # rows or columns over which a profile is averaged
_CONTRAST = 0.5  # of logarithms: less between high and low is no frame around a picture
_NARROWEST = 48  # rows or columns of a part below which nothing can be read
_CONTINUES = 5.0  # deviations of agreement at which a mark that was read elsewhere in the video continues


@dataclass(slots=True)
class KeyReader:
    """What was found in a video with one key.

    spent : attempts so far whose coded bits were looked at. best : the search whose pilots have the highest
    score. latest : the search of the latest attempt. readings : where each payload was read.
    """

    key: Key
    spent: int = 0
    best: VideoSearch | None = None
    latest: VideoSearch | None = None
    readings: dict[bytes, Reading] = field(default_factory=dict)

    def attempt(self, picture: Plane, canonical: tuple[int, int], *, search: bool) -> Detection | None:
        """Read an accumulated picture as it is, then, with `search`, in every geometry.

        canonical : the grid of a frame that was neither cropped nor framed.
        """
        state = VideoSearch(
            self.key,
            carriers(self.key, CLIP),
            canonical,
            picture,
            measure=SUM,
            thresholds=THRESHOLDS,
            spent=self.spent,
            budget=_BUDGET_FAR if search else _BUDGET_NEAR,
        )
        found = state.run(ANY_GEOMETRY if search else AS_IT_IS)
        self.spent += state.decodings
        self._record(state)
        return found

    def search_exhaustively(self) -> Detection | None:
        """Continue the latest search, with more patience: worth its time for the whole of a video."""
        state = self.latest
        if state is None:
            return None
        before = state.decodings
        state.budget = before + _BUDGET_EXHAUSTIVE
        found = state.run((search_exhaustively,))
        self.spent += state.decodings - before
        self._record(state)
        return found

    def _record(self, state: VideoSearch) -> None:
        self.latest = state
        if self.best is None or state.best_pilots > self.best.best_pilots:
            self.best = state
        if state.reading is not None:
            self.readings[state.reading.payload] = state.reading

    def attempt_parts(self, picture: Plane, size: tuple[int, int]) -> Detection | None:
        """Search parts of a picture by themselves: one that is framed by bars, by a blurred copy of itself or
        by another picture is lost in the whole. size : width and height of the frames, as displayed."""
        framed = _framed(picture)
        for top, bottom, left, right in (*framed, *_quarters(picture)):
            part = np.ascontiguousarray(picture[top:bottom, left:right])
            found = self.attempt(part, canonical_shape((part.shape[0], part.shape[1])), search=True)
            if found is None and framed and (top, bottom, left, right) == framed[0]:
                found = self.search_exhaustively()
            if found is not None and found.transform is not None:
                # the span of a mark is followed in whole frames only
                self.readings.clear()
                scale = round(found.transform.scale * (part.size / picture.size) ** 0.5, 4)
                x, y = size[0] / picture.shape[1], size[1] / picture.shape[0]
                region = corners(left * x, top * y, right * x, bottom * y) if found.seen else None
                return replace(found, transform=replace(found.transform, scale=scale), region=region)
        return None

    def continues(self, picture: Plane) -> bytes | None:
        """Return the payload, of those read before, that this picture carries in the same geometry, too."""
        scores = {payload: self._agreement(picture, reading) for payload, reading in self.readings.items()}
        best = max(scores, key=lambda payload: scores[payload], default=None)
        return best if best is not None and scores[best] >= _CONTINUES else None

    def _agreement(self, picture: Plane, reading: Reading) -> float:
        """Return how far the coded bits agree with a payload that was read, in standard deviations."""
        warped = unwarp(picture, reading.affine, reading.shift)
        if warped is None:
            return 0.0
        o = observe_plane(warped[0], carriers(self.key, CLIP), reading.offset, warped[1], SUM)
        return agreement(o, reading.payload, self.key)


def agreement(o: Observation, payload: bytes, key: Key) -> float:
    """Return how far the coded bits agree with those of `payload`, in standard deviations."""
    agreed = (gains_from_pilots(o) @ o.soft[:, :PILOT]) * code_of(payload, key)
    return float(agreed.mean() / (agreed.std() + 1e-12) * agreed.size**0.5)


def _framed(picture: Plane) -> list[Box]:
    """Return where a picture with something around it may be: where most is to be seen, and the same
    centred."""
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
    """Return the parts of half the sides at the corners and in the middle."""
    h, w = picture.shape
    for y, x in _QUARTERS:
        up, across = round(y * h / 4), round(x * w / 4)
        yield up, up + h // 2, across, across + w // 2


def _busiest(profile: NDArray[np.floating[Any]]) -> tuple[int, int]:
    """Return the first row (or column) where a profile is high and the end of the last, by Otsu's threshold
    on its logarithm; all of it where it is much the same."""
    padded = np.pad(profile.astype(np.float64), _SMOOTH // 2, mode="edge")
    level = np.log(np.convolve(padded, np.full(_SMOOTH, 1 / _SMOOTH), "valid") + 1)
    total, count = np.cumsum(np.sort(level)), np.arange(1, len(level))
    low, high = total[:-1] / count, (total[-1] - total[:-1]) / (len(level) - count)
    best = int(np.argmax(count * (len(level) - count) * (high - low) ** 2))
    if high[best] - low[best] < _CONTRAST:
        return 0, len(level)
    inside = np.flatnonzero(level >= (low[best] + high[best]) / 2)
    return int(inside[0]), int(inside[-1]) + 1

"""One look at evidence with one key: the image search, and whether a mark that is known goes on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..carrier import carriers
from ..coding import CODED_BITS, encode
from ..decode import gains_from_pilots
from ..detect import Detection, Reading, Search
from ..grid import canonical_shape
from ..key import Key
from ..payload import frame
from ..statistic import observe_plane
from ..warp import unwarp
from .evidence import Plane
from .scheme import SCHEME

_BUDGET_NEAR, _BUDGET_FAR = 12, 48  # decodings of one look, without and with the search
_QUARTERS = ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1))  # corners, in quarters of the sides
GOES_ON = 5.0  # deviations at which a mark that was read elsewhere in the clip is taken to go on


@dataclass(slots=True)
class Sight:
    """What one key has seen of a clip.

    spent : decodings so far. best : the look whose pilots promised most. readings : where each payload was
        read.
    """

    key: Key
    spent: int = 0
    best: Search | None = None
    readings: dict[bytes, Reading] = field(default_factory=dict)

    def look(self, picture: Plane, canonical: tuple[int, int], *, search: bool) -> Detection | None:
        """Read an evidence picture as it stands, then, with `search`, in every geometry.

        canonical : the grid of a frame that was neither cropped nor framed.
        """
        s = Search(
            self.key,
            carriers(self.key, SCHEME),
            canonical,
            picture,
            scheme=SCHEME,
            spent=self.spent,
            budget=_BUDGET_FAR if search else _BUDGET_NEAR,
        )
        found = s.untouched()
        if found is None and search:
            found = s.anywhere()
        self.spent += s.decodings
        if self.best is None or s.promise > self.best.promise:
            self.best = s
        if s.reading is not None:
            self.readings[s.reading.payload] = s.reading
        return found

    def look_into(self, picture: Plane) -> Detection | None:
        """Search quarters of it by themselves: a small picture in a large one is lost in all of it."""
        h, w = picture.shape
        for y, x in _QUARTERS:
            top, left = round(y * h / 4), round(x * w / 4)
            quarter = np.ascontiguousarray(picture[top : top + h // 2, left : left + w // 2])
            shape = canonical_shape((quarter.shape[0], quarter.shape[1]))
            found = self.look(quarter, shape, search=True)
            if found is not None and found.transform is not None:
                # the span of a mark is followed in whole frames only
                self.readings.clear()
                return replace(found, transform=replace(found.transform, scale=found.transform.scale / 2))
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
        o = observe_plane(warped[0], carriers(self.key, SCHEME), reading.offset, warped[1])
        code = 1.0 - 2.0 * encode(frame(reading.payload, self.key, SCHEME)).astype(np.float64)
        agreed: NDArray[np.float64] = (gains_from_pilots(o) @ o.soft[:, :CODED_BITS]) * code
        return float(agreed.mean() / (agreed.std() + 1e-12) * CODED_BITS**0.5)

"""How much of a mark is left in a clip, for whoever knows its payload."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..image.carrier import carriers
from ..image.decode import agreement
from ..image.grid import resize
from ..image.observation import observe_plane
from .accumulator import SUM, Accumulator, details_of, working
from .detect import SIZE_EXPONENT
from .scheme import CLIP, code_of, displayed

# Deviations of agreement from which clips are read for certain (`python -m benchmarks.margin`).
NEEDED = 16.0


class Agreement:
    """Adds up frames of a clip that was neither cropped nor turned, and says how far they agree with a
    payload.

    aspect : width by height as displayed; that of the plane if None.
    """

    def __init__(self, payload: bytes, *, key: Key, aspect: float | None = None) -> None:
        self._code, self._key, self._aspect = code_of(payload, key), key, aspect
        self._sum = Accumulator()
        self._canonical = (0, 0)

    def push(self, luma: NDArray[np.uint8], *, size: int) -> None:
        """Add a frame, (height, width) upright, that was coded in `size` bytes."""
        self._canonical = displayed((luma.shape[0], luma.shape[1]), self._aspect)
        frame = working(luma, 255.0)
        self._sum.add(details_of(frame), (frame.shape[0], frame.shape[1]), size**SIZE_EXPONENT)

    def score(self) -> float:
        """Return the agreement of the coded bits, in deviations of chance; nothing is searched."""
        plane = resize(self._sum.picture(), self._canonical)
        made = carriers(self._key, CLIP)
        return agreement(observe_plane(plane, made, (0, 0), None, SUM), CLIP, self._code)

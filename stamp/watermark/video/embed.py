"""Put the mark into the frames of a clip, in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import HostError
from ..grid import resize
from ..key import Key
from .mask import sample, step_of, visibility
from .scheme import displayed, pattern

Luma = NDArray[np.uint8] | NDArray[np.uint16]

MIN_SIDE = 128
MAX_PROPORTION = 20
_REFRESH = 12  # frames that one mask serves, unless the picture changes
_CHANGED = 6.0  # grey levels of mean difference that make a new scene


class Embedder:
    """Marks the frames of one clip. Not to be shared between threads.

    Parameters
    ----------
    payload : 8 bytes.
    size : (height, width) of the luma plane as it is displayed (upright).
    depth : bits of a luma sample, 8 to 16.
    full_range : whether luma uses all codes; else black is 16 and white 235, times 2 ** (depth - 8).
    strength : 0 is the identity; 1 is invisible at normal viewing; the amplitude is proportional to it.
    aspect : width by height as displayed; that of the plane unless told.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes.
    HostError : the frame is too small or too narrow a strip.
    ValueError : `strength` is negative or not finite, or `depth` out of range.
    """

    def __init__(
        self,
        payload: bytes,
        *,
        key: Key,
        size: tuple[int, int],
        depth: int = 8,
        full_range: bool = False,
        strength: float = 1.0,
        aspect: float | None = None,
    ) -> None:
        if not 0 <= strength < np.inf:
            raise ValueError(f"strength is a number from 0, not {strength}")
        if not 8 <= depth <= 16:
            raise ValueError(f"depth is 8 to 16 bits, not {depth}")
        h, w = size
        if min(h, w) < MIN_SIDE or max(h, w) > MAX_PROPORTION * min(h, w):
            raise HostError(
                f"{w} x {h} pixels cannot carry the mark: the shorter side needs at least {MIN_SIDE} pixels, "
                f"and the longer may be at most {MAX_PROPORTION} times that"
            )
        self._size, self._step = (h, w), step_of(size)
        self._white = float((1 << depth) - 1)
        self._gain = strength * self._white / 255 * (1.0 if full_range else 219 / 255)
        self._pattern = resize(pattern(payload, key, displayed(size, aspect)), size)
        self._sampled: NDArray[np.float32] | None = None
        self._age = 0
        self._steps: tuple[NDArray[np.unsignedinteger], ...] = ()

    def mark(self, luma: Luma) -> None:
        """Add the mark to one luma plane, (height, width) uint8 or uint16, in place; saturates at the range
        of its codes.

        Frames come in the order in which they are shown; any view of the plane will do.
        """
        if luma.shape != self._size:
            raise ValueError(f"this embedder is for frames of {self._size}, not {luma.shape}")
        if self._gain == 0:
            return
        sampled = sample(luma, self._step, self._white)
        if self._sampled is None or self._age >= _REFRESH or self._differs(sampled):
            self._refresh(sampled, luma)
        self._age += 1
        cap, up, floor, down = self._steps
        np.minimum(luma, cap, out=luma)
        luma += up
        np.maximum(luma, floor, out=luma)
        luma -= down

    def _differs(self, sampled: NDArray[np.float32]) -> bool:
        assert self._sampled is not None
        return float(np.abs(sampled[::4, ::4] - self._sampled[::4, ::4]).mean()) > _CHANGED

    def _refresh(self, sampled: NDArray[np.float32], luma: Luma) -> None:
        """What to add, as four planes of the frame's own type, so that saturation needs no wider numbers."""
        delta = resize(visibility(sampled), self._size)
        delta *= self._pattern
        delta *= np.float32(self._gain)
        np.rint(delta, out=delta)
        up = np.empty_like(luma)
        down = np.empty_like(luma)
        up[...] = np.maximum(delta, 0)
        down[...] = np.maximum(-delta, 0)
        self._steps = luma.dtype.type(int(self._white)) - up, up, down, down
        self._sampled, self._age = sampled, 0

"""Put the mark into the frames of a video, in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core import arguments
from ...core.errors import HostError
from ...core.key import Key
from ..image.grid import resize, resize_rows
from .energy import USUAL, Allocation, Shares
from .mask import MOST, flatness, sample, size_gain, step_of, visibility
from .scheme import displayed, pattern

Luma = NDArray[np.uint8] | NDArray[np.uint16]

MIN_SIDE = 128
MAX_PROPORTION = 20
_REFRESH = 24  # frames that one mask serves, unless the picture changes
_CHANGED = 6.0  # grey levels of mean difference that make a new scene
_STRIP = 32


class Embedder:
    """Marks the frames of one video. Not to be shared between threads.

    Parameters
    ----------
    payload : 8 bytes.
    size : (height, width) of the luma plane as it is displayed (upright).
    depth : bits of a luma sample, 8 to 16.
    full_range : whether luma uses all codes; else black is 16 and white 235, times 2 ** (depth - 8).
    strength : 0 is the identity; 1 is invisible at normal viewing; the amplitude is proportional to it.
    aspect : width by height as displayed; that of the plane if None.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes.
    HostError : the frame is too small or too narrow a strip.
    ArgumentError : `strength` is negative or not finite. ValueError : `depth` is out of range.
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
        strength = arguments.strength(strength, zero=True)
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
        codes = 1.0 if full_range else 219 / 255
        self._scale = np.float32(strength * self._white / 255 * codes)
        self._most = MOST / codes
        self._payload, self._key, self._canonical = payload, key, displayed(size, aspect)
        self._shares = USUAL.shares
        self._pattern = self._patterned(self._shares)
        self._identity = strength == 0
        self._glance: NDArray[np.float32] | None = None
        self._age = _REFRESH
        self._steps: tuple[NDArray[np.unsignedinteger], ...] = ()

    def _patterned(self, shares: Shares) -> NDArray[np.float32]:
        """Return the pattern at the size of a frame, in codes at a visibility of 1."""
        plane = resize(pattern(self._payload, self._key, self._canonical, shares), self._size)
        plane *= self._scale
        return plane

    def mark(self, luma: Luma, allocation: Allocation = USUAL) -> None:
        """Add the mark to one luma plane, (height, width) uint8 or uint16, in place; saturates at the range
        of its codes.

        allocation : what the scene needs (`allocation`); it counts from the next mask on. No gain makes the
        mark visible.

        Frames come in the order in which they are shown; any view of the plane will do.
        """
        if luma.shape != self._size:
            raise ValueError(f"this embedder is for frames of {self._size}, not {luma.shape}")
        if self._identity:
            return
        glance = sample(luma, 4 * self._step, self._white)
        if self._age == _REFRESH or _difference(glance, self._glance) > _CHANGED:
            self._age = 0
            self._glance = glance
            self._refresh(luma, allocation)
        self._age += 1
        low, high, step = self._steps
        np.minimum(luma, high, out=luma)
        np.maximum(luma, low, out=luma)
        luma += step

    def _refresh(self, luma: Luma, allocation: Allocation) -> None:
        """Compute what to add, in two's complement, and the lowest and highest codes that it may be added to:
        as planes of the frame's own type, so that saturation needs no wider numbers.

        A strip at a time, so that the passes stay in the cache.
        """
        h, w = self._size
        half, white = self._white // 2, luma.dtype.type(int(self._white))
        signed = np.dtype(f"i{luma.itemsize}")
        zero = np.zeros((_STRIP, w), signed)  # a plane: with a number, NumPy takes eight times as long
        low, high, step = (np.empty_like(luma) for _ in range(3))
        sampled = sample(luma, self._step, self._white)
        allocation = allocation.of(flatness(sampled))
        gain = allocation.gain * size_gain(self._size)
        if allocation.shares != self._shares:
            self._shares = allocation.shares
            self._pattern = self._patterned(self._shares)
        mask = visibility(sampled, gain, self._most)
        wide = resize(mask, (mask.shape[0], w))
        for start, end, rows in resize_rows(wide, h, _STRIP):
            rows *= self._pattern[start:end]
            np.clip(np.rint(rows, out=rows), -half, half, out=rows)
            np.copyto(step[start:end].view(signed), rows, casting="unsafe")
            up = np.maximum(step[start:end].view(signed), zero[: end - start]).view(luma.dtype)
            np.subtract(up, step[start:end], out=low[start:end])
            np.subtract(white, up, out=high[start:end])
        self._steps = low, high, step


def _difference(one: NDArray[np.float32], other: NDArray[np.float32] | None) -> float:
    """Return the mean absolute difference; 0 where there is no other frame."""
    return 0.0 if other is None else float(np.abs(one - other).mean())

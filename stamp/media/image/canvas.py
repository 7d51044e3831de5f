"""A picture that is drawn on before it is written again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ...core.visible import Box
from .jpeg import JpegHost
from .picture import Picture, Pixels

Plane = NDArray[np.float32]

_RED, _BLUE = 0.299, 0.114  # JFIF: the matrix of Rec. ITU-R BT.601
_GREEN: Final = 1 - _RED - _BLUE


class Canvas:
    """The pixels of a picture, and its planes of chroma where they are apart.

    What its host keeps of gray pictures' transparency stays: nothing is seen there of what is drawn.
    """

    transfer: Final[Literal["sdr"]] = "sdr"

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._pixels = picture.pixels.copy()
        self._top = float(np.iinfo(self._pixels.dtype).max)
        host = picture.host
        self._chroma = [plane.copy() for plane in host.chroma()] if isinstance(host, JpegHost) else []

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, upright."""
        height, width = self._pixels.shape[:2]
        return width, height

    @property
    def is_gray(self) -> bool:
        """Whether colours come out gray."""
        return self._pixels.ndim == 2 and not self._chroma

    def grounds(self, box: Box) -> list[Plane]:
        """Return the signals (H, W, 3) in a box; where it is transparent, over white and over black."""
        samples = self._in(self._pixels, box).astype(np.float32) / np.float32(self._top)
        if samples.ndim == 2:
            return [self._in_colour(samples, box)]
        colours = samples[..., :3]
        if samples.shape[2] == 3 or samples[..., 3].min() == 1:
            return [colours]
        share = samples[..., 3:]
        return [colours * share + (1 - share), colours * share]

    def draw(self, box: Box, alpha: Plane, colour: Plane) -> None:
        """Lay colour (H, W, 3), multiplied with alpha (H, W), over a box."""
        samples = self._in(self._pixels, box)
        ground = samples.astype(np.float32) / np.float32(self._top)
        luma = colour @ np.array((_RED, _GREEN, _BLUE), np.float32)
        if ground.ndim == 2:
            drawn = ground * (1 - alpha) + luma
            for plane, which, weight in zip(self._chroma, (2, 0), (_BLUE, _RED), strict=False):
                part = self._in(plane, box)
                change = (colour[..., which] - luma) / (2 - 2 * weight) * 255
                part[:] = _rounded((part.astype(np.float32) - 128) * (1 - alpha) + change + 128, 255)
        elif ground.shape[2] == 3:
            drawn = ground * (1 - alpha[..., None]) + colour
        else:
            below = ground[..., 3] * (1 - alpha)
            seen = alpha + below
            mixed = colour + ground[..., :3] * below[..., None]
            drawn = np.dstack((mixed / np.maximum(seen, 1e-6)[..., None], seen))
            drawn = np.where((alpha > 0)[..., None], drawn, ground)
        samples[:] = _rounded(drawn * self._top, self._top)

    def picture(self) -> Picture:
        """Return the picture as it is now."""
        host: Any = self._picture.host
        if self._chroma:
            host = host.with_chroma(self._chroma)
        return replace(self._picture, pixels=self._pixels, host=host)

    def _in_colour(self, luma: Plane, box: Box) -> Plane:
        """Signals of luma, with its chroma."""
        if not self._chroma:
            return np.repeat(luma[..., None], 3, axis=2)
        blue, red = ((self._in(plane, box).astype(np.float32) - 128) / 255 for plane in self._chroma)
        r, b = luma + (2 - 2 * _RED) * red, luma + (2 - 2 * _BLUE) * blue
        return np.clip(np.dstack((r, (luma - _RED * r - _BLUE * b) / _GREEN, b)), 0, 1)

    @staticmethod
    def _in(plane: Pixels, box: Box) -> Pixels:
        return plane[box.y : box.y + box.height, box.x : box.x + box.width]


def _rounded(values: Plane, top: float) -> Plane:
    return np.clip(np.rint(values), 0, top)

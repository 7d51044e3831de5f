"""How near a marked work is to its source: PSNR and SSIM of the luma, over a part that suffices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..watermark.common.quality import psnr, ssim
from ..watermark.image.luma import luma

_STRIP_ROWS, _SSIM_PIXELS = 12, 1_500_000
_COMPARED_FRAMES = 8
_BAND_ROWS = 48


def image_fidelity(before: NDArray[Any], after: NDArray[Any]) -> tuple[float, float]:
    """Return PSNR in dB and SSIM of the luma of two pictures of the same shape, uint8 or uint16.

    The SSIM of a large picture is the mean over evenly spaced strips, 1.5 megapixels together: over all of 12
    megapixels it would cost as much as marking them, and on photographs the two differ by less than 0.001.
    """
    one, two = (image if image.ndim == 2 else luma(image) for image in (before, after))
    top = float(np.iinfo(before.dtype).max)
    height, width = one.shape
    count = round(_SSIM_PIXELS / (_STRIP_ROWS * width))
    if count * _STRIP_ROWS >= height:
        starts, rows = [0], height
    else:
        starts, rows = np.linspace(0, height - _STRIP_ROWS, count).astype(int).tolist(), _STRIP_ROWS
    strips = [ssim(one[i : i + rows], two[i : i + rows], data_range=top) for i in starts]
    return psnr(one, two, data_range=top), sum(strips) / len(strips)


class VideoFidelity:
    """PSNR and SSIM of the marked luma, over a few frames spread over a clip of `frames` frames of `depth`
    bits.

    Every fourth row counts for the PSNR and a band in the middle for the SSIM: in full they would cost a
    tenth of a fast encoding.
    """

    def __init__(self, frames: int, depth: int) -> None:
        self._every = max(1, frames // _COMPARED_FRAMES)
        self._white = float((1 << depth) - 1)
        self._seen = 0
        self._errors: list[float] = []
        self._similar: list[float] = []

    def before(self, luma: NDArray[Any]) -> NDArray[Any] | None:
        """Return a copy of the frame, if it is one of those to be compared."""
        self._seen += 1
        return luma.copy() if (self._seen - 1) % self._every == 0 else None

    def after(self, before: NDArray[Any] | None, luma: NDArray[Any]) -> None:
        """Compare the marked frame with its copy."""
        if before is None:
            return
        one, two = (plane[::4].astype(np.float32) for plane in (before, luma))
        self._errors.append(float(np.square(one - two).mean()))
        top = max(0, luma.shape[0] // 2 - _BAND_ROWS // 2)
        bands = (plane[top : top + _BAND_ROWS].astype(np.float32) for plane in (before, luma))
        self._similar.append(ssim(*bands, data_range=self._white))

    def result(self) -> tuple[float, float]:
        """Return PSNR in dB, infinite where nothing differs, and SSIM."""
        error = sum(self._errors) / len(self._errors)
        decibels = 10 * math.log10(self._white**2 / error) if error else math.inf
        return decibels, sum(self._similar) / len(self._similar)

"""Frames added up to one picture, in which the mark stands out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..common.filters import box
from ..common.fourier import rfft2
from ..common.wavelet import MARGIN, Detail, analyse, synthesise
from ..image.grid import STANDARD
from ..image.luma import luma_plane
from ..image.observation import Measure, activity, normalise, pad_to_tiles

Plane = NDArray[np.float32]

AREA = 1.6 * STANDARD.area  # pixels of a working frame, at most: a small picture in a large one needs them
# Of a frame: what a coder has emptied must not count as much as what it has kept. Of the sum: every frame has
# been measured already, and what stands out in it is more often mark than host.
_FRAME = Measure(floor=6.0, clip=0.6, exponent=0.7)
SUM = Measure(floor=1.0, clip=2.0, exponent=1.5)
_HEIGHT = 10.0  # root mean square of the picture; the image scheme's floors are meant for grey levels
_NEIGHBOURS = 9  # bins of the spectrum a side
_FLOOR = 0.02  # of the mean power: below that there is nothing to flatten


class Accumulator:
    """The weighted sum of normalised frames, as wavelet details.

    In every frame each coefficient counts in units of its surroundings, as in the image scheme's statistic.
    The mark keeps still and adds up; what moves averages out.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.shape = (0, 0)
        self._sum: Detail = []

    def add(self, details: Detail, shape: tuple[int, int], weight: float = 1.0) -> None:
        """Add the `details` of a working frame of `shape`."""
        if not self._sum:
            self._sum, self.shape = [np.zeros_like(d) for d in details], shape
        for total, d in zip(self._sum, details, strict=True):
            total += d if weight == 1 else d * np.float32(weight)
        self.frames += 1

    def joined(self, later: Accumulator) -> Accumulator:
        """Return the sum of both, whose frames must have one shape."""
        both = Accumulator()
        both.frames, both.shape = self.frames + later.frames, self.shape
        both._sum = [a + b for a, b in zip(self._sum, later._sum, strict=True)]
        return both

    def picture(self) -> Plane:
        """Return the sum as a picture of the working frame's size, (H, W) float32, for a `VideoSearch`."""
        lowest = self._sum[-1].shape[1:]
        plane = synthesise(np.zeros(lowest, np.float32), self._sum)
        plane = _flattened(plane[MARGIN : MARGIN + self.shape[0], MARGIN : MARGIN + self.shape[1]])
        plane *= np.float32(_HEIGHT / (plane.std() + 1e-9))
        return plane


def _flattened(plane: Plane) -> Plane:
    """Give the plane the same power at all frequencies, averaged over a few neighbours.

    What keeps still in a video adds up as the mark does; grids, fences and lines of text are lines in the
    spectrum that would drown it.
    """
    spectrum = rfft2(plane)
    power = box((spectrum.real**2 + spectrum.imag**2).astype(np.float32), _NEIGHBOURS)
    power += np.float32(_FLOOR) * power.mean() + np.float32(1e-9)
    spectrum /= np.sqrt(power)
    return np.fft.irfft2(spectrum, plane.shape).astype(np.float32)


def working(luma: NDArray[np.unsignedinteger], white: float) -> Plane:
    """Return a working frame: luma, 0 to 255, of about `AREA` pixels at most."""
    return luma_plane(luma, white, AREA)


def details_of(frame: Plane) -> Detail:
    """Return the normalised wavelet details of a working frame, ready to be added up."""
    _, details = analyse(pad_to_tiles(frame))
    return [normalise(d, activity(d, _FRAME), _FRAME) for d in details]

"""Compare two pictures that lie on each other: how alike is what is fine in them?

Both are taken at the coarser of their two sampling rates, a band of one and a half octaves below it is cut
out, and each place is divided by the deviation around it, so that brightness, contrast, gamma and filters do
not count. What is left correlates by 0.6 and more in copies. In another picture that carries the original's
mark, it does not: the mark is not the original's detail (ADR 95).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .opencv import Matrix, Plane, opencv

Mask = NDArray[np.bool_]

# Gaussians in pixels of the common frame: the finer one leaves out what JPEG and blur take away, the coarser
# one what two pictures of anything have in common; the third is the neighbourhood that sets the contrast.
_FINE, _COARSE, _AROUND = 1.2, 4.0, 8.0
_FLOOR = 0.35  # of the band's deviation: flat places, which show noise and the mark only, hardly count
_MARGIN = 9  # pixels at the edge of the overlap that the filters spoil
_LEAST_PIXELS = 400
_CELLS = 80
_TRUSTED = 0.5  # local correlation of places that show the original beyond doubt
_ALIKE = 0.2  # local correlation that neither speaks for nor against the original being seen at a place


@dataclass(frozen=True)
class Bands:
    """The fine detail of original and suspect in one frame, and where both are seen."""

    original: Plane
    suspect: Plane
    mask: Mask

    @property
    def correlation(self) -> float:
        """-1 to 1; 0 where too little is seen, or nothing in it is fine."""
        if np.count_nonzero(self.mask) < _LEAST_PIXELS:
            return 0.0
        one, two = self.original[self.mask], self.suspect[self.mask]
        power = float(np.sqrt(np.sum(one * one, dtype=np.float64) * np.sum(two * two, dtype=np.float64)))
        return float(np.sum(one * two, dtype=np.float64)) / power if power > 0 else 0.0

    def within(self, mask: Mask) -> Bands:
        """The same, seen in less."""
        return Bands(self.original, self.suspect, self.mask & mask)


def blur(plane: NDArray[Any], sigma: float) -> Plane:
    """Return a picture smoothed by a Gaussian of `sigma` pixels."""
    smooth: Plane = opencv().GaussianBlur(plane, (0, 0), sigma)
    return smooth


def warped(plane: NDArray[Any], matrix: Matrix, size: tuple[int, int]) -> tuple[Plane, Mask]:
    """Return a picture mapped by a 3 x 3 matrix into a frame of (width, height), and where it is seen there.

    The frame's pixels must not be much coarser than the picture's, or what is fine would alias.
    """
    cv2 = opencv()
    seen = cv2.warpPerspective(np.full(plane.shape[:2], 255, np.uint8), matrix, size, flags=cv2.INTER_LINEAR)
    moved = cv2.warpPerspective(
        plane.astype(np.float32), matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return moved, seen > 250


def bands(original: Plane, suspect: Plane, mask: Mask) -> Bands:
    """Return the fine detail of two planes of luma that lie on each other, seen where `mask` is true."""
    return Bands(fine(original, mask), fine(suspect, mask), inner(mask))


def inner(mask: Mask) -> Mask:
    """Return where a mask is true with its edge, that the filters spoil, left out."""
    cv2 = opencv()
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distances: Plane = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    return distances > _margin(mask)


def _margin(mask: Mask) -> float:
    """Less of a small overlap is left out."""
    return min(_MARGIN, 0.1 * float(np.sqrt(np.count_nonzero(mask))))


def fine(plane: Plane, mask: Mask) -> Plane:
    """Return the fine detail of a plane (H, W) of luma, seen where `mask` is true: the band, by the deviation
    around each place."""
    if not mask.any():
        return np.zeros_like(plane)
    filled = np.where(mask, plane, plane[mask].mean()).astype(np.float32)
    band = np.where(mask, blur(filled, _FINE) - blur(filled, _COARSE), 0).astype(np.float32)
    whole = float(np.sqrt(np.mean(np.square(band[mask], dtype=np.float64))))
    if whole < 1e-3:
        return np.zeros_like(plane)
    around = np.sqrt(blur(band * band, _AROUND))
    return np.asarray(band / (around + np.float32(_FLOOR * whole)), np.float32)


def gain(original: Plane, suspect: Plane, mask: Mask) -> tuple[float, float]:
    """Return gain and offset that bring the original closest to the suspect, by least squares."""
    one, two = original[mask].astype(np.float64), suspect[mask].astype(np.float64)
    if one.size < 2 or one.std() < 1e-6:
        return 1.0, float(two.mean() - one.mean()) if one.size else 0.0
    slope = float(np.mean((one - one.mean()) * (two - two.mean())) / one.var())
    return slope, float(two.mean() - slope * one.mean())


def psnr(original: Plane, suspect: Plane, mask: Mask) -> float:
    """Return the PSNR in dB of the overlap after the gain is fitted; 0 where nothing is seen, at most 99."""
    if not mask.any():
        return 0.0
    slope, offset = gain(original, suspect, mask)
    error = float(np.mean(np.square(slope * original[mask] + offset - suspect[mask], dtype=np.float64)))
    return min(99.0, float(10 * np.log10(255**2 / max(error, 1e-9))))


def agreement(original: Plane, suspect: Plane, found: Bands, mask: Mask) -> Plane:
    """Return, for each pixel of the frame, what speaks for (above 0) or against that it shows the original.

    Where neither has detail, the luma decides: a flat page beside a flat sky has another one.
    """
    inner = found.mask.astype(np.float32)  # both pictures end where the overlap does, which is no detail
    known = np.maximum(blur(inner, 1.5 * _AROUND), np.float32(1e-3))
    product, one, two = (
        blur(part * inner, 1.5 * _AROUND) / known
        for part in (found.original * found.suspect, found.original**2, found.suspect**2)
    )
    local = product / np.sqrt(one * two + np.float32(1e-3))
    busy = np.clip(2 * np.maximum(one, two), 0, 1)
    # Brightness and contrast are taken from where the detail agrees: a page around a photo has others.
    alike_there = mask & (busy > 0.5) & (local > _TRUSTED)
    where = alike_there if np.count_nonzero(alike_there) >= _LEAST_PIXELS else mask
    slope, offset = gain(original, suspect, where)
    apart = np.abs(slope * original + offset - suspect)
    usual = float(np.median(apart[where])) if where.any() else 0.0
    alike = np.where(apart < 4 * usual + 12, 0.05, -0.5)
    score = busy * (local - _ALIKE) + (1 - busy) * alike
    return np.where(mask, score, -_ALIKE).astype(np.float32)


def best_rectangle(score: Plane) -> tuple[float, tuple[float, float, float, float]]:
    """Return the sum and the place x0, y0, x1, y1 (pixels) of the rectangle with the greatest sum of scores.

    It is found to within a cell, of which there are 80 on the longer side.
    """
    height, width = score.shape
    cell = max(1.0, max(height, width) / _CELLS)
    size = max(1, round(width / cell)), max(1, round(height / cell))
    cells = opencv().resize(score, size, interpolation=opencv().INTER_AREA).astype(np.float64)
    x, y = width / size[0], height / size[1]
    sums = np.zeros((size[1] + 1, size[0] + 1))
    sums[1:, 1:] = cells.cumsum(0).cumsum(1)
    best, place = -np.inf, (0, 0, size[0], size[1])
    for top in range(size[1]):
        for bottom in range(top + 1, size[1] + 1):
            row = sums[bottom] - sums[top]
            before = np.minimum.accumulate(row[:-1])
            end = int(np.argmax(row[1:] - before))
            if (total := row[end + 1] - before[end]) > best:
                best, place = total, (int(np.argmin(row[: end + 1])), top, end + 1, bottom)
    return float(best) * x * y, (place[0] * x, place[1] * y, place[2] * x, place[3] * y)

"""Find the place of a suspect in the original by the geometry of the mark that was read in it.

The detector says how large, how turned and how mirrored the marked original is seen, not which part of it:
its pattern repeats. One correlation of phases shows the place. A picture that a mark was carried over to gets
the place that fits best by chance, and a correlation of fine detail near 0 there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.detection import Transform
from .detail import blur
from .opencv import Matrix, Plane, corner_points, mapped, opencv, reduced

_SIDE, _MOST = 512, 1024  # longest sides, in pixels, of the original and of the suspect laid onto it
# Scale and angle (degrees) as the detector may be wrong.
_NUDGES = ((1, 0), (1.003, 0), (0.997, 0), (1.006, 0), (0.994, 0), (1, 0.15), (1, -0.15), (1, 0.3), (1, -0.3))


def located(original: NDArray[np.uint8], suspect: NDArray[np.uint8], found: Transform) -> Matrix:
    """Return the 3 x 3 map from pixels of the suspect to the original's that fits best."""
    whole = _turn(original.shape, suspect.shape, found, 1, 0)
    extent = np.ptp(mapped(whole, corner_points((0, 0, suspect.shape[1], suspect.shape[0]))), axis=0).max()
    # A page that is much larger than the picture on it sets how large both are laid out.
    side = min(_SIDE, _MOST * max(original.shape) / max(extent, 1))
    small, back = reduced(original, max(16, round(side)))
    best = -np.inf, np.eye(3)
    for scale, angle in _NUDGES:
        turn = _turn(original.shape, suspect.shape, found, scale, angle)
        peak, matrix = _placed(small.astype(np.float32), suspect, np.linalg.inv(back) @ turn)
        if peak > best[0]:
            best = peak, back @ matrix
    return best[1]


def _turn(
    whole: tuple[int, ...], seen: tuple[int, ...], found: Transform, nudge: float, angle: float
) -> Matrix:
    """The map from the suspect to the original, but for the place."""
    scale = nudge * found.scale * np.sqrt(seen[0] * seen[1] / (whole[0] * whole[1]))
    turn = np.deg2rad(found.rotation_deg + angle)
    wide, high = scale * np.sqrt(found.aspect), scale / np.sqrt(found.aspect)
    stretched = np.diag([-wide if found.mirrored else wide, high])
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = np.eye(3)
    matrix[:2, :2] = np.linalg.inv(turned @ stretched)
    return matrix


def _placed(original: Plane, suspect: NDArray[np.uint8], turn: Matrix) -> tuple[float, Matrix]:
    """How sharp the correlation of phases is at its peak, and the map with the place that it shows."""
    cv2 = opencv()
    corners = mapped(turn, corner_points((0, 0, suspect.shape[1], suspect.shape[0])))
    least = corners.min(0)
    size = np.minimum(np.ceil(corners.max(0) - least).astype(int) + 1, 2 * _MOST)
    at_origin = turn.copy()
    at_origin[:2, 2] -= least
    rate = min(1.0, float(np.sqrt(abs(np.linalg.det(turn[:2, :2])))))
    less, back = reduced(suspect, max(16, round(rate * max(suspect.shape))))
    moved = cv2.warpPerspective(
        less.astype(np.float32), at_origin @ back, tuple(map(int, size)), borderMode=cv2.BORDER_REPLICATE
    )
    inside = cv2.warpPerspective(np.full(less.shape, 1, np.float32), at_origin @ back, tuple(map(int, size)))
    shape = [cv2.getOptimalDFTSize(int(a + b)) for a, b in zip(original.shape, moved.shape, strict=True)]
    one, two = _spectrum(original, None, shape), _spectrum(moved, inside, shape)
    cross = one * np.conj(two)
    size_of = np.abs(cross)
    peaks = np.fft.irfft2(cross / (size_of + 1e-3 * size_of.max() + 1e-12), s=shape)
    spread = peaks.std() + 1e-12
    rows, columns = (_usable(*sizes) for sizes in zip(shape, original.shape, moved.shape, strict=True))
    peaks[~(rows[:, None] & columns)] = -np.inf
    y, x = np.unravel_index(int(peaks.argmax()), peaks.shape)
    top = float(peaks[y, x] / spread)
    dy = y if y < original.shape[0] else y - shape[0]
    dx = x if x < original.shape[1] else x - shape[1]
    place = at_origin.copy()
    place[:2, 2] += (dx, dy)
    return top, place


def _usable(length: int, whole: int, part: int) -> NDArray[np.bool_]:
    """The shifts of a period of `length` by which the part lies on the whole with half of the shorter: on
    less than that, one edge looks like another."""
    shifts = np.arange(length)
    shifts[whole:] -= length
    shared = np.minimum(shifts + part, whole) - np.maximum(shifts, 0)
    usable: NDArray[np.bool_] = shared >= min(whole, part) / 2
    return usable


def _spectrum(plane: Plane, inside: Plane | None, shape: list[int]) -> NDArray[np.complex64]:
    band = blur(plane, 1.0) - blur(plane, 6.0)
    if inside is not None:
        band = band * (inside > 0.99)
    spectrum: NDArray[np.complex64] = np.fft.rfft2(band, s=shape)
    return spectrum

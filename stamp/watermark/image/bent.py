"""Pictures that are bent: photographed from a screen or from paper, at an angle or through a poor lens.

No affine map brings such a picture back to the canonical grid: the constellation's lines smear, and pilots
agree in a part of it only. Where perspective and lens are all that was done to it, its parts show that
together, and the pilots of the whole place it (`perspective`). Else each part is nearly affine: the geometry
is found in a spectrum that is the mean of those of parts, a part is placed by its own pilots, and the map
grows from there over the picture, with more freedom the more of it there is to explain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ..common.linear import product
from .align import ascent, block_drift, translations
from .carrier import PERIOD
from .decode import gains_from_pilots
from .grid import GRIDS, STANDARD, canonical_shape
from .matched_filter import MatchedFilter
from .perspective import perspectives
from .search import Affine, Attempt, ImageSearch, Plane
from .stages import whitened_inside, whole_geometry
from .sync import (
    Candidate,
    Spectrum,
    candidates,
    mean_spectrum,
    refine,
    spectrum,
    upright_candidates,
    windowed,
)
from .warp import interpolate, unwarp

Points = NDArray[np.float64]  # (..., 2): rows and columns
Rectangle = tuple[int, int, int, int]  # canonical pixels: first and end row, first and end column
Part = tuple[slice, slice]

# Of the pilots on a part's spectrum, from which on it is resampled.
_PROMISING = 5.1
# Of a part's correlation, from which on it is placed; by chance the parts of a picture seldom have over 5.6.
_PEAK = 5.8
# Of the constellation in the mean spectrum, by kind: half of all unmarked pictures have less.
_SCORE = {"stretch": 5.2, "similarity": 6.1}
# Of the constellation in all parts together: one in twenty unmarked pictures has more.
_TOGETHER = 22.5
# Canonical pixels by which the middle of a whole picture may be displaced; how many places there are tried,
# from which correlation on.
_ABOUT, _NEAR_PLACES, _NEAR_PEAK = 32, 2, 3.3
_NARROWEST = 192  # pixels of a picture's shorter side: its parts have half of that
_LARGEST = 512  # pixels of a part
_PLACED = 2  # parts from which the map is grown
_GROWTH = 64  # canonical pixels, in each direction at a time
_MOST_STEPS = 14
_SAMPLES = 9  # rows and columns of points to which the map is fitted
_LOST = 3.0  # the pilots' score, below which a map has lost its way
_STEPS = (2.0, 1.0, 0.5, 0.25, 0.125)  # canonical pixels by which the drift is adjusted


@dataclass(frozen=True, slots=True)
class SmoothMap:
    """A polynomial from the canonical plane to a picture, both in pixels.

    centre, radius : (2,), scalar, that bring canonical points to about -1..1. coefficients : (terms, 2).
    """

    centre: NDArray[np.float64]
    radius: float
    order: int
    coefficients: NDArray[np.float64]

    @classmethod
    def fitted(cls, points: Points, places: Points, order: int) -> SmoothMap:
        """Return the map of an order, 1 to 3, that takes (n, 2) canonical points to places in the picture, by
        least squares."""
        low, high = points.min(0), points.max(0)
        centre, radius = (low + high) / 2, float((high - low).max() / 2)
        terms = _terms((points - centre) / radius, order)
        return cls(centre, radius, order, np.linalg.lstsq(terms, places, rcond=None)[0])

    def __call__(self, points: Points) -> Points:
        return np.asarray(_terms((points - self.centre) / self.radius, self.order) @ self.coefficients)

    def over(self, rows: NDArray[np.floating], columns: NDArray[np.floating]) -> tuple[Plane, Plane]:
        """Return the row and the column in the picture of each point of a grid, (rows, columns) each."""
        table = np.zeros((2, self.order + 1, self.order + 1))
        for (i, j), coefficient in zip(_powers(self.order), self.coefficients, strict=True):
            table[:, i, j] = coefficient
        y, x = (
            np.vander((each - middle) / self.radius, self.order + 1, increasing=True)
            for each, middle in zip((rows, columns), self.centre, strict=True)
        )
        down, across = (product((y @ each).astype(np.float32), x.T.astype(np.float32)) for each in table)
        return down, across

    def slope(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the derivative at a point, (2, 2): columns are what a canonical row and column become."""
        ends = point + np.concatenate([np.eye(2), -np.eye(2)])
        below, right, above, left = self(ends)
        return np.stack([below - above, right - left], 1) / 2


def find_bent(search: ImageSearch) -> Detection | None:
    """Find the mark in a bent picture, after all that keeps straight lines was tried."""
    if min(search.work.shape) < _NARROWEST:
        return None
    parts = _parts(search.work.shape)
    spectra = [spectrum(windowed(search.work[part])) for part in parts]
    return _in_perspective(search, parts, spectra) or _from_parts(search, parts, spectra)


def _in_perspective(search: ImageSearch, parts: list[Part], spectra: list[Spectrum]) -> Detection | None:
    """Try the likeliest perspectives of the picture, and the same turned by 180 degrees, which the
    constellation cannot tell apart."""
    height, width = search.work.shape
    middle, half = np.array([height, width]) / 2, max(height, width) / 2
    middles = np.array([[row.start + row.stop, column.start + column.stop] for row, column in parts]) / 2
    places = _grid_of((0, height, 0, width))
    _, whole = whole_geometry(search, STANDARD)
    for likely in perspectives(spectra, (middles - middle) / half, whole, search.carriers.frequencies):
        if likely.score < _TOGETHER:
            break
        covered = abs(np.linalg.det(likely.linear)) * height * width
        grid = min(GRIDS, key=lambda grid: abs(np.log(covered / grid.area)))
        marked = np.array(canonical_shape(search.shape, grid))
        if abs(likely.linear[0, 1]) > abs(likely.linear[0, 0]):  # a quarter turn
            marked = marked[::-1]
        points = half * likely((places - middle) / half)
        for turned in (points, -points):
            if (found := _try_whole(search, turned + marked / 2, places)) is not None:
                return found
    return None


def _try_whole(search: ImageSearch, points: Points, places: Points) -> Detection | None:
    """Read a picture whose `places` would be at the canonical `points` if its middle were where it was: near
    there, or anywhere in the tile."""
    way = SmoothMap.fitted(points, places, 3)
    (top, left), (bottom, right) = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
    rectangle = (int(top), int(bottom), int(left), int(right))
    white = whitened_inside(*_resampled(search.work, way, rectangle))
    about = int(top % PERIOD), int(left % PERIOD)
    near = translations(white, search.carriers, _ABOUT, about)[:_NEAR_PLACES]
    offsets = [offset for peak, offset in near if peak >= _NEAR_PEAK]
    peak, anywhere = translations(white, search.carriers)[0]
    if peak >= search.thresholds.peak and anywhere not in offsets:
        offsets.append(anywhere)
    for offset in offsets:
        y, x = (
            (at - start + PERIOD // 2) % PERIOD - PERIOD // 2 for at, start in zip(offset, about, strict=True)
        )
        moved = (rectangle[0] + y, rectangle[1] + y, rectangle[2] + x, rectangle[3] + x)
        grown = _grown(search, replace(way, centre=way.centre + np.array([y, x])), moved, freedom=2)
        if (found := search.decode(grown, search.thresholds.decode_far)) is not None:
            # where the corners of such a picture lie in the original is in no affine map
            return replace(found, seen=None)
    return None


def _from_parts(search: ImageSearch, parts: list[Part], spectra: list[Spectrum]) -> Detection | None:
    """Grow the map from the parts that show best where they lie."""
    frequencies = search.carriers.frequencies
    mean = mean_spectrum(spectra)
    likely = [
        *upright_candidates(mean, frequencies, stretched=True, count=1),
        *candidates(mean, frequencies, squeezed=False)[:1],
    ]
    likely = [candidate for candidate in likely if candidate.score >= _SCORE[candidate.kind]]
    placed = sorted(_placed(search, parts, spectra, likely), key=lambda place: -place[0])
    for _, start, rectangle in placed[:_PLACED]:
        grown = _grown(search, start, rectangle)
        if (found := search.decode(grown, search.thresholds.decode_far)) is not None:
            # where the corners of a bent picture lie in the original is in no affine map
            return replace(found, seen=None)
    return None


def _parts(shape: tuple[int, ...]) -> list[Part]:
    """Nine overlapping parts of half the height and half the width, row by row; smaller ones of large sides,
    whose spectra are of one size with the others."""
    sides = [min(n // 2, _LARGEST) for n in shape]
    rows, columns = (
        [slice(k * (n - side) // 2, k * (n - side) // 2 + side) for k in range(3)]
        for n, side in zip(shape, sides, strict=True)
    )
    return [(row, column) for row in rows for column in columns]


def _placed(
    search: ImageSearch, parts: list[Part], spectra: list[Spectrum], likely: list[Candidate]
) -> Iterator[tuple[float, SmoothMap, Rectangle]]:
    """Find parts whose pilots show where in the tile they lie: the peak in deviations, the map there, and the
    rectangle of the canonical plane that they cover."""
    for (rows, columns), own in zip(parts, spectra, strict=True) if likely else ():
        part = search.work[rows, columns]
        matched = MatchedFilter.of(part, search.key, search.carriers.layout)
        for candidate in likely:
            affine = refine(own, search.carriers.frequencies, replace(candidate, kind="affine"))
            if matched.peak(affine) < _PROMISING or (warped := unwarp(part, affine)) is None:
                continue
            white = whitened_inside(*warped)
            for sign, turned in ((1, white), (-1, white[::-1, ::-1])):
                peak, offset = translations(turned, search.carriers)[0]
                if peak >= _PEAK:
                    yield peak, *_start(sign * affine, offset, part.shape, (rows.start, columns.start))


def _start(
    affine: Affine, offset: tuple[int, int], shape: tuple[int, ...], corner: tuple[int, int]
) -> tuple[SmoothMap, Rectangle]:
    """The map of a part of `shape` at `corner` of the picture, whose canonical plane begins at `offset`, and
    what it covers of that."""
    back = affine.T
    corners = np.array([[0, 0], [shape[0], 0], [0, shape[1]], shape], float)
    canonical = corners @ back.T
    canonical += np.array(offset) - canonical.min(0)
    height, width = (int(n) for n in np.ceil(np.ptp(canonical, axis=0)))
    y, x = offset
    return SmoothMap.fitted(canonical, corners + corner, 1), (y, y + height, x, x + width)


def _grown(search: ImageSearch, way: SmoothMap, rectangle: Rectangle, freedom: int = 1) -> Attempt:
    """Grow a map from a part over the whole picture; return the best attempt on the way.

    freedom : the order of the first correction, 1 to 3.
    """
    attempts: list[Attempt] = []
    grows = True
    while grows or way.order < 3:
        plane, valid = _resampled(search.work, way, rectangle)
        attempts.append(_attempt(search, plane, valid, way, rectangle))
        if attempts[-1].pilots < _LOST or len(attempts) == _MOST_STEPS:
            break
        order = min((len(attempts) - 1) // 2 + freedom, 3)
        way = _corrected(search, way, rectangle, order, attempts[-1], whitened_inside(plane, valid))
        before, rectangle = rectangle, _wider(way, rectangle, search.work.shape)
        grows = rectangle != before
    return max(attempts, key=lambda each: each.pilots)


def _attempt(
    search: ImageSearch, plane: Plane, valid: Plane, way: SmoothMap, rectangle: Rectangle
) -> Attempt:
    top, bottom, left, right = rectangle
    middle = np.array([(top + bottom) / 2, (left + right) / 2])
    affine = np.linalg.inv(way.slope(middle)).T
    return search.attempt(plane, valid, (top % PERIOD, left % PERIOD), affine)


def _resampled(work: Plane, way: SmoothMap, rectangle: Rectangle) -> tuple[Plane, Plane]:
    """A rectangle of the canonical plane, and which of its pixels the picture covers."""
    top, bottom, left, right = rectangle
    y, x = way.over(np.arange(top, bottom) + 0.5, np.arange(left, right) + 0.5)
    y -= np.float32(0.5)
    x -= np.float32(0.5)
    valid = (y > -0.5) & (y < work.shape[0] - 0.5) & (x > -0.5) & (x < work.shape[1] - 0.5)
    out = interpolate(work, y, x)
    if valid.any():
        out[~valid] = out[valid].mean()
    return out, valid.astype(np.float32)


def _corrected(
    search: ImageSearch, way: SmoothMap, rectangle: Rectangle, order: int, attempt: Attempt, white: Plane
) -> SmoothMap:
    """Correct a map by the drift of the blocks of the whitened rectangle."""
    top, bottom, left, right = rectangle
    centre = np.array([(top + bottom) / 2, (left + right) / 2])
    radius = max(bottom - top, right - left) / 2

    def moves(points: Points) -> NDArray[np.float64]:
        return _moves((points - centre) / radius, order)

    weight = gains_from_pilots(attempt.observation) * np.sqrt(attempt.observation.variance)
    collected, middles = block_drift(white, search.carriers, attempt.offset, weight)
    moved = moves(middles + np.array([top, left]))
    best = ascent(lambda p: collected(np.einsum("p,pcb->cb", p, moved)), len(moved), _STEPS)
    points = _grid_of(rectangle)
    # a point that shows the pattern of the point d before it: what lies there belongs before it, too
    drift = np.einsum("p,pcb->bc", best, moves(points))
    return SmoothMap.fitted(points, way(points + drift), order)


def _grid_of(rectangle: Rectangle) -> Points:
    top, bottom, left, right = rectangle
    rows, columns = np.linspace(top, bottom, _SAMPLES), np.linspace(left, right, _SAMPLES)
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)


def _wider(way: SmoothMap, rectangle: Rectangle, shape: tuple[int, ...]) -> Rectangle:
    """Widen a rectangle by a step, to as much as the picture is likely to cover."""
    points = _grid_of(rectangle)
    straight = SmoothMap.fitted(points, way(points), 1)
    slope, origin = straight.slope(straight.centre), straight(straight.centre)
    corners = np.array([[0, 0], [shape[0], 0], [0, shape[1]], shape], float)
    covered = straight.centre + (corners - origin) @ np.linalg.inv(slope).T
    low, high = np.floor(covered.min(0)).astype(int), np.ceil(covered.max(0)).astype(int)
    top, bottom, left, right = rectangle
    return (
        min(max(top - _GROWTH, int(low[0])), top),
        max(min(bottom + _GROWTH, int(high[0])), bottom),
        min(max(left - _GROWTH, int(low[1])), left),
        max(min(right + _GROWTH, int(high[1])), right),
    )


def _terms(points: Points, order: int) -> NDArray[np.float64]:
    """All products of the coordinates up to an order: (..., terms)."""
    y, x = points[..., 0], points[..., 1]
    return np.stack([y**i * x**j for i, j in _powers(order)], -1)


def _powers(order: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(order + 1) for j in range(order + 1 - i)]


def _moves(points: Points, order: int) -> NDArray[np.float64]:
    """What each parameter of the drift does to (row, column) of every point: (parameters, 2, points).

    Order 1: shifts, scale, turn, stretch, shear. 2: perspective. 3: a lens, and sides that are bows.
    """
    (y, x), one, zero = points.T, np.ones(len(points)), np.zeros(len(points))
    made = [(one, zero), (zero, one), (y, x), (x, -y), (y, -x), (x, y)]
    if order > 1:
        made += [(y * y, y * x), (y * x, x * x)]
    if order > 2:
        square = y * y + x * x
        made += [(y * square, x * square), (x * x, zero), (y * y, zero), (zero, y * y), (zero, x * x)]
    return np.array(made)

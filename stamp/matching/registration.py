"""Lay a suspect picture onto the original that it may show: where, how, and whether its detail agrees.

Points of the two pictures are matched (SIFT) and one map is fitted to them (RANSAC), of the whole suspect
and of its mirror image, and of each picture on it where it is a page. Where no points match but the detector
read a mark, the geometry that it reports and a search for the place lay it there instead (`by_mark`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.comparison import AGREES
from ..core.detection import Quad, Transform
from ..watermark.image.regions import Box, regions
from . import detail
from .by_mark import located
from .opencv import (
    Matrix,
    Plane,
    corner_points,
    luma,
    mapped,
    moving,
    opencv,
    pixels_per_pixel,
    reduced,
    resizing,
    slopes,
)

_SIDE, _FRAME = 1400, 1024  # longest sides at which points are sought, and detail compared
_POINTS, _CONTRAST = 2000, 0.02
_RATIO, _NEAR = 0.8, 2.5  # second-best match by the best, at most; pixels from the fitted map
_ENOUGH = 60  # points of a picture that is sure to match if it is a copy
_LEAST, _SURE = 8, 25  # points at distinct places: so few may be chance; so many need no further look
_BENT = 1.25  # times as many points on a homography as on an affine map: then the picture is in perspective
_GRID = 0.01  # of the suspect's longer side: so far beyond it a rectangle of a coarser grid may be
_WIDEST = 4.0  # stretched by more than this is no copy


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a suspect shows the original.

    affine : (2, 3) float64, pixels of the suspect to pixels of the original; centres are whole numbers, as in
        OpenCV. matrix : (3, 3), the same or, where the suspect is in perspective, its homography.
    inliers : matched points at distinct places that agree; 0 where the mark's geometry was used.
    mirrored : whether the suspect is a mirror image.
    quad_suspect : (4, 2) the corners of what shows the original, x and y in pixels from the suspect's top
        left corner. quad_work : (4, 2) the same corners in the original, 0 to 1 of its width and height.
    coverage : share of the original's area that is seen, 0 to 1.
    psnr_db : of what is seen, after gain and offset are fitted.
    correlation : of its fine detail, -1 to 1; copies are above `AGREES`, pictures that carry another one's
        mark are near 0.
    method : "points", or "mark" where the detector's geometry led there.
    original_size, suspect_size : (width, height) in pixels.
    """

    affine: Matrix
    matrix: Matrix
    inliers: int
    mirrored: bool
    quad_suspect: Matrix
    quad_work: Matrix
    coverage: float
    psnr_db: float
    correlation: float
    method: str
    original_size: tuple[int, int]
    suspect_size: tuple[int, int]

    @property
    def agrees(self) -> bool:
        """Whether the fine detail is that of the original."""
        return self.correlation >= AGREES

    @property
    def region(self) -> Quad:
        """`quad_suspect` as plain numbers."""
        return tuple((float(x), float(y)) for x, y in self.quad_suspect)

    @property
    def seen(self) -> Quad:
        """`quad_work` as plain numbers."""
        return tuple((float(x), float(y)) for x, y in self.quad_work)


def register(
    original: NDArray[Any], suspect: NDArray[Any], *, transform: Transform | None = None
) -> Registration | None:
    """Lay a suspect onto the original; None where no place for it is found.

    original, suspect : pictures as displayed, (H, W) or (H, W, 3), uint8 or uint16.
    transform : the geometry of a mark that was detected in the suspect, for pictures whose points do not
        match: a copy in bad shape, or another picture that the mark was carried over to.

    Raises ArgumentError for what is no picture, MissingDependency where OpenCV is not installed.
    """
    gray, other = luma(original, "original"), luma(suspect, "suspect")
    if (found := placed(gray, other)) is not None:
        matrix, inliers = found
        return judged(gray, other, matrix, inliers)
    if transform is None:
        return None
    laid = judged(gray, other, located(gray, other, transform), 0)
    return laid if laid.agrees or would_match(gray, other) else None


def would_match(original: NDArray[np.uint8], suspect: NDArray[np.uint8]) -> bool:
    """Return whether both have so many points that those of a copy would have matched: of a crop of plain
    sky, a place that is wrong must not be called a mark that was carried over."""
    return min(len(points_of(each, _ENOUGH).places) for each in (original, suspect)) >= _ENOUGH


@dataclass(frozen=True)
class Points:
    """Places (n, 2) in full pixels of a picture, and what is there."""

    places: Matrix
    signs: NDArray[np.float32]

    def mirrored(self) -> Points:
        """The same places as they look in a mirror: the histograms of SIFT, 4 x 4 of 8 directions in the
        frame of the point, change sides, and their directions turn round."""
        histograms = self.signs.reshape(-1, 4, 4, 8)[:, ::-1, :, -np.arange(8) % 8]
        return Points(self.places, np.ascontiguousarray(histograms.reshape(-1, 128)))


def placed(original: NDArray[np.uint8], suspect: NDArray[np.uint8]) -> tuple[Matrix, int] | None:
    """Return the map (3, 3) of most matched points, pixels of the suspect to pixels of the original, and how
    many points these are; None where too few match. Both are luma (H, W)."""
    known = points_of(original)
    best: tuple[Matrix, int] | None = None
    for x0, y0, x1, y1 in _looks(suspect):
        points = points_of(suspect[y0:y1, x0:x1])
        for seen in (points, points.mirrored()):
            found = fitted(known, seen, max(original.shape))
            if found is not None and (best is None or found[1] > best[1]):
                best = found[0] @ moving(-x0, -y0), found[1]
            if best is not None and best[1] >= _SURE:
                return best
    return best


def _looks(suspect: NDArray[np.uint8]) -> Iterator[Box]:
    """The whole suspect, then the pictures on it."""
    yield 0, 0, suspect.shape[1], suspect.shape[0]
    for region in regions(suspect, limit=5):
        yield region.box


def points_of(plane: NDArray[np.uint8], most: int = _POINTS) -> Points:
    """Return at most so many points of a picture (H, W)."""
    cv2 = opencv()
    small, back = reduced(np.ascontiguousarray(plane), _SIDE)
    sift = cv2.SIFT_create(nfeatures=most, contrastThreshold=_CONTRAST)
    found, signs = sift.detectAndCompute(small, None)
    if signs is None:
        return Points(np.zeros((0, 2)), np.zeros((0, 128), np.float32))
    return Points(mapped(back, np.array([each.pt for each in found])), np.asarray(signs, np.float32))


def fitted(known: Points, points: Points, longest: int) -> tuple[Matrix, int] | None:
    """Return the map from `points` to `known`, and how many places agree on it; None where too few do."""
    cv2 = opencv()
    if min(len(known.places), len(points.places)) < _LEAST:
        return None
    pairs = cv2.BFMatcher().knnMatch(points.signs, known.signs, k=2)
    good = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(good) < _LEAST:
        return None
    here = points.places[[match.queryIdx for match in good]]
    there = known.places[[match.trainIdx for match in good]]
    near = _NEAR * max(1.0, longest / _SIDE)
    settings = {"method": cv2.RANSAC, "ransacReprojThreshold": near, "maxIters": 3000, "confidence": 0.9999}
    affine, kept = cv2.estimateAffine2D(here, there, **settings)
    if affine is None:
        return None
    matrix, inliers = np.vstack([affine, [0, 0, 1]]), _distinct(here, there, kept)
    bent, kept = cv2.findHomography(here, there, **settings)
    if bent is not None and (more := _distinct(here, there, kept)) > _BENT * inliers and more >= 2 * _LEAST:
        matrix, inliers = bent, more
    return (matrix, inliers) if inliers >= _LEAST and possible(matrix, here) else None


def _distinct(here: Matrix, there: Matrix, kept: NDArray[Any]) -> int:
    """How many inliers are at places of their own, in both pictures."""
    chosen = kept.ravel() > 0
    return min(len(np.unique(np.rint(places[chosen]), axis=0)) for places in (here, there))


def possible(matrix: Matrix, places: NDArray[Any]) -> bool:
    """Return whether a map (3, 3) stretches what is at `places` (n, 2) no more than copies are."""
    steps = slopes(matrix, places.mean(0))
    stretches = np.linalg.svd(steps, compute_uv=False)
    return bool(0 < stretches[0] < _WIDEST * stretches[1])


@dataclass(frozen=True)
class Overlaid:
    """Original and suspect in one frame, at the coarser of their two sampling rates.

    frame : 3 x 3, pixels of the frame to pixels of the original. seen : where the suspect covers it.
    """

    original: Plane
    suspect: Plane
    seen: detail.Mask
    frame: Matrix


def overlaid(
    original: NDArray[Any], suspect: NDArray[Any], matrix: Matrix, longest: int = _FRAME
) -> Overlaid:
    """Return both pictures in the original's frame; `matrix` maps pixels of the suspect to the original's."""
    moved, seen, frame = moved_onto(original.shape, suspect, matrix, longest)
    return Overlaid(shrunk(original, seen.shape), moved, seen, frame)


def shrunk(original: NDArray[Any], shape: tuple[int, ...]) -> Plane:
    """Return an original (H, W) at the size of a frame of this shape."""
    small: Plane = opencv().resize(original, shape[::-1], interpolation=opencv().INTER_AREA)
    return small.astype(np.float32)


def moved_onto(
    shape: tuple[int, ...], suspect: NDArray[Any], matrix: Matrix, longest: int
) -> tuple[Plane, detail.Mask, Matrix]:
    """Return a suspect in the frame of an original of this shape, where it covers that, and the frame: the
    same for all originals of one shape, such as the frames of a clip. See `overlaid`."""
    height, width = shape[:2]
    centre = mapped(np.linalg.inv(matrix), np.array([[width / 2, height / 2]]))[0]
    inside = np.clip(centre, 0, [suspect.shape[1], suspect.shape[0]])
    rate = pixels_per_pixel(matrix, inside)
    factor = min(1.0, 1 / rate, longest / max(height, width))
    size = max(16, round(width * factor)), max(16, round(height * factor))
    frame = resizing(size, (width, height))
    # What is finer than the frame is averaged before it is sampled, or it would alias.
    small, back = reduced(suspect, max(16, round(max(suspect.shape[:2]) * min(1.0, rate * factor))))
    return *detail.warped(small, np.linalg.inv(frame) @ matrix @ back, size), frame


def judged(
    original: NDArray[np.uint8], suspect: NDArray[np.uint8], matrix: Matrix, inliers: int
) -> Registration:
    """Return what a map (3, 3) from pixels of the suspect to the original's shows, and how alike that is.

    inliers : points that agree on it; 0 where none were matched, and it may be wrong.
    """
    laid = overlaid(original, suspect, matrix)
    found = detail.bands(laid.original, laid.suspect, laid.seen)
    sizes = (original.shape[1], original.shape[0]), (suspect.shape[1], suspect.shape[0])
    score = np.where(laid.seen, 1, -1).astype(np.float32)
    copied = inliers > 0 or found.correlation >= AGREES
    if copied:  # then what agrees with the original also shows where it ends
        score = detail.agreement(laid.original, laid.suspect, found, laid.seen)
    quad = _shown(score, np.linalg.inv(laid.frame) @ matrix, sizes[1])
    in_original = np.clip(mapped(laid.frame, quad - 0.5) + 0.5, 0, sizes[0])
    in_suspect = mapped(np.linalg.inv(matrix), in_original - 0.5) + 0.5
    inside = np.clip(in_suspect, 0, sizes[1])
    if 0 < np.abs(inside - in_suspect).max() <= _GRID * max(sizes[1]):
        in_suspect, in_original = inside, np.clip(mapped(matrix, inside - 0.5) + 0.5, 0, sizes[0])
        quad = mapped(np.linalg.inv(laid.frame), in_original - 0.5) + 0.5
    mask = laid.seen & filled(quad, laid.seen.shape)
    affine = _affine_of(matrix, in_suspect)
    return Registration(
        affine=affine,
        matrix=matrix / matrix[2, 2],
        inliers=inliers,
        mirrored=bool(np.linalg.det(affine[:, :2]) < 0),
        quad_suspect=in_suspect,
        quad_work=in_original / np.array(sizes[0]),
        coverage=float(filled(quad, laid.seen.shape).mean()),
        psnr_db=detail.psnr(laid.original, laid.suspect, mask),
        correlation=found.within(mask).correlation,
        method="points" if inliers else "mark",
        original_size=sizes[0],
        suspect_size=sizes[1],
    )


def _shown(score: Plane, into: Matrix, size: tuple[int, int]) -> Matrix:
    """The corners, in the frame, of what shows the original: upright in the frame or upright in the suspect.

    into : pixels of the suspect to pixels of the frame.
    """
    height, width = score.shape
    total, place = detail.best_rectangle(score)
    upright = corner_points(place)
    rate = pixels_per_pixel(into, np.array(size) / 2)
    turned = max(16, round(size[0] * rate)), max(16, round(size[1] * rate))
    if max(turned) > 8 * max(height, width):
        return upright  # a small picture on a huge page
    there = resizing(turned, size)
    back, seen = detail.warped(score, np.linalg.inv(into @ there), turned)
    other, place = detail.best_rectangle(np.where(seen, back, -1).astype(np.float32))
    if other <= 1.02 * total:
        return upright
    return mapped(into @ there, corner_points(place) - 0.5) + 0.5


def filled(quad: Matrix, shape: tuple[int, ...]) -> detail.Mask:
    """Return where a quadrilateral, in pixels from the top left corner, is in a frame of (height, width)."""
    canvas = np.zeros(shape, np.uint8)
    points = np.rint(16 * (quad - 0.5)).astype(np.int32)
    opencv().fillConvexPoly(canvas, points, 255, shift=4)
    return canvas > 0


def _affine_of(matrix: Matrix, quad: Matrix) -> Matrix:
    """The affine map nearest to a map at the corners of what is seen."""
    if np.allclose(matrix[2, :2], 0):
        return np.asarray(matrix[:2] / matrix[2, 2])
    points = np.column_stack([quad - 0.5, np.ones(4)])
    found: Matrix = np.linalg.lstsq(points, mapped(matrix, quad - 0.5), rcond=None)[0].T
    return found

"""The stages of a search, each of which tries some geometries: the cheapest and likeliest come first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ..common.filters import box, whiten
from .align import drift
from .carrier import PERIOD
from .decode import gains_from_pilots
from .grid import STANDARD, Grid, canonical_shape, resize
from .matched_filter import MatchedFilter
from .search import Affine, Attempt, Plane, Search, Thresholds
from .sync import (
    MIRRORS,
    Candidate,
    Spectrum,
    atlas_of,
    candidates,
    leaning_candidates,
    refine,
    scores_of,
    spectrum,
    turn,
    upright_candidates,
    windowed,
)
from .warp import unwarp

WORK_AREA = 1.6 * STANDARD.area  # pixels in which geometries are searched
_NEAR = 1  # pixels by which an uncropped copy may be displaced on the canonical grid
_ABOUT = 4  # the same, where the borders of the copy were found on a page
_SMALL_CROPS = 2  # sizes at which small crops are tried
# The highest correlation near a geometry, in deviations, from which it is tried, and where the score of the
# constellation is clear. Of 1,308 right geometries that were read eleven had less; of the ten or so of an
# unmarked picture three in four have.
_PEAK, _CLEAR_PEAK = 5.1, 4.7
_CLEAR_ZOOM, _CLEAR = 5.5, 7.0
_MIDDLE_PEAK = 4.2  # the same, at the middle of a picture that is whole
# Of a picture of which one unknown says what happened to it: changes of proportions, and turns, that are
# tried; steps about the best at which pilots are looked at; what the constellation must score, and from when
# on it is clear, with the peak of the pilots that is asked for then.
_STRETCHES = np.exp(np.arange(-0.31, 0.3101, 0.0025))
_STRAIGHTENED = np.radians(np.arange(-12, 12.01, 0.1))
_BESIDE = 4
_CENTRED, _CLEAR_CENTRED, _CLEAR_MIDDLE_PEAK = 4.5, 6.0, 3.3
_STEP_UP = 0.2  # deviations by which a correction of the drift must raise the pilots' score


def try_unmoved(search: Search) -> Detection | None:
    """Try the whole picture on its own grid, in the very place where it was marked.

    There the pilots of a marked picture score 14 or more, also after JPEG 30; those of others less than 2.
    """
    return search.decode(_placed(search, search.grids[0])[0], search.thresholds.decode_far)


def try_untouched(search: Search) -> Detection | None:
    """Try the whole picture, upright and in its own proportions, at any size, on each grid."""
    for grid in search.grids:
        if (found := _try_grid(search, grid)) is not None:
            return found
    return None


def try_nearly_untouched(search: Search) -> Detection | None:
    """Do so with one attempt a grid, for a picture whose borders are known to about a pixel."""
    for grid in search.grids:
        shape, affine = whole_geometry(search, grid)
        plane = resize(search.work, shape)
        peak, offset = search.offsets(plane, whiten(plane), _ABOUT)[0]
        if peak < search.thresholds.near_peak:
            continue
        attempt = search.attempt(plane, None, offset, affine)
        if (found := search.decode(attempt, search.thresholds.decode_far)) is not None:
            return found
    return None


def try_sharpened(search: Search) -> Detection | None:
    """Try every geometry in which the constellation stands out, where near it the pilots agree most; then
    small crops, in which the constellation does not stand out, and the whole picture turned a little."""
    s = _spectrum(search)
    matched = MatchedFilter.of(search.work, search.key, search.carriers.layout)
    if (found := _try_sharpened(search, s, matched, squeezed=True)) is not None:
        return found
    for peak, affine in matched.small_crops(_SMALL_CROPS):
        if peak >= _PEAK and (found := try_geometry(search, affine)) is not None:
            return found
    return _try_centred(search, s, matched) or _try_turned(search, matched)


def _try_centred(search: Search, s: Spectrum, matched: MatchedFilter) -> Detection | None:
    """Try the whole picture in other proportions, and straightened, which cuts off what a turn leaves empty;
    also mirrored.

    One unknown says what happened to such a picture, and its middle is where it was: so few geometries, in so
    few places, that a constellation and pilots show one which are lost among all others.
    """
    atlas = atlas_of(s.power, s.size)
    for grid in search.grids:
        changes = (_stretched(search, grid), _straightened(search, grid))
        for mirror, (upright, shapes) in itertools.product(MIRRORS, changes):
            affines = upright @ mirror
            scores = scores_of(atlas, search.carriers.frequencies, affines)
            best = int(scores.argmax())
            if scores[best] < _CENTRED:
                continue
            near = range(max(best - _BESIDE, 0), min(best + _BESIDE + 1, len(affines)))
            peaks = {at: matched.peak_near(affines[at], np.array(shapes[at]) / 2, _ABOUT) for at in near}
            at = max(peaks, key=lambda at: peaks[at])
            least = _CLEAR_MIDDLE_PEAK if scores[best] >= _CLEAR_CENTRED else _MIDDLE_PEAK
            if peaks[at] >= least:
                found = _try_middle(search, affines[at], shapes[at])
                if found is not None:
                    return found
    return None


def _stretched(search: Search, grid: Grid) -> tuple[NDArray[np.float64], list[tuple[int, int]]]:
    """Geometries of the whole picture if it had other proportions when it was marked, and the shapes of its
    canonical plane then."""
    height, width = search.shape
    shapes = [canonical_shape((height * stretch**0.5, width * stretch**-0.5), grid) for stretch in _STRETCHES]
    return np.array([np.diag(np.array(shape) / search.work.shape) for shape in shapes]), shapes


def _straightened(search: Search, grid: Grid) -> tuple[NDArray[np.float64], list[tuple[int, int]]]:
    """The same, if it was turned and then cut to the largest upright rectangle of its proportions."""
    shape, whole = whole_geometry(search, grid)
    longer = max(search.shape) / min(search.shape)
    affines = [whole @ turn(angle) / (np.cos(angle) + longer * abs(np.sin(angle))) for angle in _STRAIGHTENED]
    return np.array(affines), [shape] * len(affines)


def _try_turned(search: Search, matched: MatchedFilter) -> Detection | None:
    """Try the whole picture turned by a few degrees, as scans are.

    Its middle is still where it was: pilots show there that are lost among all places of the tile.
    """
    for grid in search.grids:
        shape, whole = whole_geometry(search, grid)
        for peak, affine in matched.turned(whole, shape):
            if peak >= _MIDDLE_PEAK and (found := _try_middle(search, affine, shape)) is not None:
                return found
    return None


def _try_middle(search: Search, affine: Affine, shape: tuple[int, int]) -> Detection | None:
    """Try a geometry in which the picture's middle is that of the canonical grid of `shape`."""
    if (warped := unwarp(search.work, affine)) is None:
        return None
    plane, valid = warped
    # a turn leaves the middle of the rectangle around the picture where it was, too
    first = np.rint((np.array(shape) - plane.shape) / 2).astype(int) % PERIOD
    offsets = search.offsets(plane, whitened_inside(plane, valid), _ABOUT, (int(first[0]), int(first[1])))
    for peak, offset in offsets:
        if peak >= search.thresholds.near_peak:
            attempt = search.attempt(plane, valid, offset, affine)
            if (found := search.decode(attempt, search.thresholds.decode_near)) is not None:
                return found
    return None


def try_similar(search: Search) -> Detection | None:
    """Try those among them that keep the picture's proportions, which takes an eighth of the time."""
    s = _spectrum(search)
    matched = MatchedFilter.of(search.work, search.key, search.carriers.layout)
    return _try_sharpened(search, s, matched, squeezed=False)


def _try_sharpened(
    search: Search, s: Spectrum, matched: MatchedFilter, *, squeezed: bool
) -> Detection | None:
    frequencies = search.carriers.frequencies
    for candidate in _likely(s, frequencies, search.thresholds, squeezed=squeezed):
        refined = refine(s, frequencies, candidate)
        clear = candidate.score >= (_CLEAR_ZOOM if candidate.kind == "zoom" else _CLEAR)
        if clear and (found := try_geometry(search, refined)) is not None:
            return found
        peak, affine = matched.sharpened(candidate, refined)
        if peak >= (_CLEAR_PEAK if clear else _PEAK) and (found := try_geometry(search, affine)) is not None:
            return found
    return None


def try_constellation(search: Search) -> Detection | None:
    """Try every geometry in which the constellation stands out, as that has it."""
    s = _spectrum(search)
    frequencies = search.carriers.frequencies
    for candidate in _likely(s, frequencies, search.thresholds, squeezed=True):
        if (found := try_geometry(search, refine(s, frequencies, candidate))) is not None:
            return found
    return None


def _spectrum(search: Search) -> Spectrum:
    """Shrink the picture of a search to what geometries are searched in; return its spectrum."""
    shrink = min((WORK_AREA / search.work.size) ** 0.5, 1.0)
    height, width = search.work.shape
    search.work = resize(search.work, (max(round(height * shrink), 1), max(round(width * shrink), 1)))
    return spectrum(windowed(search.work))


def refine_candidates(search: Search) -> Detection | None:
    """Follow the drift from the most promising of the geometries that were tried in vain."""
    best = sorted(search.candidates, key=lambda candidate: -candidate[0])
    for pilots, affine in best[: search.budgets.drift_starts]:
        if pilots >= search.thresholds.drift and (warped := unwarp(search.work, affine)) is not None:
            start = _best_attempt(search, *warped, affine)
            if (found := _follow_drift(search, start, *warped)) is not None:
                return found
    return None


# What a search runs; of clips `ANY_GEOMETRY`, and one more, `watermark.video.search.search_exhaustively`.
UNMOVED = (try_unmoved,)
AS_IT_IS = (try_untouched,)
IF_MOVED = (try_sharpened, refine_candidates)
ANY_GEOMETRY = (*AS_IT_IS, try_constellation, refine_candidates)
IN_A_REGION = (try_nearly_untouched, try_similar, refine_candidates)


def _try_grid(search: Search, grid: Grid) -> Detection | None:
    first, plane = _placed(search, grid)
    attempts, affine = [first], first.affine
    if (found := search.decode(attempts[0], search.thresholds.decode_near)) is not None:
        return found
    for peak, offset in search.offsets(plane, whiten(plane), _NEAR):
        if peak >= search.thresholds.near_peak and offset != (0, 0):
            attempts.append(search.attempt(plane, None, offset, affine, searched=False))
            if (found := search.decode(attempts[-1], search.thresholds.decode_near)) is not None:
                return found
    return _follow_drift(search, max(attempts, key=lambda attempt: attempt.pilots), plane, None)


def _placed(search: Search, grid: Grid) -> tuple[Attempt, Plane]:
    """The attempt at the whole picture where it was marked on a grid, and its canonical plane."""
    shape, affine = whole_geometry(search, grid)
    plane = resize(search.work, shape)
    return search.attempt(plane, None, (0, 0), affine, searched=False), plane


def whole_geometry(search: Search, grid: Grid) -> tuple[tuple[int, int], Affine]:
    """The shape of the canonical plane of the whole picture, as it was marked on a grid, and its geometry."""
    shape = canonical_shape(search.shape, grid)
    return shape, np.diag([shape[0] / search.work.shape[0], shape[1] / search.work.shape[1]])


def _likely(
    s: Spectrum, frequencies: NDArray[np.float64], thresholds: Thresholds, *, squeezed: bool
) -> Iterator[Candidate]:
    """Find the geometries worth an attempt, the likeliest kinds first; each kind is looked for only if those
    before it failed. `squeezed` : also those of other proportions."""
    for candidate in upright_candidates(s, frequencies, stretched=False):
        upright = candidate.affine[0, 0] > 0 and candidate.affine[1, 1] > 0
        if candidate.score >= (thresholds.zoom if upright else thresholds.mirrored):
            yield candidate
    for candidate in upright_candidates(s, frequencies, stretched=True) if squeezed else ():
        if candidate.score >= thresholds.stretched:
            yield candidate
    for candidate in leaning_candidates(s, frequencies):
        if thresholds.leaning <= candidate.score < thresholds.turned:
            yield candidate
    for candidate in candidates(s, frequencies, squeezed=False):
        if candidate.score >= thresholds.turned:
            yield candidate
    for candidate in candidates(s, frequencies, squeezed=True) if squeezed else ():
        if candidate.score >= thresholds.squeezed:
            yield candidate


def try_geometry(search: Search, affine: Affine) -> Detection | None:
    """Try one geometry, and the same turned by 180 degrees, which the constellation cannot tell apart."""
    if (warped := unwarp(search.work, affine)) is None:
        return None
    white = whitened_inside(*warped)
    peaks = []
    for sign, view in ((1, np.s_[:, :]), (-1, np.s_[::-1, ::-1])):
        for peak, offset in search.offsets(warped[0][view], white[view]):
            peaks.append((peak, offset, sign * affine, view))
    peaks.sort(key=lambda p: -p[0])
    attempts = []
    for peak, offset, turned, view in peaks[: search.budgets.offsets]:
        if peak < search.thresholds.peak:
            break
        plane = np.ascontiguousarray(warped[0][view])
        valid = None if warped[1] is None else np.ascontiguousarray(warped[1][view])
        attempts.append(search.attempt(plane, valid, offset, turned))
        if (found := search.decode(attempts[-1], search.thresholds.decode_far)) is not None:
            return found
    if attempts:
        best = max(attempts, key=lambda attempt: attempt.pilots)
        search.candidates.append((best.pilots, best.affine))
    else:
        search.candidates.append((-np.inf, affine))
    return None


def _follow_drift(search: Search, start: Attempt, plane: Plane, valid: Plane | None) -> Detection | None:
    """Follow the pilots from a geometry that is nearly right to one that is.

    plane, valid : what `start` saw, and which of its pixels belong to the picture (None: all).
    """
    best, affine = start, start.affine
    for _ in range(search.budgets.drift_rounds):
        if best.pilots < search.thresholds.drift:
            return None
        weight = gains_from_pilots(best.observation) * np.sqrt(best.observation.variance)
        moved = drift(whitened_inside(plane, valid), search.carriers, best.offset, weight)
        if moved is None:
            return None
        matrix, shift = moved
        affine = affine @ (np.eye(2) - matrix).T
        warped = unwarp(search.work, affine, shift)
        if warped is None:
            return None
        plane, valid = warped
        better = _best_attempt(search, plane, valid, affine, shift)
        if better.pilots < best.pilots + _STEP_UP:
            return None
        best = better
        if (found := search.decode(best, search.thresholds.decode_far)) is not None:
            return found
    return None


def _best_attempt(
    search: Search,
    plane: Plane,
    valid: Plane | None,
    affine: Affine,
    shift: NDArray[np.float64] | None = None,
) -> Attempt:
    """Attempt the likeliest offsets of a canonical plane, and return the attempt with the best pilots."""
    offsets = search.offsets(plane, whitened_inside(plane, valid))[: search.budgets.drift_offsets]
    attempts = [search.attempt(plane, valid, offset, affine, shift) for _, offset in offsets]
    return max(attempts, key=lambda attempt: attempt.pilots)


def whitened_inside(plane: Plane, valid: Plane | None) -> Plane:
    """Whiten a plane; zero near the picture's own border, where that border runs through the plane."""
    white = whiten(plane)
    if valid is not None:
        white[box(valid, 11) <= 0.999] = 0
    return white

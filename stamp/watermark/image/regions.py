"""Find the pictures on a page: a screenshot of a phone or a browser, a collage, a story.

The page is cut along flat gutters, rows first, then columns, again and again; where no gutter is left, along
a straight seam (a collage without gaps). Pieces with the statistics of a picture remain. What is turned or
rounded is found by the rectangle around it only, if there is ground around it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.filters import box as box_mean

Plane = NDArray[np.float32]
Box = tuple[int, int, int, int]

_WORKING_SIDE = 900
_LEAST_SIDE = 24  # pixels of the reduced page, as all figures below
_DEPTH = 7
_EDGE, _FLAT, _ALMOST = 8, 3.0, 0.004
_SMALLEST, _LARGEST, _SLENDER = 0.008, 0.97, 0.15  # of the page's area; short side by long side
_PICTURE_LIKE = 0.5
_BLOCK = 8  # pixels in which fine detail is averaged
_FINE = 0.7  # of it, in grey levels, from which on a block is sharp
_RECTANGULAR = 0.5  # of a rectangle that is sharp
_CELL, _MOST_CELLS = 0.03, 8  # of the page's area; cells beside those that were cut out
_FEWEST = 12  # blocks
_SEAM, _STANDS_OUT = 0.4, 3.0  # share of a line's pixels that step so many times as far as those around


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a page that may be a picture: `box` is x0, y0, x1, y1 in pixels; the best have the
    highest `score`."""

    box: Box
    score: float


@dataclass
class _Cuts:
    """A page on its way: its luma, where it is not flat, whole pieces, and what was cut into pieces."""

    plane: NDArray[np.float32]
    busy: NDArray[np.bool_]
    leaves: list[Box] = field(default_factory=list)
    parents: list[Box] = field(default_factory=list)


def regions(image: NDArray[Any], limit: int = 8) -> list[Region]:
    """Return at most `limit` rectangles of a page (H, W) or (H, W, 3) that may be pictures, best first.

    The whole page is not among them.
    """
    step = max(1, -(-max(image.shape[:2]) // _WORKING_SIDE))
    plane = _reduced(image, step)
    size = plane.shape[1] * step, plane.shape[0] * step
    return regions_of(plane, (min(size[0], image.shape[1]), min(size[1], image.shape[0])), limit)


def regions_of(plane: Plane, size: tuple[int, int], limit: int) -> list[Region]:
    """Do as `regions` for the luma of a reduced page, 0 to 255, that is `size` (width, height) in full."""
    busy = np.zeros(plane.shape, np.bool_)
    busy[:, 1:] |= np.abs(np.diff(plane, axis=1)) > _EDGE
    busy[1:] |= np.abs(np.diff(plane, axis=0)) > _EDGE
    cuts = _Cuts(plane, busy)
    _cut(cuts, (0, 0, plane.shape[1], plane.shape[0]), 0)
    sharp = _sharp(plane)
    cells = _cells(cuts)
    first = {*cuts.leaves, *sharp, *cells}
    scores = {box: _score(plane, box) for box in {*first, *cuts.parents, *_merged(cuts)}}
    # A merged piece never comes before a whole one, or it would hide the cells of a collage.
    found = [
        Region(_enlarged(box, plane.shape, size), score + (box in first))
        for box, score in scores.items()
        if score is not None
    ]
    return sorted(found, key=lambda region: (-region.score, region.box))[:limit]


def _reduced(image: NDArray[Any], step: int) -> Plane:
    """Luma, the mean of blocks of `step` x `step` pixels; what is left at two edges is left out."""
    height, width = (side // step * step for side in image.shape[:2])
    image = image[:height, :width].reshape(height, width, -1)
    # Sums of whole numbers are exact here, and take a fraction of the time of a mean over two axes.
    down = image[::step].astype(np.float32)
    for row in range(1, step):
        down += image[row::step]
    means = down[:, ::step].copy()
    for column in range(1, step):
        means += down[:, column::step]
    means /= step * step
    weights = [0.299, 0.587, 0.114] if means.shape[-1] == 3 else [1.0]
    plane: NDArray[np.float32] = means @ np.array(weights, np.float32)
    return plane if image.dtype == np.uint8 else plane / np.float32(257)


def _sharp(plane: Plane) -> list[Box]:
    """Rectangles around what has fine detail, where the ground around it has less: a photo over its own
    blurred copy or on a grainy table, or a turned one."""
    height, width = (side // _BLOCK for side in plane.shape)
    if min(height, width) < 4:
        return []
    fine = np.abs(plane - box_mean(plane, 3))[: height * _BLOCK, : width * _BLOCK]
    blocks = fine.reshape(height, _BLOCK, width, _BLOCK).mean((1, 3))
    found = []
    for level in (_FINE, _parting(blocks)):
        for rows, columns in _components(blocks > level):
            if len(rows) < 0.02 * blocks.size:
                continue
            x0, y0, x1, y1 = (
                side * _BLOCK for side in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            )
            if _filled(rows, columns) > _RECTANGULAR:
                found.append(snapped(plane, (int(x0), int(y0), int(x1), int(y1)), 2 * _BLOCK))
    return list(dict.fromkeys(found))


def _parting(blocks: NDArray[np.floating]) -> float:
    """The level that parts blocks into two kinds with the least spread of their logarithms (Otsu)."""
    values = np.sort(np.log(blocks.ravel() + 0.05))
    below = np.arange(1, len(values))
    total = np.cumsum(values)[:-1]
    between = (total - below * values.mean()) ** 2 / (below * (len(values) - below))
    return float(np.exp(values[int(between.argmax())]) - 0.05)


def _filled(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> float:
    """The share of blocks in the least rectangle around them, upright or turned."""
    angles = np.radians(np.arange(-44, 45, 2))[:, None]
    c, s = np.cos(angles), np.sin(angles)
    wide, high = (
        np.ptp(np.percentile(along, (1, 99), axis=1), axis=0)
        for along in (c * columns + s * rows, c * rows - s * columns)
    )
    return float(len(rows) / ((wide + 1) * (high + 1)).min())


def _components(mask: NDArray[np.bool_]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The rows and columns of each set of neighbours that are true."""
    label = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        grown = np.pad(label, 1)
        grown = np.maximum.reduce(
            [grown[:-2, 1:-1], grown[2:, 1:-1], grown[1:-1, :-2], grown[1:-1, 2:], label]
        )
        # A label is a place: what was reached from there is reached from here, so that few rounds do.
        grown = np.where(mask, grown.ravel()[grown - 1], 0)
        if (grown == label).all():
            break
        label = grown
    names, counts = np.unique(label[mask], return_counts=True)
    return [np.nonzero(label == name) for name in names[counts > _FEWEST]]


def snapped(plane: Plane, box: Box, reach: int) -> Box:
    """Return a rectangle with each side at the sharpest edge within `reach` pixels of it, if one stands out;
    what is so near to the border of the plane is moved there."""
    x0, y0, x1, y1 = box
    columns, rows = plane[y0:y1].T, plane[:, x0:x1]
    return (
        _sharpest(columns, x0, reach),
        _sharpest(rows, y0, reach),
        _sharpest(columns, x1, reach),
        _sharpest(rows, y1, reach),
    )


def _sharpest(lines: Plane, place: int, reach: int) -> int:
    """The line near a place at which most changes from the one before."""
    if place <= reach // 2:
        return 0
    if place >= len(lines) - reach // 2:
        return len(lines)
    low, high = max(place - reach, 1), min(place + reach + 1, len(lines))
    steps = np.minimum(np.abs(lines[low:high] - lines[low - 1 : high - 1]), 40).mean(1)
    best = int(steps.argmax())
    return low + best if steps[best] > 1.5 * np.median(steps) + 1 else place


def _enlarged(box: Box, shape: tuple[int, ...], size: tuple[int, int]) -> Box:
    wide, high = size[0] / shape[1], size[1] / shape[0]
    x0, y0, x1, y1 = box
    return round(x0 * wide), round(y0 * high), round(x1 * wide), round(y1 * high)


def _cut(cuts: _Cuts, box: Box, depth: int) -> None:
    x0, y0, x1, y1 = box
    if min(x1 - x0, y1 - y0) < _LEAST_SIDE or depth > _DEPTH:
        return
    pieces = _between_gutters(cuts, box)
    if pieces is None:
        pieces = _beside_a_seam(cuts, box)
    if pieces is None:
        cuts.leaves.append(box)
        return
    if len(pieces) > 1:
        cuts.parents.append(box)
    for piece in pieces:
        _cut(cuts, piece, depth + 1)


def _between_gutters(cuts: _Cuts, box: Box) -> list[Box] | None:
    """The pieces between rows, or else columns, of one flat colour; None where there is no gutter."""
    x0, y0, x1, y1 = box
    plane, busy = cuts.plane[y0:y1, x0:x1], cuts.busy[y0:y1, x0:x1]
    for axis in (1, 0):
        length = plane.shape[axis]
        flat = (busy.sum(axis) <= max(1, _ALMOST * length)) & (plane.std(axis) < _FLAT)
        runs = _runs(~flat)
        if len(runs) > 1 or (runs and runs[0] != (0, len(flat))):
            if axis == 1:
                return [(x0, y0 + start, x1, y0 + end) for start, end in runs]
            return [(x0 + start, y0, x0 + end, y1) for start, end in runs]
    return None


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where the mask is true, (start, end); runs that are one element apart are one."""
    steps = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    joined: list[tuple[int, int]] = []
    for start, end in zip(
        np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True
    ):
        if joined and start - joined[-1][1] < 2:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _beside_a_seam(cuts: _Cuts, box: Box) -> list[Box] | None:
    """The two sides of a straight edge through a large piece; None where there is none."""
    x0, y0, x1, y1 = box
    piece = cuts.plane[y0:y1, x0:x1]
    if piece.size <= 0.03 * cuts.plane.size:
        return None
    best = None
    for axis, lines in enumerate((piece[:, ::2], piece[::2].T)):
        if len(lines) < 60:
            continue
        share = _seam_shares(lines)
        inner = share[20:-20]
        at = int(np.argmax(inner)) + 20
        others = np.delete(share, np.s_[max(at - 3, 0) : at + 4])
        usual = np.partition(others, -8)[-8]
        strength = share[at] / (usual + 0.02)
        if share[at] > _SEAM and strength > 2 and (best is None or strength > best[0]):
            best = strength, axis, at + 1
    if best is None:
        return None
    _, axis, cut = best
    if axis == 0:
        return [(x0, y0, x1, y0 + cut), (x0, y0 + cut, x1, y1)]
    return [(x0, y0, x0 + cut, y1), (x0 + cut, y0, x1, y1)]


def _seam_shares(lines: Plane) -> NDArray[np.float64]:
    """For each line the share of its pixels that step to the next one much more than those around do."""
    steps = np.abs(np.diff(lines, axis=0))
    two = steps.copy()  # a seam between the pixels of the reduced page is a step over two lines
    two[1:-1] = np.abs(lines[2:-1] - lines[1:-2])
    total = np.cumsum(np.pad(steps, ((7, 6), (0, 0)), mode="edge"), axis=0)
    around = (total[13:] - total[:-13]) - np.pad(steps, ((1, 1), (0, 0)), mode="edge")[:-2] - steps
    around -= np.pad(steps, ((1, 1), (0, 0)), mode="edge")[2:]
    shares: NDArray[np.float64] = (two > _STANDS_OUT * around / 10 + 4).mean(1)
    return shares


def _cells(cuts: _Cuts) -> list[Box]:
    """Parts of a piece that are as large as another piece, between lines along which others were cut: cells
    of a collage whose pictures are too much alike for a seam to be seen."""
    large = [box for box in cuts.leaves if _area(box) > _CELL * cuts.plane.size]
    found = []
    for x0, y0, x1, y1 in large:
        columns, rows = (
            [low, *sorted({side for box in large for side in box[axis::2] if low < side < high}), high]
            for axis, low, high in ((0, x0, x1), (1, y0, y1))
        )
        parts = [
            (left, top, right, bottom)
            for i, left in enumerate(columns)
            for right in columns[i + 1 :]
            for k, top in enumerate(rows)
            for bottom in rows[k + 1 :]
        ]
        found += [
            part
            for part in parts
            if part != (x0, y0, x1, y1) and any(_is_as_large(part, other) for other in large)
        ]
    return found[:_MOST_CELLS]


def _is_as_large(one: Box, two: Box) -> bool:
    sides = ((box[2] - box[0], box[3] - box[1]) for box in (one, two))
    return all(abs(a - b) <= max(3, 0.02 * b) for a, b in zip(*sides, strict=True))


def _merged(cuts: _Cuts) -> list[Box]:
    """Neighbours of one width, or of one height, together: a picture with a flat band was cut in two."""
    large = [box for box in cuts.leaves if _area(box) > 0.004 * cuts.plane.size]
    found = []
    for a in large:
        for b in large:
            same_width = max(abs(a[0] - b[0]), abs(a[2] - b[2])) <= 6
            same_height = max(abs(a[1] - b[1]), abs(a[3] - b[3])) <= 6
            below = same_width and 0 <= b[1] - a[3] < 0.35 * (b[3] - a[1])
            beside = same_height and 0 <= b[0] - a[2] < 0.35 * (b[2] - a[0])
            if a != b and (below or beside):
                found.append((min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])))
    return found


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _score(plane: NDArray[np.float32], box: Box) -> float | None:
    """How much a piece is like a picture, 0 to 1, the larger the better; None where it cannot be one."""
    x0, y0, x1, y1 = box
    short, long = sorted((x1 - x0, y1 - y0))
    share = _area(box) / plane.size
    if not _SMALLEST <= share <= _LARGEST or short < 40 or short < _SLENDER * long:
        return None
    counts = np.bincount((plane[y0:y1:2, x0:x1:2].ravel() / 4).astype(np.int64), minlength=64)
    shares = counts[counts > 0] / counts.sum()
    entropy = float(-(shares * np.log2(shares)).sum()) / 6
    return entropy * share**0.5 if entropy >= _PICTURE_LIKE else None

"""Search the fingerprints for a picture: which works may it show, and where in it.

Two stages. The signs of the whole picture, in all eight turns, and of each picture on it are compared with
those of all works: a copy that was left whole differs in few. Then points: each votes for the four that are
most like it; votes for one picture that agree on scale and angle are fitted by one map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ..matching import frame_prints
from ..matching.opencv import Matrix, corner_points, mapped, opencv
from ..matching.patches import patches
from ..matching.picture_prints import PicturePoints, suspect_points, turns, whole_signs
from ..matching.registration import possible
from ..matching.thumbnails import ALIKE, thumbnail_correlation
from ..watermark.image.regions import Box, regions
from .runs import neighbours
from .store import View, unpacked

SIGNS_NEAR = 60
"""Bits of 256 that differ at most, in a catalogue that is not too large for it: see `near`."""
SIGNS_SURE = 30
"""Bits that differ at most where nothing else says that it is the same picture: 98 of 100 whole copies have
less; of 4.4 million unrelated pictures and their turns 13 were near, with 37 bits and more."""
POINTS_MAYBE, POINTS_SURE = 6, 8
_LOOKS, _REGION, _WHOLE = 16, (400, 400), (512, 500)  # pictures on a page; pixels of the longer side, points
_CELLS, _MARGIN = 64, 0.03  # of the longer side; of what is shown, on each side
_KNOWN_PART, _KNOWN_PAGE = 0.8, 0.25
"""Shares of a part that are known to show works, from which on nothing more is looked for there: where signs
have shown a picture on a page, its others are in rectangles, too."""
_FITTED = 12  # pictures at most, of those that a look shows
_TURN_BIN = 30.0  # degrees; scales have bins of an octave
_INSIDE = 3 / 512  # of the work's longer side
_BLOCK = 1 << 16
# log10 of the probability that the signs of an unrelated picture differ in at most x bits: measured on
# 103,356 pairs, and extrapolated.
_SLOPE, _BASE, _ALLOWED = 0.151, 17.5, 3.3


@dataclass(frozen=True)
class Hit:
    """A picture or frame of a work that a suspect may show.

    head : its number in the view. stage : "whole" (signs) or "points". distance : bits that differ, None by
        points alone. inliers : points at distinct places that agree, 0 by signs alone. mirrored : whether the
        suspect is a mirror image. box : the part of the suspect that it was found in. matrix : (3, 3) pixels
        of the suspect to pixels of the work where that has 1 on its longer side; None by signs alone.
    signed : the part of the suspect whose signs are near; None by points alone.
    """

    head: int
    stage: str
    distance: int | None
    inliers: int
    mirrored: bool
    box: Box
    matrix: Matrix | None = None
    signed: Box | None = None

    @property
    def is_whole(self) -> bool:
        """Whether signs, alone or with points, show that it is all of the picture."""
        return self.distance is not None and (self.distance <= SIGNS_SURE or self.inliers >= POINTS_SURE)

    @property
    def is_sure(self) -> bool:
        """Whether it is more than a candidate, without a look at the original."""
        return self.is_whole or self.inliers >= POINTS_SURE


def near(works: int) -> int:
    """Return in how many bits signs may differ in a catalogue of so many works, that of 2,000 unrelated
    suspects at most one is taken for one of them."""
    return min(SIGNS_NEAR, int((_BASE - _ALLOWED - np.log10(max(1, works))) / _SLOPE))


def is_alike(hit: Hit, original: NDArray[Any], suspect: NDArray[Any]) -> bool:
    """Return whether the part of a suspect whose signs are near looks like the original; both are luma, (H,
    W) uint8."""
    return hit.signed is not None and thumbnail_correlation(original, _part(suspect, hit.signed)) >= ALIKE


class _Answer:
    """What was found so far: the best hit of each picture, and which parts of the suspect it explains: there
    is nothing more to look for there."""

    def __init__(self, whole: Box) -> None:
        self._best: dict[int, Hit] = {}
        self._step = max(whole) / _CELLS
        self._cells = np.zeros([int(side / self._step) + 1 for side in (whole[3], whole[2])], np.bool_)

    def add(self, hit: Hit) -> None:
        """Add a hit: all those by signs come before those by points."""
        known = self._best.get(hit.head)
        if known is None or (hit.signed and (hit.distance or 0) < (known.distance or 0)):
            self._best[hit.head] = hit
        elif hit.inliers > known.inliers:
            self._best[hit.head] = _joined(known, hit)
        if hit.is_sure:
            self._in(hit.box)[:] = True

    def explained(self, box: Box) -> float:
        """The share of a part of the suspect that is known to show works."""
        return float(self._in(box).mean())

    def ranked(self) -> list[Hit]:
        """The surest first."""
        return sorted(
            self._best.values(), key=lambda hit: (not hit.is_whole, -hit.inliers, hit.distance or 0, hit.head)
        )

    def _in(self, box: Box) -> NDArray[np.bool_]:
        x0, y0, x1, y1 = (int(side / self._step) for side in box)
        return self._cells[y0 : y1 + 1, x0 : x1 + 1]


class Index:
    """The fingerprints of one view, ready to be searched."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._signed = np.flatnonzero(view.heads["has_signs"])
        signs = np.ascontiguousarray(view.heads["signs"][self._signed])
        # A column for each eight bytes: they are compared one after the other.
        self._columns = np.ascontiguousarray(signs.view(np.uint64).T)
        self._firsts = view.heads["first"].astype(np.int64)

    def prints(self, work: str) -> frame_prints.Prints:
        """Return the signs of the frames of the work of this uid."""
        uid = np.frombuffer(UUID(work).bytes, np.uint8)
        own = (self.view.heads["work"] == uid).all(axis=-1) & (self.view.heads["has_signs"] > 0)
        heads = self.view.heads[own]
        return frame_prints.Prints(heads["time"].astype(np.float64), heads["signs"])

    def search(self, plane: NDArray[Any], *, quick: bool = False) -> list[Hit]:
        """Return what a picture of luma (H, W) uint8 may show, the surest first, a picture of a work once.

        quick : look for points of the whole only, and fewer.
        """
        if quick:
            box = 0, 0, plane.shape[1], plane.shape[0]
            found = chain.from_iterable(self._by_points(plane, box, *_REGION))
            return sorted(found, key=lambda hit: (-hit.inliers, hit.head))
        whole = 0, 0, plane.shape[1], plane.shape[0]
        answer = _Answer(whole)
        for hit in self._by_signs(plane, whole, 8):
            answer.add(hit)
        if answer.explained(whole) == 1:
            return answer.ranked()
        looks = [region.box for region in regions(plane, limit=_LOOKS)]
        for box in dict.fromkeys([*looks, *patches(plane)]):
            for hit in self._by_signs(plane, box, 2):  # what is on a page is upright, or a mirror image
                answer.add(hit)
        for box, (side, most), enough in (
            (whole, _WHOLE, _KNOWN_PAGE),
            *((box, _REGION, _KNOWN_PART) for box in looks),
        ):
            if answer.explained(box) >= enough:
                continue
            for hits in self._by_points(plane, box, side, most):
                for hit in hits:
                    answer.add(hit)
                if answer.explained(box) >= _KNOWN_PART:
                    break
        return answer.ranked()

    def nearest(self, signs: NDArray[np.uint8], within: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which heads differ from signs (32,) in at most `within` bits, and in how many."""
        found, apart = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        mine = signs.view(np.uint64)
        for start in range(0, self._columns.shape[1], _BLOCK):
            block = self._columns[:, start : start + _BLOCK]
            total = np.bitwise_count(block[0] ^ mine[0]).astype(np.uint16)
            for column, word in zip(block[1:], mine[1:], strict=True):
                total += np.bitwise_count(column ^ word)
            close = np.flatnonzero(total <= within)
            found.append(self._signed[start + close])
            apart.append(total[close].astype(np.int64))
        return np.concatenate(found), np.concatenate(apart)

    def _by_signs(self, plane: NDArray[Any], box: Box, count: int) -> Iterator[Hit]:
        """What the signs of a part of a suspect are near to, in the first `count` of their turns."""
        signs = whole_signs(_part(plane, box))
        if signs is None:
            return
        within = near(len(self.view.heads))
        for number, turned in enumerate(turns(signs)[:count]):
            for head, apart in zip(*self.nearest(turned, within), strict=True):
                yield Hit(int(head), "whole", int(apart), 0, number % 2 == 1, box, signed=box)

    def _by_points(self, plane: NDArray[Any], box: Box, side: int, most: int) -> Iterator[list[Hit]]:
        """What points of a part of a suspect show: as it is, and as its mirror image."""
        if not len(self.view.codes):
            return
        part = _part(plane, box)
        points = suspect_points(part, side, most)
        longest = max(part.shape)
        into = np.array([[1, 0, 0.5 - box[0]], [0, 1, 0.5 - box[1]], [0, 0, longest]]) / longest
        for seen in (points, points.mirrored()):
            hits = []
            for head, inliers, affine in self._fitted(seen):
                matrix = np.vstack([affine, [0, 0, 1]]) @ into
                mirrored = bool(np.linalg.det(matrix[:2, :2]) < 0)
                hits.append(self._narrowed(Hit(head, "points", None, inliers, mirrored, box, matrix)))
            yield hits

    def _narrowed(self, hit: Hit) -> Hit:
        """A hit by points, in the part of the suspect where they show the work; as it is, if that is nearly
        all of where it was found."""
        if hit.inliers < POINTS_SURE:
            return hit
        head = self.view.heads[hit.head]
        x0, y0, x1, y1 = hit.box
        _, _, shown, _ = overlap(hit, (x1, y1), (int(head["width"]), int(head["height"])))
        margin = _MARGIN * np.ptp(shown, axis=0).max()
        left, top = np.maximum(np.floor(shown.min(0) - margin), (x0, y0)).astype(int)
        right, bottom = np.minimum(np.ceil(shown.max(0) + margin), (x1, y1)).astype(int)
        if (right - left) * (bottom - top) >= _KNOWN_PART * (x1 - x0) * (y1 - y0):
            return hit
        return replace(hit, box=(int(left), int(top), int(right), int(bottom)))

    def _fitted(self, points: PicturePoints) -> Iterator[tuple[int, int, Matrix]]:
        """Pictures of works that enough points agree on: which, how many points, and the map to it."""
        queries, theirs = neighbours(self.view.runs, self.view.codes, points.values)
        if not len(queries):
            return
        heads = np.searchsorted(self._firsts, theirs, side="right") - 1
        places, scales, angles = unpacked(self.view.places[theirs])
        groups = _agreeing(
            queries, heads, scales - points.scales[queries], (angles - points.angles[queries]) % 360
        )
        for head, chosen in groups:
            found = _map_of(points.places[queries[chosen]], places[chosen])
            if found is not None:
                yield head, *found


def _agreeing(
    queries: NDArray[np.int64],
    heads: NDArray[np.int64],
    scales: NDArray[np.float32],
    angles: NDArray[np.float32],
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """The pictures with most votes of points that agree on scale and angle, and which votes these are."""
    turns_ = int(360 / _TURN_BIN)
    bins, votes = [], []
    # Bins overlap by half, or neighbours at an edge would not meet.
    for up in (0, 1):
        for round_ in (0, 1):
            scale = np.floor(2 * scales).astype(np.int64) - up
            angle = (np.floor(2 * angles / _TURN_BIN).astype(np.int64) - round_) % (2 * turns_)
            bins.append((heads * 64 + np.clip(scale + 32, 0, 63)) * 2 * turns_ + angle)
            votes.append(np.arange(len(heads)))
    bin_of, vote_of = np.concatenate(bins), np.concatenate(votes)
    once = np.unique(np.stack([bin_of, queries[vote_of]]), axis=1)[0]
    names, counts = np.unique(once, return_counts=True)
    seen: set[int] = set()
    for at in np.argsort(-counts, kind="stable"):
        head = int(names[at]) // (64 * 2 * turns_)
        if counts[at] < POINTS_MAYBE or len(seen) >= _FITTED:
            return
        if head not in seen:
            seen.add(head)
            yield head, vote_of[bin_of == names[at]]


def _map_of(here: NDArray[np.float32], there: NDArray[np.float32]) -> tuple[int, Matrix] | None:
    """How many places agree on one affine map, and that map; None where too few do."""
    affine, kept = opencv().estimateAffine2D(
        here, there, method=opencv().RANSAC, ransacReprojThreshold=_INSIDE, maxIters=1000, confidence=0.999
    )
    if affine is None:
        return None
    inside = kept.ravel() > 0
    inliers = min(len(np.unique(np.rint(512 * places[inside]), axis=0)) for places in (here, there))
    if inliers < POINTS_MAYBE or not possible(np.vstack([affine, [0, 0, 1]]), here):
        return None
    return inliers, affine


def _joined(known: Hit, by_points: Hit) -> Hit:
    """A hit by points, with what the signs have said of the same picture."""
    if known.distance is None:
        return by_points
    return replace(by_points, stage="whole", distance=known.distance, signed=known.signed)


def _part(plane: NDArray[Any], box: Box) -> NDArray[Any]:
    return np.ascontiguousarray(plane[box[1] : box[3], box[0] : box[2]])


def overlap(hit: Hit, size: tuple[int, int], work: tuple[int, int]) -> tuple[float, float, Matrix, Matrix]:
    """Return which share of the work is seen, which share of the suspect shows it, and the corners of that in
    pixels of the suspect and in 0 to 1 of the work's width and height, by points or by the box alone.

    size, work : (width, height) of the suspect and of the work.
    """
    here = corner_points(hit.box)
    longest = max(work)
    edges = np.array(work) / longest
    area = size[0] * size[1]
    if hit.matrix is None:
        seen = corner_points((0, 0, 1, 1))
        return 1.0, _area(here) / area, here, seen
    there = mapped(hit.matrix, corner_points((0, 0, size[0], size[1])) - 0.5).astype(np.float32)
    frame = corner_points((0, 0, edges[0], edges[1])).astype(np.float32)
    _, inside = opencv().intersectConvexConvex(_clockwise(there), frame)
    if inside is None or len(inside) < 3:
        return 0.0, 0.0, here, corner_points((0, 0, 1, 1))
    low, high = inside.reshape(-1, 2).min(0), inside.reshape(-1, 2).max(0)
    seen = corner_points((low[0], low[1], high[0], high[1]))
    share = float(opencv().contourArea(inside)) / float(edges[0] * edges[1])
    shown = mapped(np.linalg.inv(hit.matrix), seen) + 0.5
    return min(1.0, share), min(1.0, _area(shown) / area), shown, seen / edges


def _clockwise(quad: NDArray[np.float32]) -> NDArray[np.float32]:
    return quad if opencv().contourArea(quad, oriented=True) > 0 else np.ascontiguousarray(quad[::-1])


def _area(quad: Matrix) -> float:
    return abs(float(opencv().contourArea(quad.astype(np.float32))))

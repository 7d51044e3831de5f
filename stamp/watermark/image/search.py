"""One search in one picture: what was tried, what it may cost, and how what was found is judged.

`stages` has the order in which geometries are tried. There are two kinds of search: `ImageSearch` below, and
`watermark.video.search.VideoSearch`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection, Quad, Transform
from ...core.key import Key
from ...core.payload import Payload
from ..common import null_law
from ..common.soft_decoding import Decoded
from .align import Offset, translations
from .carrier import Carriers, carriers, variant_of
from .decode import View, code_score, decode_variants, gains_from_pilots, grid_of, pilot_scores
from .grid import STANDARD, Grid, canonical_shape
from .observation import PICTURE, Measure, Observation, in_variant, observe_plane, under
from .place import seen_corners

Plane = NDArray[np.float32]
Affine = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What must be reached before the next step is worth its time, in standard deviations.

    An unmarked picture reaches each of them now and then. Whether a mark is reported is for `null_law`.

    decode_near, decode_far : the pilots' score from which coded bits are decoded, where the picture lies as
        it was marked, and elsewhere.
    drift : the pilots' score from which their drift is followed.
    peak, near_peak : of the correlation that places the picture in its tile; where its borders are nearly
        known.
    zoom, mirrored, stretched, leaning, turned, squeezed : the constellation's score of a geometry of that
        kind; the more hypotheses compete, the higher.
    """

    decode_near: float = 1.5
    decode_far: float = 3.2
    drift: float = 4.2
    # Of 190 attacked pictures that the search read, one had less (4.4); of wrong geometries, one in four has
    # more.
    peak: float = 4.7
    near_peak: float = 2.5  # of copies that were read there, one had less than 4.2 (2.7)
    zoom: float = 2.4
    mirrored: float = 4.2
    stretched: float = 5.6
    leaning: float = 4.6
    turned: float = 5.8
    squeezed: float = 7.0


@dataclass(frozen=True, slots=True)
class Budgets:
    """How much is tried.

    offsets : in the tile, of one geometry. drift_starts : geometries from which the drift is followed.
    drift_rounds, drift_offsets : corrections of each, and offsets in the tile after a correction.
    """

    offsets: int = 3
    drift_starts: int = 2
    drift_rounds: int = 2
    drift_offsets: int = 2


@dataclass(frozen=True, slots=True)
class Attempt:
    """One picture in one geometry: `unwarp(work, affine, shift)` begins at `offset` within the tile.

    pilots : their score there, in standard deviations. searched : they had a part in choosing the geometry.
    """

    pilots: float
    offset: Offset
    observation: Observation
    affine: Affine
    shift: NDArray[np.float64] | None = None
    searched: bool = True

    @property
    def is_in_place(self) -> bool:
        """Whether it sees the picture as it was marked, whatever the pilots say."""
        return not self.searched and self.offset == (0, 0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A payload, and where it was read, as in `Attempt`.

    grid : on which the original was marked.
    strength : how far all coded bits agree with it, in standard deviations; it grows with the area that shows
        the mark.
    """

    payload: Payload
    affine: Affine
    shift: NDArray[np.float64] | None
    offset: Offset
    grid: Grid
    strength: float


@dataclass(slots=True)
class Search(ABC):
    """The state of one search. Affine maps are of frequencies, from a canonical grid to `work`.

    shape : of the picture. work : its luma, shrunk where it is large. grids : on which it may have been
        marked, the likeliest first. measure : by which its coefficients count.
    budget, decodings : how often coded bits may be decoded, and were. spent : the same in earlier searches of
        the same call.
    best : the attempt whose pilots have the highest score. reading : where a payload was read.
    candidates : the pilots' score (-inf if no correlation was high enough for an attempt) and the map of each
        geometry that was tried in vain.
    score : the highest of all frames that were decoded. ring : other keys that share the geometry of `key`;
        `key` and `carriers` become those of the one whose payload was read.
    """

    key: Key
    carriers: Carriers
    shape: tuple[int, int]
    work: Plane
    grids: tuple[Grid, ...] = (STANDARD,)
    measure: Measure = PICTURE
    thresholds: Thresholds = Thresholds()
    budgets: Budgets = Budgets()
    spent: int = 0
    budget: int = null_law.MAX_DECODINGS
    decodings: int = 0
    best: Attempt | None = None
    reading: Reading | None = None
    candidates: list[tuple[float, Affine]] = field(default_factory=list)
    score: float = 0.0
    ring: tuple[Key, ...] = ()

    @abstractmethod
    def offsets(
        self, plane: Plane, white: Plane, near: int | None = None, about: Offset = (0, 0)
    ) -> list[tuple[float, Offset]]:
        """Find where in the tile a canonical plane may begin: (peak in deviations, offset), highest first.

        white : the plane whitened. near : pixels from `about` of the offsets that are considered; all if
        None.
        """

    @abstractmethod
    def decode_attempt(self, attempt: Attempt, *, promising: bool) -> Decoded | None:
        """Decode, and count what it takes; None where it is not worth it. promising : the pilots say that
        there is something."""

    def verdict(self) -> Detection:
        """Return "not present": without a payload, code words show nothing."""
        return Detection(
            present=False,
            payload=None,
            score=round(self.score, 2),
            threshold=self.threshold,
            log10_p=round(self.log10_p(self.score), 2),
            bits_corrected=None,
            transform=None,
            key_name=self.key.name,
            scheme=self.carriers.layout.scheme,
        )

    def run(self, stages: Iterable[Callable[[Self], Detection | None]]) -> Detection | None:
        """Run one stage after another, until one finds the mark."""
        for stage in stages:
            if (found := stage(self)) is not None:
                return found
        return None

    def attempt(
        self,
        plane: Plane,
        valid: Plane | None,
        offset: Offset,
        affine: Affine,
        shift: NDArray[np.float64] | None = None,
        *,
        searched: bool = True,
    ) -> Attempt:
        """Observe a canonical plane, which is `unwarp(work, affine, shift)`, at an offset. searched : pilots
        had a part in choosing it."""
        o = observe_plane(plane, self.carriers, offset, valid, self.measure)
        pilots = float(pilot_scores(o, self.carriers.layout).max())
        made = Attempt(pilots, offset, o, affine, shift, searched)
        if pilots > self.best_pilots:
            self.best = made
        return made

    @property
    def best_pilots(self) -> float:
        """The pilots' score of the best attempt."""
        return -np.inf if self.best is None else self.best.pilots

    def decode(self, attempt: Attempt, least: float) -> Detection | None:
        """Read the payload of an attempt whose pilots score at least so much, or that is in place."""
        promising = attempt.pilots >= least
        if not (promising or attempt.is_in_place) or self.decodings >= self.budget:
            return None
        made = self.carriers
        decoded = self.decode_attempt(attempt, promising=promising)
        if decoded is None or decoded.payload is None or decoded.score < self.threshold:
            return None
        variant = variant_of(decoded.payload, self.key, self.carriers.layout)
        o = in_variant(under(attempt.observation, made, self.carriers), self.carriers, variant)
        strength = code_score(o, gains_from_pilots(o), decoded.code)
        grid = grid_of(decoded, self.carriers.layout)
        self.reading = Reading(decoded.payload, attempt.affine, attempt.shift, attempt.offset, grid, strength)
        return Detection(
            present=True,
            payload=decoded.payload,
            score=round(decoded.score, 2),
            threshold=self.threshold,
            log10_p=round(self.log10_p(decoded.score), 2),
            bits_corrected=decoded.bits_corrected,
            transform=self.transform(attempt.affine, grid),
            key_name=self.key.name,
            scheme=self.carriers.layout.scheme,
            seen=self.seen(attempt, grid),
            marked_pixels=self.marked_pixels(grid),
        )

    @property
    def threshold(self) -> float:
        """What the statistic of a payload must reach."""
        return null_law.threshold_after(self.spent + self.budget, self.carriers.layout.odds)

    def log10_p(self, score: float) -> float:
        """Return the bound of the probability that a payload with this score arises by chance."""
        return null_law.log10_p_report(score, self.spent + self.budget, self.carriers.layout.odds)

    def seen(self, attempt: Attempt, grid: Grid) -> Quad | None:
        """Return where in the original, which was marked on `grid`, the corners of the picture lie."""
        return seen_corners(self.work.shape, attempt.affine, attempt.shift, attempt.offset, grid.area)

    def marked_pixels(self, grid: Grid) -> tuple[int, int | None] | None:
        """Return the least and the most pixels of an original that is marked on `grid`, if that depends on
        it."""
        return None

    def transform(self, affine: Affine, grid: Grid) -> Transform:
        """Return what happened to the picture since it was marked on `grid`."""
        canonical = canonical_shape(self.shape, grid)
        return transform_of(
            np.diag([self.work.shape[0] / canonical[0], self.work.shape[1] / canonical[1]]) @ affine
        )


@dataclass(slots=True)
class ImageSearch(Search):
    """Places a picture by phase correlation."""

    def offsets(
        self, plane: Plane, white: Plane, near: int | None = None, about: Offset = (0, 0)
    ) -> list[tuple[float, Offset]]:
        return translations(white, self.carriers, near, about)

    def decode_attempt(self, attempt: Attempt, *, promising: bool) -> Decoded | None:
        self.decodings += 1
        views = [
            View(key, made, under(attempt.observation, self.carriers, made))
            for key in (self.key, *self.ring)
            for made in (carriers(key, self.carriers.layout),)
        ]
        found = decode_variants(views, promising=promising, searched=attempt.searched)
        if found is None:
            return None
        decoded, view = found
        self.score = max(self.score, decoded.score)
        if decoded.payload is not None and decoded.score >= self.threshold and view.key != self.key:
            others = [key for key in (self.key, *self.ring) if key != view.key]
            self.key, self.carriers, self.ring = view.key, view.carriers, tuple(others)
        return decoded

    def marked_pixels(self, grid: Grid) -> tuple[int, int | None] | None:
        return grid.marked_pixels


def transform_of(affine: Affine) -> Transform:
    """Return the transform of a picture whose frequencies went by `affine`, canonical to those of a picture
    of the canonical area."""
    content = np.linalg.inv(affine).T  # where the content's points went, (y, x)
    determinant = np.linalg.det(content)
    mirrored = bool(determinant < 0)
    m = content @ np.diag([1.0, -1.0]) if mirrored else content
    # image rows point down: a counter-clockwise turn by t sends (y, x) = (0, 1) to (-sin t, cos t)
    angle = np.degrees(np.arctan2(m[1, 0] - m[0, 1], m[0, 0] + m[1, 1]))
    scale = abs(determinant) ** 0.5
    stretch = np.hypot(*content[1]) / np.hypot(*content[0])
    return Transform(round(float(scale), 4), round(float(angle), 2) + 0.0, mirrored, round(float(stretch), 4))

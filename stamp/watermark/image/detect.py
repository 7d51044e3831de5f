"""Find and read the mark in a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection, Transform
from ...core.key import Key
from ..common import null_law as stats
from ..common.filters import box, whiten
from .align import Offset, drift, translations
from .carrier import SCHEME, Carriers, carriers
from .decode import code_energy, decode_payload, gains_from_pilots, pilot_scores, witness_score
from .grid import GRIDS, STANDARD, Grid, canonical_shape, grid_for, resize
from .luma import luma_plane, white_of
from .observation import PICTURE, Measure, Observation, observe_plane
from .pilots import climbed, places, zooms
from .sync import Candidate, Spectrum, candidates, refine, spectrum, upright_candidates, windowed
from .warp import unwarp

Plane = NDArray[np.float32]
Affine = NDArray[np.float64]

_NEAR = 1  # pixels by which an uncropped copy may be displaced on the canonical grid
# Below these a decoding, a look or a search for drift is not worth its time: an unmarked picture reaches them
# now and then.
_PROMISING_NEAR, _PROMISING_FAR, _PROMISING_DRIFT = 1.5, 3.2, 4.2
# Height of the pilots' correlation peak, in deviations. Of 190 attacked pictures that the search read, one
# had less (4.4); of wrong geometries, one in four has more.
_PEAK = 4.7
_PLACES = 3  # that are looked at in one geometry
# For matched filters: what they choose promises more by itself.
_MATCH, _MATCH_INSISTED, _PROMISING_MATCHED = 4.5, 4.2, 4.8
# constellation scores, by the number of hypotheses that compete
_SCORE_ZOOM, _SCORE_MIRRORED, _SCORE_STRETCHED, _SCORE_PLAIN, _SCORE_SQUEEZED = 2.4, 4.2, 5.6, 5.8, 7.0
_DRIFT_ROUNDS, _DRIFTS = 2, 2
_INSISTED, _CLIMBS, _PROMISING_INSISTED = 3, 2, 3.0  # geometries, places in each, what pilots have to say
_EXCESS = 1.0  # deviations of the coded bits' energy, below which decoding them is not worth its time
_NARROWEST = 48  # canonical pixels of the shorter side below which nothing can be read
_WORK_AREA = 1.6 * STANDARD.area


@dataclass(frozen=True, slots=True)
class _Look:
    """One picture at one geometry: how promising, where in the tile, what it says."""

    promise: float
    offset: Offset
    observation: Observation


@dataclass(frozen=True, slots=True)
class Reading:
    """Where and how a payload was read: `unwarp(work, affine, shift)` begins at `offset` within the tile."""

    payload: bytes
    affine: Affine
    shift: NDArray[np.float64] | None
    offset: Offset


@dataclass(slots=True)
class Search:
    """The state of one call: what was spent, and the most promising geometry so far.

    shape : of the picture. work : its luma, shrunk where it is large. spent, budget : decodings that went
        before, in searches of the same call, and those that may follow; of a layout without witnesses, places
        that are asked for their coded bits. measure : by which its coefficients count. Affine maps are of
        frequencies, from a canonical grid to `work`.
    """

    key: Key
    carriers: Carriers
    shape: tuple[int, int]
    work: Plane
    measure: Measure = PICTURE
    spent: int = 0
    budget: int = stats.MAX_DECODINGS
    decodings: int = 0
    promise: float = -np.inf
    score: float = 0.0
    affine: Affine | None = None
    reading: Reading | None = None
    nearly: list[tuple[float, Affine]] = field(
        default_factory=list
    )  # promise, geometry: drift may do the rest

    def untouched(self, grid: Grid = STANDARD) -> Detection | None:
        """Try the picture as it stands, if it was marked on `grid`: not cropped, not turned, whatever its
        size."""
        shape = canonical_shape(self.shape, grid)
        affine = np.diag([shape[0] / self.work.shape[0], shape[1] / self.work.shape[1]])
        plane = resize(self.work, shape)
        looks = [self._look(plane, None, (0, 0), affine)]
        if (found := self._decode(looks[0], _PROMISING_NEAR, affine)) is not None:
            return found
        for _, offset in self._places(plane, whiten(plane), _NEAR):
            if offset != (0, 0):
                looks.append(self._look(plane, None, offset, affine))
                if (found := self._decode(looks[-1], _PROMISING_NEAR, affine)) is not None:
                    return found
        return self._drifted(affine, max(looks, key=lambda look: look.promise), plane, None)

    def anywhere(self) -> Detection | None:
        """Try every geometry that the constellation speaks for."""
        shrink = min((_WORK_AREA / self.work.size) ** 0.5, 1.0)
        height, width = self.work.shape
        self.work = resize(self.work, (max(round(height * shrink), 1), max(round(width * shrink), 1)))
        s = spectrum(windowed(self.work))
        frequencies = self.carriers.frequencies
        for candidate in _ordered(s, frequencies):
            if (found := self.turned(refine(s, frequencies, candidate))) is not None:
                return found
        return self.nearly_right()

    def turned(self, affine: Affine) -> Detection | None:
        """Try one geometry, and the same turned by 180 degrees, which the constellation cannot tell apart."""
        if (warped := unwarp(self.work, affine)) is None:
            return None
        white = _white(*warped)
        peaks = []
        for sign, view in ((1, np.s_[:, :]), (-1, np.s_[::-1, ::-1])):
            for peak, offset in self._places(warped[0][view], white[view]):
                peaks.append((peak, offset, sign * affine, view))
        peaks.sort(key=lambda p: -p[0])
        looks = []
        for peak, offset, there, view in peaks[:_PLACES]:
            if peak < (_MATCH if self.carriers.filters else _PEAK):
                break
            plane = np.ascontiguousarray(warped[0][view])
            valid = None if warped[1] is None else np.ascontiguousarray(warped[1][view])
            look = self._look(plane, valid, offset, there)
            looks.append((look, there, plane, valid))
            if (found := self._decode(look, _PROMISING_FAR, there)) is not None:
                return found
        if looks:
            look, there, _, _ = max(looks, key=lambda entry: entry[0].promise)
            self.nearly.append((look.promise, there))
        elif self.carriers.filters:
            self.nearly.append((-np.inf, affine))
        return None

    def nearly_right(self) -> Detection | None:
        """Follow the drift from the most promising of the geometries that `turned` could not read."""
        for promise, affine in sorted(self.nearly, key=lambda entry: -entry[0])[:_DRIFTS]:
            if promise >= self._promising_drift() and (warped := unwarp(self.work, affine)) is not None:
                peaks = self._places(warped[0], _white(*warped))
                looks = [self._look(*warped, offset, affine) for _, offset in peaks[:2]]
                look = max(looks, key=lambda look: look.promise)
                if (found := self._drifted(affine, look, *warped)) is not None:
                    return found
        return None

    def insist(self) -> Detection | None:
        """After a search that found nothing, for layouts with filters: climb from the geometries that the
        constellation spoke for first, and from the zooms that the pilots speak for, to better ones."""
        starts = [affine for _, affine in self.nearly[:_INSISTED]]
        for affine in [*starts, *zooms(self.work, self.carriers)]:
            if (warped := unwarp(self.work, affine)) is None:
                continue
            for peak, place in self._places(warped[0], _white(*warped))[:_CLIMBS]:
                if peak < _MATCH_INSISTED:
                    break
                look = self._look(*warped, place, affine)
                if (found := self._decode(look, _PROMISING_INSISTED, affine)) is not None:
                    return found
                there, offset = climbed(self.work, affine, place, self.carriers)
                if (better := unwarp(self.work, there)) is None:
                    continue
                look = self._look(*better, offset, there)
                if (found := self._decode(look, _PROMISING_INSISTED, there)) is not None:
                    return found
        return None

    def _drifted(
        self,
        affine: Affine,
        look: _Look,
        plane: Plane,
        valid: Plane | None,
    ) -> Detection | None:
        """Follow the pilots from a geometry that is nearly right to one that is."""
        for _ in range(_DRIFT_ROUNDS):
            if look.promise < self._promising_drift():
                return None
            weight = gains_from_pilots(look.observation) * np.sqrt(look.observation.variance)
            moved = drift(_white(plane, valid), self.carriers, look.offset, weight)
            if moved is None:
                return None
            affine = affine @ (np.eye(2) - moved[0]).T
            warped = unwarp(self.work, affine, moved[1])
            if warped is None:
                return None
            plane, valid = warped
            offsets = [offset for _, offset in self._places(plane, _white(plane, valid))[:2]]
            looks = [self._look(plane, valid, offset, affine) for offset in offsets]
            better = max(looks, key=lambda entry: entry.promise)
            if better.promise < look.promise + 0.2:
                return None
            look = better
            if (found := self._decode(look, _PROMISING_FAR, affine, moved[1])) is not None:
                return found
        return None

    def _promising_drift(self) -> float:
        return _PROMISING_MATCHED if self.carriers.filters else _PROMISING_DRIFT

    def _places(self, plane: Plane, white: Plane, near: int | None = None) -> list[tuple[float, Offset]]:
        """Where in the tile a canonical plane may begin: `white` is the same whitened."""
        if self.carriers.filters:
            return places(white, plane, self.carriers, near)
        return translations(white, self.carriers, near)

    def _look(self, plane: Plane, valid: Plane | None, offset: Offset, affine: Affine) -> _Look:
        o = observe_plane(plane, self.carriers, offset, valid, self.measure)
        promise = float(pilot_scores(o, self.carriers.layout).max())
        if promise > self.promise:
            self.promise, self.affine = promise, affine
            if self.carriers.layout.witnesses:
                self.score = witness_score(o, gains_from_pilots(o))
        return _Look(promise, offset, o)

    def _decode(
        self, look: _Look, least: float, affine: Affine, shift: NDArray[np.float64] | None = None
    ) -> Detection | None:
        left = self.budget - self.decodings
        if look.promise < least or left == 0:
            return None
        if self.carriers.layout.witnesses:
            result = decode_payload(look.observation, self.key, left, self.carriers.layout)
            self.decodings += result.decodings
        else:
            self.decodings += 1
            if code_energy(look.observation, self.carriers.layout) < _EXCESS:
                return None
            result = decode_payload(look.observation, self.key, stats.MAX_DECODINGS, self.carriers.layout)
            self.score = max(self.score, result.score)
        if result.payload is None or result.grid is None or result.score < self._threshold():
            return None
        self.reading = Reading(result.payload, affine, shift, look.offset)
        return Detection(
            present=True,
            payload=result.payload,
            score=round(result.score, 2),
            threshold=self._threshold(),
            log10_p=round(self._log10_p(result.score), 2),
            bits_corrected=result.bits_corrected,
            transform=self._transform(affine, result.grid),
            key_name=self.key.name,
            scheme=SCHEME,
        )

    def _threshold(self) -> float:
        return stats.threshold_after(self.spent + self.budget, self.carriers.layout.odds)

    def _log10_p(self, score: float) -> float:
        return stats.log10_p_report(score, self.spent + self.budget, self.carriers.layout.odds)

    def _transform(self, affine: Affine, grid: Grid) -> Transform:
        canonical = canonical_shape(self.shape, grid)
        return transform_of(
            np.diag([self.work.shape[0] / canonical[0], self.work.shape[1] / canonical[1]]) @ affine
        )

    def verdict(self) -> Detection:
        """Nothing could be read: is there a mark all the same?

        Only witnesses can tell; without any, the score is the highest of the code words that were decoded.
        """
        if not self.carriers.layout.witnesses:
            score, threshold = round(self.score, 2), self._threshold()
            p = round(self._log10_p(self.score), 2)
            return Detection(False, None, score, threshold, p, None, None, self.key.name, SCHEME)
        present = self.score >= stats.THRESHOLD_ALONE
        return Detection(
            present=present,
            payload=None,
            score=round(self.score, 2),
            threshold=stats.THRESHOLD_ALONE,
            log10_p=round(stats.log10_p_statistic(self.score, stats.MAX_POSITIONS), 2),
            bits_corrected=None,
            transform=self._transform(self.affine, grid_for(self.shape))
            if present and self.affine is not None
            else None,
            key_name=self.key.name,
            scheme=SCHEME,
        )


def transform_of(affine: Affine) -> Transform:
    """`affine` maps canonical frequencies to those of a picture of the canonical area."""
    content = np.linalg.inv(affine).T  # where the content's points went, (y, x)
    determinant = np.linalg.det(content)
    mirrored = bool(determinant < 0)
    m = content @ np.diag([1.0, -1.0]) if mirrored else content
    # image rows point down: a counter-clockwise turn by t sends (y, x) = (0, 1) to (-sin t, cos t)
    angle = np.degrees(np.arctan2(m[1, 0] - m[0, 1], m[0, 0] + m[1, 1]))
    scale = abs(determinant) ** 0.5
    stretch = np.hypot(*content[1]) / np.hypot(*content[0])
    return Transform(round(float(scale), 4), round(float(angle), 2) + 0.0, mirrored, round(float(stretch), 4))


def detect(
    image: NDArray[np.generic], *, key: Key, data_range: float | None = None, search: bool = True
) -> Detection:
    """Look for the mark of `key` in a picture, whatever was done to it.

    Parameters
    ----------
    image : (H, W), (H, W, 3) RGB or (H, W, 4) RGBA; uint8 or uint16, or floats with `data_range`.
    data_range : the value of white; required for floats.
    search : also look for turned, cropped, scaled and mirrored pictures.

    Returns
    -------
    Detection : "not found" is a value, not an error.

    Raises
    ------
    HostError : the array is no picture in the sense above.

    Notes
    -----
    Reads the picture as it stands first; then searches rotation, scale and mirroring, then changes of the
    aspect ratio as well.
    """
    white_of(image, data_range)
    shape = image.shape[0], image.shape[1]
    own = grid_for(shape)
    state = Search(key, carriers(key), shape, luma_plane(image, data_range, max(own.area, _WORK_AREA)))
    if min(canonical_shape(shape)) < _NARROWEST:
        return state.verdict()
    for grid in sorted(GRIDS, key=lambda grid: grid is not own):
        if (found := state.untouched(grid)) is not None:
            return found
    found = state.anywhere() if search else None
    return found or state.verdict()


def _ordered(s: Spectrum, frequencies: NDArray[np.float64]) -> Iterator[Candidate]:
    """The geometries worth reading, the likeliest kinds first; each search runs only if those before it
    failed."""
    for candidate in upright_candidates(s, frequencies, stretched=False):
        upright = candidate.affine[0, 0] > 0 and candidate.affine[1, 1] > 0
        if candidate.score >= (_SCORE_ZOOM if upright else _SCORE_MIRRORED):
            yield candidate
    for candidate in upright_candidates(s, frequencies, stretched=True):
        if candidate.score >= _SCORE_STRETCHED:
            yield candidate
    for candidate in candidates(s, frequencies, squeezed=False):
        if candidate.score >= _SCORE_PLAIN:
            yield candidate
    for candidate in candidates(s, frequencies, squeezed=True):
        if candidate.score >= _SCORE_SQUEEZED:
            yield candidate


def _white(plane: Plane, valid: Plane | None) -> Plane:
    """Whitened; zero near the picture's own border, where that border runs through the plane."""
    white = whiten(plane)
    if valid is not None:
        white[box(valid, 11) <= 0.999] = 0
    return white

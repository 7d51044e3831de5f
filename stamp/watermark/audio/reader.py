"""Stretch after stretch of sound is placed in the period and read, at the least cost that finds the mark."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import CODED_BITS
from . import sync
from .bands import STEPS
from .carrier import PILOT
from .certainty import threshold_after
from .decode import PIECE, Decoded, decode_payload, gains_from_pilots, observe, pieces, witness_score
from .maps import Stretch
from .sync import PERIOD_ROWS, Place
from .tile_contrast import Map

_CANDIDATES, _CANDIDATES_FAR = 3, 4
# Scores of the pilots below which a decoding is not worth its time: unmarked sound reaches them now and then.
# A short clip has few pilots, and is soon decoded.
PROMISING, _PROMISING_SHORT, _SHORT = 4.2, 3.2, 20 * STEPS
_PROMISING_FAR, _PROMISING_WHOLE = 4.4, 5.8
_SEARCHES = 4  # stretches in which tempo and pitch are searched; then only the 8th, the 16th...
_SHORTEST = STEPS  # rows: less than a second says nothing
_PIECE_SCORE = 2.5


@dataclass(frozen=True, slots=True)
class Found:
    """The first payload that was read, where, with how many decodings, and what its witnesses had to
    reach."""

    decoded: Decoded
    place: Place
    decodings: int
    threshold: float


@dataclass(frozen=True, slots=True)
class _Look:
    """A map and a place in it. moved : bands by which the map was moved already."""

    rows: Map
    place: Place
    moved: float = 0.0

    @property
    def whole(self) -> Place:
        return replace(self.place, shift=self.place.shift + self.moved)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of a stretch: what each piece of it says at its most promising place."""

    first: int  # row
    last: int
    soft: NDArray[np.float32]
    energy: NDArray[np.float32]


class Reader:
    """The state of one call."""

    def __init__(self, key: Key, search: bool) -> None:
        self._key, self._search = key, search
        self._fold: Map | None = None
        self._kept: list[_Kept] = []
        self._decodings = 0
        self._next: Place | None = None  # where the next stretch should stand, if it is played in another way
        self._best = -np.inf  # pilots' score of the most promising place
        self.best_score = 0.0  # and its witnesses'
        self.found: Found | None = None

    def read(self, stretch: Stretch) -> None:
        """Take the next stretch. All but the last are whole periods, so that their maps may be added up."""
        rows = stretch.rows
        if self._fold is None:
            self._fold = np.zeros((PERIOD_ROWS, rows.shape[1]), np.float32)
        self._fold[: len(rows)] += rows
        if len(rows) < _SHORTEST:
            return
        look = self._in_place(rows)
        if self._search:
            far = self._far(stretch)
            look = max(look, far, key=lambda v: v.place.score) if far is not None else look
        last = stretch.first + len(rows)
        self._kept.append(_Kept(stretch.first, last, *pieces(look.rows, self._key, look.place)))
        place = look.whole
        self._next = None if place.plain else place.after(len(rows))

    def read_together(self) -> None:
        """What no stretch says by itself, all may say together."""
        if self.found is None and self._fold is not None and len(self._kept) > 1:
            self._in_place(self._fold)

    def _in_place(self, rows: Map) -> _Look:
        promising = _PROMISING_SHORT if len(rows) < _SHORT else PROMISING
        places = sync.in_place(rows, self._key, _CANDIDATES)
        looks = [_Look(rows, sync.refined(rows, self._key, p)) for p in places if p.score >= promising]
        return self._read(looks) or _Look(rows, places[0])

    def _far(self, stretch: Stretch) -> _Look | None:
        """Read the stretch at other tempi and pitches: as the last one was played, or at any.

        The search looks at the middle part; what is found there is carried over to the whole.
        """
        if self._next is not None:
            look = self._read([self._sharpened(stretch, self._next)])
            if self.found is not None:
                return look
        number = len(self._kept)
        if self.found is not None or (number >= _SEARCHES and number & (number - 1)):
            return None
        part = stretch.middle(sync.SEARCHED)
        maps = [(0.0, part.rows), (0.5, part.moved(0.5))]
        looks = [self._nearest(maps, place) for place in sync.anywhere(maps, self._key)]
        best = None
        for near in sorted(looks, key=lambda v: -v.place.score)[:_CANDIDATES_FAR]:
            if near.place.score < _PROMISING_FAR:
                break
            look = self._sharpened(part, near.whole)
            if part.rows is not stretch.rows:
                read = self._read([look]) if look.place.score >= _PROMISING_FAR else None
                if read is None or (self.found is None and look.place.score < _PROMISING_WHOLE):
                    continue
                look = self._sharpened(stretch, look.whole.after(stretch.first - part.first))
            look = self._read([look]) or look
            if best is None or look.place.score > best.place.score:
                best = look
            if self.found is not None:
                return look
        return best

    def _nearest(self, maps: list[tuple[float, Map]], place: Place) -> _Look:
        """A place refined on the map whose bands are nearest to its own."""
        moved, rows = min(maps, key=lambda m: abs((place.shift - m[0] + 0.5) % 1 - 0.5))
        return _Look(rows, sync.refined(rows, self._key, replace(place, shift=place.shift - moved)), moved)

    def _sharpened(self, stretch: Stretch, place: Place) -> _Look:
        """A place refined on a map with just its bands."""
        rows = stretch.moved(place.shift)
        return _Look(rows, sync.refined(rows, self._key, replace(place, shift=0.0)), place.shift)

    def _read(self, looks: list[_Look]) -> _Look | None:
        """Decode, the most promising first; the look that was read, else the most promising."""
        looks = sorted(looks, key=lambda v: -v.place.score)
        for look in looks:
            observation = observe(look.rows, self._key, look.place)
            if look.place.score > self._best:
                self._best = look.place.score
                self.best_score = witness_score(observation, gains_from_pilots(observation))
            if self.found is not None:
                break
            decoded = decode_payload(observation, self._key)
            self._decodings += decoded if isinstance(decoded, int) else decoded.decodings
            threshold = threshold_after(self._decodings)
            if isinstance(decoded, Decoded) and decoded.score >= threshold:
                self.found = Found(decoded, look.whole, self._decodings, threshold)
                return look
        return looks[0] if looks else None

    def spans(self) -> list[tuple[int, int]]:
        """Rows (first, end) where the code that was read is seen, by pieces; gaps of one piece are closed."""
        if self.found is None:
            return []
        code = self.found.decoded.code
        spans: list[tuple[int, int]] = []
        for kept in self._kept:
            agreement = kept.soft[:, :CODED_BITS] @ code + kept.soft[:, PILOT]
            marked = agreement / np.sqrt(kept.energy + 1e-9) >= _PIECE_SCORE
            for piece in np.flatnonzero(marked):
                start = kept.first + int(piece) * PIECE
                end = min(start + PIECE, kept.last)
                if spans and start - spans[-1][1] <= PIECE:
                    spans[-1] = (spans[-1][0], end)
                else:
                    spans.append((start, end))
        return spans

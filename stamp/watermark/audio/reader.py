"""The attempts to read sound with one key: stretch after stretch is aligned with the period and decoded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import CODED_BITS
from ..common.soft_decoding import Decoded
from . import sync
from .bands import STEPS
from .carrier import PILOT
from .certainty import threshold_after
from .decode import PIECE, decode_payload, detection_score, gains_from_pilots, observe, pieces
from .maps import Stretch
from .sync import PERIOD_ROWS, Alignment
from .tile_contrast import Map

_CANDIDATES, _CANDIDATES_FAR = 3, 4
# Scores of the pilots below which a decoding is not worth its time: unmarked sound reaches them now and then.
# A short excerpt has few pilots, and is soon decoded.
PROMISING, _PROMISING_SHORT, _SHORT = 4.2, 3.2, 20 * STEPS
_PROMISING_FAR, _PROMISING_WHOLE = 4.4, 5.8
_SEARCHES = 4  # stretches in which tempo and pitch are searched; then only the 8th, the 16th...
_SHORTEST = STEPS  # rows: less than a second shows nothing
_PIECE_SCORE = 2.5


@dataclass(frozen=True, slots=True)
class Found:
    """The first payload that was read, under which alignment, after how many decodings of the call, and what
    its statistic had to reach."""

    decoded: Decoded
    alignment: Alignment
    decodings: int
    threshold: float


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A map and an alignment of it. moved : bands by which the map was moved already."""

    rows: Map
    alignment: Alignment
    moved: float = 0.0

    @property
    def whole(self) -> Alignment:
        """The alignment of the map as it was before it was moved."""
        return replace(self.alignment, shift=self.alignment.shift + self.moved)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of a stretch: the correlations of each piece of it under the most promising alignment."""

    first: int  # row
    last: int
    soft: NDArray[np.float32]
    energy: NDArray[np.float32]


class Reader:
    """The state of one call with one key.

    best_score : the statistic under the most promising alignment. found : what was read.
    """

    def __init__(self, key: Key, search: bool) -> None:
        self._key, self._search = key, search
        self._fold: Map | None = None
        self._kept: list[_Kept] = []
        self._decodings = 0
        self._next: Alignment | None = (
            None  # that the next stretch should have, if it is played in another way
        )
        self._best = -np.inf  # pilots' score of the most promising alignment
        self.best_score = 0.0
        self.found: Found | None = None

    def read(self, stretch: Stretch) -> None:
        """Take the next stretch. All but the last are whole periods, so that their maps may be added up."""
        rows = stretch.rows
        if self._fold is None:
            self._fold = np.zeros((PERIOD_ROWS, rows.shape[1]), np.float32)
        self._fold[: len(rows)] += rows
        if len(rows) < _SHORTEST:
            return
        attempt = self._try_plain(rows)
        if self._search:
            changed = self._try_changed(stretch)
            if changed is not None:
                attempt = max(attempt, changed, key=lambda v: v.alignment.score)
        last = stretch.first + len(rows)
        self._kept.append(_Kept(stretch.first, last, *pieces(attempt.rows, self._key, attempt.alignment)))
        alignment = attempt.whole
        self._next = None if alignment.plain else alignment.after(len(rows))

    def read_together(self) -> None:
        """Read the sum of all stretches, where no stretch could be read by itself."""
        if self.found is None and self._fold is not None and len(self._kept) > 1:
            self._try_plain(self._fold)

    def _try_plain(self, rows: Map) -> _Attempt:
        """Read a map as it was marked."""
        promising = _PROMISING_SHORT if len(rows) < _SHORT else PROMISING
        alignments = sync.plain_alignments(rows, self._key, _CANDIDATES)
        attempts = [
            _Attempt(rows, sync.refine(rows, self._key, each))
            for each in alignments
            if each.score >= promising
        ]
        return self._read(attempts) or _Attempt(rows, alignments[0])

    def _try_changed(self, stretch: Stretch) -> _Attempt | None:
        """Read the stretch at other tempi and pitches: as the last one was played, or at any.

        The search looks at the middle part; what is found there is carried over to the whole.
        """
        if self._next is not None:
            attempt = self._read([self._sharpened(stretch, self._next)])
            if self.found is not None:
                return attempt
        number = len(self._kept)
        if self.found is not None or (number >= _SEARCHES and number & (number - 1)):
            return None
        part = stretch.middle(sync.SEARCHED)
        maps = [(0.0, part.rows), (0.5, part.moved(0.5))]
        attempts = [self._nearest(maps, each) for each in sync.changed_alignments(maps, self._key)]
        best = None
        for near in sorted(attempts, key=lambda v: -v.alignment.score)[:_CANDIDATES_FAR]:
            if near.alignment.score < _PROMISING_FAR:
                break
            attempt = self._sharpened(part, near.whole)
            if part.rows is not stretch.rows:
                read = self._read([attempt]) if attempt.alignment.score >= _PROMISING_FAR else None
                if read is None or (self.found is None and attempt.alignment.score < _PROMISING_WHOLE):
                    continue
                attempt = self._sharpened(stretch, attempt.whole.after(stretch.first - part.first))
            attempt = self._read([attempt]) or attempt
            if best is None or attempt.alignment.score > best.alignment.score:
                best = attempt
            if self.found is not None:
                return attempt
        return best

    def _nearest(self, maps: list[tuple[float, Map]], alignment: Alignment) -> _Attempt:
        """Refine an alignment on the map whose bands are nearest to its own."""
        moved, rows = min(maps, key=lambda m: abs((alignment.shift - m[0] + 0.5) % 1 - 0.5))
        own = replace(alignment, shift=alignment.shift - moved)
        return _Attempt(rows, sync.refine(rows, self._key, own), moved)

    def _sharpened(self, stretch: Stretch, alignment: Alignment) -> _Attempt:
        """Refine an alignment on a map with just its bands."""
        rows = stretch.moved(alignment.shift)
        return _Attempt(rows, sync.refine(rows, self._key, replace(alignment, shift=0.0)), alignment.shift)

    def _read(self, attempts: list[_Attempt]) -> _Attempt | None:
        """Decode, the most promising first; return the attempt that was read, else the most promising."""
        attempts = sorted(attempts, key=lambda v: -v.alignment.score)
        for attempt in attempts:
            observation = observe(attempt.rows, self._key, attempt.alignment)
            if attempt.alignment.score > self._best:
                self._best = attempt.alignment.score
                self.best_score = detection_score(observation, gains_from_pilots(observation))
            if self.found is not None:
                break
            decoded = decode_payload(observation, self._key)
            self._decodings += decoded.decodings
            threshold = threshold_after(self._decodings)
            if decoded.payload is not None and decoded.score >= threshold:
                self.found = Found(decoded, attempt.whole, self._decodings, threshold)
                return attempt
        return attempts[0] if attempts else None

    def spans(self) -> list[tuple[int, int]]:
        """Return the rows (first, end) where the code that was read is seen, by pieces; gaps of one piece are
        closed."""
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

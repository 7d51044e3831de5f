"""Find and read the mark in a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..carrier import carriers
from ..detect import Detection, Search, Transform
from ..key import Key
from .evidence import Evidence, Plane, details_of, working
from .scheme import SCHEME, displayed

RATE = 6.0  # frames a second that are looked at
_FIRST_LOOKS = (1, 4, 10)  # frames after which the whole evidence is read as it stands
_SEARCH_EVERY = 24  # frames of a window, after which geometry is searched as well
_BUDGET = 12  # decodings of one look
_NARROWEST = 48


@dataclass(frozen=True, slots=True)
class VideoDetection:
    """The answer of `Detector.result`: as `stamp.watermark.detect.Detection` has it, and

    spans : (start, end) in seconds of the parts that were found to carry the mark, of those that were looked
        at.
    decided_after_s : seconds of the clip that had been seen when the decision fell; None without a mark.
    """

    present: bool
    payload: bytes | None
    score: float
    threshold: float
    log10_p: float
    bits_corrected: int | None
    transform: Transform | None
    spans: tuple[tuple[float, float], ...]
    decided_after_s: float | None
    key_name: str
    scheme: str = SCHEME


@dataclass(slots=True)
class _Window:
    """Frames that are read together."""

    start_s: float
    end_s: float
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(slots=True)
class _State:
    """What was spent and found for one key."""

    key: Key
    spent: int = 0
    best: Search | None = None
    found: list[VideoDetection] = field(default_factory=list)


class Detector:
    """Looks for marks in a clip, frame by frame. Not to be shared between threads.

    Parameters
    ----------
    keys : one key or several; each costs its own search.
    depth : bits of a luma sample.
    aspect : width by height as displayed; that of the plane unless told.
    search : also look for clips that were turned, cropped, mirrored, framed.

    Memory does not grow with the clip.
    """

    def __init__(
        self,
        keys: Key | Sequence[Key],
        *,
        depth: int = 8,
        aspect: float | None = None,
        search: bool = True,
    ) -> None:
        self._states = [_State(key) for key in ([keys] if isinstance(keys, Key) else keys)]
        if not self._states:
            raise ValueError("a detector needs a key")
        self._white, self._aspect, self._search = float((1 << depth) - 1), aspect, search
        self._canonical = (0, 0)
        self._next = -np.inf
        self._start = self._last = 0.0
        self._total = _Window(0.0, 0.0)
        self._window: _Window | None = None
        self._previous: Plane | None = None

    @property
    def decided(self) -> bool:
        """Whether a payload was found: more frames can only add spans and other marks."""
        return any(state.found for state in self._states)

    def wants(self, time_s: float) -> bool:
        """Whether `push` would look at a frame of this time; others need not be converted."""
        return time_s >= self._next

    def push(self, luma: NDArray[np.unsignedinteger], time_s: float) -> None:
        """The next frame: luma, (height, width) uint8 or uint16, upright as displayed, and its time in
        seconds."""
        if not self.wants(time_s):
            return
        self._next = time_s + 0.9 / RATE
        frame = working(luma, self._white)
        canonical = displayed((luma.shape[0], luma.shape[1]), self._aspect)
        if min(canonical) < _NARROWEST:
            return
        if canonical != self._canonical or (
            self._previous is not None and frame.shape != self._previous.shape
        ):
            self._restart(canonical, time_s)
        if self._previous is not None and np.array_equal(frame, self._previous):
            return
        self._previous = frame
        self._add(frame, time_s)

    def _restart(self, canonical: tuple[int, int], time_s: float) -> None:
        self._canonical, self._previous = canonical, None
        self._total, self._window = _Window(time_s, time_s), None

    def _add(self, frame: Plane, time_s: float) -> None:
        if self._window is None:
            self._window = _Window(time_s, time_s)
        details = details_of(frame)
        for window in (self._total, self._window):
            window.evidence.add(details, (frame.shape[0], frame.shape[1]))
            window.end_s = time_s
        if self._total.evidence.frames in _FIRST_LOOKS:
            self._look(self._total, search=False)
        if self._window.evidence.frames == _SEARCH_EVERY:
            self._look(self._window, search=self._search)
            self._window = None

    def _look(self, window: _Window, *, search: bool) -> None:
        work = window.evidence.picture()
        for state in self._states:
            s = Search(
                state.key,
                carriers(state.key, SCHEME),
                self._canonical,
                work,
                scheme=SCHEME,
                spent=state.spent,
                budget=_BUDGET if not search else 4 * _BUDGET,
            )
            found = s.untouched()
            if found is None and search:
                found = s.anywhere()
            state.spent += s.decodings
            if state.best is None or s.promise > state.best.promise:
                state.best = s
            if found is not None:
                self._report(state, found, window)

    def _report(self, state: _State, found: Detection, window: _Window) -> None:
        span = (window.start_s, window.end_s)
        for k, known in enumerate(state.found):
            if known.payload == found.payload:
                state.found[k] = _more(known, found, span)
                return
        state.found.append(
            VideoDetection(
                True,
                found.payload,
                found.score,
                found.threshold,
                found.log10_p,
                found.bits_corrected,
                found.transform,
                (span,),
                window.end_s,
                state.key.name,
            )
        )

    def results(self) -> list[VideoDetection]:
        """Every mark that was found, the surest first; where none was, one answer a key."""
        if not self.decided and self._total.evidence.frames:
            self._look(self._total, search=self._search)
            if not self.decided and self._window is not None and self._window.start_s > self._total.start_s:
                self._look(self._window, search=self._search)
        found = [d for state in self._states for d in state.found]
        return sorted(found, key=lambda d: d.log10_p) or [self._nothing(state) for state in self._states]

    def result(self) -> VideoDetection:
        """The surest of `results`."""
        return self.results()[0]

    def _nothing(self, state: _State) -> VideoDetection:
        s = state.best or Search(
            state.key, carriers(state.key, SCHEME), (_NARROWEST, _NARROWEST), np.zeros((1, 1), np.float32)
        )
        d = s.verdict()
        span = ((self._total.start_s, self._total.end_s),) if d.present else ()
        return VideoDetection(
            d.present, None, d.score, d.threshold, d.log10_p, None, d.transform, span, None, state.key.name
        )


def _more(known: VideoDetection, found: Detection, span: tuple[float, float]) -> VideoDetection:
    """`known`, seen again in `span`."""
    spans = [*known.spans]
    if span[0] <= spans[-1][1] + 1.0:
        spans[-1] = (spans[-1][0], max(span[1], spans[-1][1]))
    else:
        spans.append(span)
    known = replace(known, spans=tuple(spans))
    if found.log10_p < known.log10_p:
        known = replace(
            known,
            score=found.score,
            threshold=found.threshold,
            log10_p=found.log10_p,
            transform=found.transform,
        )
    return known

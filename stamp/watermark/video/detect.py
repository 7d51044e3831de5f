"""Find and read the mark in a video."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection, corners
from ...core.key import Key
from ..common import null_law
from .accumulator import Accumulator, Plane, details_of, working
from .key_reader import KeyReader
from .scheme import CLIP, SCHEME, displayed

RATE = 12.0  # frames a second that are sampled
WINDOW, _WINDOW_S = 24, 3.8  # frames, and seconds, of the shortest part of a video that is searched by itself
SIZE_EXPONENT = 0.85  # of the bytes that a frame was coded in, which go with how much of the mark it keeps
_EARLY_ATTEMPTS = (1, 4, 10, 24)  # frames after which the beginning of a video is read as it is
_THRESHOLD = null_law.threshold_after(1, CLIP.odds)
_NARROWEST = 48  # canonical pixels of the shorter side below which nothing can be read


@dataclass(slots=True)
class _Part:
    """Frames that are read together. read : the keys, by number, whose mark was read in it."""

    start_s: float
    end_s: float
    accumulator: Accumulator = field(default_factory=Accumulator)
    windows: int = 1
    read: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _SampledFrame:
    """A frame of a twelfth of a second. key : whether it is a key frame. size : coded bytes."""

    luma: NDArray[np.unsignedinteger]
    time_s: float
    key: bool
    size: int


class Detector:
    """Looks for marks in a video, frame by frame. Not to be shared between threads.

    Parameters
    ----------
    keys : one key or several; each costs its own search.
    depth : bits of a luma sample.
    aspect : width by height as displayed; that of the plane if None.
    search : also look for videos that were turned, cropped, mirrored, framed.

    Raises
    ------
    ValueError : no key.

    Notes
    -----
    Windows of four seconds are read, then pairs of windows, pairs of pairs and so on, in the manner of a
    binary counter. So a marked scene in a long compilation is found, as is a mark so weak that it takes the
    whole video, and memory grows with the logarithm of the duration.
    """

    def __init__(
        self,
        keys: Key | Sequence[Key],
        *,
        depth: int = 8,
        aspect: float | None = None,
        search: bool = True,
    ) -> None:
        self._readers = [KeyReader(key) for key in ([keys] if isinstance(keys, Key) else keys)]
        if not self._readers:
            raise ValueError("a detector needs a key")
        self._white, self._aspect, self._search = float((1 << depth) - 1), aspect, search
        self._canonical, self._size = (0, 0), (0, 0)
        self._held: _SampledFrame | None = None
        self._start: float | None = None
        self._previous: Plane | None = None
        self._parts: list[_Part] = []
        self._window: _Part | None = None
        self._key_frames: _Part | None = None
        self._found: dict[tuple[int, bytes], Detection] = {}

    @property
    def decided(self) -> bool:
        """Whether a payload was read: more frames can only add spans and other marks."""
        return bool(self._found)

    def wants(self, time_s: float, *, size: int = 1) -> bool:
        """Return whether `push` would sample a frame of this time; others need not be converted.

        Of the frames of each twelfth of a second, those that were coded in more bytes than all before.
        """
        held = self._held
        return held is None or _slot(held.time_s) != _slot(time_s) or size > held.size

    def push(
        self, luma: NDArray[np.unsignedinteger], time_s: float, *, key_frame: bool = False, size: int = 1
    ) -> None:
        """Take the next frame: luma, (height, width) uint8 or uint16, upright as displayed, and its time in
        seconds.

        key_frame : whether it was coded as one. size : bytes that it was coded in; the same for all where
        that is not known.
        """
        if not self.wants(time_s, size=size):
            return
        if self._held is not None and _slot(self._held.time_s) != _slot(time_s):
            self._take(self._held)
        first = self._held is None
        self._held = _SampledFrame(luma.copy(), time_s, key_frame, size)
        if first:  # most videos are read from it
            self._take(self._held)
            self._held = replace(self._held, key=False)

    def _take(self, held: _SampledFrame) -> None:
        """Add a frame to what is accumulated, and read that where it is time to."""
        luma = held.luma
        canonical = displayed((luma.shape[0], luma.shape[1]), self._aspect)
        if min(canonical) < _NARROWEST:
            return
        frame = working(luma, self._white)
        if canonical != self._canonical or (
            self._previous is not None and frame.shape != self._previous.shape
        ):
            self._restart(canonical)
            self._size = round(luma.shape[0] * self._aspect) if self._aspect else luma.shape[1], luma.shape[0]
        if self._previous is None or not np.array_equal(frame, self._previous):
            self._add(frame, held)
        elif self._window is not None:
            self._window.end_s = held.time_s
        self._previous = frame

    def _restart(self, canonical: tuple[int, int]) -> None:
        """Begin anew: frames of another size are another picture."""
        self._finish()
        self._canonical, self._previous = canonical, None
        self._parts, self._window, self._key_frames = [], None, None

    def _add(self, frame: Plane, held: _SampledFrame) -> None:
        """Add a working frame to the window, and read the window early or when it is complete."""
        time_s, weight = held.time_s, held.size**SIZE_EXPONENT
        if self._start is None:
            self._start = time_s
        details, shape = details_of(frame), (frame.shape[0], frame.shape[1])
        if self._window is None:
            self._window = _Part(time_s, time_s)
        self._window.accumulator.add(details, shape, weight)
        self._window.end_s = time_s
        if held.key:
            if self._key_frames is None:
                self._key_frames = _Part(time_s, time_s)
            self._key_frames.accumulator.add(details, shape)
            self._key_frames.end_s = time_s
        frames = self._window.accumulator.frames
        if not self._parts and not self.decided and frames in _EARLY_ATTEMPTS:
            self._read(self._window, search=False)
        if frames >= WINDOW and time_s - self._window.start_s >= _WINDOW_S:
            self._close()

    def _close(self) -> None:
        """Read the window that is complete, and every part that it completes."""
        assert self._window is not None
        part, self._window = self._window, None
        self._read(part, search=self._search)
        while self._parts and self._parts[-1].windows == part.windows:
            part = _joined(self._parts.pop(), part)
            self._read(part, search=self._search)
        self._parts.append(part)

    def _read(self, part: _Part, *, search: bool) -> None:
        """Read a part with every key that has not yet: a mark that continues, else a new attempt."""
        picture = part.accumulator.picture()
        for number, reader in enumerate(self._readers):
            if number in part.read and part.windows > 1:
                continue
            payload = reader.continues(picture)
            if payload is not None:
                part.read.add(number)
                self._found[number, payload] = _longer(self._found[number, payload], part)
            elif (found := reader.attempt(picture, self._canonical, search=search)) is not None:
                part.read.add(number)
                self._report(number, found, part)

    def _report(self, number: int, found: Detection, part: _Part) -> None:
        """Keep what was found in a part; a payload that is known gets a longer span."""
        assert found.payload is not None
        assert self._start is not None
        known = self._found.get((number, found.payload))
        if known is not None:
            self._found[number, found.payload] = _longer(known, part)
            return
        region = corners(0, 0, *self._size) if found.seen else None
        self._found[number, found.payload] = replace(
            found,
            size=self._size,
            region=found.region or region,
            spans=((part.start_s, part.end_s),),
            decided_after_s=part.end_s - self._start,
        )

    def _finish(self) -> None:
        """Read what the end of the video, or of its frames of one size, left unread."""
        part = self._window
        if part is not None:
            self._read(part, search=self._search)
        for earlier in reversed(self._parts):
            part = earlier if part is None else _joined(earlier, part)
            if part is not earlier and not self.decided:
                self._read(part, search=self._search)
        if part is not None and self._search and not self.decided:
            for number, reader in enumerate(self._readers):
                if (found := reader.search_exhaustively()) is not None:
                    self._report(number, found, part)
        if self._key_frames is not None and not self.decided:
            self._read(self._key_frames, search=self._search)
        if part is not None and self._search and not self.decided:
            picture = part.accumulator.picture()
            for number, reader in enumerate(self._readers):
                if (found := reader.attempt_parts(picture, self._size)) is not None:
                    self._report(number, found, part)

    def results(self) -> list[Detection]:
        """End the reading, and return every mark that was found, the surest first; where none was, one answer
        a key."""
        if self._held is not None:
            self._take(self._held)
        self._held = None
        self._finish()
        self._parts, self._window, self._key_frames = [], None, None
        found = sorted(self._found.values(), key=lambda d: d.log10_p)
        return found or [self._nothing(reader) for reader in self._readers]

    def result(self) -> Detection:
        """End the reading, and return the surest of `results`."""
        return self.results()[0]

    def _nothing(self, reader: KeyReader) -> Detection:
        """Return the answer for a key whose mark was not found."""
        if reader.best is None:  # no frame was large enough
            return Detection(False, None, 0.0, _THRESHOLD, 0.0, None, None, reader.key.name, SCHEME)
        return reader.best.verdict()


def _slot(time_s: float) -> int:
    """Return the number of the twelfth of a second."""
    return math.floor(time_s * RATE + 1e-6)


def _joined(earlier: _Part, later: _Part) -> _Part:
    """Return two neighbouring parts as one."""
    return _Part(
        earlier.start_s,
        later.end_s,
        earlier.accumulator.joined(later.accumulator),
        earlier.windows + later.windows,
        earlier.read | later.read,
    )


def _longer(known: Detection, part: _Part) -> Detection:
    """Return `known` with the span of `part`, in which it was seen again, too."""
    spans = sorted([*known.spans, (part.start_s, part.end_s)])
    joined = spans[:1]
    for start, end in spans[1:]:
        if start <= joined[-1][1] + 2 / RATE:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return replace(known, spans=tuple(joined))

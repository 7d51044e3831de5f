"""Find and read the mark in sound."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import HostError
from .. import stats
from ..coding import CODED_BITS
from ..key import Key
from . import sync
from .bands import STEPS
from .carrier import PILOT, SCHEME
from .decode import PIECE, Decoded, decode_payload, gains_from_pilots, observe, pieces, witness_score
from .evidence import Map
from .maps import Excerpt, Mapper
from .sync import PERIOD_ROWS, Place

_CANDIDATES, _CANDIDATES_FAR = 3, 4
# Scores of the pilots below which a decoding is not worth its time: unmarked sound reaches them now and then.
_PROMISING, _PROMISING_FAR = 4.4, 4.8
_SEARCHES = 4  # windows in which tempo and pitch are searched one after the other; then every 8th, 16th...
_SHORTEST = STEPS  # rows: less than a second says nothing
_PIECE_SCORE = 2.5


@dataclass(frozen=True, slots=True)
class AudioDetection:
    """The answer of `detect`: whether the sound carries a mark of this key, which payload, and how sure that
    is.

    present : a mark of this key is there. payload : its 8 bytes; None where the mark is too weak to be read.
    score, threshold : the witness statistic in standard deviations, and what it must reach.
    log10_p : upper bound of log10 of the probability that sound not marked with this key gives such evidence.
    bits_corrected : coded bits, of 576, that the error correction turned round; None without a payload.
    tempo, pitch : how many times as fast and as high as it was marked; None without a mark.
    spans : (start, end) in seconds of the stretches in which the mark was seen, in order.
    """

    present: bool
    payload: bytes | None
    score: float
    threshold: float
    log10_p: float
    bits_corrected: int | None
    tempo: float | None
    pitch: float | None
    spans: tuple[tuple[float, float], ...]
    key_name: str
    scheme: str = SCHEME


@dataclass(frozen=True, slots=True)
class _Window:
    """What is kept of one period of sound: where it seems to stand, and what it says by pieces."""

    first: int  # row
    place: Place
    soft: NDArray[np.float32]
    energy: NDArray[np.float32]


class Detector:
    """Reads a stream of samples; memory grows by some megabytes an hour.

    Parameters
    ----------
    key : the secret. sample_rate : 8,000 to 192,000 Hz. channels : 1 or more. search : whether other tempi
        and pitches are tried where nothing is found as it stands.

    Raises
    ------
    HostError : the sample rate cannot carry a mark, or there is no channel; from `push`, samples that are not
    finite or have another shape.
    """

    def __init__(self, key: Key, *, sample_rate: int, channels: int, search: bool = True) -> None:
        self._key, self._search = key, search
        self._mapper = Mapper(sample_rate, channels)
        self._rows: list[Map] = []
        self._excerpts: list[tuple[int, Excerpt]] = []  # with their first rows, as far back as the window goes
        self._held = self._seen = self._mapped = 0
        self._fold: Map | None = None
        self._windows: list[_Window] = []
        self._found: tuple[Decoded, Place] | None = None
        self._decodings = 0
        self._last: Place | None = None  # of the last window's end, if it was played in another way
        self._best = (-np.inf, 0.0)  # pilots' score of the most promising place, and its witnesses' score

    def push(self, samples: NDArray[np.floating]) -> None:
        """Take samples (n, channels), or (n,) where there is one channel, in -1..1."""
        self._take(self._mapper.push(samples[:, None] if samples.ndim == 1 else samples))

    def result(self) -> AudioDetection:
        """The answer. Call once, at the end."""
        self._take(self._mapper.flush())
        if self._held:
            self._window(np.concatenate(self._rows))
        if self._found is None and self._fold is not None and len(self._windows) > 1:
            self._try(self._fold, sync.in_place(self._fold, self._key, _CANDIDATES), _PROMISING)
        if self._found is None:
            score = self._best[1]
            return AudioDetection(
                present=score >= stats.THRESHOLD_ALONE,
                payload=None,
                score=score,
                threshold=stats.THRESHOLD_ALONE,
                log10_p=stats.log10_p_statistic(score, stats.MAX_POSITIONS),
                bits_corrected=None,
                tempo=None,
                pitch=None,
                spans=(),
                key_name=self._key.name,
            )
        decoded, place = self._found
        return AudioDetection(
            present=True,
            payload=decoded.payload,
            score=decoded.score,
            threshold=stats.THRESHOLD,
            log10_p=stats.log10_p_report(decoded.score, self._decodings),
            bits_corrected=decoded.bits_corrected,
            tempo=place.tempo,
            pitch=place.pitch,
            spans=self._spans(decoded.code),
            key_name=self._key.name,
        )

    def _take(self, excerpts: list[Excerpt]) -> None:
        for excerpt in excerpts:
            self._rows.append(excerpt.map())
            if self._search:
                self._excerpts.append((self._mapped, excerpt))
            self._mapped += excerpt.rows
            self._held += excerpt.rows
            if self._held >= PERIOD_ROWS:
                rows = np.concatenate(self._rows)
                self._window(rows[:PERIOD_ROWS])
                self._rows = [rows[PERIOD_ROWS:].copy()]
                self._held = len(self._rows[0])

    def _moved(self, rows: Map, shift: float) -> Map:
        """The map of the window at hand with its bands moved: sharper than looking between bands."""
        parts = [
            excerpt.map(shift)[max(self._seen - first, 0) :]
            for first, excerpt in self._excerpts
            if first + excerpt.rows > self._seen
        ]
        return np.concatenate(parts)[: len(rows)]

    def _window(self, rows: Map) -> None:
        """One period of sound. Windows are whole periods, so that their maps may be added up."""
        if self._fold is None:
            self._fold = np.zeros((PERIOD_ROWS, rows.shape[1]), np.float32)
        self._fold[: len(rows)] += rows
        if len(rows) >= _SHORTEST:
            places = [self._last] if self._last else []
            places += sync.in_place(rows, self._key, _CANDIDATES)
            place = self._try(rows, places, _PROMISING)
            if self._found is None and self._search and self._may_search():
                far = sync.anywhere(rows, self._key, _CANDIDATES_FAR)
                place = max(place, self._try(rows, far, _PROMISING_FAR), key=lambda p: p.score)
            self._windows.append(_Window(self._seen, place, *pieces(rows, self._key, place)))
            self._last = None if place.plain else place.after(len(rows))
        self._seen += len(rows)

    def _may_search(self) -> bool:
        number = len(self._windows)
        return number < _SEARCHES or number & (number - 1) == 0

    def _try(self, rows: Map, places: list[Place], promising: float) -> Place:
        """Refine places, decode at those that promise something; the most promising."""
        refined = [sync.refined(rows, self._key, p) for p in places if p.score >= promising]
        refined.sort(key=lambda p: -p.score)
        for place in refined:
            observation = observe(rows, self._key, place)
            if place.score > self._best[0]:
                self._best = place.score, witness_score(observation, gains_from_pilots(observation))
            if self._found is not None:
                break
            decoded = decode_payload(observation, self._key, stats.MAX_DECODINGS - self._decodings)
            if isinstance(decoded, int):
                self._decodings += decoded
                continue
            self._decodings += decoded.decodings
            if decoded.score >= stats.THRESHOLD:
                self._found = decoded, place
                return place
        return refined[0] if refined else max(places, key=lambda p: p.score)

    def _spans(self, code: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
        """Where the code words that were read are seen, by pieces; gaps of one piece are closed."""
        spans: list[tuple[int, int]] = []
        for window in self._windows:
            agreement = window.soft[:, :CODED_BITS] @ code + window.soft[:, PILOT]
            marked = agreement / np.sqrt(window.energy + 1e-9) >= _PIECE_SCORE
            for piece in np.flatnonzero(marked):
                start = window.first + int(piece) * PIECE
                end = min(start + PIECE, self._seen)
                if spans and start - spans[-1][1] <= PIECE:
                    spans[-1] = (spans[-1][0], end)
                else:
                    spans.append((start, end))
        return tuple((start / STEPS, end / STEPS) for start, end in spans)


def detect(
    samples: NDArray[np.floating], *, key: Key, sample_rate: int, search: bool = True
) -> AudioDetection:
    """Look for a mark in samples in -1..1, shape (n,) or (n, channels). See `Detector`."""
    if samples.ndim not in (1, 2):
        raise HostError(f"samples have the shape (n,) or (n, channels), not {samples.shape}")
    channels = samples.shape[1] if samples.ndim == 2 else 1
    detector = Detector(key, sample_rate=sample_rate, channels=channels, search=search)
    detector.push(samples)
    return detector.result()

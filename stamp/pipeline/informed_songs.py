"""Look for the mark of a song with the unmarked song at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..core.detection import Detection
from ..core.key import Key
from ..core.payload import Payload
from ..media.audio.opening import open_song
from ..watermark.audio import informed
from ..watermark.common.known import Judged
from . import audio
from .margins import excerpt
from .pairing import Pairing
from .spans import samples_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..matching.songs import SongAlignment
    from ..media.audio.song import Block
    from ..watermark.audio.tile_contrast import Map

_MOST = 128.0  # seconds of a find that are compared: two periods
_SAME = 0.005  # seconds by which a find may be off in the end, for its speed to be that of the original
_RATE = 8000  # at which sound is laid onto sound, to a twentieth of the shortest tile and less
_SLACK, _HEARD = 0.2, 30  # seconds to either side, and of sound
_ALIKE = 0.1  # correlation of the waves from which on their place is believed


@dataclass(frozen=True)
class SongPair(Pairing):
    """A song and the original.

    found : when it plays the original; None where it does not. left : what the original does not explain.
    starts_s : where in the original that begins, in seconds, and `heard_s` in the suspect.
    """

    suspect: Path
    original: Path
    found: SongAlignment | None
    left: Map | None
    starts_s: float
    heard_s: float

    @classmethod
    def of(cls, suspect: Path, original: Path) -> SongPair:
        """Lay a suspect onto the original. Raises UnsupportedFormat, CorruptFile, MediaError, HostError."""
        from ..matching.songs import align_songs

        (whole, rate), (heard, heard_rate) = samples_of(original), samples_of(suspect)
        found = align_songs(whole, heard, rate, heard_rate)
        if found is None or not found.agrees or abs(found.pitch / found.speed - 1) > 1e-6:
            return cls(suspect, original, found if found and found.agrees else None, None, 0.0, 0.0)
        first, starts = _begin(found)
        seconds = min(_MOST, found.find_span[1] - first)
        if seconds <= 0:
            return cls(suspect, original, found, None, 0.0, 0.0)
        speed = 1.0 if abs(found.speed - 1) * seconds < _SAME else found.speed
        there, there_rate = _samples(suspect, first, seconds)
        if speed != 1:
            there = _resampled(there, speed)
        known, known_rate = _samples(original, starts - _SLACK, seconds * speed + 2 * _SLACK)
        if there.shape[1] != known.shape[1]:
            there, known = (each.mean(axis=1, keepdims=True) for each in (there, known))
        late = _lag(known, known_rate, there, there_rate)
        left = informed.residue(
            informed.contrasts(there, there_rate),
            informed.contrasts(known[round(late * known_rate) :], known_rate),
        )
        return cls(suspect, original, found, left, starts - _SLACK + late, first)

    @property
    def needed(self) -> float:  # type: ignore[override]
        from ..matching.songs import SONG_AGREES

        return SONG_AGREES

    @property
    def correlation(self) -> float | None:
        return None if self.found is None or self.left is None else self.found.correlation

    def marked(self, key: Key) -> Payload | None:
        return audio.glance(open_song(self.original), key=key)

    def judge(self, key: Key, payloads: Sequence[Payload]) -> list[Judged]:
        assert self.left is not None
        return informed.judge(self.left, key, payloads, self.starts_s)

    def detect(self, key: Key, *, search: bool = True) -> Detection:
        marked = self.marked(key)
        tried: list[Detection] = []
        if self.left is not None and marked is None:
            found = informed.read(self.left, key)
            later = tuple((start + self.heard_s, end + self.heard_s) for start, end in found.spans)
            tried.append(replace(found, spans=later, correlation=self.correlation))
        if not tried or tried[0].payload is None:
            blind = audio.detect(self.suspect, keys=[key], search=search)
            tried.append(replace(blind, correlation=self.correlation))
        best = min(tried, key=lambda each: (each.payload is None, not each.present, each.log10_p))
        return replace(best, original_payload=marked)


def _samples(path: Path, start: float, seconds: float) -> tuple[Block, int]:
    """So much of a song from there on, (n, channels), and its rate."""
    song = open_song(path)
    return excerpt(song, round(start * song.rate), round(seconds * song.rate)), song.rate


def _resampled(samples: Block, speed: float) -> Block:
    """What is played `speed` times as fast, as slowly as it was."""
    at = np.arange(int((len(samples) - 1) * speed)) / speed
    columns = [np.interp(at, np.arange(len(samples)), channel) for channel in samples.T]
    return np.stack(columns, axis=1).astype(np.float32)


def _begin(found: SongAlignment) -> tuple[float, float]:
    """Where the two are compared from, in seconds of the find and of the work, so that there is some slack
    before it."""
    first, last = found.find_span
    starts = found.work_span[0]
    if starts <= 0:  # the find begins before the work does
        starts = min(starts, found.work_span[1] - found.speed * (last - first))
    later = max(0.0, _SLACK - starts)
    return first + later / found.speed, starts + later


def _lag(known: Block, known_rate: int, there: Block, there_rate: int) -> float:
    """The seconds of `known` at which `there` begins, by the waves of the two; `_SLACK` where these have too
    little in common."""
    one, two = (_coarse(each, rate) for each, rate in ((known, known_rate), (there, there_rate)))
    size = 1 << int(np.ceil(np.log2(len(one) + len(two) + 1)))
    cross = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(two, size)), size)
    last = min(2 * round(_SLACK * _RATE), max(len(one) - 1, 0))
    lag = int(np.argmax(cross[: last + 1]))
    power = float(np.sqrt(np.sum(one[lag : lag + len(two)] ** 2) * np.sum(two**2))) + 1e-9
    return lag / _RATE if cross[lag] / power >= _ALIKE else _SLACK


def _coarse(samples: Block, rate: int) -> NDArray[np.float64]:
    """One channel at a few thousand samples a second, enough to lay one on the other."""
    mono = samples[: _HEARD * rate].mean(axis=1)
    at = np.arange(int(len(mono) * _RATE / rate)) * rate / _RATE
    return np.interp(at, np.arange(len(mono)), mono)

"""Find out when a song plays another one, how fast, and whether its fine detail agrees.

Detail is what of the spectrum between 300 and 8000 Hz, in 48 bands and steps of 16 ms, is more or less than
around it in time and in pitch. It outlives codecs, levels and equalisers, and other songs with the same beat
do not have it. NumPy alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.comparison import Comparison

Mono = NDArray[np.float32]
Detail = NDArray[np.float32]  # (frames, bands)

SONG_AGREES = 0.15
"""Correlation of fine detail from which on a song plays the work; ADR 95 has what was measured."""

_LOW, _HIGH, _BANDS = 300.0, 8000.0, 48
_STEP, _WINDOW = 0.016, 0.064  # seconds
_TIME, _PITCH = 12, 4  # frames and bands to each side that a place is compared with
_EXCERPT, _BLOCK = 12.0, 4.0  # seconds that are looked for; of a piece that is followed
_SLACK = 0.4  # seconds that a piece may be off its expected place
_QUIET = 1e-4  # of the loudest: below it nothing is heard
_CLEAR = 0.45  # a correlation at the usual speed from which on no other one is tried
_SPEEDS = tuple(round(1 + percent / 200, 4) for percent in sorted(range(-11, 12), key=abs))


@dataclass(frozen=True)
class SongAlignment:
    """Which span of the find plays which span of the work, in seconds.

    correlation : of the fine detail, the median over pieces of four seconds. speed : seconds of the work in
        a second of the find. pitch : of the find by that of the work; 1 where only the tempo was changed.
    """

    find_span: tuple[float, float]
    work_span: tuple[float, float]
    speed: float
    pitch: float
    correlation: float

    @property
    def agrees(self) -> bool:
        return self.correlation >= SONG_AGREES


@dataclass(frozen=True)
class _Place:
    """Where a find may be: second 0 of it is second `start` of the work."""

    start: float
    speed: float
    pitch: float
    correlation: float


def align_songs(
    original: NDArray[Any], suspect: NDArray[Any], rate: int, suspect_rate: int | None = None
) -> SongAlignment | None:
    """Lay a song onto the one that it may play, where their detail is most alike; None of silence.

    original, suspect : samples (n,) or (n, channels). rate, suspect_rate : per second; one unless both are
        given. What is above 8000 Hz is not heard.
    """
    find_rate = suspect_rate or rate
    work, find = _mono(original), _mono(suspect)
    if not (len(find) and len(work) and np.abs(find).max() > 0 and np.abs(work).max() > 0):
        return None
    whole = detail_of(work, rate)
    place = _place(whole, find, find_rate)
    return None if place is None else _followed(whole, find, find_rate, place)


def compare_songs(
    original: NDArray[Any],
    suspect: NDArray[Any],
    rate: int,
    suspect_rate: int | None = None,
    *,
    marked: bool = False,
) -> tuple[Comparison, SongAlignment | None]:
    """Return whether a song plays another one, and where. Arguments as of `align_songs`.

    marked : whether a mark of the original was detected in the suspect: then a song that plays no part of it
        differs, and is not merely unregistered.
    """
    found = align_songs(original, suspect, rate, suspect_rate)
    if found is None or not (found.agrees or marked):
        return Comparison("audio", "unregistered"), None
    length = len(original) / rate
    heard = min(found.work_span[1], length) - max(found.work_span[0], 0)
    return Comparison(
        kind="audio",
        verdict="agrees" if found.agrees else "differs",
        correlation=found.correlation,
        needed=SONG_AGREES,
        method="sound",
        overlap=float(np.clip(heard / length, 0, 1)),
        find_span=found.find_span,
        work_span=found.work_span,
        speed=found.speed,
    ), found


def _mono(samples: NDArray[Any]) -> Mono:
    plain = np.asarray(samples, np.float32)
    return plain if plain.ndim == 1 else plain.mean(axis=1, dtype=np.float32)


def detail_of(samples: Mono, rate: int, speed: float = 1.0, pitch: float = 1.0) -> Detail:
    """Return the fine detail (frames, bands) of samples that are played at another speed and pitch.

    Frames are `_STEP` seconds of the work apart, bands those of the work; unheard places are 0.
    """
    size = 1 << int(np.ceil(np.log2(_WINDOW * rate)))
    starts = np.arange(0, max(len(samples) - size, 0) + 1, _STEP * rate / speed).astype(np.int64)
    padded = np.pad(samples, (0, max(0, size - len(samples))))
    edges = np.geomspace(_LOW, _HIGH, _BANDS + 1) * pitch * size / rate
    columns = np.searchsorted(np.arange(size // 2 + 1), edges)
    window = np.hanning(size).astype(np.float32)
    energy = np.zeros((len(starts), _BANDS), np.float32)
    for first in range(0, len(starts), 512):
        frames = padded[starts[first : first + 512, None] + np.arange(size)] * window
        sums = np.cumsum(np.abs(np.fft.rfft(frames, axis=1)) ** 2, axis=1)
        sums = np.pad(sums, ((0, 0), (1, 0)))
        last = np.minimum(np.maximum(columns[1:], columns[:-1] + 1), size // 2 + 1)
        energy[first : first + 512] = sums[:, last] - sums[:, np.minimum(columns[:-1], last - 1)]
    energy[:, edges[1:] > rate / 2] = 0
    return _normal(energy)


def _normal(energy: Detail) -> Detail:
    """Levels above those around them, in time and in pitch."""
    floor = np.float32(_QUIET) * energy.max(axis=0, initial=0)
    levels = np.log(energy + floor + np.float32(1e-20))
    levels = levels - _around(levels, _TIME, 0)
    levels = levels - _around(levels, _PITCH, 1)
    return np.where(energy > floor, np.clip(levels, -3, 3), 0).astype(np.float32)


def _around(values: Detail, reach: int, axis: int) -> Detail:
    """The mean over `reach` places to each side."""
    padding = [(0, 0), (0, 0)]
    padding[axis] = (reach + 1, reach)
    sums = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis, dtype=np.float64)
    length = values.shape[axis]
    ahead = np.take(sums, np.arange(2 * reach + 1, 2 * reach + 1 + length), axis=axis)
    behind = np.take(sums, np.arange(length), axis=axis)
    means: Detail = ((ahead - behind) / (2 * reach + 1)).astype(np.float32)
    return means


def _place(whole: Detail, find: Mono, rate: int) -> _Place | None:
    """Where the loudest excerpt of the find is most like the work, at any speed and pitch."""
    first = _loudest(find, rate)
    excerpt = find[first : first + int(_EXCERPT * rate)]
    best: _Place | None = None
    for speed, pitch in _ways():
        part = detail_of(excerpt, rate, speed, pitch)
        correlation, at = _best_lag(whole, part)
        if best is None or correlation > best.correlation:
            best = _Place(at * _STEP - speed * first / rate, speed, pitch, correlation)
        if speed == 1 and correlation >= _CLEAR:
            break
    return best


def _ways() -> Iterable[tuple[float, float]]:
    """Speeds, each with the pitch that follows it, and with that of the work."""
    for speed in _SPEEDS:
        yield speed, speed
        if speed != 1:
            yield speed, 1.0


def _loudest(samples: Mono, rate: int) -> int:
    """Where the excerpt with the most sound begins."""
    length, step = int(_EXCERPT * rate), rate
    if len(samples) <= length:
        return 0
    sums = np.concatenate([[0.0], np.cumsum(np.abs(samples), dtype=np.float64)])
    starts = np.arange(0, len(samples) - length + 1, step)
    return int(starts[np.argmax(sums[starts + length] - sums[starts])])


def _best_lag(whole: Detail, part: Detail) -> tuple[float, int]:
    """The highest correlation of a part with any place of the whole, and the frame at which it begins.

    It may hang over either end, by at most half of it.
    """
    size = 1 << int(np.ceil(np.log2(len(whole) + len(part))))
    cross = np.zeros(size)
    for band in range(whole.shape[1]):
        spectrum = np.fft.rfft(whole[:, band], size) * np.conj(np.fft.rfft(part[:, band], size))
        cross += np.fft.irfft(spectrum, size)
    power = np.concatenate([[0.0], np.cumsum(np.sum(whole.astype(np.float64) ** 2, axis=1))])
    lags = np.arange(-(len(part) // 2), max(1, len(whole) - len(part) // 2))
    begin, end = np.clip(lags, 0, len(whole)), np.clip(lags + len(part), 0, len(whole))
    own = np.concatenate([[0.0], np.cumsum(np.sum(part.astype(np.float64) ** 2, axis=1))])
    seen = own[np.clip(end - lags, 0, len(part))] - own[np.clip(begin - lags, 0, len(part))]
    scale = np.sqrt((power[end] - power[begin]) * seen)
    values = cross[lags % size] / np.maximum(scale, 1e-9 + 0.05 * scale.max(initial=0))
    top = int(np.argmax(values))
    return float(values[top]), int(lags[top])


def _followed(whole: Detail, find: Mono, rate: int, place: _Place) -> SongAlignment | None:
    """Piece by piece: the exact speed, and which pieces agree."""
    ratio = place.pitch / place.speed
    for _ in range(2):
        times, lags, values = _pieces(whole, find, rate, place)
        good = values >= SONG_AGREES
        if np.count_nonzero(good) < 3:
            break
        slope, offset = np.polyfit(times[good], lags[good], 1, w=values[good])
        follows = place.pitch != 1 or place.speed == 1
        speed = place.speed + float(slope)
        place = _Place(place.start + float(offset), speed, speed * ratio if follows else 1.0, 0.0)
    if not len(times):
        return None
    chosen = np.flatnonzero(values >= SONG_AGREES)
    # A single piece of many may agree by chance.
    inside = slice(chosen[0], chosen[-1] + 1) if len(chosen) >= min(3, len(times)) else slice(None)
    first, last = times[inside][0] - _BLOCK / 2, times[inside][-1] + _BLOCK / 2
    first, last = max(0.0, float(first)), min(len(find) / rate, float(last))
    end = len(whole) * _STEP + _WINDOW
    work = [min(max(0.0, place.start + place.speed * seconds), end) for seconds in (first, last)]
    return SongAlignment(
        (first, last), (work[0], work[1]), place.speed, place.pitch, float(np.median(values[inside]))
    )


def _pieces(
    whole: Detail, find: Mono, rate: int, place: _Place
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For each piece of the find that lies in the work: its middle in seconds of the find, how many seconds
    of the work it is off its place, and the correlation there."""
    parts = detail_of(find, rate, place.speed, place.pitch)
    length, slack = round(_BLOCK * place.speed / _STEP), round(_SLACK / _STEP)
    length = min(length, len(parts))
    rows = []
    last = len(parts) - length
    for first in [*range(0, last, max(1, length // 2)), last]:
        expected = round(place.start / _STEP) + first
        begin = max(0, expected - slack)
        around = whole[begin : max(0, expected + length + slack)]
        if len(around) < length:
            continue
        value, lag = _best_lag(around, parts[first : first + length])
        rows.append(((first + length / 2) * _STEP / place.speed, (begin + lag - expected) * _STEP, value))
    table = np.array(rows, np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]

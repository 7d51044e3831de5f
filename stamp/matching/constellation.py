"""Fingerprints of songs: pairs of the loudest tones around, by their pitches and the time between them.

A pair survives codecs, noise and other sounds as long as its two tones are still among the loudest around;
many pairs at one offset are no chance. A song that is played faster and higher has other pairs: such a
suspect is looked for at several speeds. NumPy alone.

Searching for songs by pairs of peaks of the spectrum was patented (US 6,990,453 and US 7,627,477).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP = 0.032
"""Seconds between two spectra, in which times of tones count."""
_WINDOW = 0.128  # seconds, so that a bin of the spectrum is 7.8 Hz
_LOWEST, _HIGHEST = 5, 400  # bins
_AROUND = 7, 9  # spectra and bins to each side among which a tone is the loudest
_LOUD = 1.0  # above the median, in natural logarithms
_A_SECOND = 18  # tones that are kept
_FAN, _SOONEST, _LATEST, _WIDEST = 5, 3, 60, 128  # pairs of a tone; steps between its two; bins between them
_BLOCK = 4096  # spectra at a time: two minutes


@dataclass(frozen=True)
class Tones:
    """Pairs of tones: `codes` (n,) uint32 of 23 bits, and `times` (n,) uint32 in steps."""

    codes: NDArray[np.uint32]
    times: NDArray[np.uint32]


def tones_of(samples: NDArray[np.float32], rate: int, speed: float = 1.0) -> Tones:
    """Return the pairs of tones of a song, one channel.

    speed : how many times as fast, and as high, it is played as the work that is looked for; times are those
        of the work.
    """
    places = _peaks(samples, rate / speed)
    codes, times = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    taken = np.zeros(len(places), np.int64)
    for ahead in range(1, 40):  # tones are in the order of time
        first, second = places[:-ahead], places[ahead:]
        later, higher = second[:, 0] - first[:, 0], second[:, 1] - first[:, 1]
        pair = (later >= _SOONEST) & (later <= _LATEST) & (np.abs(higher) < _WIDEST)
        pair &= taken[: len(pair)] < _FAN
        taken[: len(pair)] += pair
        found = first[pair, 1] << 14 | (higher[pair] + _WIDEST) << 6 | later[pair]
        codes.append(found)
        times.append(first[pair, 0])
    return Tones(np.concatenate(codes).astype(np.uint32), np.concatenate(times).astype(np.uint32))


def _peaks(samples: NDArray[np.float32], rate: float) -> NDArray[np.int64]:
    """The loudest tones (n, 2), step and bin, in the order of time."""
    window = round(_WINDOW * rate)
    count = int((len(samples) - window) / (STEP * rate)) + 1
    loudest = float(np.abs(samples).max(initial=0.0))
    if count < 8 or loudest == 0:
        return np.zeros((0, 2), np.int64)
    parts = [
        _peaks_of(samples, rate, window, first, min(count, first + _BLOCK), loudest)
        for first in range(0, count, _BLOCK)
    ]
    return np.concatenate(parts)


def _peaks_of(
    samples: NDArray[np.float32], rate: float, window: int, first: int, end: int, loudest: float
) -> NDArray[np.int64]:
    """The tones of some spectra, which are those from `first` to `end`."""
    begin = max(0, first - _AROUND[0])
    starts = np.rint(np.arange(begin, end) * (STEP * rate)).astype(np.int64)
    starts = starts[starts + window <= len(samples)]
    hann = np.hanning(window).astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(samples, window)[starts]
    size = np.abs(np.fft.rfft(views * hann, axis=1)[:, :_HIGHEST]).astype(np.float32)
    levels = np.log(size + np.float32(1e-4 * loudest * window / 4))
    around = _greatest(_greatest(levels, _AROUND[0], 0), _AROUND[1], 1)
    found = np.argwhere((levels >= around) & (levels > np.median(levels) + _LOUD))
    found = found[(found[:, 1] >= _LOWEST) & (found[:, 0] + begin >= first)]
    value = levels[found[:, 0], found[:, 1]]
    second = ((found[:, 0] + begin) * STEP).astype(np.int64)
    order = np.lexsort((-value, second))
    rank = np.arange(len(order)) - np.searchsorted(second[order], second[order])
    kept = np.sort(order[rank < _A_SECOND])
    return np.asarray(found[kept] + np.array([begin, 0]), np.int64)


def _greatest(levels: NDArray[np.float32], reach: int, axis: int) -> NDArray[np.float32]:
    """The greatest value of all up to `reach` to each side."""
    greatest = levels.copy()
    for step in range(1, min(reach + 1, levels.shape[axis])):
        left, right = [slice(None)] * 2, [slice(None)] * 2
        left[axis], right[axis] = slice(None, -step), slice(step, None)
        for here, there in ((tuple(left), tuple(right)), (tuple(right), tuple(left))):
            np.maximum(greatest[here], levels[there], out=greatest[here])
    return greatest

"""Two songs for the eye: what is heard in a find, below what is heard in the work at the same place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.comparison import Comparison
from ..formats.reading import named
from ..media.audio.opening import open_song

Span = tuple[float, float]
Pixels = NDArray[np.uint8]

_SECONDS = 30.0  # that are drawn
_WIDTH, _HEIGHT, _GAP = 1200, 280, 12
_LOWEST, _HIGHEST = 200.0, 8000.0  # Hz, on a logarithmic scale
_WINDOW = 0.064  # seconds
_RANGE = 70.0  # dB below the loudest that are drawn
_COLOURS = np.array(
    [(0, 0, 4), (60, 15, 110), (150, 40, 125), (225, 85, 90), (253, 165, 85), (252, 253, 191)], np.float64
)
_GROUND, _TICK, _TICKS = 244, 150, 5.0  # gray around the two; of the marks below them, every so many seconds


def spectrograms(original: Path, suspect: Path, comparison: Comparison) -> Pixels:
    """Return both in one picture, RGB (H, W, 3): the work above, the find below, from the moment at which
    they agree, on the work's clock. Raises MediaError."""
    span = comparison.find_span or (0.0, _SECONDS)
    start, length = span[0], min(span[1] - span[0], _SECONDS)
    begin = comparison.work_span[0] if comparison.work_span else 0.0
    rows = [
        _drawn(original, (begin, begin + comparison.speed * length)),
        _drawn(suspect, (start, start + length)),
    ]
    canvas = np.full((2 * _HEIGHT + 3 * _GAP, _WIDTH + 2 * _GAP, 3), _GROUND, np.uint8)
    for index, row in enumerate(rows):
        top = _GAP + index * (_HEIGHT + _GAP)
        canvas[top : top + _HEIGHT, _GAP : _GAP + _WIDTH] = row
        for second in np.arange(0, length, _TICKS):
            at = _GAP + round(second / length * (_WIDTH - 1))
            canvas[top + _HEIGHT : top + _HEIGHT + _GAP // 2, at : at + 2] = _TICK
    return canvas


def _drawn(path: Path, span: Span) -> Pixels:
    with named(path):
        samples, rate = _samples(path, span)
    size = 1 << round(np.log2(_WINDOW * rate))
    padded = np.concatenate([samples, np.zeros(max(0, size - len(samples)), np.float32)])
    starts = np.linspace(0, len(padded) - size, _WIDTH).round().astype(int)
    window = np.hanning(size).astype(np.float32)
    bands = np.geomspace(_LOWEST, min(_HIGHEST, 0.45 * rate), _HEIGHT)[::-1]
    rows = np.clip((bands * size / rate).round().astype(int), 1, size // 2)
    levels = np.empty((_HEIGHT, _WIDTH))
    for column, start in enumerate(starts):
        levels[:, column] = np.abs(np.fft.rfft(padded[start : start + size] * window))[rows]
    decibels = 20 * np.log10(levels + 1e-9)
    return _coloured(np.clip((decibels - decibels.max()) / _RANGE + 1, 0, 1))


def _samples(path: Path, span: Span) -> tuple[NDArray[np.float32], int]:
    """What is heard in a span, as one channel, and its rate."""
    song = open_song(path)
    first, last = (round(second * song.rate) for second in span)
    kept: list[NDArray[Any]] = []
    place = 0
    for block in song.blocks():
        if place >= last:
            break
        kept.append(block[max(0, first - place) : max(0, last - place)].mean(axis=1))
        place += len(block)
    return np.concatenate([np.zeros(0, np.float32), *kept]).astype(np.float32), song.rate


def _coloured(levels: NDArray[np.float64]) -> Pixels:
    """0 to 1 as colours from black to light."""
    places = np.linspace(0, 1, len(_COLOURS))
    channels = [np.interp(levels, places, _COLOURS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)

"""Samples -> the detector's map, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bands import (
    BANDS,
    BANDS_AN_OCTAVE,
    CHUNK,
    MARGIN,
    STEPS,
    Band,
    Envelope,
    edges,
    energy,
    envelopes,
    layout,
    spectrum,
)
from .chunks import Chunks, Samples
from .decimation import Decimator, factor
from .tile_contrast import Map, tile_contrast

_STEREO = (1, 1, 0.5, 0.5)  # weights of two channels, their sum and their difference
HIGHEST_SHIFT = 3.5  # bands by which a map may be moved
_KEPT = int(edges()[-1] * 2 ** ((HIGHEST_SHIFT + 1) / BANDS_AN_OCTAVE) * CHUNK)  # bins of a spectrum


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is kept of a chunk of sound for its map: the spectrum of each channel, up to the highest band."""

    spectra: list[Envelope]
    sample_rate: int
    rows: int

    def map(self, shift: float = 0.0) -> Map:
        """Return the contrast of every tile, (rows, BANDS), of bands moved up by `shift`."""
        bands = layout(self.sample_rate, shift)
        found = np.zeros((CHUNK * STEPS, BANDS), np.float32)
        views = list(zip(*self._energies(bands), strict=True))
        weights = np.array(_STEREO if len(self.spectra) == 2 else (1,) * len(views), np.float32)
        for weight, rows in zip(weights / weights.sum(), views, strict=True):
            found[:, : len(bands)] += weight * tile_contrast(np.hstack(rows))
        return found[MARGIN * STEPS :][: self.rows]

    def _energies(self, bands: tuple[Band, ...]) -> Iterator[list[Map]]:
        """Return the energies, (rows, bands), of a group of bands at a time: of each channel, and of the sum
        and the difference of two. A voice in the middle is absent from the difference, and what is at the
        sides weak in the sum."""
        for parts in zip(*(envelopes(bins, bands) for bins in self.spectra), strict=True):
            group = parts[0][0]
            views = [envelope for _, envelope in parts]
            if len(views) == 2:
                views += [views[0] + views[1], views[0] - views[1]]
            yield [energy(view, group[0].rate) for view in views]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Up to one period of sound: its first row, its map, and what it was made of."""

    first: int
    rows: Map
    excerpts: list[tuple[int, Excerpt]]

    def moved(self, shift: float) -> Map:
        """Return the map with its bands moved up: sharper than interpolating between bands."""
        if shift == 0:
            return self.rows
        parts = [
            excerpt.map(shift)[max(self.first - first, 0) :]
            for first, excerpt in self.excerpts
            if first + excerpt.rows > self.first and first < self.first + len(self.rows)
        ]
        return np.concatenate(parts)[: len(self.rows)]

    def middle(self, rows: int) -> Stretch:
        """Return the middle part of so many rows, or all."""
        if len(self.rows) <= rows:
            return self
        skipped = (len(self.rows) - rows) // 2
        return Stretch(self.first + skipped, self.rows[skipped : skipped + rows], self.excerpts)


class Mapper:
    """A stream of samples -> stretches of one period each, and a rest."""

    def __init__(self, sample_rate: int, channels: int, period: int) -> None:
        layout(sample_rate)
        every = factor(sample_rate)
        self._rate, self._period = sample_rate // every, period
        self._chunks = Chunks(self._rate, channels)
        self._decimator = Decimator(every, channels)
        self._excerpts: list[tuple[int, Excerpt]] = []
        self._first = self._end = 0
        self._rows: list[Map] = []

    def push(self, samples: NDArray[np.floating]) -> list[Stretch]:
        """Take samples (n, channels); return the stretches that are complete."""
        return self._taken(self._chunks.push(self._decimator.push(samples)))

    def flush(self) -> list[Stretch]:
        """Return what is left, as if silence followed."""
        found = self._taken(self._chunks.push(self._decimator.flush()))
        found += self._taken(self._chunks.flush())
        if self._end > self._first:
            found.append(self._stretch(np.concatenate(self._rows)))
        return found

    def _stretch(self, rows: Map) -> Stretch:
        """Make the next stretch, and forget what no later one needs."""
        made = Stretch(self._first, rows, self._excerpts)
        self._first += len(rows)
        self._excerpts = [(at, e) for at, e in self._excerpts if at + e.rows > self._first]
        return made

    def _taken(self, chunks: Iterable[tuple[Samples, int]]) -> list[Stretch]:
        """Map chunks; return the stretches that they complete."""
        found = []
        for chunk, length in chunks:
            spectra = [spectrum(channel)[:_KEPT].copy() for channel in chunk]
            excerpt = Excerpt(spectra, self._rate, length * STEPS // self._rate)
            self._excerpts.append((self._end, excerpt))
            self._rows.append(excerpt.map())
            self._end += excerpt.rows
            if self._end - self._first >= self._period:
                rows = np.concatenate(self._rows)
                found.append(self._stretch(rows[: self._period]))
                self._rows = [rows[self._period :].copy()]
        return found

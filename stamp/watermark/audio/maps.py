"""Samples -> the detector's map, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bands import BANDS, BANDS_AN_OCTAVE, CHUNK, MARGIN, STEPS, Envelope, edges, layout, spectrum
from .chunks import Chunks, Samples, energies
from .evidence import Map, evidence

# weights of the sum and the difference of two channels; each channel by itself has 1
_SUM, _DIFFERENCE = 0.5, 0.5
HIGHEST_SHIFT = 3.5  # bands by which a map may be moved
_KEPT = int(edges()[-1] * 2 ** ((HIGHEST_SHIFT + 1) / BANDS_AN_OCTAVE) * CHUNK)  # bins of a spectrum


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a chunk of sound keeps for its map: the spectrum of each channel, up to the highest band."""

    spectra: list[Envelope]
    sample_rate: int
    rows: int

    def map(self, shift: float = 0.0) -> Map:
        """(rows, BANDS) evidence, of bands moved up by `shift`."""
        bands = layout(self.sample_rate, shift)
        views = [(1.0, bins) for bins in self.spectra]
        if len(views) == 2:
            # a voice in the middle is absent from the difference, and what is at the sides weak in the sum
            left, right = self.spectra
            views += [(_SUM, left + right), (_DIFFERENCE, left - right)]
        total = sum(weight for weight, _ in views)
        found = np.zeros((CHUNK * STEPS, BANDS), np.float32)
        for weight, bins in views:
            found[:, : len(bands)] += np.float32(weight / total) * evidence(energies(bins, bands))
        return found[MARGIN * STEPS :][: self.rows]


class Mapper:
    """A stream of samples -> excerpts, whose maps join to one of `STEPS` rows a second."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        layout(sample_rate)
        self._rate = sample_rate
        self._chunks = Chunks(sample_rate, channels)

    def push(self, samples: NDArray[np.floating]) -> list[Excerpt]:
        return [self._excerpt(*chunk) for chunk in self._chunks.push(samples)]

    def flush(self) -> list[Excerpt]:
        return [self._excerpt(*chunk) for chunk in self._chunks.flush()]

    def _excerpt(self, chunk: Samples, length: int) -> Excerpt:
        spectra = [spectrum(np.ascontiguousarray(channel))[:_KEPT].copy() for channel in chunk.T]
        return Excerpt(spectra, self._rate, length * STEPS // self._rate)

"""Samples -> the detector's map, chunk by chunk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bands import BANDS, CHUNK, MARGIN, STEPS, layout, spectrum
from .chunks import Chunks, Samples, energies
from .evidence import Map, evidence

# weights of the sum and the difference of two channels; each channel by itself has 1
_SUM, _DIFFERENCE = 0.5, 0.5


class Mapper:
    """A stream of samples -> rows of evidence, `STEPS` a second."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._bands = layout(sample_rate)
        self._rate = sample_rate
        self._chunks = Chunks(sample_rate, channels)

    def push(self, samples: NDArray[np.floating]) -> list[Map]:
        return [self._mapped(*chunk) for chunk in self._chunks.push(samples)]

    def flush(self) -> list[Map]:
        return [self._mapped(*chunk) for chunk in self._chunks.flush()]

    def _mapped(self, chunk: Samples, length: int) -> Map:
        spectra = [spectrum(np.ascontiguousarray(channel)) for channel in chunk.T]
        views = [(1.0, bins) for bins in spectra]
        if len(spectra) == 2:
            # a voice in the middle is absent from the difference, and what is at the sides weak in the sum
            views += [(_SUM, spectra[0] + spectra[1]), (_DIFFERENCE, spectra[0] - spectra[1])]
        total = sum(weight for weight, _ in views)
        found = np.zeros((CHUNK * STEPS, BANDS), np.float32)
        for weight, bins in views:
            found[:, : len(self._bands)] += np.float32(weight / total) * evidence(energies(bins, self._bands))
        return found[MARGIN * STEPS :][: length * STEPS // self._rate]

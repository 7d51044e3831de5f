"""A stream of samples in overlapping chunks of `CHUNK` seconds, and each channel of one in sub-bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import HostError
from .bands import CHUNK, HOP, MARGIN, Band, Envelope, energy, envelopes, spectrum

Samples = NDArray[np.float32]


class Chunks:
    """Cuts a stream the same way whatever pieces it comes in. Chunk k begins `MARGIN` seconds before second
    k * HOP, with silence before the beginning and after the end."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        if channels < 1:
            raise HostError(f"sound has one channel or more, not {channels}")
        self.channels = channels
        self._length, self._hop = CHUNK * sample_rate, HOP * sample_rate
        self._waiting: list[Samples] = [np.zeros((MARGIN * sample_rate, channels), np.float32)]
        self._held = MARGIN * sample_rate
        self._missing = 0

    def push(self, samples: NDArray[np.floating]) -> list[tuple[Samples, int]]:
        """The chunks that are full now, and how many samples after the margin count in each."""
        samples = np.asarray(samples, np.float32)
        if samples.ndim != 2 or samples.shape[1] != self.channels:
            raise HostError(f"samples have the shape (n, {self.channels}) here, not {samples.shape}")
        if not np.isfinite(samples).all():
            raise HostError(
                "some samples are not finite numbers; convert the sound to integers and try again"
            )
        self._waiting.append(samples)
        self._held += len(samples)
        self._missing += len(samples)
        if self._held < self._length:
            return []
        buffer = np.concatenate(self._waiting)
        starts = range(0, len(buffer) - self._length + 1, self._hop)
        found = [(buffer[at : at + self._length], self._hop) for at in starts]
        self._waiting = [buffer[len(found) * self._hop :].copy()]
        self._held = len(self._waiting[0])
        self._missing -= len(found) * self._hop
        return found

    def flush(self) -> list[tuple[Samples, int]]:
        """The last chunks, filled up with silence."""
        buffer = np.concatenate(self._waiting)
        found = []
        while self._missing > 0:
            chunk = np.zeros((self._length, self.channels), np.float32)
            chunk[: len(buffer[: self._length])] = buffer[: self._length]
            found.append((chunk, min(self._missing, self._hop)))
            self._missing -= self._hop
            buffer = buffer[self._hop :]
        return found


@dataclass(frozen=True, slots=True)
class Parts:
    """One channel of a chunk: the envelopes of its groups of bands, and their energies (rows, bands)."""

    envelopes: list[Envelope]
    rows: NDArray[np.float32]


def decompose(channel: Samples, bands: tuple[Band, ...]) -> Parts:
    bins = spectrum(np.ascontiguousarray(channel))
    found, rows = [], []
    for group, envelope in envelopes(bins, bands):
        found.append(envelope)
        rows.append(energy(envelope, group[0].rate))
    return Parts(found, np.hstack(rows))

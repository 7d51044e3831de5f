"""A stream of samples in overlapping chunks of `CHUNK` seconds, and each channel of one in sub-bands."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...core.errors import HostError
from .bands import CHUNK, HOP, MARGIN, Band, Envelope, energy, envelopes

Samples = NDArray[np.float32]


def checked(samples: NDArray[np.floating], channels: int) -> Samples:
    """Return samples (n, channels) in single precision; raise HostError where they have another shape or are
    not finite."""
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 2 or samples.shape[1] != channels:
        raise HostError(f"samples have the shape (n, {channels}) here, not {samples.shape}")
    if not np.isfinite(samples).all():
        raise HostError("some samples are not finite numbers; convert the sound to integers and try again")
    return samples


class Chunks:
    """Cuts a stream the same way whatever pieces it comes in. Chunk k begins `MARGIN` seconds before second
    k * HOP, with silence before the beginning and after the end.

    A chunk is (channels, CHUNK * sample_rate), so that each channel lies in one piece. It is kept once: 98 MB
    for 8 channels at 192 kHz, more than all else together. Whoever takes it may write over all but its last
    2 * MARGIN seconds, with which the next one begins.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        if channels < 1:
            raise HostError(f"sound has one channel or more, not {channels}")
        self.channels = channels
        self._length, self._hop = CHUNK * sample_rate, HOP * sample_rate
        self._chunk = np.zeros((channels, MARGIN * sample_rate), np.float32)
        self._held = MARGIN * sample_rate
        self._missing = 0

    def push(self, samples: NDArray[np.floating]) -> Iterator[tuple[Samples, int]]:
        """Take samples; yield the chunks that are full now, and how many samples after the margin count in
        each."""
        samples = checked(samples, self.channels)
        self._missing += len(samples)
        while len(samples):
            part = samples[: self._length - self._held]
            self._make_room(len(part))
            self._chunk[:, self._held : self._held + len(part)] = part.T
            self._held += len(part)
            samples = samples[len(part) :]
            if self._held == self._length:
                yield self._chunk, self._hop
                self._begin_next(len(samples))

    def flush(self) -> Iterator[tuple[Samples, int]]:
        """Yield the last chunks, filled up with silence."""
        while self._missing > 0:
            self._make_room(self._length - self._held)
            self._chunk[:, self._held :] = 0
            yield self._chunk, min(self._missing, self._hop)
            self._begin_next(0)

    def _begin_next(self, rest: int) -> None:
        """Begin the next chunk, with room for the `rest` of what is being pushed: it comes while the last
        chunk is in use, and there should be no other whole one by then."""
        last = self._chunk
        self._held = self._length - self._hop
        self._chunk = np.empty((self.channels, min(self._held + rest, self._length)), np.float32)
        self._chunk[:, : self._held] = last[:, self._hop :]
        self._missing -= self._hop

    def _make_room(self, count: int) -> None:
        """Make room for `count` samples more, and if there is none, for a whole chunk: not before it is
        needed, since the last one may be in use until then."""
        if self._held + count > self._chunk.shape[1]:
            begun, self._chunk = self._chunk, np.empty((self.channels, self._length), np.float32)
            self._chunk[:, : self._held] = begun[:, : self._held]


def decompose(bins: Envelope, bands: tuple[Band, ...]) -> tuple[list[Envelope], NDArray[np.float32]]:
    """Split the spectrum of one channel of a chunk into the envelopes of its groups of bands, and their
    energies (rows, bands)."""
    found, rows = [], []
    for group, envelope in envelopes(bins, bands):
        found.append(envelope)
        rows.append(energy(envelope, group[0].rate))
    return found, np.hstack(rows)

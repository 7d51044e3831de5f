"""Mark sound: a stream in, a stream out, the same whatever way it is cut."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ...core import arguments
from ...core.errors import HostError
from ...core.key import Key
from ..common.coding import encode
from ..common.frame import frame
from . import psychoacoustic_mask as hearing
from .bands import (
    CHUNK,
    HOP,
    LOW_BANDS,
    MARGIN,
    ROWS,
    SLOTS,
    STEPS_A_SLOT,
    Envelope,
    Group,
    add_back,
    groups,
    layout,
    spectrum,
)
from .carrier import PERIOD, SCHEME, carriers, start_slot
from .chunks import Chunks, decompose

Samples = NDArray[np.float32]

_TRANSITION = 0.12  # half the width of the change from one tile to the next, in slots
_CHUNK_SLOTS = CHUNK * SLOTS
_FEW = 1 << 15  # samples
_CARRIES = 0.3  # of the ceiling, on average over the bands: such a slot counts as marked


def pattern(payload: bytes, key: Key) -> NDArray[np.float32]:
    """Return the (PERIOD, BANDS) chips of this payload, row 0 being the recording's first slot.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes.
    """
    bits = frame(payload, key, SCHEME)
    c = carriers(key)
    code = np.append(1 - 2 * encode(bits).astype(np.float32), np.ones(2, np.float32))
    return np.roll(c.sign * code[c.index], -start_slot(payload, key), axis=0)


def _interpolated(values: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Interpolate tile values, (bands, n) -> (bands, n * rate), going smoothly from each to the next."""
    at = (np.arange(rate) + 0.5) / rate
    up, down = (np.clip((x + _TRANSITION) / (2 * _TRANSITION), 0, 1) for x in (at - 1, -at))
    up, down = (v * v * (3 - 2 * v) for v in (up, down))
    weights = np.stack([down, 1 - up - down, up]).astype(np.float32)
    around = np.stack([np.roll(values, 1, axis=1), values, np.roll(values, -1, axis=1)], 2)
    out: NDArray[np.float32] = (around @ weights).reshape(len(values), -1)
    return out


class Embedder:
    """Marks a stream of samples; memory does not grow with its length.

    Parameters
    ----------
    payload : 8 bytes. key : the secret. sample_rate : 8,000 to 192,000 Hz. channels : 1 or more; all get the
        same gains, so that a downmix keeps the mark.
    strength : factor on what the hearing model allows, above 0.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes. HostError : the sample rate cannot be marked, or there is no
    channel; from `push`, samples that are not finite or have another shape. ArgumentError : `strength` is
    not a positive number.
    """

    def __init__(
        self, payload: bytes, *, key: Key, sample_rate: int, channels: int, strength: float = 1.0
    ) -> None:
        strength = arguments.strength(strength)
        self._bands = layout(sample_rate)
        self._groups = groups(self._bands)
        self._pattern = pattern(payload, key)
        self._strength = np.float32(strength)
        self._margin = MARGIN * sample_rate
        self._chunks = Chunks(sample_rate, channels)
        self._ceiling = hearing.ceiling()[: len(self._bands)]
        self._sample_rate = sample_rate
        self._done = 0
        self._slots = self._marked_slots = 0

    @property
    def marked_share(self) -> float:
        """Share of the time returned so far that carries the mark, 0 to 1: not silence, not lone tones."""
        return self._marked_slots / self._slots if self._slots else 0.0

    def push(self, samples: Samples) -> Samples:
        """Take samples (n, channels) in -1..1; return what is marked by now, float32, in order."""
        return self._joined(self._chunks.push(samples))

    def flush(self) -> Samples:
        """Return the rest: in all, as many samples as were pushed. Call once, at the end."""
        return self._joined(self._chunks.flush())

    def _joined(self, chunks: Iterable[tuple[Samples, int]]) -> Samples:
        parts = [self._marked(chunk, length) for chunk, length in chunks]
        if len(parts) == 1:
            return parts[0]  # the usual case, and no copy of it
        return np.concatenate([np.zeros((0, self._chunks.channels), np.float32), *parts])

    def _marked(self, chunk: Samples, length: int) -> Samples:
        """Mark one chunk, and return the `length` samples after its margin; its last two margins stay as they
        are."""
        first = self._done * HOP * SLOTS - MARGIN * SLOTS
        self._done += 1
        chips = self._pattern[(first + np.arange(_CHUNK_SLOTS)) % PERIOD, : len(self._bands)]
        # Never all envelopes and a transform of a whole chunk at once: of 8 channels at 192 kHz, 21 MB and
        # 35 MB. That and smaller blocks took the peak of marking such a file from 238 to 211 MB.
        spectra = np.empty((len(chunk), self._bands[-1].bins.stop), np.complex64)
        for samples, bins in zip(chunk, spectra, strict=True):
            bins[:] = spectrum(samples)[: len(bins)]
        if not self._made_marks(spectra, chips, length):
            return chunk[:, self._margin : self._margin + length].T
        for samples, mark in zip(chunk, spectra, strict=True):
            self._add(samples, np.fft.irfft(mark, len(samples)), length)
        return chunk[:, :length].T

    def _made_marks(self, spectra: Envelope, chips: NDArray[np.float32], length: int) -> bool:
        """Put the spectrum of each channel's mark, (channels, bins), in the place of the channel's own; False
        where nothing is to be marked."""
        rows = np.zeros((ROWS, len(self._bands)), np.float32)
        channels = []
        for bins in spectra:
            envelopes, own = decompose(bins, self._bands)
            channels.append(envelopes)
            rows += own
        allowed = hearing.amplitudes(rows)
        self._count(allowed, length)
        if not allowed.any():
            return False
        gains = np.expm1(allowed * self._strength * chips)
        fine = [self._fine(gains, group) for group in self._groups]
        spectra[:] = 0
        for bins, envelopes in zip(spectra, channels, strict=True):
            for group, envelope, gain in zip(self._groups, envelopes, fine, strict=True):
                add_back(bins, group, envelope * gain)
        return True

    def _add(self, samples: Samples, mark: NDArray[np.floating], length: int) -> None:
        """Write the `length` samples after the margin, with their mark, to the beginning of all; a few at a
        time, for which there is room in the processor's cache."""
        for start in range(0, length, _FEW):
            few = slice(start + self._margin, min(start + _FEW, length) + self._margin)
            host = samples[few]
            marked = host + mark[few].astype(np.float32, copy=False)
            # no new clipping: what was within full scale stays there
            out = samples[start : start + len(host)]
            np.clip(marked, np.minimum(host, -1), np.maximum(host, 1), out=out)

    @staticmethod
    def _fine(gains: NDArray[np.float32], group: Group) -> NDArray[np.float32]:
        """Interpolate gains by slot and band to samples of the envelopes of a group."""
        slots = 2 if group[0].index < LOW_BANDS else 1
        own = gains[::slots, group[0].index : group[-1].index + 1].T
        return _interpolated(own, group[0].rate * STEPS_A_SLOT * slots)

    def _count(self, allowed: NDArray[np.float32], length: int) -> None:
        slots = -(-length * SLOTS // self._sample_rate)
        here = slice(MARGIN * SLOTS, MARGIN * SLOTS + slots)
        self._slots += slots
        self._marked_slots += int(((allowed / self._ceiling).mean(1)[here] >= _CARRIES).sum())


def embed(
    samples: NDArray[np.floating], payload: bytes, *, key: Key, sample_rate: int, strength: float = 1.0
) -> Samples:
    """Mark samples in -1..1, shape (n,) or (n, channels); float32 of the same shape. See `Embedder`."""
    array = np.asarray(samples, np.float32)
    if array.ndim not in (1, 2):
        raise HostError(f"samples have the shape (n,) or (n, channels), not {array.shape}")
    shaped = array[:, None] if array.ndim == 1 else array
    embedder = Embedder(
        payload, key=key, sample_rate=sample_rate, channels=shaped.shape[1], strength=strength
    )
    parts = [embedder.push(shaped), embedder.flush()]
    return np.concatenate(parts, out=np.empty(shaped.shape, np.float32)).reshape(array.shape)

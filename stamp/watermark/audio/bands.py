"""Sound as 66 sub-bands: a complex Meyer wavelet packet on a logarithmic frequency axis.

Bands are a sixteenth of an octave wide, so that a change of pitch moves the whole picture along one axis and
a change of tempo stretches the other. Bands are in Hz and time in seconds: the mark does not depend on the
sample rate. The windows are those of Meyer's wavelets (Y. Meyer, "Wavelets and Operators", 1992; auxiliary
polynomial of I. Daubechies, "Ten Lectures on Wavelets", 1992, section 4.2); their squares add up to one, so
that what is taken apart and added up again is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ...core.errors import HostError
from ..common.fourier import fft, rfft

BANDS = 66
BANDS_AN_OCTAVE = 16
LOWEST = 600.0  # Hz, the lower edge of band 0; the upper edge of band 65 is 10,467 Hz
LOW_BANDS = 28  # below 2,018 Hz, where bands are too narrow to follow short slots, slots are twice as long
STEPS = 160  # map rows a second
STEPS_A_SLOT = 4
SLOTS = STEPS // STEPS_A_SLOT
CHUNK, MARGIN = 16, 1  # seconds: one FFT, and what of it is thrown away on either side
HOP = CHUNK - 2 * MARGIN
ROWS = CHUNK * STEPS
SAMPLE_RATES = (8000, 192000)
_OVERLAP = 0.3  # of a band's width, on either side of an edge

Envelope = NDArray[np.complex64]


def edges() -> NDArray[np.float64]:
    """Return the (BANDS + 1,) band edges in Hz."""
    return LOWEST * 2.0 ** (np.arange(BANDS + 1) / BANDS_AN_OCTAVE)


def _meyer(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.clip(x, 0, 1)
    return x**4 * (35 - 84 * x + 70 * x**2 - 20 * x**3)


@dataclass(frozen=True, slots=True)
class Band:
    """One sub-band of a chunk: FFT bins `first` to `first + len(window)`, and `rate` samples a map row."""

    index: int
    first: int
    window: NDArray[np.float32]
    rate: int

    @property
    def bins(self) -> slice:
        return slice(self.first, self.first + len(self.window))


Group = tuple[Band, ...]  # alike: of one rate, and all of them low or none


def groups(bands: tuple[Band, ...]) -> tuple[Group, ...]:
    """Group bands, in their order, by what their envelopes have in common."""
    alike = groupby(bands, lambda band: (band.rate, band.index < LOW_BANDS))
    return tuple(tuple(members) for _, members in alike)


@lru_cache(maxsize=8)
def layout(sample_rate: int, shift: float = 0.0) -> tuple[Band, ...]:
    """Return the bands that lie below half the sample rate, for chunks of `CHUNK` seconds, moved up by
    `shift` bands.

    Raises
    ------
    HostError : the sample rate is not 8,000 to 192,000.
    """
    if not SAMPLE_RATES[0] <= sample_rate <= SAMPLE_RATES[1]:
        raise HostError(
            f"sample rates from {SAMPLE_RATES[0]} to {SAMPLE_RATES[1]} Hz can be marked, not {sample_rate}; "
            "resample the sound first"
        )
    edge = edges() * 2.0 ** (shift / BANDS_AN_OCTAVE)
    width = np.diff(edge)
    found = []
    for i in range(BANDS):
        low, high = edge[i], edge[i + 1]
        below, above = _OVERLAP * width[max(i - 1, 0)], _OVERLAP * width[i]
        first, last = int(np.ceil((low - below) * CHUNK)), int(np.floor((high + above) * CHUNK))
        if 2 * last >= sample_rate * CHUNK:
            break
        f = np.arange(first, last + 1) / CHUNK
        rise = np.sin(np.pi / 2 * _meyer((f - low + below) / (2 * below)))
        fall = np.cos(np.pi / 2 * _meyer((f - high + above) / (2 * above)))
        found.append(Band(i, first, (rise * fall).astype(np.float32), -(-len(f) // ROWS)))
    return tuple(found)


def spectrum(samples: NDArray[np.float32]) -> Envelope:
    """Return the FFT of one channel of a chunk, (CHUNK * sample_rate,) -> bins of 1 / CHUNK Hz."""
    return rfft(samples)


def envelopes(bins: Envelope, bands: tuple[Band, ...]) -> Iterator[tuple[Group, Envelope]]:
    """Yield the bands' complex envelopes, (bands, ROWS * rate), of alike bands at a time: transforms of one
    length are fast together."""
    for group in groups(bands):
        padded = np.zeros((len(group), ROWS * group[0].rate), np.complex64)
        for row, band in zip(padded, group, strict=True):
            np.multiply(bins[band.bins], band.window, out=row[: len(band.window)])
        yield group, np.fft.ifft(padded).astype(np.complex64, copy=False)


def add_back(bins: Envelope, group: Group, envelope: Envelope) -> None:
    """Add envelopes, (bands, ROWS * rate), to a spectrum."""
    for part, band in zip(fft(envelope), group, strict=True):
        bins[band.bins] += part[: len(band.window)] * band.window


def energy(envelope: Envelope, rate: int) -> NDArray[np.float32]:
    """Return the mean energy in each of the ROWS rows: (bands, ROWS * rate) -> (ROWS, bands)."""
    power = envelope.real**2 + envelope.imag**2
    return (power if rate == 1 else power.reshape(-1, ROWS, rate).mean(2)).T

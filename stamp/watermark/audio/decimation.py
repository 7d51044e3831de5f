"""Sound of a high sample rate at a lower one, for the detector: it looks at nothing above 12.8 kHz.

The low-pass is a sinc under a Kaiser window (A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal
Processing", 3rd edition, section 7.5.3): flat to within 1e-5 up to there, and 100 dB down where what is above
half the new rate would fall on it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .chunks import Samples, checked

_LEAST = 44_100  # Hz that are left, at least
_REACH = 8  # new samples on either side that the low-pass looks at
_BETA = 10.0


def factor(sample_rate: int) -> int:
    """Return of how many samples one is enough: a whole number that divides the rate."""
    return max(n for n in range(1, max(sample_rate // _LEAST, 1) + 1) if sample_rate % n == 0)


class Decimator:
    """A stream of samples -> one out of `factor`, times `factor`: so a spectrum of it has the same height.

    The same whatever pieces it comes in. With a factor of 1, nothing is done.
    """

    def __init__(self, factor: int, channels: int) -> None:
        self._factor, self._channels = factor, channels
        self._reach = _REACH * factor if factor > 1 else 0
        time = np.arange(-self._reach, self._reach + 1) / factor
        taps = np.sinc(time) * np.kaiser(len(time), _BETA)
        # a row for each new sample that is near, with the taps of the old ones in its stead
        self._taps = np.append(taps, np.zeros(factor - 1)).astype(np.float32).reshape(-1, factor)
        self._held = np.zeros((self._reach, channels), np.float32)

    def push(self, samples: NDArray[np.floating]) -> Samples:
        """Take samples (n, channels); return those that are there by now, in order. Raises HostError."""
        samples = checked(samples, self._channels)
        if self._factor == 1:
            return samples
        joined = np.concatenate([self._held, samples])
        count = max(len(joined) // self._factor + 1 - len(self._taps), 0)
        self._held = joined[count * self._factor :].copy()
        whole = joined[: len(joined) // self._factor * self._factor]
        phases = np.ascontiguousarray(whole.T).reshape(self._channels, -1, self._factor)
        phases = np.ascontiguousarray(phases.transpose(2, 0, 1))  # (factor, channels, new samples)
        out, part = np.zeros((2, self._channels, count), np.float32)
        for first, taps in enumerate(self._taps):
            for phase, tap in zip(phases, taps, strict=True):
                out += np.multiply(phase[:, first : first + count], tap, out=part)
        return out.T

    def flush(self) -> Samples:
        """Return the rest, as if silence followed."""
        return self.push(np.zeros((self._reach, self._channels), np.float32))

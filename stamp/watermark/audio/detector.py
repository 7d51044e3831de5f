"""Find and read the mark in sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ...core.errors import HostError
from ...core.key import Key
from ..common import null_law
from .bands import STEPS
from .carrier import SCHEME
from .maps import Mapper, Stretch
from .reader import Reader
from .sync import PERIOD_ROWS


class Detector:
    """Reads a stream of samples; memory grows by some megabytes an hour.

    Parameters
    ----------
    keys : the secrets to look for; all share one analysis of the sound. sample_rate : 8,000 to 192,000 Hz.
    channels : 1 or more.
    search : whether other tempi and pitches are tried where nothing is found as it is.

    Raises
    ------
    HostError : the sample rate cannot carry a mark, or there is no channel; from `push`, samples that are not
    finite or have another shape.
    """

    def __init__(self, *keys: Key, sample_rate: int, channels: int, search: bool = True) -> None:
        self._mapper = Mapper(sample_rate, channels, PERIOD_ROWS)
        self._readers = [(key.name, Reader(key, search)) for key in keys]

    def push(self, samples: NDArray[np.floating]) -> None:
        """Take samples (n, channels), or (n,) where there is one channel, in -1..1."""
        for stretch in self._mapper.push(samples[:, None] if samples.ndim == 1 else samples):
            self._read(stretch)

    def result(self) -> Detection:
        """Return the answer for the only key, or the first. Call `result` or `results` once, at the end."""
        return self.results()[0]

    def results(self) -> list[Detection]:
        """Return the answer for each key."""
        for stretch in self._mapper.flush():
            self._read(stretch)
        return [answer(name, reader) for name, reader in self._readers]

    def _read(self, stretch: Stretch) -> None:
        for _, reader in self._readers:
            reader.read(stretch)


def answer(key_name: str, reader: Reader) -> Detection:
    """Return what a reader has to say after the last stretch."""
    reader.read_together()
    found = reader.found
    if found is None:
        score = reader.best_score
        return Detection(
            present=score >= null_law.THRESHOLD_ALONE,
            payload=None,
            score=score,
            threshold=null_law.THRESHOLD_ALONE,
            log10_p=null_law.log10_p_statistic(score, null_law.MAX_POSITIONS),
            bits_corrected=None,
            transform=None,
            key_name=key_name,
            scheme=SCHEME,
        )
    return Detection(
        present=True,
        payload=found.decoded.payload,
        score=found.decoded.score,
        threshold=found.threshold,
        log10_p=null_law.log10_p_report(found.decoded.score, found.decodings),
        bits_corrected=found.decoded.bits_corrected,
        transform=None,
        key_name=key_name,
        scheme=SCHEME,
        tempo=found.alignment.tempo,
        pitch=found.alignment.pitch,
        spans=tuple((a / STEPS, b / STEPS) for a, b in reader.spans()),
    )


def detect(samples: NDArray[np.floating], *, key: Key, sample_rate: int, search: bool = True) -> Detection:
    """Look for a mark in samples in -1..1, shape (n,) or (n, channels). See `Detector`."""
    if samples.ndim not in (1, 2):
        raise HostError(f"samples have the shape (n,) or (n, channels), not {samples.shape}")
    channels = samples.shape[1] if samples.ndim == 2 else 1
    detector = Detector(key, sample_rate=sample_rate, channels=channels, search=search)
    detector.push(samples)
    return detector.result()

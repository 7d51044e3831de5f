"""Samples of sound, made from a seed: something like music, a chord; and what a faster tape does to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def music(seconds: float = 8.0, rate: int = 44_100, channels: int = 2, seed: int = 1) -> Samples:
    """Notes with overtones that die away, drums of noise, a bed of noise; (n, channels), peak 0.5."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    out = np.zeros((n, channels))
    for begin in np.arange(0, seconds, 0.21):
        first = int(begin * rate)
        t = np.arange(min(int(0.9 * rate), n - first)) / rate
        pitch = 110 * 2 ** (rng.integers(0, 30) / 12)
        note = sum(
            np.sin(2 * np.pi * pitch * h * t + rng.uniform(0, 6)) / h
            for h in range(1, 12)
            if pitch * h < 0.45 * rate
        )
        drum = rng.standard_normal(t.size) * np.exp(-t * rng.uniform(8, 40))
        side = rng.uniform(0.3, 1, channels)
        out[first : first + t.size] += (0.5 * note * np.exp(-3 * t) + 0.4 * drum)[:, None] * side
    noise = rng.standard_normal((n, channels))
    out += 0.05 * noise + 0.15 * np.cumsum(noise, 0) / np.sqrt(1 + np.arange(n))[:, None]
    return (0.5 * out / np.abs(out).max()).astype(np.float32)


def chord(rate: int = 44_100, channels: int = 2, frames: int = 20_000, *, seed: int = 1) -> Samples:
    """A chord with some noise, peaks at about 0.7; the channels differ."""
    time = np.arange(frames) / rate
    noise = np.random.default_rng(seed).normal(0, 0.02, (frames, channels))
    pitches = 220 * 2 ** (np.arange(channels) / 12)
    chord = sum(np.sin(2 * np.pi * pitches * n * time[:, None]) / n for n in (1, 2, 3))
    return (0.35 * chord + noise).astype(np.float32)


def played_faster(samples: Samples, factor: float) -> Samples:
    """Tempo and pitch raised together, as a faster tape does."""
    at = np.arange(0, len(samples) - 1, factor)
    whole = at.astype(int)
    part = (at - whole)[:, None].astype(np.float32)
    return samples[whole] * (1 - part) + samples[whole + 1] * part

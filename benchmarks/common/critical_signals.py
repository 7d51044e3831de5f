"""Sounds that hide little: a sine, a chord that dies away, castanets, a pad, a voice; float32 (n, 2)."""

from __future__ import annotations

import numpy as np

from benchmarks.common.sound_attacks import voice_like
from benchmarks.common.sounds import RATE, Samples

SECONDS = 12


def sine() -> Samples:
    t = np.arange(SECONDS * RATE) / RATE
    return _stereo(0.3 * np.sin(2 * np.pi * 1000 * t))


def chord() -> Samples:
    out = np.zeros(SECONDS * RATE)
    t = np.arange(3 * RATE) / RATE
    for start in range(0, len(out), len(t)):
        for note in (261.6, 329.6, 392.0, 523.25):
            for h in range(1, 9):
                decay = np.exp(-t * (1 + 0.3 * h))
                out[start : start + len(t)] += 0.05 / h * decay * np.sin(2 * np.pi * note * h * t)
    return _stereo(out)


def castanets() -> Samples:
    rng = np.random.default_rng(5)
    out = np.zeros(SECONDS * RATE)
    t = np.arange(RATE // 20) / RATE
    for begin in np.arange(0.2, SECONDS - 0.2, 0.27):
        click = 0.25 * np.exp(-t * 180) * rng.standard_normal(len(t))
        click += 0.15 * np.exp(-t * 90) * np.sin(2 * np.pi * 2200 * t)
        out[int(begin * RATE) :][: len(t)] += click
    return _stereo(out)


def pad() -> Samples:
    rng = np.random.default_rng(5)
    t = np.arange(SECONDS * RATE) / RATE
    out = np.zeros(len(t))
    for note in (110, 138.6, 164.8, 220, 277, 330, 440, 659):
        out += 0.06 * np.sin(2 * np.pi * note * t + np.sin(0.8 * np.pi * t * rng.uniform(0.5, 1.5)))
    return _stereo(out)


def voice() -> Samples:
    x = voice_like(SECONDS * RATE, np.random.default_rng(5))
    return _stereo(0.3 * x / np.abs(x).max())


def _stereo(x: np.ndarray) -> Samples:
    return np.stack([x, x], 1).astype(np.float32)


HOSTS = {"sine 1 kHz": sine, "decaying chord": chord, "castanets": castanets, "pad": pad, "voice": voice}

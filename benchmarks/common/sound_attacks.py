"""What happens to songs: the listed attacks, by name, and what a random everyday chain is.

Tempo is changed by ffmpeg's atempo (waveform overlap-add), speed by declaring another sample rate, pitch by a
speed change that atempo undoes. Reverb is a second of exponentially decaying noise, 3 dB below the direct
sound. Clips lie at a random place. Platform chains follow what the services are known to do: a loudness, a
codec, a rate.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.common.sounds import RATE, Attack, Rng, Samples, coded, filtered, resampled

Step = Callable[[Samples, Rng], Samples]

CODEC, FILTER, TIME, COMBINED = "codecs", "filters and mixes", "speed, tempo, pitch", "combinations"
FAMILIES = (CODEC, FILTER, TIME, COMBINED)


def codec(name: str, kilobits: int, rate: int = RATE) -> Step:
    return lambda x, _: coded(x, name, kilobits, rate)


def mp3(kilobits: int) -> Step:
    return codec("libmp3lame", kilobits)


def aac(kilobits: int) -> Step:
    return codec("aac", kilobits)


def opus(kilobits: int) -> Step:
    return codec("libopus", kilobits)


def ffmpeg(*filters: tuple[str, str]) -> Step:
    return lambda x, _: filtered(x, *filters)


def rate(hertz: int) -> Step:
    return lambda x, _: resampled(resampled(x, RATE, hertz), hertz, RATE)


def noise(decibels: float) -> Step:
    """White, so far below the music."""

    def step(x: Samples, rng: Rng) -> Samples:
        level = np.sqrt((x**2).mean() * 10 ** (-decibels / 10))
        return x + np.float32(level) * rng.standard_normal(x.shape, np.float32)

    return step


def mono(x: Samples, _: Rng) -> Samples:
    return x.mean(1, keepdims=True)


def reverb(x: Samples, rng: Rng) -> Samples:
    n = RATE
    room = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n)
    room *= 0.7 / np.sqrt((room**2).sum())
    room[0] += 1
    size = 1 << (len(x) + n).bit_length()
    wet = [np.fft.irfft(np.fft.rfft(c, size) * np.fft.rfft(room, size), size)[: len(x)] for c in x.T]
    return np.stack(wet, 1).astype(np.float32)


def speech(decibels: float) -> Step:
    """A voice in the middle, so far above the music: bursts of shaped noise and pulses, as syllables are."""

    def step(x: Samples, rng: Rng) -> Samples:
        voice = voice_like(len(x), rng)
        level = np.sqrt((x**2).mean() / (voice**2).mean() * 10 ** (decibels / 10))
        return x + np.float32(level) * voice[:, None]

    return step


def voice_like(count: int, rng: Rng) -> Samples:
    """Syllables of a gliding pulse train through three formants, fricatives, and pauses; (count,)."""
    out = np.zeros(count, np.float32)
    at = 0
    while at < count:
        length = int(rng.uniform(0.08, 0.35) * RATE)
        t = np.arange(min(length, count - at)) / RATE
        swell = np.sin(np.pi * np.arange(t.size) / length) ** 0.5
        if rng.random() < 0.25:
            hiss = np.diff(rng.standard_normal(t.size + 1)) * 0.15
            out[at : at + t.size] = swell * hiss
        else:
            phase = 2 * np.pi * np.cumsum(rng.uniform(90, 180) * (1 + 0.3 * rng.standard_normal() * t)) / RATE
            formants = [
                (rng.uniform(300, 800), 1.0),
                (rng.uniform(900, 2300), 0.5),
                (rng.uniform(2400, 3400), 0.2),
            ]
            pitch = phase[-1] / (2 * np.pi * t.size / RATE) if t.size else 100.0
            for harmonic in range(1, int(4500 / pitch) + 1):
                f = harmonic * pitch
                gain = sum(a / (1 + ((f - c) / 120) ** 2) for c, a in formants) + 0.01
                out[at : at + t.size] += swell * gain * np.sin(harmonic * phase)
        at += length + int(rng.exponential(0.07) * RATE)
        if rng.random() < 0.1:
            at += int(rng.uniform(0.2, 0.7) * RATE)
    return out


def clip(seconds: float) -> Step:
    def step(x: Samples, rng: Rng) -> Samples:
        length = int(seconds * RATE)
        start = int(rng.integers(0, max(len(x) - length, 0) + 1))
        return x[start : start + length]

    return step


def speed(x: Samples, factor: float) -> Samples:
    return resampled(x, round(RATE * factor), RATE)


def tempo(x: Samples, factor: float) -> Samples:
    return filtered(x, ("atempo", f"{factor:.5f}"))


def pitch(x: Samples, factor: float) -> Samples:
    return tempo(speed(x, factor), 1 / factor)


def fixed(change: Callable[[Samples, float], Samples], factor: float) -> Step:
    return lambda x, _: change(x, factor)


def drawn(change: Callable[[Samples, float], Samples]) -> Step:
    """By a factor within 10 %."""
    return lambda x, rng: change(x, float(rng.uniform(0.9, 1.1)))


_LOUDNESS = ffmpeg(("loudnorm", "I=-14:TP=-1"))
_EQUALISER = ffmpeg(
    ("equalizer", "f=120:t=o:w=1.5:g=6"),
    ("equalizer", "f=1000:t=o:w=2:g=-6"),
    ("equalizer", "f=6000:t=o:w=1.5:g=6"),
)
_COMPRESSOR = ffmpeg(("acompressor", "threshold=0.06:ratio=6:attack=5:release=80:makeup=3"))
_LOW = {k: ffmpeg(("lowpass", f"f={k}"), ("lowpass", f"f={k}")) for k in (4000, 8000)}
_PHONE = ffmpeg(("highpass", "f=300"), ("lowpass", "f=7000"))

_LISTED: list[tuple[str, str, tuple[Step, ...]]] = [
    ("none", CODEC, ()),
    *((f"MP3 {k}", CODEC, (mp3(k),)) for k in (320, 192, 128, 96, 64, 48)),
    *((f"AAC {k}", CODEC, (aac(k),)) for k in (128, 96, 64, 48)),
    *((f"Opus {k}", CODEC, (opus(k),)) for k in (128, 64, 48, 32)),
    ("Vorbis 96", CODEC, (codec("vorbis", 96),)),
    ("rate 22,050", FILTER, (rate(22050),)),
    ("rate 16,000", FILTER, (rate(16000),)),
    ("lowpass 8 kHz", FILTER, (_LOW[8000],)),
    ("lowpass 4 kHz", FILTER, (_LOW[4000],)),
    ("highpass 500 Hz", FILTER, (ffmpeg(("highpass", "f=500"), ("highpass", "f=500")),)),
    ("volume -12 dB", FILTER, (ffmpeg(("volume", "-12dB")),)),
    ("equaliser", FILTER, (_EQUALISER,)),
    ("compressor", FILTER, (_COMPRESSOR,)),
    ("loudness -14", FILTER, (_LOUDNESS,)),
    ("noise 20 dB", FILTER, (noise(20),)),
    ("noise 10 dB", FILTER, (noise(10),)),
    ("mono", FILTER, (mono,)),
    ("echo", FILTER, (ffmpeg(("aecho", "0.8:0.8:120|230:0.4|0.25")),)),
    ("reverb", FILTER, (reverb,)),
    ("voice 0 dB", FILTER, (speech(0),)),
    ("voice +10 dB", FILTER, (speech(10),)),
    *((f"speed {f}", TIME, (fixed(speed, f),)) for f in (0.9, 1.001, 1.02, 1.05, 1.1)),
    *((f"tempo {f}", TIME, (fixed(tempo, f),)) for f in (0.9, 1.05, 1.1)),
    *((f"pitch {f}", TIME, (fixed(pitch, f),)) for f in (0.9, 1.05, 1.1)),
    ("15 s + AAC 64", COMBINED, (clip(15), aac(64))),
    ("10 s + AAC 64", COMBINED, (clip(10), aac(64))),
    ("5 s + MP3 96", COMBINED, (clip(5), mp3(96))),
    ("5 s + Opus 48", COMBINED, (clip(5), opus(48))),
    ("15 s + any tempo + AAC 96", COMBINED, (clip(17), drawn(tempo), clip(15), aac(96))),
    ("15 s + any pitch + AAC 96", COMBINED, (clip(15), drawn(pitch), aac(96))),
    ("15 s + any speed + AAC 96", COMBINED, (clip(17), drawn(speed), clip(15), aac(96))),
    ("15 s + any tempo + any pitch", COMBINED, (clip(17), drawn(tempo), drawn(pitch), clip(15))),
    ("10 s + reverb", COMBINED, (clip(10), reverb)),
    ("YouTube", COMBINED, (_LOUDNESS, aac(128), opus(128))),
    ("TikTok", COMBINED, (clip(30), _LOUDNESS, aac(64))),
    ("Instagram reel", COMBINED, (clip(30), aac(128), _COMPRESSOR, aac(64))),
    ("WhatsApp", COMBINED, (clip(30), mono, opus(24))),
    ("telephone in a room", COMBINED, (clip(20), reverb, _PHONE, noise(20), mono, aac(48))),
    ("reel over a voice", COMBINED, (clip(20), speech(3), aac(96))),
    ("mixtape", COMBINED, (fixed(speed, 1.03), _EQUALISER, mp3(128), clip(15), aac(96))),
]
ATTACKS = {name: Attack(name, family, steps) for name, family, steps in _LISTED}


def random_chain(rng: Rng) -> Attack:
    """A clip of 5 to 20 s, one or two everyday edits with random parameters, and a codec."""
    edits: list[tuple[str, Step]] = [
        ("speed", drawn(speed)),
        ("tempo", drawn(tempo)),
        ("pitch", drawn(pitch)),
        ("noise", noise(float(rng.uniform(10, 30)))),
        ("reverb", reverb),
        ("mono", mono),
        ("equaliser", _EQUALISER),
        ("compressor", _COMPRESSOR),
        ("voice", speech(float(rng.uniform(-10, 5)))),
        ("lowpass", _LOW[4000]),
    ]
    codecs = [("MP3", "libmp3lame"), ("AAC", "aac"), ("Opus", "libopus")]
    seconds = float(rng.uniform(5, 20))
    chosen = [edits[i] for i in rng.choice(len(edits), int(rng.integers(0, 3)), replace=False)]
    label, encoder = codecs[int(rng.integers(3))]
    kilobits = int(rng.choice([48, 64, 96, 128]))
    name = " + ".join([f"{seconds:.0f} s", *(n for n, _ in chosen), f"{label} {kilobits}"])
    steps = (clip(seconds), *(s for _, s in chosen), codec(encoder, kilobits))
    return Attack(name, COMBINED, steps)

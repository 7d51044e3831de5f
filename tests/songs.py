"""Sound for the tests: made by PyAV and libsndfile, without a line of the code that is tested."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

Samples = NDArray[np.float32]

# Kind of file -> its suffix, and libsndfile's format and subtype, or FFmpeg's muxer, encoder and sample type
SNDFILE = {
    "wav-u8": (".wav", "WAV", "PCM_U8"),
    "wav-16": (".wav", "WAV", "PCM_16"),
    "wav-24": (".wav", "WAV", "PCM_24"),
    "wav-32": (".wav", "WAV", "PCM_32"),
    "wav-float": (".wav", "WAV", "FLOAT"),
    "wav-double": (".wav", "WAV", "DOUBLE"),
    "wavex-24": (".wav", "WAVEX", "PCM_24"),
    "rf64-16": (".wav", "RF64", "PCM_16"),
    "aiff-8": (".aiff", "AIFF", "PCM_S8"),
    "aiff-16": (".aiff", "AIFF", "PCM_16"),
    "aiff-24": (".aiff", "AIFF", "PCM_24"),
    "aiff-32": (".aiff", "AIFF", "PCM_32"),
    "aifc-float": (".aifc", "AIFF", "FLOAT"),
    "ogg-vorbis": (".ogg", "OGG", "VORBIS"),
}
LIBAV = {
    "flac-16": (".flac", "flac", "flac", "s16"),
    "flac-24": (".flac", "flac", "flac", "s32"),
    "m4a-alac-16": (".m4a", "ipod", "alac", "s16p"),
    "m4a-alac-24": (".m4a", "ipod", "alac", "s32p"),
    "mp3": (".mp3", "mp3", "libmp3lame", "fltp"),
    "m4a-aac": (".m4a", "ipod", "aac", "fltp"),
    "ogg-opus": (".opus", "opus", "libopus", "flt"),
}
PCM = [kind for kind in SNDFILE if kind != "ogg-vorbis"]
LOSSLESS = [*PCM, *(kind for kind in LIBAV if "flac" in kind or "alac" in kind)]
LOSSY = ["mp3", "m4a-aac", "ogg-opus", "ogg-vorbis"]
# libsndfile leaves the channels of 5.1 in Ogg's own order.
TO_OGG, FROM_OGG = [0, 2, 1, 4, 5, 3], [0, 2, 1, 5, 3, 4]
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def tune(rate: int = 44_100, channels: int = 2, frames: int = 20_000, *, seed: int = 1) -> Samples:
    """A chord with some noise, peaks at about 0.7; the channels differ."""
    time = np.arange(frames) / rate
    noise = np.random.default_rng(seed).normal(0, 0.02, (frames, channels))
    pitches = 220 * 2 ** (np.arange(channels) / 12)
    chord = sum(np.sin(2 * np.pi * pitches * n * time[:, None]) / n for n in (1, 2, 3))
    return (0.35 * chord + noise).astype(np.float32)


def music(seconds: float = 8.0, rate: int = 44_100, channels: int = 2, *, seed: int = 1) -> Samples:
    """Notes that die away over noise like that of a crowd: loud and rich enough to hide a mark in."""
    frames = int(seconds * rate)
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft(random.normal(0, 1, (frames, channels)), axis=0)
    spectrum /= np.maximum(np.fft.rfftfreq(frames, 1 / rate), 100)[:, None] ** 0.7
    noise = np.fft.irfft(spectrum, frames, axis=0)
    song = 0.06 * noise / noise.std()
    time = np.arange(rate) / rate
    for start in range(0, frames - rate, rate // 4):
        pitch = 220 * 2 ** (random.integers(0, 24) / 12)
        for partial in range(1, 12):
            note = np.exp(-time * (2 + partial)) * np.sin(2 * np.pi * pitch * partial * time) / partial
            song[start : start + rate] += 0.15 * note[:, None] * random.uniform(0.5, 1, channels)
    return (song / max(np.abs(song).max() / 0.8, 1)).astype(np.float32)


def made(folder: Path, kind: str, *, channels: int = 2, frames: int = 20_000) -> Path:
    """A file of this kind, at 44.1 kHz, or at 48 kHz where the codec has no other."""
    rate = 48_000 if kind == "ogg-opus" else 44_100
    return write(folder / "song", tune(rate, channels, frames), rate, kind)


def write(path: Path, samples: Samples, rate: int, kind: str, *, bit_rate: int = 128_000) -> Path:
    """Write samples (n, channels) to `path` with the suffix of the kind; returns the path."""
    if kind in SNDFILE:
        suffix, form, subtype = SNDFILE[kind]
        path = path.with_suffix(suffix)
        if form == "OGG" and samples.shape[1] == 6:
            samples = samples[:, TO_OGG]
        with soundfile.SoundFile(path, "w", rate, samples.shape[1], subtype, format=form) as file:
            for start in range(0, len(samples), 4096):
                file.write(samples[start : start + 4096])
        return path
    suffix, muxer, codec, sample_format = LIBAV[kind]
    path = path.with_suffix(suffix)
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=rate, layout=_LAYOUTS[samples.shape[1]])
        stream.codec_context.format = sample_format
        if kind in LOSSY:
            stream.bit_rate = bit_rate
        stream.codec_context.open()
        size = stream.codec_context.frame_size
        for start in range(0, len(samples), size):
            part = _as_type(samples[start : start + size], sample_format)
            frame = av.AudioFrame.from_ndarray(part, sample_format, _LAYOUTS[samples.shape[1]])
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _as_type(samples: Samples, sample_format: str) -> NDArray[np.generic]:
    name = sample_format.removesuffix("p")
    full = {"s16": 2.0**15, "s32": 2.0**31, "flt": 1.0}[name]
    if name == "s32":  # 24 bits, as encoders want them: the highest ones
        array = (np.rint(samples.astype(np.float64) * 2**23).astype(np.int32)) << 8
    else:
        array = (samples * full).astype({"s16": np.int16, "flt": np.float32}[name])
    return np.ascontiguousarray(array.T if sample_format.endswith("p") else array.reshape(1, -1))


def read(path: Path) -> tuple[NDArray[np.float64], int]:
    """All samples (n, channels) and the rate, as libsndfile reads them, or FFmpeg what it does not read."""
    if path.suffix != ".m4a":
        samples, rate = soundfile.read(path, always_2d=True)
        ogg = path.suffix in (".ogg", ".opus") and samples.shape[1] == 6
        return samples[:, FROM_OGG] if ogg else samples, rate
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        parts = [frame.to_ndarray() for frame in container.decode(stream)]
        full = {"s16p": 2.0**15, "s32p": 2.0**31, "fltp": 1.0}[stream.codec_context.format.name]
        return np.concatenate(parts, axis=1).T / full, stream.codec_context.rate

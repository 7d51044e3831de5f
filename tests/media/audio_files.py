"""Audio files of every kind, on the disk or in memory, by PyAV and libsndfile without a line of `stamp`."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.media.samples import Samples, chord

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
# Sound in memory -> FFmpeg's muxer and encoder, and its suffix where that is another name
ENCODERS = {
    "wav": ("wav", "pcm_s16le"),
    "aiff": ("aiff", "pcm_s16be"),
    "flac": ("flac", "flac"),
    "vorbis": ("ogg", "vorbis"),
    "opus": ("ogg", "libopus"),
    "oggflac": ("ogg", "flac"),
    "mp3": ("mp3", "libmp3lame"),
}
SUFFIX = {"vorbis": "ogg", "oggflac": "oga"}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def made(folder: Path, kind: str, *, channels: int = 2, frames: int = 20_000) -> Path:
    """A file of this kind, at 44.1 kHz, or at 48 kHz where the codec has no other."""
    rate = 48_000 if kind == "ogg-opus" else 44_100
    return write(folder / "song", chord(rate, channels, frames), rate, kind)


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
            part = as_type(samples[start : start + size], sample_format)
            frame = av.AudioFrame.from_ndarray(part, sample_format, _LAYOUTS[samples.shape[1]])
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def in_two_chunks(path: Path, odd: bytes = b"") -> Path:
    """Divide the samples of a WAV file of 16 bits into two data chunks, with another between them, of the
    content `odd`; returns the path."""
    data = path.read_bytes()
    at = data.index(b"data")
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    half = length // 2 // 12 * 12
    first, second = data[at + 8 : at + 8 + half], data[at + 8 + half : at + 8 + length]
    chunks = [(b"data", first), (b"note", odd), (b"data", second), (b"JUNK", b"abcd")]
    runs = (kind + len(part).to_bytes(4, "little") + part + bytes(len(part) % 2) for kind, part in chunks)
    body = data[8:at] + b"".join(runs)
    path.write_bytes(data[:4] + len(body).to_bytes(4, "little") + body)
    return path


def as_type(samples: Samples, sample_format: str) -> NDArray[np.generic]:
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


@cache
def sound(name: str, seconds: float = 0.5, title: str = "") -> bytes:
    """A chord of two tones, stereo, 48 kHz; `title` is written as a tag."""
    kind, codec = ENCODERS[name]
    times = np.arange(int(48000 * seconds)) / 48000
    tones = np.stack([np.sin(2 * np.pi * tone * times) for tone in (440, 661)])
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=48000, layout="stereo")
        stream.options = {"strict": "experimental"}
        samples = np.ascontiguousarray((tones * 9000).astype(np.int16).T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate = 48000
        for part in av.AudioResampler(format=stream.format, layout="stereo", rate=48000).resample(frame):
            part.pts = None
            container.mux(stream.encode(part))
        container.mux([packet for packet in stream.encode(None) if packet.size])
    return out.getvalue()


def packets(data: bytes) -> list[tuple[int | None, int | None, bytes]]:
    """Presentation time, duration and content of every packet of sound."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        return [(packet.pts, packet.duration, bytes(packet)) for packet in container.demux(stream)]

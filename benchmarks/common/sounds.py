"""Songs in, and what happens to them: codecs and filters, all in this process through PyAV.

Samples are float32, shape (n, 2), in -1..1, at `RATE`.
"""

from __future__ import annotations

import argparse
import fractions
import io
import itertools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.common import runner

Samples = NDArray[np.float32]
Rng = np.random.Generator

RATE = 44100
SUFFIXES = (".wav", ".flac", ".aiff", ".mp3", ".m4a", ".ogg", ".opus")


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """The options that the benchmarks of sound share."""
    made = argparse.ArgumentParser(
        f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(benchmark=name, tools=["stamp"])
    add = made.add_argument
    add("--songs", nargs="+", type=Path, required=True, help="files or folders")
    add("--seconds", type=float, default=45.0, help="of each song [45]")
    add("--out", type=Path, default=runner.RESULTS, help="folder for results [benchmarks/results]")
    add("--name", default=name.replace(".", "_"), help="base name of the results")
    add("--seed", type=int, default=1)
    add("-j", "--jobs", type=int, default=1, help="processes [1]")
    add("--quick", action="store_true", help="about a minute: a few cases only")
    return made


def paths(given: list[Path]) -> list[Path]:
    found = []
    for path in given:
        inside = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES) if path.is_dir() else [path]
        found += inside
    return found


def _array(frames: list[NDArray[np.float32]], channels: int) -> Samples:
    if not frames:
        return np.zeros((0, channels), np.float32)
    return np.ascontiguousarray(np.concatenate(frames, axis=1).T, np.float32)


def decoded(file: str | Path | io.BytesIO, rate: int = RATE, channels: int = 2) -> Samples:
    layout = "stereo" if channels == 2 else "mono"
    resampler = av.AudioResampler("fltp", layout, rate)
    source = str(file) if isinstance(file, Path) else file
    with av.open(source) as container:
        frames = [f.to_ndarray() for frame in container.decode(audio=0) for f in resampler.resample(frame)]
        frames += [f.to_ndarray() for f in resampler.resample(None)]
    return _array(frames, channels)


def load(path: Path, seconds: float) -> Samples:
    """The song from its third second on, so that fades in do not count."""
    whole = decoded(path)
    start = min(3 * RATE, max(len(whole) - int(seconds * RATE), 0))
    return whole[start : start + int(seconds * RATE)]


def as_frame(samples: Samples, rate: int) -> av.AudioFrame:
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples.T, np.float32), format="fltp", layout=layout
    )
    frame.sample_rate = rate
    frame.time_base = fractions.Fraction(1, rate)
    frame.pts = 0
    return frame


def resampled(samples: Samples, rate: int, new_rate: int) -> Samples:
    if rate == new_rate:
        return samples
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    resampler = av.AudioResampler("fltp", layout, new_rate)
    frames = resampler.resample(as_frame(samples, rate)) + resampler.resample(None)
    return _array([frame.to_ndarray() for frame in frames], samples.shape[1])


def filtered(samples: Samples, *filters: tuple[str, str], rate: int = RATE) -> Samples:
    """Through filters of ffmpeg's, each (name, arguments)."""
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=rate, format="fltp", layout=layout, time_base=fractions.Fraction(1, rate)
    )
    form = f"sample_fmts=fltp:sample_rates={RATE}:channel_layouts={layout}"
    nodes = [source, *(graph.add(name, arguments) for name, arguments in filters)]
    nodes += [graph.add("aresample", str(RATE)), graph.add("aformat", form), graph.add("abuffersink")]
    for one, other in itertools.pairwise(nodes):
        one.link_to(other)
    graph.configure()
    out = []
    for start in range(0, len(samples), rate):
        frame = as_frame(samples[start : start + rate], rate)
        frame.pts = start
        source.push(frame)
        out += _pulled(nodes[-1])
    source.push(None)
    return _array(out + _pulled(nodes[-1]), samples.shape[1])


def _pulled(sink: av.filter.context.FilterContext) -> list[NDArray[np.float32]]:
    found = []
    while True:
        try:
            found.append(sink.pull().to_ndarray())
        except (av.BlockingIOError, av.EOFError):
            return found


_CONTAINERS = {"libmp3lame": "mp3", "aac": "mp4", "libopus": "ogg", "vorbis": "ogg"}


def coded(samples: Samples, codec: str, kilobits: int, rate: int = RATE) -> Samples:
    """Encoded at `rate` and decoded again."""
    rate = 48000 if codec == "libopus" else rate
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    file = io.BytesIO()
    with av.open(file, "w", format=_CONTAINERS[codec]) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = kilobits * 1000
        if codec == "vorbis":
            stream.codec_context.options = {"strict": "-2"}
        stream.codec_context.open()
        fifo = av.AudioFifo()
        fifo.write(as_frame(resampled(samples, RATE, rate), rate))
        to_codec = av.AudioResampler(stream.codec_context.format.name, layout, rate)
        while frame := fifo.read(stream.codec_context.frame_size or 1152) or fifo.read(0, partial=True):
            for part in to_codec.resample(frame):
                container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    file.seek(0)
    return decoded(file, channels=samples.shape[1])


@dataclass(frozen=True)
class Attack:
    """A named chain of steps. The same samples, name and seed give the same result."""

    name: str
    family: str
    steps: tuple[Callable[[Samples, Rng], Samples], ...]

    def __call__(self, samples: Samples, seed: int = 0) -> Samples:
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        for step in self.steps:
            samples = step(samples, rng)
        return np.ascontiguousarray(samples, np.float32)

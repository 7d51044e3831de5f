"""ADR 56. What a second lossy encoding costs, at the source's bit rate and above it.

    python -m benchmarks.studies.adr0056_reencoding MUSIC...

Ten seconds of each file are encoded at a usual rate, decoded, and encoded again as `stamp` does it, without a
mark. The grade is the PEAQ objective difference grade of the second against the first: 0 is
not heard, -1 is heard and does not annoy.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.common import peaq, runner
from benchmarks.studies import RESULTS
from stamp.media.audio import ogg
from stamp.media.audio.decode import Sound, samples
from stamp.media.audio.encode import AAC_OPTIONS, mux
from stamp.media.audio.opening import open_song

Samples = NDArray[np.float32]
RATE = 48_000
MARGINS = (1.0, 1.5, 2.0, 2.5, 3.0)
RATES = (("mp3", 128_000), ("mp3", 256_000), ("aac", 128_000), ("opus", 96_000), ("vorbis", 128_000))
MOST_MP3 = 320_000
OWN = {"aac": AAC_OPTIONS}


def encoded(codec: str, block: Samples, bit_rate: float, options: Mapping[str, str] | None = None) -> Samples:
    """Samples (n, 2) at 48 kHz after the codec."""
    sound = Sound(codec, RATE, "stereo", 2, None, b"")
    file = io.BytesIO()
    if codec in ("opus", "vorbis"):
        writer = ogg._opus if codec == "opus" else ogg._vorbis
        for data in writer(sound, round(bit_rate), [block]):
            file.write(data)
    else:
        muxer, encoder = {"mp3": ("mp3", "libmp3lame"), "aac": ("ipod", "aac")}[codec]
        with av.open(file, "w", format=muxer) as container:
            for _ in mux(
                container, encoder, sound, "fltp", [block], bit_rate=round(bit_rate), options=options
            ):
                pass
    file.seek(0)
    with av.open(file) as container:
        return np.concatenate([samples(frame) for frame in container.decode(audio=0)])[: len(block)]


def excerpt(path: Path, seconds: float) -> Samples:
    """From the middle of a song, resampled to 48 kHz."""
    song = open_song(path)
    whole = np.concatenate(list(song.blocks()))
    start = max(len(whole) // 2 - int(seconds * song.rate / 2), 0)
    part = whole[start : start + int(seconds * song.rate)]
    part = part[:, [0, -1]] if song.channels != 2 else part
    resampler = av.AudioResampler("fltp", "stereo", RATE)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part.T), "fltp", "stereo")
    frame.sample_rate = song.rate
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([samples(each) for each in frames])


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.studies.adr0056_reencoding", description=__doc__)
    parser.set_defaults(benchmark="studies.adr0056_reencoding", tools=["stamp"], seed=0)
    parser.add_argument("music", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each song [10]")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--name", default="adr0056_reencoding")
    options = parser.parse_args()
    songs = [excerpt(path, options.seconds) for path in options.music]
    options.music = len(songs)
    found: dict[str, Any] = {}
    for codec, rate in RATES:
        first = [encoded(codec, song, rate) for song in songs]
        for margin in MARGINS:
            second = min(margin * rate, MOST_MP3) if codec == "mp3" else margin * rate
            pairs = ((one, encoded(codec, one, second, OWN.get(codec))) for one in first)
            grades = [peaq.odg(one[: len(two)], two)[0] for one, two in pairs]
            found[f"{codec} {rate} {margin}"] = [round(grade, 3) for grade in grades]

    def cell(name: str) -> str:
        return f"{np.mean(found[name]):.2f} ({min(found[name]):.2f})"

    rows = [
        [f"{codec}, {rate // 1000} kbit/s", *(cell(f"{codec} {rate} {margin}") for margin in MARGINS)]
        for codec, rate in RATES
    ]
    text = runner.table(["second encoding, times the rate", *map(str, MARGINS)], rows)
    text += f"\nMean grade (worst) of {len(songs)} songs. MP3 has no more than 320 kbit/s.\n"
    runner.write(options, {"grades": found}, text, {})


if __name__ == "__main__":
    main()

"""How fast songs are marked and read on one core, and what memory that takes.

    python -m benchmarks.speed.audio --songs FILE

Each case runs in a process of its own; the peak of its memory is its own, interpreter and packages included.
Time is CPU time of the process. Samples in memory come a second at a time; files are read, written in their
own format and, when they are marked, read back.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from benchmarks.common import runner, sounds
from benchmarks.common.sounds import RATE, Samples
from benchmarks.speed.audio_worker import (
    DETECT,
    DETECT_FILE,
    EMBED,
    EMBED_FILE,
    KEY,
    PAYLOAD,
    SEARCH,
    Job,
)
from stamp.watermark.audio import embed

_SECONDS, _SONG, _LONG = 45, 180, 1800
_MANY, _HIGH, _WIDE = 8, 192_000, 60
# name of the case, operation, file of `_files`, seconds
CASES = [
    ("embed", EMBED, "short.wav", _SECONDS),
    ("detect, marked", DETECT, "marked.wav", _SECONDS),
    ("detect, unmarked, no search", DETECT, "short.wav", _SECONDS),
    ("detect, unmarked, full search", SEARCH, "short.wav", _SECONDS),
    ("embed", EMBED, "short.wav", _LONG),
    ("detect, unmarked, no search", DETECT, "short.wav", _LONG),
    ("embed, WAV file", EMBED_FILE, "song.wav", _SONG),
    ("embed, FLAC file", EMBED_FILE, "song.flac", _SONG),
    ("embed, MP3 file of 128 kbit/s", EMBED_FILE, "song.mp3", _SONG),
    ("embed, M4A file of 128 kbit/s", EMBED_FILE, "song.m4a", _SONG),
    ("embed, Opus file of 128 kbit/s", EMBED_FILE, "song.opus", _SONG),
    ("detect, unmarked FLAC file, full search", DETECT_FILE, "song.flac", _SONG),
    ("embed, FLAC file, 8 channels at 192 kHz", EMBED_FILE, "wide.flac", _WIDE),
    ("detect, unmarked, full search, 8 channels at 192 kHz", DETECT_FILE, "wide.flac", _WIDE),
]
_ENCODERS = {".wav": "pcm_s16le", ".flac": "flac", ".mp3": "libmp3lame", ".m4a": "aac", ".opus": "libopus"}


def write(path: Path, samples: Samples) -> None:
    """A file of the kind that its suffix says, 128 kbit/s where it is lossy."""
    rate = 48_000 if path.suffix == ".opus" else RATE
    with av.open(str(path), "w") as container:
        stream = container.add_stream(_ENCODERS[path.suffix], rate=rate, layout="stereo")
        stream.bit_rate = 128_000
        stream.codec_context.open()
        to_codec = av.AudioResampler(
            stream.codec_context.format.name, "stereo", rate, stream.codec_context.frame_size or 4096
        )
        for part in [*to_codec.resample(sounds.as_frame(samples, RATE)), *to_codec.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def _files(folder: Path, path: Path) -> None:
    """What the cases work on, made of one song that is repeated where it is shorter."""
    song = np.resize(sounds.load(path, _SONG), (_SONG * RATE, 2))
    short = song[: _SECONDS * RATE]
    write(folder / "short.wav", short)
    write(folder / "marked.wav", embed(short, PAYLOAD, key=KEY, sample_rate=RATE))
    for suffix in _ENCODERS:
        write(folder / f"song{suffix}", song)
    _write_wide(folder / "wide.flac", song)


def _write_wide(path: Path, song: Samples) -> None:
    """The largest sound that is taken: 24 bits, some noise in each channel."""
    rng, mono = np.random.default_rng(1), song.mean(1)
    with soundfile.SoundFile(path, "w", _HIGH, _MANY, "PCM_24") as file:
        for start in range(_WIDE):
            at = (start + np.arange(_HIGH) / _HIGH) * RATE
            second = np.interp(at, np.arange(len(mono)), mono)[:, None]
            file.write(0.5 * second + 0.01 * rng.standard_normal((_HIGH, _MANY)))


def run(name: str, job: Job, seconds: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.audio_worker"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    cost = json.loads(done.stdout)
    return {
        "case": name,
        "seconds": seconds,
        "cpu_seconds": round(cost["cpu"], 2),
        "times_real_time": round(seconds / cost["cpu"]),
        "peak_mb": round(cost["peak"] / 2**20),
    }


def markdown(document: dict[str, Any]) -> str:
    header = ["what", "sound, s", "CPU, s", "times real time", "peak memory, MB"]
    return runner.table(header, [list(row.values()) for row in document["cases"]])


def main() -> None:
    options = sounds.parser("speed.audio", __doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _files(Path(folder), sounds.paths(options.songs)[0])
        rows = []
        for name, operation, file, seconds in CASES[: 4 if options.quick else None]:
            times = seconds // _SECONDS if "file" not in operation else 1
            rows.append(run(name, Job(operation, str(Path(folder) / file), times), seconds))
    document = {"cases": rows}
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

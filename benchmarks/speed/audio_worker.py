"""One measurement of sound in a process of its own, so that its peak memory is its own: `measure(Job)`.

Started by `audio` as `python -m benchmarks.speed.audio_worker`: the job as JSON on stdin, the result on
stdout.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.speed.memory import memory
from stamp import Key, detect_file, embed_file
from stamp.media.audio.opening import open_song
from stamp.watermark.audio import Detector, Embedder

KEY, PAYLOAD = Key(bytes(range(32)), "speed"), bytes(range(8))
EMBED, DETECT, SEARCH = "embed", "detect", "search"
EMBED_FILE, DETECT_FILE = "embed file", "detect file"


@dataclass(frozen=True)
class Job:
    """`operation` on the sound of `path`, `times` times over where no file is written."""

    operation: str
    path: str
    times: int = 1


def _pieces(samples: Any, rate: int, times: int) -> Iterator[Any]:
    for _ in range(times):
        for start in range(0, len(samples), rate):
            yield samples[start : start + rate]


def _stream(job: Job) -> Callable[[], None]:
    """What is done to samples in memory, a second at a time."""
    import soundfile  # here, so that its memory is not in the figures of files

    samples, rate = soundfile.read(job.path, dtype="float32", always_2d=True)
    tool: Any
    if job.operation == EMBED:
        tool = Embedder(PAYLOAD, key=KEY, sample_rate=rate, channels=samples.shape[1])
    else:
        search = job.operation == SEARCH
        tool = Detector(KEY, sample_rate=rate, channels=samples.shape[1], search=search)

    def run() -> None:
        for piece in _pieces(samples, rate, job.times):
            tool.push(piece)
        tool.flush() if job.operation == EMBED else tool.result()

    return run


def _file(job: Job, folder: Path) -> Callable[[], object]:
    open_song(job.path)  # loads the modules that its kind needs
    target = folder / f"marked{Path(job.path).suffix}"
    if job.operation == EMBED_FILE:
        return lambda: embed_file(job.path, target, PAYLOAD, key=KEY)
    return lambda: detect_file(job.path, keys=KEY)


def measure(job: Job) -> dict[str, float]:
    """CPU seconds, and the peak of the process's memory in bytes, interpreter and packages included."""
    with tempfile.TemporaryDirectory(dir=Path(job.path).parent) as folder:
        call = _file(job, Path(folder)) if "file" in job.operation else _stream(job)
        began = time.process_time()
        call()
        return {"cpu": time.process_time() - began, "peak": memory("VmHWM")}


if __name__ == "__main__":
    print(json.dumps(measure(Job(**json.load(sys.stdin)))))

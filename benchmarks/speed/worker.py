"""One measurement in a process of its own, so that its peak memory is its own: `measure(Job)`.

Started by `run` as `python -m benchmarks.speed.worker`, the job as JSON on stdin, the result on stdout.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import stamp
from benchmarks.common import tools
from benchmarks.common.steps import Pixels
from benchmarks.speed.memory import memory

EMBED, DETECT = "embed", "detect"
EMBED_FILE, DETECT_FILE = "embed file", "detect file"


@dataclass(frozen=True)
class Job:
    """`operation` by `tool` on `picture` (.npy for arrays, else a file); `keep` takes the marked picture."""

    tool: str
    operation: str
    picture: str
    keep: str | None
    repeats: int
    seed: int


@dataclass(frozen=True)
class Cost:
    """CPU seconds of all threads and children; memory in bytes.

    `seconds` is the best of the repeats, `first_seconds` the first call, which builds what a key needs.
    `peak` is the whole process with interpreter, libraries and picture; `before` is what it held when the
    operation began. Where the system cannot say, `peak` is the process's highest since its start.
    """

    seconds: float
    first_seconds: float
    reference_seconds: float
    before: int
    peak: int
    read: bool | None


def cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def timed(function: Callable[[], object]) -> tuple[float, object]:
    began = cpu_seconds()
    value = function()
    return cpu_seconds() - began, value


def _reset_peak() -> None:
    """Linux forgets the high-water mark on this; elsewhere the peak is the process's own since its start."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def reference(pixels: Pixels) -> None:
    """The unit: one Pillow JPEG encode at quality 90 and one decode of the same picture."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    buffer.seek(0)
    Image.open(buffer).load()


def _pixels(job: Job) -> Pixels:
    if job.picture.endswith(".npy"):
        pixels: Pixels = np.load(job.picture)
        return pixels
    with Image.open(job.picture) as file:
        return np.asarray(file.convert("RGB"))


def _operation(job: Job) -> Callable[[], object]:
    """The call to be measured; an embed returns the marked picture, a detect the payload."""
    tool = tools.make(job.tool, job.seed)
    payload = tools.payload_for(tool, job.seed)
    key = tools.key_from(job.seed, "owner")
    if job.operation in (EMBED, DETECT):
        picture = _pixels(job)
        return lambda: tool.embed(picture, payload) if job.operation == EMBED else tool.read(picture)
    if job.operation == EMBED_FILE:
        return lambda: stamp.embed_file(job.picture, str(job.keep), payload, key=key, overwrite=True)
    return lambda: stamp.detect_file(job.picture, keys=key).payload


def measure(job: Job) -> Cost:
    call = _operation(job)
    _reset_peak()
    before = memory("VmRSS")
    first, value = timed(call)
    peak = memory("VmHWM")
    picture = _pixels(job)  # read only now: a file operation shall not be charged for it
    times, references = [first], [timed(lambda: reference(picture))[0]]
    for _ in range(job.repeats - 1):
        references.append(timed(lambda: reference(picture))[0])
        times.append(timed(call)[0])
    if job.operation == EMBED and job.keep:
        np.save(job.keep, np.asarray(value))
    expected = tools.payload_for(tools.make(job.tool, job.seed), job.seed)
    read = None if job.operation in (EMBED, EMBED_FILE) else value == expected
    return Cost(min(times), first, min(references), before, peak, read)


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Job(**json.load(sys.stdin))))))

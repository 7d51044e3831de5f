"""A folder of photos through the command line, with one process and with two; and the start-up time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.common import photos, tools

MEGAPIXELS = 1.5


@dataclass(frozen=True)
class Run:
    """One pass over the folder: wall and CPU seconds, photos done, and the resident memory of all its
    processes in bytes: its highest, and its mean over the second and the last quarter of the time."""

    jobs: int
    seconds: float
    cpu_seconds: float
    done: int
    peak: int
    early: float
    late: float

    @property
    def rate(self) -> float:
        return self.done / self.seconds


def make_folder(sources: list[Path], folder: Path, count: int, seed: int) -> None:
    """`count` different JPEG photos of about 1.5 megapixels: random cuts of the sources, brought to size."""
    width = round((MEGAPIXELS * 1.5e6) ** 0.5)
    loaded = [photos.load(path, photos.Size(), seed) for path in sources]
    rng = np.random.default_rng(seed)
    for number in range(count):
        pixels = loaded[number % len(loaded)]
        h = int(min(pixels.shape[0], pixels.shape[1] / 1.5) * rng.uniform(0.6, 1))
        w = int(h * 1.5)
        y, x = rng.integers(0, pixels.shape[0] - h + 1), rng.integers(0, pixels.shape[1] - w + 1)
        cut = Image.fromarray(pixels[y : y + h, x : x + w])
        cut = cut.resize((width, round(width / 1.5)), Image.Resampling.LANCZOS)
        cut.save(folder / f"photo{number:04}.jpg", quality=90)


def resident(root: int) -> int:
    """Resident bytes of a process and its descendants by Linux's /proc; 0 where there is none."""
    page, parents, sizes = os.sysconf("SC_PAGE_SIZE"), dict[int, int](), dict[int, int]()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(entry.name)], sizes[int(entry.name)] = int(stat[1]), int(stat[21]) * page
    family = {root}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(sizes.get(pid, 0) for pid in family)


def _cpu_seconds(process: subprocess.Popen[bytes], status: int, usage: resource.struct_rusage) -> float:
    """CPU time of a process that `os.wait4` has reaped, its own children included.

    Raises CalledProcessError when it failed.
    """
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return usage.ru_utime + usage.ru_stime


def embed_folder(folder: Path, key_file: Path, jobs: int) -> Run:
    """`stamp embed` over the folder. Raises CalledProcessError when it fails."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "stamp", "embed", str(folder), "-o", out]
        command += ["--key-file", str(key_file), "-j", str(jobs), "-q"]
        began, memory = time.monotonic(), []
        # Nothing is written into the catalogue of whoever measures.
        environment = os.environ | {"STAMP_CATALOGUE": "none"}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
            while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
                memory.append(resident(process.pid))
                time.sleep(0.2)
            seconds = time.monotonic() - began
            cpu = _cpu_seconds(process, ended[1], ended[2])
        done = sum(1 for _ in Path(out).rglob("*.jpg"))
    quarter = max(len(memory) // 4, 1)
    early, late = memory[quarter : 2 * quarter] or memory, memory[-quarter:]
    return Run(jobs, seconds, cpu, done, max(memory), float(np.mean(early)), float(np.mean(late)))


def folder_runs(sources: list[Path], count: int, seed: int) -> list[Run]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "photos")
        folder.mkdir()
        make_folder(sources, folder, count, seed)
        key_file = Path(scratch, "benchmark.key")
        tools.key_from(seed, "owner").save(key_file)
        return [embed_folder(folder, key_file, jobs) for jobs in (1, 2)]


def startup(repeats: int) -> tuple[float, float]:
    """CPU seconds of a bare interpreter start and of `stamp --help`: best of `repeats`, in turns."""
    commands = ([sys.executable, "-c", "pass"], [sys.executable, "-m", "stamp", "--help"])
    best = [float("inf")] * 2
    for _ in range(repeats):
        for which, command in enumerate(commands):
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
                _, status, usage = os.wait4(process.pid, 0)
                best[which] = min(best[which], _cpu_seconds(process, status, usage))
    return best[0], best[1]

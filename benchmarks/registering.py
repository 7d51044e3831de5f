"""What registering costs a run: `stamp embed -j 2` over a folder with a catalogue, against without.

    python -m benchmarks.registering [--photos 60] [--size 1600x1200] [--rounds 3] [-j 2] [--url postgresql://...]

Runs with and without alternate, each second pair the other way round, so that whatever else the machine is
doing meets both. Printed are CPU seconds and those of the clock, and the medians of the ratios of the pairs.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import stamp
from stamp.catalogue.catalogue import Catalogue
from stamp.jobs.demo import paint

# Hashing a source first makes glibc keep more memory for the frames that follow, which saves page faults: an
# advantage that has nothing to do with registering, and is given to both.
_ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(stamp.__file__).parents[1]),
    "MALLOC_MMAP_THRESHOLD_": "4000000",
    "MALLOC_TRIM_THRESHOLD_": "200000000",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--size", default="1600x1200")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-j", default="2", help="processes of each run")
    parser.add_argument("--url", help="a PostgreSQL server instead of a file; what is written stays there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        width, height = map(int, arguments.size.split("x"))
        for number in range(arguments.photos):
            paint(folder / "photos" / f"{number:03}.jpg", size=(width, height), seed=number)
        stamp.Key.generate().save(folder / "b.key")
        place = arguments.url or str(folder / "c.sqlite")
        Catalogue.open(place).close()
        pairs = []
        for number in range(arguments.rounds):
            order = (place, "none") if number % 2 else ("none", place)
            taken = {each: _run(folder, each, arguments.j) for each in order}
            pairs.append((taken[place], taken["none"]))
            print(
                "with: CPU {:.2f} s, clock {:.2f} s; without: CPU {:.2f} s, clock {:.2f} s".format(
                    *taken[place], *taken["none"]
                ),
                flush=True,
            )
    for index, what in enumerate(("CPU", "clock")):
        ratio = statistics.median(with_it[index] / without[index] for with_it, without in pairs)
        more = statistics.median(with_it[index] - without[index] for with_it, without in pairs)
        each = more * 1000 / arguments.photos
        print(f"{what:<6}{ratio:.3f} of what it is without, {each:.1f} ms a photo more")


def _run(folder: Path, place: str, processes: str) -> tuple[float, float]:
    """Mark all photos; return the CPU seconds of all processes, and those of the clock."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    command = ["embed", "photos", "-o", "out/", "--key-file", "b.key", "-j", processes, "-q"]
    cpu, began = _cpu(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "stamp", *command],
        cwd=folder,
        env=_ENVIRONMENT | {"STAMP_CATALOGUE": place},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return _cpu() - cpu, time.perf_counter() - began


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()

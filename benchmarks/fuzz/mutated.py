"""Random mutations for as long as one likes: `python -m benchmarks.fuzz.mutated --seconds 600 --seed 1`.

Each process works in a folder of its own and is watched: a file that takes more than five seconds of CPU
time, or more than 500 MB, is a fault. Files with a fault are kept in --findings, one for each place where it
arose. Printed are the mutated files that were tried, and the faults of each kind. The same seed gives the
same files.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

import stamp

from .mutations import mutated
from .seeds import seeds
from .trial import trial

SLOWEST = 5.0
"""Seconds of CPU time."""
_HANGING = 60.0  # seconds by the clock, on a machine that may have other things to do
MOST_MEMORY = 500 << 20
_DECODED = 0.1  # the share of files that are decoded: each takes as long as fifty that are only parsed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--decoded", type=float, default=_DECODED, help="share of the files that are decoded")
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    parser.add_argument("folders", type=Path, nargs="*", help="more files to begin with")
    arguments = parser.parse_args()
    material = seeds(arguments.folders)
    end = time.monotonic() + arguments.seconds
    watched = [
        _Watched(material, f"{arguments.seed}.{number}", arguments.decoded) for number in range(arguments.j)
    ]
    faults: Counter[str] = Counter()
    while time.monotonic() < end:
        for each in watched:
            for fault, name, data in each.check():
                faults[fault] += 1
                if faults[fault] == 1:
                    _keep(arguments.findings, fault, name, data)
        time.sleep(0.05)
    done = sum(each.stop() for each in watched)
    print(f"stamp {stamp.__version__}, seed {arguments.seed}, {len(material)} files to begin with")
    print(f"{done} mutated files, {sum(faults.values())} with faults of {len(faults)} kinds")
    for fault, count in faults.most_common():
        print(f"{count:6} {fault}")


Finding = tuple[str, str, bytes]


class _Watched:
    """A process that tries one file after the other; a new one takes its place where it hangs or dies."""

    def __init__(self, material: dict[str, bytes], seed: str, decoded: float) -> None:
        self._material, self._seed, self._decoded = material, seed, decoded
        self._lives = self._done = 0
        self._folder = tempfile.TemporaryDirectory(prefix="stamp-fuzz-")
        self._start()

    def _start(self) -> None:
        self._lives += 1
        self._pipe, theirs = multiprocessing.Pipe()
        given = (
            theirs,
            self._material,
            f"{self._seed}.{self._lives}",
            self._decoded,
            Path(self._folder.name),
        )
        self._process = multiprocessing.get_context("spawn").Process(target=_work, args=given, daemon=True)
        self._process.start()
        theirs.close()
        self._since = time.monotonic()

    def check(self) -> list[Finding]:
        """Return what was found since the last time."""
        found: list[Finding] = []
        try:
            while self._pipe.poll():
                faults, name, data = self._pipe.recv()
                self._done, self._since = self._done + 1, time.monotonic()
                found += [(fault, name, data) for fault in faults]
        except EOFError:
            found.append(self._ended(f"the process ended: {self._process.exitcode}"))
        if time.monotonic() - self._since > _HANGING:
            self._process.kill()
            found.append(self._ended(f"no answer after {_HANGING:g} s"))
        return found

    def _ended(self, why: str) -> Finding:
        self._process.join()
        path = next((path for path in Path(self._folder.name).iterdir() if path.stem == "in"), None)
        finding = (
            f"{why} ({path.suffix if path else '?'})",
            path.name if path else "?",
            path.read_bytes() if path else b"",
        )
        self._done += 1
        self._start()
        return finding

    def stop(self) -> int:
        """Return how many files were tried."""
        self._process.kill()
        self._process.join()
        self._folder.cleanup()
        return self._done


def _work(pipe: Connection, material: dict[str, bytes], seed: str, decoded: float, folder: Path) -> None:
    dice, names, contents = random.Random(seed), list(material), list(material.values())
    memory = 0
    while True:
        name = dice.choice(names)
        data = mutated(dice, material[name], contents)
        for old in folder.iterdir():
            old.unlink()
        path = folder / f"in{Path(name).suffix}"
        path.write_bytes(data)
        began = time.process_time()
        faults = trial(path, decode=dice.random() < decoded)
        if time.process_time() - began > SLOWEST:
            faults.append(f"more than {SLOWEST:g} s ({path.suffix})")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if most > max(memory, MOST_MEMORY):
            faults.append(f"more than {MOST_MEMORY >> 20} MB ({path.suffix})")
        memory = max(memory, most)
        pipe.send((faults, name, data if faults else b""))


def _keep(folder: Path, fault: str, name: str, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.iterdir()))
    (folder / f"{number:03}-{name}").write_bytes(data)
    print(f"{fault}: kept as {folder / f'{number:03}-{name}'}", flush=True)


if __name__ == "__main__":
    main()

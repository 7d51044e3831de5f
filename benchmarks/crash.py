"""Runs over files in place that are killed at random moments, and what their receipts bring back.

    python -m benchmarks.crash [--files 300] [--kills 20] [-j 2] [--seed 1] [--photos FILE...]

Every second file has the notice of an agency. Each run gets `--in-place --receipt r.json --resume` and
`--no-watermark`, and SIGKILL to all its processes when it has written a random number of receipts, some
random milliseconds later. Then comes `stamp rights undo`. Printed is how many files had been changed, of how
many of these the receipts know the former state, and how many of all files are byte for byte what they were.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import stamp
from stamp.core.rights import Rights
from stamp.jobs.demo import paint
from stamp.pipeline.files import write_rights

_NOTICE = (
    "--no-watermark",
    "--replace-rights",
    "--copyright",
    "© {year} Ada Lovelace",
    "--creator",
    "Ada Lovelace",
    "--no-ai",
)
_AGENCY = Rights(copyright_notice="© 2019 Agency, licence 4711", credit_line="Agency")
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(stamp.__file__).parents[1])}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("-j", default="2", help="processes of each run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="files to take copies of")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        before = _files(work, arguments.files, arguments.photos)
        run = ["embed", "files", *_NOTICE, "--in-place", "--receipt", "r.json", "--resume", "-j", arguments.j]
        chance = random.Random(arguments.seed)
        changed = known = met = 0
        most = max(arguments.files // arguments.kills - 4, 0)  # so that there is work for the last one, too
        for number in range(1, arguments.kills + 1):
            met += _killed(work, run, chance.randint(0, most), chance)
            done = {path: data for path, data in _contents(work).items() if data != before[path]}
            receipts = _known(work)
            changed, known = (
                len(done),
                sum(hashlib.sha256(data).hexdigest() in receipts for data in done.values()),
            )
            print(f"kill {number}: {changed} files changed, the former state of {known} known", flush=True)
        subprocess.run(
            [sys.executable, "-m", "stamp", "rights", "undo", "r.json", "files", "--in-place", "-q"],
            cwd=work,
            env=_ENVIRONMENT,
            capture_output=True,
            check=False,
        )
        after = _contents(work)
        same = sum(after.get(path) == data for path, data in before.items())
        strays = len(after) - len(before)
        print(f"{met} of {arguments.kills} kills met a run; {changed} files changed, {known} known; undone:")
        print(f"{same} of {len(before)} files are byte for byte what they were; {strays} strays")
        sys.exit(same != len(before) or known != changed)


def _files(work: Path, count: int, photos: list[Path]) -> dict[Path, bytes]:
    """Copies of the photos, or of painted ones, every second one with the notice of an agency."""
    folder = work / "files"
    folder.mkdir()
    if not photos:
        photos = [work / name for name in ("a.jpg", "b.png", "c.tif", "d.webp")]
        for path in photos:
            paint(path, size=(160, 120))
    for number in range(count):
        photo = photos[number % len(photos)]
        path = folder / f"{number:05}{photo.suffix}"
        path.write_bytes(photo.read_bytes())
        if number // len(photos) % 2:
            with suppress(stamp.StampError):  # of files that are damaged there are some among the photos
                write_rights(path, path, _AGENCY, overwrite=True)
    return _contents(work)


def _contents(work: Path) -> dict[Path, bytes]:
    """Every file but drafts, which the next run removes."""
    return {
        path: path.read_bytes() for path in sorted((work / "files").iterdir()) if path.suffix != ".stamp-tmp"
    }


def _killed(work: Path, run: list[str], count: int, chance: random.Random) -> bool:
    """Start a run, and kill all of it some milliseconds after it has written `count` receipts. Return whether
    it was still at work."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stamp", *run],
        cwd=work,
        env=_ENVIRONMENT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    enough = len(_lines(work)) + 1 + count
    while process.poll() is None and len(_lines(work)) < enough:
        time.sleep(0.001)
    time.sleep(0.03 * chance.random())
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def _lines(work: Path) -> list[bytes]:
    journal = work / "r.json"
    return journal.read_bytes().splitlines() if journal.exists() else []


def _known(work: Path) -> set[str]:
    """SHA-256 of the files that a receipt speaks of; the line that a kill broke off speaks of none."""
    known = set()
    for line in _lines(work):
        with suppress(ValueError, KeyError):
            known.add(json.loads(line)["receipt"]["sha256"]["after"])
    return known


if __name__ == "__main__":
    main()

"""Which songs are found by their fingerprints, by ten seconds of them, after what, and how often a wrong one?

    python -m benchmarks.monitor_songs --songs FOLDER -j 2

Every song is a work. Of each that is long enough ten seconds are cut out, changed, and looked for with
`match_file`. A work counts as found where it is in the answer as more than a candidate, as first where no
other one comes before it, as in place where its span begins within half a second of the truth. Where the
program `fpcalc` of Chromaprint is there, its fingerprints are compared beside it: the lowest bit error rate
over all places, of all works; a work counts as found by it where it is the nearest, and nearer than any work
is to an excerpt of another.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import wave
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import runner, sounds
from benchmarks.common.sound_attacks import aac, ffmpeg, fixed, noise, speech, speed, tempo
from benchmarks.common.sounds import RATE, Attack, Samples
from benchmarks.monitor_clips import judged, opened
from stamp.core.errors import StampError
from stamp.monitor.cataloguing import Catalogue
from stamp.monitor.matching import match_file

LENGTH = 10  # seconds
LEAST = 20  # seconds of a song of which an excerpt is looked for
CASES = {
    "none": (Attack("none", "", ()), 1.0),
    "AAC 32": (Attack("AAC 32", "", (aac(32),)), 1.0),
    "phone band": (Attack("phone band", "", (ffmpeg(("highpass", "f=300"), ("lowpass", "f=3400")),)), 1.0),
    "noise 10 dB": (Attack("noise 10 dB", "", (noise(10),)), 1.0),
    "tempo +5 %": (Attack("tempo", "", (fixed(tempo, 1.05),)), 1.05),
    "tempo -5 %": (Attack("tempo", "", (fixed(tempo, 0.95),)), 0.95),
    "speed +5 %": (Attack("speed", "", (fixed(speed, 1.05),)), 1.05),
    "speed -5 %": (Attack("speed", "", (fixed(speed, 0.95),)), 0.95),
    "voice 6 dB above": (Attack("voice", "", (speech(6),)), 1.0),
}


@dataclass(frozen=True)
class Look:
    """One excerpt: whether its work was found, was first, and in its place; how many others were found; CPU
    seconds. own, other : bit error rates of Chromaprint against its own work and the nearest other one; None
    without it."""

    song: str
    case: str
    found: bool
    first: bool
    placed: bool
    wrong: int
    seconds: float
    own: float | None
    other: float | None


@dataclass(frozen=True)
class Task:
    catalogue: str
    songs: tuple[Path, ...]
    number: int
    work: str
    seed: int


def write(samples: Samples, target: Path) -> None:
    """Write 16 bits of a file that any program reads."""
    with wave.open(str(target), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


@cache
def chromaprint(path: Path) -> NDArray[np.uint32] | None:
    """The raw fingerprint of a file, (frames,); None without `fpcalc`, and where that finds a song too
    short."""
    if shutil.which("fpcalc") is None:
        return None
    done = subprocess.run(["fpcalc", "-raw", "-json", "-length", "600", str(path)], capture_output=True)
    return None if done.returncode else np.array(json.loads(done.stdout)["fingerprint"], np.uint32)


def error_rate(part: NDArray[np.uint32], whole: NDArray[np.uint32] | None) -> float:
    """The lowest share of bits in which a fingerprint differs from as long a piece of another."""
    if whole is None or len(part) > len(whole):
        return 1.0
    windows = np.lib.stride_tricks.sliding_window_view(whole, len(part))
    return float((np.bitwise_count(windows ^ part).sum(1) / (32 * len(part))).min())


def looks(task: Task) -> list[Look]:
    """Change ten seconds of a song in all ways, and look for each."""
    path = task.songs[task.number]
    whole = sounds.decoded(path)
    start = 0.4 * len(whole) / RATE
    excerpt = whole[int(start * RATE) :][: LENGTH * RATE]
    made = []
    for case, (attack, factor) in CASES.items():
        with TemporaryDirectory() as name:
            write(attack(excerpt, task.seed), suspect := Path(name) / "suspect.wav")
            began = time.process_time()
            report = match_file(opened(task.catalogue), suspect)
            seconds = time.process_time() - began
            part = chromaprint(suspect)
        own = other = None
        if part is not None:
            rates = [error_rate(part, chromaprint(song)) for song in task.songs]
            own, other = rates[task.number], min(rates[: task.number] + rates[task.number + 1 :])
        *seen, _ = judged(report, task.work, factor, start, 0.5)
        made.append(Look(path.name, case, *seen, seconds, own, other))
    return made


def main() -> None:
    options = sounds.parser("monitor_songs", __doc__).parse_args()
    with TemporaryDirectory() as name:
        place, works, songs = str(Path(name) / "c.sqlite"), list[str](), list[Path]()
        with Catalogue.open(place) as catalogue:
            for path in sounds.paths(options.songs):
                try:
                    works.append(catalogue.works.add(path).work)
                    songs.append(path)
                except StampError as error:
                    print(f"left out: {error}")
        long = [number for number, song in enumerate(songs) if len(sounds.decoded(song)) > LEAST * RATE]
        long = long[: 2 if options.quick else None]
        tasks = [Task(place, tuple(songs), number, works[number], options.seed) for number in long]
        made = [
            each for some in runner.spread(looks, tasks, jobs=options.jobs, label="songs") for each in some
        ]
    document = {"songs": [song.name for song in songs], "looks": [asdict(look) for look in made]}
    runner.write(options, document, markdown(document), {})


def markdown(document: dict[str, Any]) -> str:
    """A row for each change."""
    every = document["looks"]
    bound = min((look["other"] for look in every if look["other"] is not None), default=None)
    header = ["case", "songs", "found", "first", "in place", "wrong", "CPU s", "Chromaprint"]
    rows = []
    for case in CASES:
        own = [look for look in every if look["case"] == case]
        peer = "absent" if bound is None else f"{np.mean([look['own'] < bound for look in own]):.2f}"
        shares = (f"{np.mean([look[name] for look in own]):.2f}" for name in ("found", "first", "placed"))
        wrong, seconds = sum(look["wrong"] for look in own), np.mean([look["seconds"] for look in own])
        rows.append([case, len(own), *shares, wrong, f"{seconds:.1f}", peer])
    pairs = len(every) * (len(document["songs"]) - 1)
    wrong = sum(look["wrong"] for look in every)
    text = f"{len(document['songs'])} works; {LENGTH} seconds of each that is long enough; "
    text += f"{wrong} wrong in {pairs} pairs.\n\n"
    return text + runner.table(header, rows)


if __name__ == "__main__":
    main()

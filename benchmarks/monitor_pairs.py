"""How often is one picture taken for an unrelated one, over millions of pairs?

    python -m benchmarks.monitor_pairs --photos FOLDER --leave-out 'orient*' 'canon_hdr_YES*'

Works are cuts of `SIDE` pixels: as many of each photo as it has, up to `--cuts`. All are in one index. Each
cut is attacked in some ways of `benchmarks.monitor`, drawn by the seed, and looked for. Cuts of one photo are
related, and so are photos of one scene, which must be left out: whatever else is in the answer is wrong. It
is a *scene* if only points say so, and a *copy* if the whole picture's signs do, or if fine detail agrees
once the suspect is laid onto the work.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks.common import photos, runner
from benchmarks.common.steps import Pixels
from benchmarks.monitor import CASES, agrees, indexed
from stamp.matching.opencv import luma
from stamp.matching.picture_prints import whole_signs
from stamp.monitor.prints import print_of
from stamp.monitor.search import POINTS_MAYBE, POINTS_SURE, Hit
from stamp.monitor.store import Prints

SIDE = 400  # pixels
POINTS = range(POINTS_MAYBE, 13)


@dataclass(frozen=True)
class Task:
    """One photo's cuts, which are the works from `first` on, and how many suspects are made of each."""

    folder: Path
    path: Path
    first: int
    options: tuple[photos.Size, int, int]
    each: int


@dataclass(frozen=True)
class Wrong:
    """A pair that was found and should not be: after which attack, as what, by how many points."""

    case: str
    verdict: str
    points: int


@dataclass(frozen=True)
class Look:
    """One suspect: whether its own work was found; how many works of other photos there are, how often so
    many points of theirs agreed, and which were taken for it; CPU seconds."""

    own: bool
    points: Counter[int]
    wrong: tuple[Wrong, ...]
    pairs: int
    seconds: float


def cuts(path: Path, size: photos.Size, seed: int, most: int) -> list[Pixels]:
    """Squares of a photo, row by row; no two overlap, and none is flat."""
    pixels = photos.load(path, size, seed)
    rows, columns = (range(0, n - SIDE + 1, SIDE) for n in pixels.shape[:2])
    all_of_them = [np.ascontiguousarray(pixels[y : y + SIDE, x : x + SIDE]) for y in rows for x in columns]
    return [each for each in all_of_them if whole_signs(luma(each, "work")) is not None][:most]


def looks(task: Task) -> list[Look]:
    """Attack and look for every cut of one photo."""
    size, seed, most = task.options
    works, index = cuts(task.path, size, seed, most), indexed(task.folder)
    made = []
    for number, attack in product(range(task.first, task.first + len(works)), range(task.each)):
        case = CASES[int(np.random.default_rng([seed, number]).permutation(len(CASES))[attack])]
        suspect = case(works[number - task.first], seed + number)
        plane = luma(suspect, "suspect")
        began = time.process_time()
        hits = index.search(plane)
        seconds = time.process_time() - began
        others = [hit for hit in hits if not task.first <= hit.head < task.first + len(works)]
        sure = [hit for hit in others if hit.distance is not None or hit.inliers >= POINTS_SURE]
        wrong = tuple(
            Wrong(case.name, _verdict(hit, suspect, np.load(_file(task.folder, hit.head))), hit.inliers)
            for hit in sure
        )
        own = any(hit.head == number for hit in hits)
        points = Counter(hit.inliers for hit in others if hit.inliers)
        made.append(Look(own, points, wrong, len(index.view.heads) - len(works), seconds))
    return made


def _verdict(hit: Hit, suspect: Pixels, work: Pixels) -> str:
    if hit.distance is not None:
        return "copy"
    return "copy" if agrees(work, suspect, hit) else "scene"


def _file(folder: Path, head: int) -> Path:
    return folder.parent / f"{head}.npy"


def main() -> None:
    parser = runner.parser("monitor_pairs", __doc__, size="native")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="GLOB", help="photos of a scene twice")
    parser.add_argument("--cuts", type=int, default=36, help="of one photo, at most [36]")
    parser.add_argument("--suspects", type=int, default=1, help="of each cut [1]")
    options = parser.parse_args()
    options.tools = ["stamp"]
    found = photos.find(options.photos, options.leave_out)[: 3 if options.quick else None]
    tasks, count = [], 0
    with TemporaryDirectory() as name:
        folder = Path(name) / "prints"
        for path in found:
            tasks.append(
                Task(folder, path, count, (options.size, options.seed, options.cuts), options.suspects)
            )
            for pixels in cuts(path, *tasks[-1].options):
                np.save(_file(folder, count), pixels)
                uid = str(UUID(int=count, version=4))
                Prints(folder).add(uid, [print_of(luma(pixels, "work"), "image")])
                count += 1
        made = [
            look for each in runner.spread(looks, tasks, jobs=options.jobs, label="photos") for look in each
        ]
    points = sum((look.points for look in made), Counter[int]())
    whole = {
        "photos": [path.name for path in found],
        "works": count,
        "each": options.suspects,
        "suspects": len(made),
        "own": sum(look.own for look in made),
        "pairs": sum(look.pairs for look in made),
        "points": {str(n): sum(times for each, times in points.items() if each >= n) for n in POINTS},
        "wrong": [asdict(wrong) for look in made for wrong in look.wrong],
        "search_ms": 1e3 * float(np.mean([look.seconds for look in made])),
    }
    runner.write(options, whole, markdown(whole), {})


def markdown(whole: dict[str, Any]) -> str:
    """What was wrong, and how many points agreed where nothing should."""
    said = Counter(wrong["verdict"] for wrong in whole["wrong"])
    rows = [[n, pairs] for n, pairs in whole["points"].items() if pairs]
    return "\n".join(
        [
            f"{whole['works']:,} works, squares of {SIDE} pixels of {len(whole['photos'])} photos; suspects"
            f" of each in {whole['each']} ways, {whole['own']:,} of them found; {whole['pairs']:,} pairs"
            f" of suspect and a work of another photo: **{said['copy']} called a copy, {said['scene']} a"
            f" scene**. A suspect takes {whole['search_ms']:.0f} ms of CPU.\n",
            f"Pairs of which so many points or more agree (candidates from {POINTS_MAYBE}, scenes from"
            f" {POINTS_SURE}):\n",
            runner.table(["points", "pairs"], rows),
        ]
    )


if __name__ == "__main__":
    main()

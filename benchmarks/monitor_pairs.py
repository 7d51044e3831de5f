"""How often is one picture taken for an unrelated one, over millions of pairs?

    python -m benchmarks.monitor_pairs --photos FOLDER --leave-out 'orient*' 'canon_hdr_YES*'

Works are cuts of `SIDE` pixels: as many of each photo as it has, up to `--cuts`. All are in one index. Each
cut is attacked in some ways of `benchmarks.monitor`, drawn by the seed, and looked for. Cuts of one photo are
related, and so are photos of one scene, which must be left out: whatever else is in the answer is wrong. It
is a *scene* if only points say so, and a *copy* if the whole picture is alike. Both are judged as `stamp
match` does it where it has the works' files, and where it has not.
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
from benchmarks.monitor import CASES, LAID, agrees, indexed, taken
from stamp.matching.opencv import luma
from stamp.matching.picture_prints import whole_signs
from stamp.monitor.prints import print_of
from stamp.monitor.search import POINTS_MAYBE, POINTS_SURE, Hit
from stamp.monitor.store import Prints

SIDE = 400  # pixels
POINTS = range(POINTS_MAYBE, 13)


@dataclass(frozen=True)
class Task:
    """One photo, of whose cuts suspects are made, `each` of one. photos : of which each work is a cut.
    cutting : arguments of `cuts`."""

    folder: Path
    path: Path
    photos: tuple[str, ...]
    cutting: tuple[photos.Size, int, int]
    each: int

    @property
    def first(self) -> int:
        """The number of its first cut among the works."""
        return self.photos.index(self.path.name)


@dataclass(frozen=True)
class Wrong:
    """A pair that was found and should not be: photos of suspect and work, the attack, how many points agree
    and in how many bits signs differ; the verdict with the work's file and without, empty if it is right."""

    suspect: str
    work: str
    case: str
    points: int
    distance: int | None
    with_file: str
    without: str


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
    works, index, seed = cuts(task.path, *task.cutting), indexed(task.folder), task.cutting[1]
    made = []
    for number, attack in product(range(task.first, task.first + len(works)), range(task.each)):
        case = CASES[int(np.random.default_rng([seed, number]).permutation(len(CASES))[attack])]
        suspect = case(works[number - task.first], seed + number)
        plane = luma(suspect, "suspect")
        began = time.process_time()
        hits = index.search(plane)
        seconds = time.process_time() - began
        others = [hit for hit in hits if not task.first <= hit.head < task.first + len(works)]
        wrong = []
        for hit in others:
            file, photo = _file(task.folder, hit.head), task.photos[hit.head]
            with_file = _verdict(hit, suspect, np.load(file)) if hit in hits[:LAID] else ""
            without = ("copy" if hit.is_whole else "scene") if hit.is_sure else ""
            if with_file or without:
                wrong.append(
                    Wrong(task.path.name, photo, case.name, hit.inliers, hit.distance, with_file, without)
                )
        own = any(hit.head == number for hit in hits)
        points = Counter(hit.inliers for hit in others if hit.inliers)
        made.append(Look(own, points, tuple(wrong), len(index.view.heads) - len(works), seconds))
    return made


def _verdict(hit: Hit, suspect: Pixels, work: Pixels) -> str:
    if not taken(hit, work, suspect, with_file=True):
        return ""
    return "copy" if hit.inliers < POINTS_SURE or agrees(work, suspect, hit) else "scene"


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
    cutting = options.size, options.seed, options.cuts
    with TemporaryDirectory() as name:
        folder, shown = Path(name) / "prints", list[Path]()
        for path in found:
            for pixels in cuts(path, *cutting):
                np.save(_file(folder, len(shown)), pixels)
                uid = str(UUID(int=len(shown), version=4))
                Prints(folder).add(uid, [print_of(luma(pixels, "work"), "image")])
                shown.append(path)
        names = tuple(path.name for path in shown)
        tasks = [Task(folder, path, names, cutting, options.suspects) for path in dict.fromkeys(shown)]
        made = [
            look for each in runner.spread(looks, tasks, jobs=options.jobs, label="photos") for look in each
        ]
    points = sum((look.points for look in made), Counter[int]())
    whole = {
        "photos": [path.name for path in found],
        "works": len(names),
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
    rows = [
        [each["suspect"], each["work"], each["case"], each["points"],
         "" if each["distance"] is None else each["distance"], each["with_file"], each["without"]]
        for each in whole["wrong"]
    ]  # fmt: skip
    count = {how: Counter(each[how] for each in whole["wrong"]) for how in ("with_file", "without")}
    said = {how: f"{each['copy']} copies and {each['scene']} scenes" for how, each in count.items()}
    wrong = [
        "\nWhat was wrong:\n",
        runner.table(["suspect of", "work of", "after", "points", "bits", "with the file", "without"], rows),
    ]
    return "\n".join(
        [
            f"{whole['works']:,} works, squares of {SIDE} pixels of {len(whole['photos'])} photos; suspects"
            f" of each in {whole['each']} ways, {whole['own']:,} of {whole['suspects']:,} found;"
            f" {whole['pairs']:,} pairs of suspect and a work of another photo: **{said['with_file']}** where"
            f" the files of the works are at hand, {said['without']} where they are not."
            f" A suspect takes {whole['search_ms']:.0f} ms of CPU.\n",
            f"Pairs of which so many points or more agree (candidates from {POINTS_MAYBE}, scenes from"
            f" {POINTS_SURE}):\n",
            runner.table(["points", "pairs"], [[n, pairs] for n, pairs in whole["points"].items()]),
            *(wrong if rows else ()),
        ]
    )


if __name__ == "__main__":
    main()

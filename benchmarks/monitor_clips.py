"""Which clips are found by their fingerprints, by six seconds of them, after what, and how often a wrong one?

    python -m benchmarks.monitor_clips --clips FOLDER FOLDER -j 2

Every clip is a work. Of each that is long enough six seconds are cut out, edited and coded again, and looked
for with `match_file`. A work counts as found where it is in the answer as more than a candidate, as first
where no other one comes before it, as in place where its span begins within 0.6 s of the truth. Others that
are found are wrong: clips of one scene must be left out.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.common import clips, runner
from benchmarks.robustness.video import attacks
from stamp.core.errors import StampError
from stamp.core.matches import FOUND, MatchReport
from stamp.monitor.cataloguing import Catalogue
from stamp.monitor.matching import match_file

LENGTH = 6.0  # seconds


def _subtitled(video: Any, shape: clips.Shape) -> Any:
    """Two lines of subtitles, and a logo in a corner."""
    for line in (0.80, 0.88):
        video = video.filter(
            "drawbox", "iw*0.2", f"ih*{line}", "iw*0.6", "ih*0.05", color="black@0.6", thickness="fill"
        )
        video = video.filter(
            "drawbox", "iw*0.22", f"ih*{line + 0.015}", "iw*0.56", "ih*0.02", color="white", thickness="fill"
        )
    return video.filter(
        "drawbox", "iw*0.85", "ih*0.04", "iw*0.11", "ih*0.08", color="orange", thickness="fill"
    )


EDITS: dict[str, tuple[attacks.Edit | None, int]] = {
    "recompressed": (None, 33),
    "half the size": (attacks._scale(0.5), 28),
    "mirror": (attacks._simple("hflip"), 26),
    "1.1 times as fast": (attacks._speed(1.1), 26),
    "letterbox": (attacks._letterbox, 26),
    "subtitles and logo": (_subtitled, 26),
    "9:16 on blurred bars": (attacks._upright, 26),
    "crop 80 %": (attacks._zoom(1 - math.sqrt(0.8)), 26),
}


@dataclass(frozen=True)
class Look:
    """One suspect: whether its work was found, was first, and in its place; how many others were found; CPU
    seconds."""

    clip: str
    case: str
    found: bool
    first: bool
    placed: bool
    wrong: int
    verdict: str
    seconds: float


@dataclass(frozen=True)
class Task:
    catalogue: str
    clip: Path
    work: str


@cache
def opened(place: str) -> Catalogue:
    return Catalogue(place)


def judged(
    report: MatchReport, work: str, speed: float, start: float, within: float
) -> tuple[bool, bool, bool, int, str]:
    """Whether a work is found, is first, and in its place (its span begins within so many seconds of where
    the excerpt does); how many others are found; the verdict on it."""
    sure = [match for match in report.matches if match.verdict in FOUND]
    own = next((match for match in sure if match.work == work), None)
    placed = bool(
        own
        and own.work_span
        and abs(own.work_span[0] - speed * (own.find_span or (0.0, 0.0))[0] - start) < within
    )
    first = bool(sure) and sure[0].work == work
    others = sum(match.work != work for match in sure)
    return own is not None, first, placed, others, own.verdict if own else "none"


def looks(task: Task) -> list[Look]:
    """Edit six seconds of a clip in all ways, and look for each."""
    made = []
    start = 0.3 * (clips.seconds_of(task.clip) - LENGTH)
    for case, (edit, crf) in EDITS.items():
        with TemporaryDirectory() as name:
            suspect = Path(name) / "suspect.mp4"
            attacks.Quality(crf, edit, start, LENGTH).apply(task.clip, suspect)
            began = time.process_time()
            report = match_file(opened(task.catalogue), suspect)
            seconds = time.process_time() - began
        speed = 1.1 if "fast" in case else 1.0
        made.append(Look(task.clip.name, case, *judged(report, task.work, speed, start, 0.6), seconds))
    return made


def main() -> None:
    parser = clips.parser("monitor_clips", __doc__)
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="GLOB", help="clips of a scene twice")
    options = parser.parse_args()
    paths = clips.find(options.clips, options.leave_out)
    with TemporaryDirectory() as name:
        place = str(Path(name) / "c.sqlite")
        tasks = []
        with Catalogue.open(place) as catalogue:
            for path in paths:
                try:
                    work = catalogue.works.add(path).work
                except StampError as error:
                    print(f"left out: {error}")
                    continue
                if clips.seconds_of(path) > LENGTH:
                    tasks.append(Task(place, path, work))
            works = catalogue.works.count()
        made = [
            each for some in runner.spread(looks, tasks, jobs=options.jobs, label="clips") for each in some
        ]
    rows = []
    for case in EDITS:
        chosen = [look for look in made if look.case == case]
        rows.append(
            {
                "case": case,
                "clips": len(chosen),
                "found": sum(look.found for look in chosen),
                "first": sum(look.first for look in chosen),
                "placed": sum(look.placed for look in chosen),
                "wrong": sum(look.wrong for look in chosen),
                "missed": [look.clip for look in chosen if not look.found],
                "seconds": sum(look.seconds for look in chosen) / max(1, len(chosen)),
            }
        )
    document = {"clips": [path.name for path in paths], "works": works, "cases": rows}
    runner.write(options, document, markdown(document), {})


def markdown(document: dict[str, Any]) -> str:
    """The table of the page."""
    header = ["case", "clips", "found", "first", "in place", "wrong", "CPU s"]
    rows = [
        [row["case"], row["clips"],
         *(f"{row[name] / max(1, row['clips']):.2f}" for name in ("found", "first", "placed")),
         row["wrong"], f"{row['seconds']:.1f}"]
        for row in document["cases"]
    ]  # fmt: skip
    return f"{document['works']} works; six seconds of each that is long enough.\n\n" + runner.table(
        header, rows
    )


if __name__ == "__main__":
    main()

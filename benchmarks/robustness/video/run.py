"""Mark clips, send them through platforms and edits, read them, and count the exact payloads.

    python -m benchmarks.robustness.video --clips FOLDER
    python -m benchmarks.robustness.video --clips FOLDER --groups "platform rungs" chains --seconds 10

Each clip is cut to its first seconds, marked with `stamp.embed_file`, attacked with FFmpeg and read with
`stamp.detect_file`. Seconds needed are those of the clip that had been seen when the payload was read.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import stamp
from benchmarks.common import clips, runner
from benchmarks.robustness.video import attacks

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Task:
    path: Path
    seconds: float
    seed: int
    groups: list[str]
    random: int


@dataclass
class Outcome:
    """What was read of one clip: attack -> seconds needed, or None."""

    clip: str
    refused: str | None = None
    psnr: float | None = None
    needed: dict[str, float | None] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)


def measure(task: Task) -> Outcome:
    rng = np.random.default_rng(clips.seed_of(task.path, task.seed))
    key, payload = stamp.Key(rng.bytes(32), "benchmark"), rng.bytes(8)
    outcome = Outcome(task.path.name)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        host, marked = folder / "host.mp4", folder / "marked.mp4"
        clips.cut(task.path, host, seconds=task.seconds)
        try:
            report = stamp.embed_file(host, marked, payload, key=key)
        except stamp.HostError as error:
            outcome.refused = str(error)
            return outcome
        outcome.psnr = report.psnr_db
        start = float(rng.uniform(0, max(clips.seconds_of(marked) - 3, 0.01)))
        for group, members in attacks.groups(start, task.random, task.seed).items():
            if group in task.groups:
                shape = clips.shape_of(marked)
                for attack, steps in members.items():
                    if not attacks.offered(steps, shape):
                        continue
                    _attack(outcome, attack, attacks.apply(steps, marked, folder), key, payload)
    return outcome


def _attack(outcome: Outcome, attack: str, path: Path, key: stamp.Key, payload: bytes) -> None:
    began = time.process_time()
    found = stamp.detect_file(path, keys=key, first=True)
    outcome.cpu[attack] = time.process_time() - began
    outcome.needed[attack] = found.decided_after_s if found.payload == payload else None
    if found.payload not in (None, payload):
        outcome.wrong.append(attack)


def summarise(outcomes: list[Outcome], groups: dict[str, Iterable[str]]) -> dict[str, Any]:
    """Per group and attack: how many of the clips that it was tried on were read, which were not, seconds and
    CPU seconds. A refused clip counts as not read."""
    rows: dict[str, Any] = {}
    marked = [outcome for outcome in outcomes if outcome.refused is None]
    for group, members in groups.items():
        rows[group] = {}
        for attack in members:
            tried = [outcome for outcome in outcomes if outcome.refused or attack in outcome.needed]
            if not tried:
                continue
            needed = [outcome.needed.get(attack) for outcome in tried]
            read = [seconds for seconds in needed if seconds is not None]
            cpu = [outcome.cpu[attack] for outcome in tried if not outcome.refused]
            rows[group][attack] = {
                "read": len(read),
                "clips": len(tried),
                "missed": sorted(o.clip for o in tried if o.needed.get(attack) is None),
                "median_seconds": statistics.median(read) if read else None,
                "most_seconds": max(read, default=None),
                "median_cpu_s": statistics.median(cpu) if cpu else None,
            }
    shares = {
        group: sum(row["read"] for row in members.values())
        / max(sum(row["clips"] for row in members.values()), 1)
        for group, members in rows.items()
    }
    return {
        "clips": len(outcomes),
        "refused": {outcome.clip: outcome.refused for outcome in outcomes if outcome.refused},
        "psnr_db": {outcome.clip: outcome.psnr for outcome in marked},
        "wrong": sum(len(outcome.wrong) for outcome in outcomes),
        "read_share": shares,
        "attacks": rows,
    }


def markdown(summary: dict[str, Any]) -> str:
    psnr = [value for value in summary["psnr_db"].values() if value is not None]
    lines = [
        f"{summary['clips']} clips, {len(summary['refused'])} refused; wrong payloads: {summary['wrong']}; "
        f"PSNR of the finished file to the clip {min(psnr):.1f} to {max(psnr):.1f} dB.\n"
        if psnr
        else "No clip could be marked.\n"
    ]
    rows = []
    for group, members in summary["attacks"].items():
        rows.append([f"**{group}**", f"**{100 * summary['read_share'][group]:.1f} %**", "", "", ""])
        for attack, row in members.items():
            seconds = [_number(row[name]) for name in ("median_seconds", "most_seconds", "median_cpu_s")]
            rows.append([attack, f"{row['read']} of {row['clips']}", *seconds])
    head = ["what happened", "read", "seconds needed, median", "most", "CPU s, median"]
    missed = Counter(
        clip for members in summary["attacks"].values() for row in members.values() for clip in row["missed"]
    )
    tail = f"\nNot read, by clip: {', '.join(f'{clip} {n}' for clip, n in missed.most_common())}.\n"
    return "\n".join(lines) + "\n" + runner.table(head, rows) + (tail if missed else "")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def plot(summary: dict[str, Any]) -> Figure:
    rows = [(attack, row) for members in summary["attacks"].values() for attack, row in members.items()]
    made, (axes,) = runner.figure(8, 0.6 + 0.2 * len(rows))
    axes.barh([attack for attack, _ in rows], [100 * row["read"] / max(row["clips"], 1) for _, row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of clips whose payload was read")
    axes.tick_params(axis="y", labelsize=7)
    return made


def main() -> None:
    parser = clips.parser("robustness.video", __doc__)
    names = list(attacks.groups(0))
    parser.add_argument("--groups", nargs="+", choices=names, default=names, help="[all]")
    parser.add_argument("--random", type=int, default=0, help="random chains, the same for all clips [none]")
    parser.set_defaults(name="robustness_video")
    options = parser.parse_args()
    tasks = [
        Task(path, options.seconds, options.seed, options.groups, options.random)
        for path in clips.find(options.clips)
    ]
    outcomes = sorted(runner.spread(measure, tasks, jobs=options.jobs, label="clips"), key=lambda o: o.clip)
    drawn = attacks.groups(0, options.random, options.seed)
    summary = summarise(
        outcomes, {name: members for name, members in drawn.items() if name in options.groups and members}
    )
    runner.write(options, summary, markdown(summary), {options.name: plot(summary)})

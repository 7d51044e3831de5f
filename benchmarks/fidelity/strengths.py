"""What a fainter mark costs: robustness against fidelity by strength, so that the default is a choice.

    python -m benchmarks.fidelity.strengths --photos FOLDER -j 2

Every photo is marked at each strength, judged by PSNR and SSIMULACRA2, attacked with `--attacks`, and read.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import stamp
from benchmarks.common import attacks, photos, runner, tools
from benchmarks.fidelity.run import ssimulacra2
from stamp.watermark.common.quality import psnr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRENGTHS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.25)


@dataclass(frozen=True)
class Task:
    path: Path
    strength: float
    size: photos.Size
    seed: int
    attacks: list[str]


@dataclass
class Outcome:
    strength: float
    read: int
    tried: int
    measures: dict[str, float]


def measure(task: Task) -> Outcome:
    """One photo at one strength; unread under every attack where it is refused."""
    seed = photos.seed_of(task.path, task.seed)
    pixels = photos.load(task.path, task.size, task.seed)
    tool = tools.Stamp(task.seed)
    payload = tools.payload_for(tool, seed)
    chosen = attacks.select(task.attacks, seed=task.seed)
    try:
        marked = stamp.embed(pixels, payload, key=tool.key, strength=task.strength)
    except stamp.HostError:
        return Outcome(task.strength, 0, len(chosen), {})
    read = sum(tool.read(attack(marked, seed)) == payload for attack in chosen.values())
    measures = {"psnr_db": psnr(pixels, marked, data_range=255)}
    if shutil.which("ssimulacra2"):
        measures["ssimulacra2"] = ssimulacra2(pixels, marked)
    return Outcome(task.strength, read, len(chosen), measures)


def summarise(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """A row for each strength: the share that was read, mean and least of the measures."""
    rows = []
    for strength in sorted({outcome.strength for outcome in outcomes}):
        mine = [outcome for outcome in outcomes if outcome.strength == strength]
        row: dict[str, Any] = {
            "strength": strength,
            "read": sum(outcome.read for outcome in mine) / sum(outcome.tried for outcome in mine),
        }
        for name in ("psnr_db", "ssimulacra2"):
            values = [outcome.measures[name] for outcome in mine if name in outcome.measures]
            if values:
                row[name] = {"mean": float(np.mean(values)), "min": min(values)}
        rows.append(row)
    return rows


def markdown(document: dict[str, Any]) -> str:
    header = ["strength", "read", "PSNR, dB mean", "min", "SSIMULACRA2 mean", "min"]
    rows = [
        [
            f"{row['strength']:g}",
            f"{row['read']:.1%}",
            *(
                f"{row[name][part]:.1f}" if name in row else "-"
                for name in ("psnr_db", "ssimulacra2")
                for part in ("mean", "min")
            ),
        ]
        for row in document["strengths"]
    ]
    count, attacked = len(document["photos"]), document["attacks"]
    return f"{count} photos, {attacked} attacks; exact payloads.\n\n" + runner.table(header, rows)


def plot(rows: list[dict[str, Any]]) -> Figure:
    """What is read over fidelity, a point for each strength."""
    made, panels = runner.figure(9, 4, 2)
    for axes, name, label in zip(
        panels, ("psnr_db", "ssimulacra2"), ("PSNR, dB", "SSIMULACRA2"), strict=True
    ):
        known = [row for row in rows if name in row]
        for part in ("mean", "min"):
            axes.plot([row[name][part] for row in known], [row["read"] for row in known], "o-", label=part)
        for row in known:
            axes.annotate(f"{row['strength']:g}", (row[name]["mean"], row["read"]), fontsize=7)
        axes.set_xlabel(label)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    panels[0].set_ylabel("payloads read")
    return made


def main() -> None:
    parser = runner.parser("fidelity.strengths", __doc__)
    parser.set_defaults(name="fidelity_strengths", tools=["stamp"])
    parser.add_argument("--attacks", nargs="+", default=["list"])
    parser.add_argument("--strengths", nargs="+", type=float, default=list(STRENGTHS))
    options = parser.parse_args()
    paths, left_out = photos.usable(options.photos, options.size)
    paths = paths[: 3 if options.quick else None]
    tasks = [
        Task(path, strength, options.size, options.seed, options.attacks)
        for path in paths
        for strength in options.strengths
    ]
    rows = summarise(list(runner.spread(measure, tasks, jobs=options.jobs, label="photo x strength")))
    document = {
        "photos": [path.name for path in paths],
        "left_out": left_out,
        "attacks": len(attacks.select(options.attacks, seed=options.seed)),
        "strengths": rows,
    }
    runner.write(options, document, markdown(document), {options.name: plot(rows)})


if __name__ == "__main__":
    main()

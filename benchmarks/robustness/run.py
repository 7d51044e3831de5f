"""Embed a random payload in every photo with every tool, attack, read, and count the exact payloads.

    python -m benchmarks.robustness --photos FOLDER --attacks list combinations -j 2
    python -m benchmarks.robustness --photos FOLDER --size native --attacks harsh --name robustness_big
    python -m benchmarks.robustness --photos FOLDER --tools stamp --attacks random:100 --seed 7

A payload counts when all of its bits are right. A photo that a tool refuses to mark counts as unread under
every attack, and is named. `wrong` counts payloads that were reported and are not the embedded one; the
peers report some payload for any picture.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import stamp
from benchmarks.common import attacks, photos, runner, tools

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = [
    "none",
    "JPEG 50",
    "resize 0.5",
    "crop 25 %",
    "rotate 5",
    "mirror",
    "rotate 17 + crop 50 % + JPEG 75",
]


@dataclass(frozen=True)
class Task:
    """One photo through one tool and all attacks."""

    path: Path
    tool: str
    size: photos.Size
    seed: int
    attacks: list[str]


@dataclass
class Outcome:
    photo: str
    tool: str
    bits: int
    refused: str | None = None
    psnr: float | None = None
    read: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def measure(task: Task) -> Outcome:
    photo_seed = photos.seed_of(task.path, task.seed)
    pixels = photos.load(task.path, task.size, task.seed)
    tool = tools.make(task.tool, task.seed)
    outcome = Outcome(task.path.name, tool.name, tool.bits)
    payload = tools.payload_for(tool, photo_seed)
    try:
        marked = tool.embed(pixels, payload)
    except stamp.HostError as error:
        outcome.refused = str(error)
        return outcome
    outcome.psnr = float(10 * np.log10(255**2 / np.mean((marked.astype(float) - pixels) ** 2)))
    for name, attack in attacks.select(task.attacks, seed=task.seed).items():
        found = tool.read(attack(marked, photo_seed))
        if found == payload:
            outcome.read.append(name)
        elif found is not None:
            outcome.wrong.append(name)
    return outcome


def groups(chosen: dict[str, attacks.Attack]) -> dict[str, list[str]]:
    """The attacks that a mean is taken over, by label: each family and each list that takes part, and all."""
    made = {family: [a for a in chosen if chosen[a].family == family] for family in attacks.FAMILIES}
    made["of the list of 37"] = [a for a in chosen if a in attacks.ATTACKS]
    made["of the combinations"] = [a for a in chosen if a in attacks.COMBINATIONS]
    made["all"] = list(chosen)
    return {label: members for label, members in made.items() if members}


def summarise(outcomes: list[Outcome], names: list[str], chosen: dict[str, attacks.Attack]) -> dict[str, Any]:
    """Per tool: counts by attack, means over groups of attacks, fidelity, what was refused."""
    summary = {}
    for name in names:
        mine = [outcome for outcome in outcomes if outcome.tool == name]
        by_attack: dict[str, dict[str, Any]] = {
            attack: {
                "read": sum(attack in outcome.read for outcome in mine),
                "wrong": sum(attack in outcome.wrong for outcome in mine),
                "missed": sorted(outcome.photo for outcome in mine if attack not in outcome.read),
            }
            for attack in chosen
        }
        shares: dict[str, float] = {}
        for label, members in groups(chosen).items():
            counts = [by_attack[attack]["read"] for attack in members]
            shares[label] = sum(counts) / (len(counts) * len(mine))
        psnr = [outcome.psnr for outcome in mine if outcome.psnr is not None]
        summary[name] = {
            "photos": len(mine),
            "bits": mine[0].bits,
            "refused": {outcome.photo: outcome.refused for outcome in mine if outcome.refused},
            "psnr_mean_db": float(np.mean(psnr)) if psnr else None,
            "psnr_min_db": min(psnr, default=None),
            "read_share": shares,
            "wrong": sum(row["wrong"] for row in by_attack.values()),
            "attacks": by_attack,
        }
    return summary


def markdown(summary: dict[str, Any], chosen: dict[str, attacks.Attack]) -> str:
    names = list(summary)
    count = summary[names[0]]["photos"]
    rows: list[list[object]] = [
        [attack, *(summary[name]["attacks"][attack]["read"] for name in names)] for attack in chosen
    ]
    rows += [
        [f"**{label}**", *(f"**{summary[name]['read_share'][label]:.1%}**" for name in names)]
        for label in groups(chosen)
    ]
    for label, key in (("PSNR mean, dB", "psnr_mean_db"), ("PSNR min, dB", "psnr_min_db")):
        values = (summary[name][key] for name in names)
        rows.append([label, *("-" if value is None else f"{value:.1f}" for value in values)])
    rows.append(["refused photos", *(len(summary[name]["refused"]) for name in names)])
    header = ["attack", *(f"{name}, {summary[name]['bits']} bit" for name in names)]
    return f"Exact payloads read, of {count} photos.\n\n" + runner.table(header, rows)


def heat_map(summary: dict[str, Any], chosen: dict[str, attacks.Attack]) -> Figure:
    """Attack x tool, the number of photos read in each cell; a long list takes several panels."""
    names, listed = list(summary), list(chosen)
    count = summary[names[0]]["photos"]
    panels = -(-len(listed) // 40)
    tall = -(-len(listed) // panels)
    plot, axes = runner.figure(panels * (2.9 + 0.6 * len(names)), 1.1 + 0.17 * tall, panels)
    for panel, ax in enumerate(axes):
        shown = listed[panel * tall : (panel + 1) * tall]
        read = np.array([[summary[name]["attacks"][attack]["read"] for name in names] for attack in shown])
        ax.imshow(read / count, cmap="RdYlBu", vmin=-0.15, vmax=1.15, aspect="auto")
        for (row, column), number in np.ndenumerate(read):
            ax.text(column, row, f"{number}", ha="center", va="center", fontsize=6)
        shares = [f"{summary[name]['read_share']['all']:.0%}" for name in names]
        labels = [name.replace("-", "-\n") + f"\n{share}" for name, share in zip(names, shares, strict=True)]
        ax.set_xticks(range(len(names)), labels, fontsize=7)
        ax.xaxis.tick_top()
        ax.set_yticks(range(len(shown)), shown, fontsize=6.5)
        ax.tick_params(length=0)
    plot.suptitle(f"exact payloads read, of {count} photos", fontsize=9)
    return plot


LABELS = {
    "valuemetric": "recompression, noise, filters, tones",
    "geometric": "crops, scalings, turns, mirror images",
    "combined": "several at once",
    "of the list of 37": "**the list of 37 attacks**",
    "of the combinations": "**combinations**",
    "all": "**all of these**",
}
TITLES = {
    "robustness": "Exact payloads read",
    "robustness_large": "Large photos, the harsh half of the list: exact payloads read",
    "robustness_random": "Chains of edits drawn at random, from no list: exact payloads read",
}


def brief(document: dict[str, Any]) -> str:
    """The shares by group, for the documents."""
    summary = document["summary"]
    first = next(iter(summary.values()))
    rows: list[list[object]] = [
        [label, *(f"{row['read_share'][group]:.1%}" for row in summary.values())]
        for group, label in LABELS.items()
        if group in first["read_share"]
    ]
    for label, key in (("PSNR mean, dB", "psnr_mean_db"), ("PSNR min, dB", "psnr_min_db")):
        rows.append([label, *("-" if row[key] is None else f"{row[key]:.1f}" for row in summary.values())])
    header = ["", *(f"{name}, {row['bits']} bit" for name, row in summary.items())]
    name, size = document["settings"]["name"], document["settings"]["size"]
    text = f"{TITLES.get(name, TITLES['robustness'])}, {first['photos']} photos of {size} pixels, "
    text += f"{len(first['attacks'])} attacks ({runner.origin(document)}"
    if peers := document.get("peers_run"):
        others = ", ".join(sorted({v for tool, v in peers["tools"].items() if tool != "stamp"}))
        text += f"; the peers, the same photos, attacks and seed: {others}, {peers['date']}"
    text += "):\n\n"
    folder = "benchmarks/results"
    plot = f"\n[Photos and misses, attack by attack]({folder}/{name}.md)\n\n![{name}]({folder}/{name}.png)\n"
    return text + runner.table(header, rows) + plot


def listed(document: dict[str, Any]) -> str:
    """How many photos each attack left readable, for the documents."""
    summary = document["summary"]
    first = next(iter(summary.values()))
    rows = [
        [attack, *(row["attacks"][attack]["read"] for row in summary.values())] for attack in first["attacks"]
    ]
    text = f"Exact payloads read, of {first['photos']} photos of {document['settings']['size']} pixels "
    return text + f"({runner.origin(document)}):\n\n" + runner.table(["", *summary], rows)


def check_same_run(
    kept: dict[str, Any], options: argparse.Namespace, names: list[str], chosen: list[str]
) -> None:
    """Raise ValueError unless an earlier run had the same photos, size, seed and attacks."""
    first = next(iter(kept["summary"].values()))
    for label, have, want in (
        ("photos", kept["photos"], names),
        ("size", kept["settings"]["size"], str(options.size)),
        ("seed", kept["settings"]["seed"], options.seed),
        ("attacks", list(first["attacks"]), chosen),
    ):
        if have != want:
            raise ValueError(f"the earlier run had other {label}: {have}, not {want}")


def main() -> None:
    parser = runner.parser("robustness", __doc__)
    parser.add_argument(
        "--attacks",
        nargs="+",
        default=["list", "combinations"],
        help="names, or list, combinations, odd, harsh, random:N, valuemetric, geometric, combined",
    )
    parser.add_argument(
        "--peers-of",
        type=Path,
        metavar="JSON",
        help="take other tools' rows from the results of an earlier run",
    )
    options = parser.parse_args()
    if options.quick:
        options.attacks = QUICK
    chosen = attacks.select(options.attacks, seed=options.seed)
    paths, left_out = photos.usable(options.photos, options.size)
    tasks = [Task(p, t, options.size, options.seed, options.attacks) for p in paths for t in options.tools]
    outcomes = list(runner.spread(measure, tasks, jobs=options.jobs, label="photo x tool"))
    summary = summarise(outcomes, options.tools, chosen)
    document: dict[str, Any] = {
        "photos": [path.name for path in paths],
        "left_out": left_out,
        "summary": summary,
    }
    if options.peers_of:
        kept = json.loads(options.peers_of.read_text(encoding="utf-8"))
        check_same_run(kept, options, document["photos"], list(chosen))
        summary |= {name: row for name, row in kept["summary"].items() if name not in summary}
        document["peers_run"] = kept.get("peers_run") or kept["environment"]
    runner.write(options, document, markdown(summary, chosen), {options.name: heat_map(summary, chosen)})

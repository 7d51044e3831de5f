"""Mark every song with a random payload, attack, read, and count the exact payloads.

    python -m benchmarks.robustness.audio --songs FOLDER -j 2
    python -m benchmarks.robustness.audio --songs FOLDER --random 40 --seed 7 --name robustness_audio_random

A payload counts when all 64 bits are right; `wrong` counts payloads that were reported and are not the
embedded one. Beside each attack stand the lowest detection score of what was read, and the mean CPU seconds
of reading.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.common import peaq, photos, runner, sound_attacks, sounds, tools
from benchmarks.common.sounds import RATE
from stamp.watermark.audio import detect, embed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = ["none", "AAC 64", "speed 1.05", "10 s + AAC 64", "15 s + any tempo + AAC 96"]


@dataclass(frozen=True)
class Task:
    path: Path
    seconds: float
    seed: int
    attacks: list[str]
    random: int


@dataclass
class Outcome:
    song: str
    odg: float
    snr_db: float
    scores: dict[str, float | None] = field(default_factory=dict)  # None: unread
    wrong: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def measure(task: Task) -> Outcome:
    song_seed = photos.seed_of(task.path, task.seed)
    rng = np.random.default_rng(song_seed)
    key, payload = tools.key_from(task.seed, "owner"), rng.bytes(8)
    host = sounds.load(task.path, task.seconds)
    marked = embed(host, payload, key=key, sample_rate=RATE)
    compared = slice(0, 20 * RATE)
    grade, _ = peaq.odg(*(sounds.resampled(x[compared], RATE, peaq.RATE) for x in (host, marked)))
    noise = float(((marked - host) ** 2).mean()) + 1e-20
    outcome = Outcome(task.path.name, grade, float(10 * np.log10((host**2).mean() / noise)))
    chosen = {name: sound_attacks.ATTACKS[name] for name in task.attacks}
    for number in range(task.random):
        chosen[f"random {number + 1}"] = sound_attacks.random_chain(
            np.random.default_rng([song_seed, number])
        )
    for name, attack in chosen.items():
        attacked = attack(marked, song_seed)
        began = time.process_time()
        found = detect(attacked, key=key, sample_rate=RATE)
        outcome.seconds[name] = time.process_time() - began
        outcome.scores[name] = round(found.score, 2) if found.payload == payload else None
        if found.payload not in (None, payload):
            outcome.wrong.append(name)
    return outcome


def summarise(outcomes: list[Outcome]) -> dict[str, Any]:
    """Counts by attack, means by family, fidelity."""
    names = list(outcomes[0].scores)
    by_attack = {}
    for name in names:
        scores = [o.scores[name] for o in outcomes]
        read = [s for s in scores if s is not None]
        by_attack[name] = {
            "read": len(read),
            "missed": sorted(o.song for o in outcomes if o.scores[name] is None),
            "lowest_score": min(read, default=None),
            "cpu_seconds": round(float(np.mean([o.seconds[name] for o in outcomes])), 2),
        }
    shares = {}
    for family in (*sound_attacks.FAMILIES, "random", "all"):
        members = [n for n in names if family == "all" or _family(n) == family]
        if members:
            shares[family] = sum(by_attack[n]["read"] for n in members) / (len(members) * len(outcomes))
    odg = [o.odg for o in outcomes]
    return {
        "songs": len(outcomes),
        "attacks": by_attack,
        "read_share": shares,
        "wrong": sum(len(o.wrong) for o in outcomes),
        "odg_mean": float(np.mean(odg)),
        "odg_min": min(odg),
        "snr_mean_db": float(np.mean([o.snr_db for o in outcomes])),
    }


def _family(name: str) -> str:
    return sound_attacks.ATTACKS[name].family if name in sound_attacks.ATTACKS else "random"


def markdown(document: dict[str, Any]) -> str:
    summary = document["summary"]
    rows: list[list[object]] = []
    for name, row in summary["attacks"].items():
        if not name.startswith("random "):
            lowest = "-" if row["lowest_score"] is None else f"{row['lowest_score']:.1f}"
            rows.append([name, row["read"], lowest, row["cpu_seconds"]])
    rows += [[f"**{f}**", f"**{share:.1%}**", "", ""] for f, share in summary["read_share"].items()]
    head = (
        f"Exact payloads read, of {summary['songs']} songs. Wrong payloads: {summary['wrong']}. PEAQ: mean "
        f"{summary['odg_mean']:.2f}, worst {summary['odg_min']:.2f}; SNR {summary['snr_mean_db']:.1f} dB.\n\n"
    )
    return head + runner.table(["attack", "read", "lowest score", "CPU s"], rows)


def bars(summary: dict[str, Any]) -> Figure:
    listed = summary["attacks"]
    plot, (ax,) = runner.figure(6, 1 + 0.15 * len(listed))
    shares = [row["read"] / summary["songs"] for row in listed.values()]
    ax.barh(range(len(listed)), shares, color="tab:blue")
    ax.set_yticks(range(len(listed)), list(listed), fontsize=6)
    ax.invert_yaxis()
    ax.set_xlabel(f"share of {summary['songs']} songs whose payload was read")
    return plot


def brief(document: dict[str, Any]) -> str:
    """One sentence on chains drawn at random, for the documents."""
    summary = document["summary"]
    chains, songs = len(summary["attacks"]), summary["songs"]
    return (
        f"{chains} chains drawn at random, for each of {songs} songs: a clip of 5 to 20 s, up to "
        f"two edits, MP3, AAC or Opus at 48 to 128 kbit/s. **{summary['read_share']['all']:.1%}** read, "
        f"{summary['wrong']} wrong ({runner.origin(document)}).\n"
    )


def main() -> None:
    parser = sounds.parser("robustness.audio", __doc__)
    parser.add_argument("--attacks", nargs="*", default=list(sound_attacks.ATTACKS), help="names [all]")
    parser.add_argument("--random", type=int, default=0, help="random chains instead, so many a song")
    options = parser.parse_args()
    if options.quick:
        options.attacks = QUICK
    if options.random:
        options.attacks = []
    tasks = [
        Task(path, options.seconds, options.seed, options.attacks, options.random)
        for path in sounds.paths(options.songs)
    ]
    outcomes = sorted(
        runner.spread(measure, tasks, jobs=options.jobs, label="song"), key=lambda outcome: outcome.song
    )
    summary = summarise(outcomes)
    document = {"outcomes": [vars(o) for o in outcomes], "summary": summary}
    runner.write(options, document, markdown(document), {options.name: bars(summary)})


if __name__ == "__main__":
    main()

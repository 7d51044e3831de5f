"""Detect in unmarked pictures and with wrong keys, and set the measured null law beside the derived one.

    python -m benchmarks.false_positives --photos FOLDER --detections 2000 -j 2

Half of the detections look at unmarked pictures, half at marked ones with a wrong key; each has a new key
and a picture of its own: a random cut of a photo, three times in four edited by a random chain of attacks.
One detection in ten more looks at a marked picture with the right key, for the histogram. The peers do not
take part: they have no detection and return some payload for any picture.

The score is a statistic in standard deviations whose signs nothing that searches has looked at; the derived
law bounds the share of pictures without this mark whose score reaches z, whatever the pictures are, by
`log10_p_statistic(z)` of `stamp.watermark.common.null_law`. The measured share must stay below that bound,
and is expected near the normal tail inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import stamp
from benchmarks.common import attacks, photos, runner, tools
from benchmarks.common.steps import Pixels, Rng
from stamp.watermark.common import null_law

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = UNMARKED, WRONG_KEY, MARKED = "unmarked", "wrong key", "marked"
LEVELS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)


@dataclass(frozen=True)
class Task:
    """The detections of one kind on one photo, by number: the number seeds everything else."""

    path: Path
    size: photos.Size
    seed: int
    kind: str
    numbers: range


@dataclass(frozen=True)
class Sample:
    kind: str
    photo: str
    edit: str
    present: bool
    correct: bool
    score: float
    threshold: float
    log10_p: float


def cut(pixels: Pixels, rng: Rng) -> Pixels:
    """A random part of the picture, a quarter of its area or more."""
    share = rng.uniform(0.5, 1, 2)
    h, w = (np.array(pixels.shape[:2]) * share).astype(int)
    y, x = rng.integers(0, pixels.shape[0] - h + 1), rng.integers(0, pixels.shape[1] - w + 1)
    return np.ascontiguousarray(pixels[y : y + h, x : x + w])


def measure(task: Task) -> list[Sample]:
    pixels = photos.load(task.path, task.size, task.seed)
    photo_seed = photos.seed_of(task.path, task.seed)
    owner = tools.Stamp(task.seed)
    payload = tools.payload_for(owner, photo_seed)
    if task.kind != UNMARKED:
        try:
            pixels = owner.embed(pixels, payload)
        except stamp.HostError:
            return []
    samples = []
    for number in task.numbers:
        rng = np.random.default_rng([photo_seed, number, KINDS.index(task.kind)])
        edit = attacks.random_chain(rng) if rng.random() < 0.75 else attacks.ATTACKS["none"]
        picture = edit(cut(pixels, rng), int(rng.integers(1 << 32)))
        key = owner.key if task.kind == MARKED else tools.key_from(int(rng.integers(1 << 62)), task.kind)
        found = stamp.detect(picture, key=key)
        samples.append(
            Sample(
                task.kind,
                task.path.name,
                edit.name,
                found.present,
                found.payload == payload,
                float(found.score),
                float(found.threshold),
                float(found.log10_p),
            )
        )
    return samples


def tasks_for(paths: list[Path], size: photos.Size, seed: int, detections: int) -> list[Task]:
    """`detections` null ones, dealt evenly to photos and kinds, and a tenth as many marked ones."""
    tasks = []
    for kind, wanted in ((UNMARKED, detections / 2), (WRONG_KEY, detections / 2), (MARKED, detections / 10)):
        each = -(-int(np.ceil(wanted)) // len(paths))
        for path in paths:
            # Small pieces keep all processes busy to the end.
            tasks += [
                Task(path, size, seed, kind, range(start, min(start + 25, each)))
                for start in range(0, each, 25)
            ]
    return tasks


def binomial_band(count: int, p: float) -> tuple[int, int]:
    """The 2.5 % and 97.5 % quantiles of the binomial law."""
    k = np.arange(count + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(k[1:]))])
    log_choose = log_factorial[-1] - log_factorial - log_factorial[::-1]
    below = np.cumsum(np.exp(log_choose + k * np.log(p) + (count - k) * np.log1p(-p)))
    return int(np.searchsorted(below, 0.025)), int(np.searchsorted(below, 0.975))


def exceedance(scores: NDArray[np.float64]) -> list[dict[str, float]]:
    """For each level z: how many of the null scores reach it, at most how many by the derived bound, how many
    by the normal tail, and the band that holds 95 % of such counts if the tail is normal."""
    count = len(scores)
    rows: list[dict[str, float]] = []
    for z in LEVELS:
        normal = 10 ** null_law.log10_normal_tail(z)
        low, high = binomial_band(count, normal)
        bound = count * 10 ** null_law.log10_p_statistic(z)
        measured = int(np.sum(scores >= z))
        rows.append(
            {"z": z, "bound": bound, "normal": count * normal, "low": low, "high": high, "measured": measured}
        )
    return rows


def summarise(samples: list[Sample]) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for kind in KINDS:
        mine = [sample for sample in samples if sample.kind == kind]
        scores = np.array([sample.score for sample in mine])
        over = scores - np.array([sample.threshold for sample in mine])
        summary[kind] = {
            "detections": len(mine),
            "present": sum(sample.present for sample in mine),
            "correct": sum(sample.present and sample.correct for sample in mine),
            "over_threshold": int((over >= 0).sum()),
            "score_mean": float(scores.mean()),
            "score_sd": float(scores.std()),
            "margin_max": float(over.max()),
            "log10_p_min": min(sample.log10_p for sample in mine),
        }
    null = np.array([sample.score for sample in samples if sample.kind != MARKED])
    summary["null_law"] = exceedance(null)
    summary["false_alarms"] = [vars(s) for s in samples if s.kind != MARKED and s.present]
    # Seen never in n trials: the rate is below 3/n with 95 % confidence (the rule of three).
    summary["rate_below_95"] = None if summary["false_alarms"] else 3 / len(null)
    return summary


def markdown(summary: dict[str, Any]) -> str:
    rows = [
        [
            kind,
            row["detections"],
            row["present"],
            row["correct"],
            row["over_threshold"],
            f"{row['score_mean']:.2f} ± {row['score_sd']:.2f}",
            f"{row['margin_max']:+.2f}",
            f"{row['log10_p_min']:.1f}",
        ]
        for kind, row in ((kind, summary[kind]) for kind in KINDS)
    ]
    header = ["pictures", "detections", "reported", "right payload", "score over its threshold", "score"]
    text = runner.table([*header, "highest score less threshold", "lowest log10 p"], rows)
    text += "\nThe null law: how many detections without a mark have a score of z or more.\n\n"
    text += runner.table(
        ["z", "at most, as derived", "normal tail", "its 95 % band", "measured"],
        [
            [
                f"{r['z']:g}",
                f"{r['bound']:.1f}",
                f"{r['normal']:.1f}",
                f"{r['low']}-{r['high']}",
                r["measured"],
            ]
            for r in summary["null_law"]
        ],
    )
    return text


def plots(samples: list[Sample], name: str) -> dict[str, Figure]:
    margins, [axes] = runner.figure(6.5, 4)
    over = {kind: [s.score - s.threshold for s in samples if s.kind == kind] for kind in KINDS}
    everything = [value for values in over.values() for value in values]
    bins = list(np.linspace(min(everything), max(everything), 100))
    for kind, values in over.items():
        axes.hist(values, bins, alpha=0.6, label=kind)
    axes.axvline(0, color="black", lw=1, label="threshold")
    axes.set_yscale("log")
    axes.set_xlabel("score less its threshold")
    axes.set_ylabel("detections")
    axes.legend(fontsize=8)

    law, [axes] = runner.figure(5.5, 4)
    x = np.linspace(0, 5, 101)
    for kind in (UNMARKED, WRONG_KEY):
        z = np.sort([sample.score for sample in samples if sample.kind == kind])
        axes.step(z, 1 - np.arange(len(z)) / len(z), where="pre", lw=1.2, label=f"measured, {kind}")
    axes.plot(x, [10 ** null_law.log10_normal_tail(z) for z in x], "k--", lw=1, label="normal tail")
    axes.plot(x, [10 ** null_law.log10_p_statistic(z) for z in x], "k-", lw=1, label="derived bound")
    axes.set_yscale("log")
    axes.set_xlim(0, 5)
    axes.set_ylim(0.3 / len(samples), 1.2)
    axes.set_xlabel("z")
    axes.set_ylabel("share of detections with that score or more")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    return {f"{name}_scores": margins, f"{name}_law": law}


def brief(document: dict[str, Any]) -> str:
    """The null law only, for the documents."""
    summary = document["summary"]
    null = [summary["unmarked"], summary["wrong key"]]
    detections, reported = (sum(row[key] for row in null) for key in ("detections", "present"))
    header = ["score of at least", "at most, as derived", "measured"]
    rows = [[f"{row['z']:g}", f"{row['bound']:.1f}", row["measured"]] for row in summary["null_law"]]
    return (
        f"{detections} detections on unmarked pictures and with wrong keys: **{reported} reported** "
        f"({runner.origin(document)}). How many of them had such a score:\n\n"
        + runner.table(header, rows)
        + "\n![score distribution, marked and unmarked](benchmarks/results/false_positives_scores.png)\n"
    )


def main() -> None:
    parser = runner.parser("false_positives", __doc__)
    parser.add_argument("--detections", type=int, default=2000, help="null detections [2000]")
    options = parser.parse_args()
    options.tools = ["stamp"]
    if options.quick:
        options.detections = min(options.detections, 48)
    paths, left_out = photos.usable(options.photos, options.size)
    tasks = tasks_for(paths, options.size, options.seed, options.detections)
    batches = runner.spread(measure, tasks, jobs=options.jobs, label="batch")
    samples = sorted((s for batch in batches for s in batch), key=lambda s: (s.kind, s.photo, s.edit))
    summary = summarise(samples)
    columns = {
        kind: [[s.score, s.threshold, s.log10_p, s.present] for s in samples if s.kind == kind]
        for kind in KINDS
    }
    document = {
        "photos": [path.name for path in paths],
        "left_out": left_out,
        "summary": summary,
        "score_threshold_log10p_present": columns,
    }
    runner.write(options, document, markdown(summary), plots(samples, options.name))

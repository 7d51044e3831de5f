"""Detect where no mark of the key is, and set the measured null law beside the derived one.

    python -m benchmarks.false_positives --photos FOLDER --detections 2000 -j 2

A third of the detections look at unmarked pictures, a third at marked ones with a wrong key, the rest, with
the keys of a ring (`--ring`), at ones that a key of another ring has marked, and at pages (screenshots,
collages) of photos that another key has marked. Each has new keys and a picture of its own: a random cut of a
photo, three times in four edited by a random chain of attacks. One detection in ten more looks at a marked
picture with the right key, for the histogram. The peers do not take part: they have no detection and return
some payload for any picture.

A detection reports the highest of all code words that its decodings came to, which are chosen to agree. The
law is about each single one: so payloads are drawn before a detection looks, and their code words are scored
in every attempt whose coded bits it looks at, each under one of the weightings that it may try, drawn as
well: under all of them, one payload that scores high would count many times. These scores have signs that
nothing looked at: the derived law bounds the share that reaches z, whatever the pictures are, by
`log10_p_statistic(z)` of `stamp.watermark.common.null_law`, and the normal tail lies inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

import stamp
from benchmarks.common import attacks, pages, photos, runner, tools
from benchmarks.common.steps import Pixels, Rng
from stamp.watermark.common import null_law
from stamp.watermark.common.soft_decoding import Decoded
from stamp.watermark.image.carrier import IMAGE, PILOT, carriers, variant_of
from stamp.watermark.image.decode import code_of, gains_from_pilots
from stamp.watermark.image.detect import detect
from stamp.watermark.image.grid import STANDARD
from stamp.watermark.image.observation import in_variant, under
from stamp.watermark.image.search import Attempt, ImageSearch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = UNMARKED, WRONG_KEY, WRONG_RING, PAGE, MARKED = (
    "unmarked",
    "wrong key",
    "wrong ring",
    "page",
    "marked",
)
NULL = KINDS[:-1]
SHARES = {UNMARKED: 1 / 3, WRONG_KEY: 1 / 3, WRONG_RING: 1 / 12, PAGE: 1 / 4, MARKED: 1 / 10}
LEVELS = (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0)
DRAWN = 512  # payloads of each detection


@dataclass(frozen=True)
class Task:
    """The detections of one kind on one photo, by number: the number seeds everything else. ring : keys."""

    path: Path
    size: photos.Size
    seed: int
    kind: str
    numbers: range
    ring: int


@dataclass(frozen=True)
class Sample:
    kind: str
    photo: str
    edit: str
    keys: int
    present: bool
    correct: bool
    score: float
    threshold: float
    log10_p: float
    drawn: int
    reached: tuple[int, ...]


class Drawn:
    """Payloads drawn before a detection, and how often their code words reach each of `LEVELS` in it."""

    def __init__(self, key: stamp.Key, rng: Rng) -> None:
        payloads = [rng.bytes(8) for _ in range(DRAWN)]
        self.key, self.carriers = key, carriers(key)
        self.variants = np.array([variant_of(payload, key, IMAGE) for payload in payloads])
        self.codes = np.array([code_of(payload, key, STANDARD) for payload in payloads])
        self.rng, self.scored = rng, 0
        self.reached = np.zeros(len(LEVELS), int)

    def look(self, search: ImageSearch, attempt: Attempt) -> None:
        """Score them in what an attempt sees."""
        o = under(attempt.observation, carriers(search.key, IMAGE), self.carriers)
        weights = np.array([gains_from_pilots(o), *(np.array(IMAGE.profiles) / np.sqrt(o.variance))])
        weights = weights[weights.any(1)]
        weights /= np.sqrt(weights**2 @ o.coded_energy + 1e-30)[:, None]
        chosen = self.rng.integers(len(weights), size=DRAWN)
        for variant in np.unique(self.variants):
            mine = self.variants == variant
            soft = in_variant(o, self.carriers, int(variant)).soft[:, :PILOT]
            scores = np.einsum("nb,nb->n", weights[chosen[mine]] @ soft, self.codes[mine])
            self.scored += scores.size
            self.reached += [(scores >= z).sum() for z in LEVELS]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Have a look at every attempt that is decoded."""
        decode = ImageSearch.decode_attempt

        def observed(search: ImageSearch, attempt: Attempt, *, promising: bool) -> Decoded | None:
            self.look(search, attempt)
            return decode(search, attempt, promising=promising)

        with mock.patch.object(ImageSearch, "decode_attempt", observed):
            yield


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
    if task.kind == WRONG_RING:
        owner.key = tools.key_from(task.seed, "master").member("owner")
    payload = tools.payload_for(owner, photo_seed)
    if task.kind != UNMARKED:
        try:
            pixels = owner.embed(pixels, payload)
        except stamp.HostError:
            return []
    return [sample(task, number, pixels, owner.key, payload) for number in task.numbers]


def sample(task: Task, number: int, pixels: Pixels, owner: stamp.Key, payload: bytes) -> Sample:
    """One detection. `pixels` : marked with `owner`, or not at all."""
    rng = np.random.default_rng([photos.seed_of(task.path, task.seed), number, KINDS.index(task.kind)])
    edit = attacks.random_chain(rng) if rng.random() < 0.75 else attacks.ATTACKS["none"]
    if task.kind == PAGE:
        kind = str(rng.choice(list(pages.KINDS)))
        count = pages.KINDS[kind][1]
        page = pages.draw(kind, [cut(pixels, rng) for _ in range(count)], rng)
        name, picture = kind, np.asarray(page.image.convert("RGB"))
    else:
        name, picture = edit.name, edit(cut(pixels, rng), int(rng.integers(1 << 32)))
    key = owner if task.kind == MARKED else tools.key_from(int(rng.integers(1 << 62)), task.kind)
    keys = [key.member(str(k)) for k in range(task.ring)] if task.kind == WRONG_RING else [key]
    drawn = Drawn(keys[0], rng)
    with drawn.watching():
        found = detect(picture, key=keys[0], ring=keys[1:])
    return Sample(
        task.kind,
        task.path.name,
        name,
        len(keys),
        found.present,
        found.payload == payload,
        float(found.score),
        float(found.threshold),
        float(found.log10_p),
        drawn.scored,
        tuple(int(n) for n in drawn.reached),
    )


def tasks_for(paths: list[Path], size: photos.Size, seed: int, detections: int, ring: int) -> list[Task]:
    """`detections` null ones, dealt evenly to photos, and a tenth as many marked ones."""
    tasks = []
    for kind, share in SHARES.items():
        each = -(-int(np.ceil(detections * share)) // len(paths))
        for path in paths:
            # Small pieces keep all processes busy to the end.
            tasks += [
                Task(path, size, seed, kind, range(start, min(start + 25, each)), ring)
                for start in range(0, each, 25)
            ]
    return tasks


def exceedance(samples: list[Sample]) -> list[dict[str, float]]:
    """For each level z: how many scores of drawn payloads reach it, at most how many by the derived bound,
    and how many by the normal tail."""
    drawn = sum(sample.drawn for sample in samples)
    reached = np.array([sample.reached for sample in samples]).sum(0)
    return [
        {
            "z": z,
            "bound": drawn * 10 ** null_law.log10_p_statistic(z),
            "normal": drawn * 10 ** null_law.log10_normal_tail(z),
            "measured": int(count),
        }
        for z, count in zip(LEVELS, reached, strict=True)
    ]


def summarise(samples: list[Sample]) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for kind in KINDS:
        mine = [sample for sample in samples if sample.kind == kind]
        scores = np.array([sample.score for sample in mine])
        over = scores - np.array([sample.threshold for sample in mine])
        summary[kind] = {
            "detections": len(mine),
            "keys": sum(sample.keys for sample in mine),
            "present": sum(sample.present for sample in mine),
            "correct": sum(sample.present and sample.correct for sample in mine),
            "over_threshold": int((over >= 0).sum()),
            "score_mean": float(scores.mean()),
            "score_sd": float(scores.std()),
            "margin_max": float(over.max()),
            "log10_p_min": min(sample.log10_p for sample in mine),
        }
    null = [sample for sample in samples if sample.kind != MARKED]
    summary["null_law"] = exceedance(null)
    summary["drawn"] = sum(sample.drawn for sample in null)
    summary["false_alarms"] = [vars(s) for s in samples if s.kind != MARKED and s.present]
    # Seen never in n trials: the rate is below 3/n with 95 % confidence (the rule of three).
    summary["rate_below_95"] = None if summary["false_alarms"] else 3 / len(null)
    return summary


def markdown(summary: dict[str, Any]) -> str:
    rows = [
        [
            kind,
            row["detections"],
            row["keys"],
            row["present"],
            row["correct"],
            row["over_threshold"],
            f"{row['score_mean']:.2f} ± {row['score_sd']:.2f}",
            f"{row['margin_max']:+.2f}",
            f"{row['log10_p_min']:.1f}",
        ]
        for kind, row in ((kind, summary[kind]) for kind in KINDS)
    ]
    header = [
        "pictures",
        "detections",
        "times keys",
        "reported",
        "right payload",
        "score over its threshold",
        "score",
    ]
    text = runner.table([*header, "highest score less threshold", "lowest log10 p"], rows)
    text += (
        f"\nThe null law: how many of {summary['drawn']:,} scores of payloads drawn beforehand reach z.\n\n"
    )
    text += runner.table(
        ["z", "at most, as derived", "normal tail", "measured"],
        [
            [f"{r['z']:g}", f"{r['bound']:.1f}", f"{r['normal']:.1f}", r["measured"]]
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
    rows = exceedance([sample for sample in samples if sample.kind != MARKED])
    drawn = sum(sample.drawn for sample in samples if sample.kind != MARKED)
    x = np.linspace(LEVELS[0], LEVELS[-1], 101)
    axes.plot([r["z"] for r in rows], [r["measured"] / drawn for r in rows], "o", label="measured")
    axes.plot(x, [10 ** null_law.log10_normal_tail(z) for z in x], "k--", lw=1, label="normal tail")
    axes.plot(x, [10 ** null_law.log10_p_statistic(z) for z in x], "k-", lw=1, label="derived bound")
    axes.set_yscale("log")
    axes.set_ylim(0.3 / drawn, 0.2)
    axes.set_xlabel("z")
    axes.set_ylabel("share of drawn payloads with that score or more")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    return {f"{name}_scores": margins, f"{name}_law": law}


def brief(document: dict[str, Any]) -> str:
    """The null law only, for the documents."""
    summary = document["summary"]
    null = [summary[kind] for kind in NULL]
    count = {key: sum(row[key] for row in null) for key in ("detections", "keys", "present")}
    pages_seen, rings = summary[PAGE]["detections"], summary[WRONG_RING]
    highest = max(row["margin_max"] for row in null)
    header = ["score of at least", "at most, as derived", "normal tail", "measured"]
    rows = [
        [f"{row['z']:g}", f"{row['bound']:.1f}", f"{row['normal']:.1f}", row["measured"]]
        for row in summary["null_law"]
    ]
    keys_of_a_ring = rings["keys"] // rings["detections"]
    return (
        f"{count['detections']} detections where no mark of the key is, {pages_seen} of pages and "
        f"{rings['detections']} with a ring of {keys_of_a_ring} keys, {count['keys']:,} pairs of picture and "
        f"key in all: **{count['present']} reported**, the highest score, of a frame whose "
        f"check of 32 bits need not hold, {-highest:.2f} below its threshold "
        f"({runner.origin(document)}). How many of {summary['drawn']:,} scores of payloads drawn beforehand "
        "are so high:\n\n"
        + runner.table(header, rows)
        + "\n![score distribution, marked and unmarked](benchmarks/results/false_positives_scores.png)\n"
    )


def main() -> None:
    parser = runner.parser("false_positives", __doc__)
    parser.add_argument("--detections", type=int, default=2000, help="null detections [2000]")
    parser.add_argument("--ring", type=int, default=5, help="keys of a ring [5]")
    options = parser.parse_args()
    options.tools = ["stamp"]
    if options.quick:
        options.detections = min(options.detections, 48)
    paths, left_out = photos.usable(options.photos, options.size)
    tasks = tasks_for(paths, options.size, options.seed, options.detections, options.ring)
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

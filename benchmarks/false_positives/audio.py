"""Look for marks in unmarked songs under many keys; the measured law of the score beside the derived one.

    python -m benchmarks.false_positives.audio --songs FOLDER --windows 10000 -j 2

A window is a clip of 8 s at a random place under a new key. Every window is placed by its pilots, and its
witnesses are scored; what is promising is decoded. One in fifty is a call of its own, with the search for
other tempi and pitches. Every other clip was marked, under another key.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import photos, runner, sounds, tools
from benchmarks.common.sounds import RATE
from stamp.watermark import stats
from stamp.watermark.audio import detect, embed
from stamp.watermark.audio.maps import Mapper
from stamp.watermark.audio.reader import Reader
from stamp.watermark.audio.sync import PERIOD_ROWS

LEVELS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
_SECONDS, _KEYS_A_CLIP, _SEARCHED = 8, 50, 1


@dataclass(frozen=True)
class Task:
    path: Path
    seed: int
    number: int


def measure(task: Task) -> tuple[list[float], int, int]:
    """One clip: the scores under `_KEYS_A_CLIP` keys, payloads reported, calls with the full search."""
    rng = np.random.default_rng([photos.seed_of(task.path, task.seed), task.number])
    song = sounds.load(task.path, 200)
    start = int(rng.integers(0, max(len(song) - _SECONDS * RATE, 1)))
    clip = song[start : start + _SECONDS * RATE]
    if task.number % 2:
        clip = embed(clip, rng.bytes(8), key=tools.key_from(task.seed, "owner"), sample_rate=RATE)
    mapper = Mapper(RATE, 2, PERIOD_ROWS)
    (stretch,) = [*mapper.push(clip), *mapper.flush()]
    scores, payloads = [], 0
    for _ in range(_KEYS_A_CLIP):
        reader = Reader(tools.key_from(int(rng.integers(1 << 62)), "null"), search=False)
        reader.read(stretch)
        scores.append(float(reader.best_score))
        payloads += reader.found is not None
    for _ in range(_SEARCHED):
        found = detect(clip, key=tools.key_from(int(rng.integers(1 << 62)), "null"), sample_rate=RATE)
        scores.append(found.score)
        payloads += found.present
    return scores, payloads, _SEARCHED


def markdown(document: dict[str, Any]) -> str:
    rows = [
        [f"{row['z']:g}", f"{row['measured']:.5f}", f"{row['normal']:.5f}", f"{row['bound']:.5f}"]
        for row in document["law"]
    ]
    return (
        f"{document['windows']} windows under as many keys, {document['searched']} of them with the full "
        f"search: **{document['reported']} reported**. In {document['promising']} some place was promising; "
        f"their highest score is {document['highest']:.2f}, and a payload needs its keyed check besides.\n\n"
    ) + runner.table(["score of at least", "measured share", "normal tail", "derived bound"], rows)


def main() -> None:
    parser = sounds.parser("false_positives.audio", __doc__)
    parser.add_argument("--windows", type=int, default=10000)
    options = parser.parse_args()
    windows = 300 if options.quick else options.windows
    songs = sounds.paths(options.songs)
    clips = -(-windows // _KEYS_A_CLIP)
    tasks = [Task(songs[n % len(songs)], options.seed, n) for n in range(clips)]
    results = list(runner.spread(measure, tasks, jobs=options.jobs, label="clip"))
    scores = np.array([s for found, _, _ in results for s in found if s != 0.0])
    total = sum(len(found) for found, _, _ in results)
    payloads = sum(p for _, p, _ in results)
    searched = sum(c for _, _, c in results)
    plot, (ax,) = runner.figure(5, 3.2)
    z = np.linspace(-1, 5, 100)
    ax.semilogy(np.sort(scores)[::-1], (np.arange(len(scores)) + 1) / len(scores), label="measured")
    ax.semilogy(z, [10 ** stats.log10_normal_tail(v) for v in z], label="normal tail")
    ax.semilogy(z, [10 ** stats.log10_p_statistic(v) for v in z], label="derived bound")
    ax.set_xlim(-1, 5)
    ax.set_xlabel("witness score")
    ax.legend()
    law = [
        {
            "z": level,
            "measured": float((scores >= level).mean()),
            "normal": 10 ** stats.log10_normal_tail(level),
            "bound": 10 ** stats.log10_p_statistic(level),
        }
        for level in LEVELS
    ]
    document = {
        "windows": total,
        "searched": searched,
        "reported": payloads,
        "promising": len(scores),
        "highest": float(scores.max()),
        "law": law,
    }
    runner.write(options, document, markdown(document), {options.name: plot})


if __name__ == "__main__":
    main()

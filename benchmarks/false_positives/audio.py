"""Look for marks in unmarked songs under many keys; the measured law of the score beside the derived one.

    python -m benchmarks.false_positives.audio --songs FOLDER --windows 10000 -j 2

A window is a clip of 21 s at a random place of a song under a new key: sixty keys look at twenty clips each.
It is aligned by its pilots, its detection chips are scored there, and it is read if the alignment is
promising, as the detector does. Some clips are looked at with the search for other tempi and pitches besides.
Every other song was marked, under another key.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import photos, runner, sounds, tools
from benchmarks.common.sounds import RATE
from stamp.watermark.audio import detect, embed, sync
from stamp.watermark.audio.decode import detection_score, gains_from_pilots, observe
from stamp.watermark.audio.maps import Mapper
from stamp.watermark.audio.reader import PROMISING, Reader
from stamp.watermark.audio.sync import PERIOD_ROWS
from stamp.watermark.common import null_law

LEVELS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
_SECONDS, _KEYS, _CLIPS, _SEARCHED = 21, 60, 20, 3
WINDOWS_A_TASK = _KEYS * _CLIPS


@dataclass(frozen=True)
class Task:
    path: Path
    seed: int
    number: int


def measure(task: Task) -> tuple[list[float], int, int]:
    """Scores of all windows, payloads reported, calls with the full search."""
    rng = np.random.default_rng([photos.seed_of(task.path, task.seed), task.number])
    song = sounds.load(task.path, 120)
    if task.number % 2:
        song = embed(song, rng.bytes(8), key=tools.key_from(task.seed, "owner"), sample_rate=RATE)
    stretches, clips = [], []
    for start in rng.integers(0, max(len(song) - _SECONDS * RATE, 1), _CLIPS):
        clips.append(song[start : start + _SECONDS * RATE])
        mapper = Mapper(RATE, 2, PERIOD_ROWS)
        stretches += [*mapper.push(clips[-1]), *mapper.flush()]
    scores, reported = [], 0
    for _ in range(_KEYS):
        key = tools.key_from(int(rng.integers(1 << 62)), "null")
        for stretch in stretches:
            alignment = sync.plain_alignments(stretch.rows, key, 1)[0]
            observation = observe(stretch.rows, key, alignment)
            scores.append(detection_score(observation, gains_from_pilots(observation)))
            if alignment.score >= PROMISING:
                reader = Reader(key, search=False)
                reader.read(stretch)
                reported += reader.found is not None
    for clip in clips[:_SEARCHED]:
        found = detect(clip, key=tools.key_from(int(rng.integers(1 << 62)), "null"), sample_rate=RATE)
        reported += found.present
    return scores, reported, _SEARCHED


def markdown(document: dict[str, Any]) -> str:
    rows = [
        [f"{row['z']:g}", f"{row['measured']:.5f}", f"{row['normal']:.5f}", f"{row['bound']:.5f}"]
        for row in document["law"]
    ]
    return (
        f"{document['windows']} windows, and {document['searched']} calls with the full search: "
        f"**{document['reported']} reported**. The highest score is {document['highest']:.2f}; a payload "
        "needs its keyed check besides. How many windows reached a score:\n\n"
    ) + runner.table(["score of at least", "measured share", "normal tail", "derived bound"], rows)


def main() -> None:
    parser = sounds.parser("false_positives.audio", __doc__)
    parser.add_argument("--windows", type=int, default=10000)
    options = parser.parse_args()
    windows = WINDOWS_A_TASK if options.quick else options.windows
    songs = sounds.paths(options.songs)
    count = -(-windows // WINDOWS_A_TASK)
    tasks = [Task(songs[n % len(songs)], options.seed, n) for n in range(count)]
    results = list(runner.spread(measure, tasks, jobs=options.jobs, label="song"))
    scores = np.array([s for found, _, _ in results for s in found])
    plot, (ax,) = runner.figure(5, 3.2)
    z = np.linspace(-1, 5, 100)
    ax.semilogy(np.sort(scores)[::-1], (np.arange(len(scores)) + 1) / len(scores), label="measured")
    ax.semilogy(z, [10 ** null_law.log10_normal_tail(v) for v in z], label="normal tail")
    ax.semilogy(z, [10 ** null_law.log10_p_statistic(v) for v in z], label="derived bound")
    ax.set_xlim(-1, 5)
    ax.set_xlabel("detection score")
    ax.legend()
    law = [
        {
            "z": level,
            "measured": float((scores >= level).mean()),
            "normal": 10 ** null_law.log10_normal_tail(level),
            "bound": 10 ** null_law.log10_p_statistic(level),
        }
        for level in LEVELS
    ]
    document = {
        "windows": len(scores),
        "searched": sum(searched for _, _, searched in results),
        "reported": sum(reported for _, reported, _ in results),
        "highest": float(scores.max()),
        "law": law,
    }
    runner.write(options, document, markdown(document), {options.name: plot})


if __name__ == "__main__":
    main()

"""Do excerpts of a song agree with it, and other songs not?

    python -m benchmarks.matching_songs --songs FOLDER

Ten seconds of each song are attacked and compared with the whole song (`stamp.matching.songs`): how high the
correlation of fine detail is, and whether the span is right to within half a second. Then each song is
compared with the others, which is what a song looks like that only carries another one's mark.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import runner, sounds
from benchmarks.common.sound_attacks import ATTACKS
from benchmarks.common.sounds import RATE
from stamp.matching.songs import SONG_AGREES, align_songs

CASES = (
    *(
        "none",
        "MP3 64",
        "AAC 48",
        "Opus 32",
        "lowpass 4 kHz",
        "equaliser",
        "compressor",
        "noise 10 dB",
        "echo",
    ),
    *("reverb", "voice 0 dB", "voice +10 dB", "speed 1.02", "speed 1.05", "tempo 1.05", "YouTube", "mixtape"),
)
LENGTH = 10


def looks(task: tuple[int, list[Path], float, int]) -> list[tuple[str, float, bool]]:
    """Case, correlation, and whether the span is right, of all comparisons of one song."""
    number, paths, seconds, seed = task
    whole = sounds.load(paths[number], seconds)
    start = int(0.4 * len(whole))
    excerpt = whole[start : start + LENGTH * RATE]
    made = []
    for case in CASES:
        found = align_songs(whole, ATTACKS[case](excerpt, seed), RATE)
        first = found.work_span[0] - found.speed * found.find_span[0] if found else -1
        made.append((case, found.correlation if found else 0.0, abs(first - start / RATE) < 0.5))
    for other in [*paths[number + 1 :], *paths[:number]][:4]:
        found = align_songs(whole, sounds.load(other, seconds), RATE)
        made.append(("another song", found.correlation if found else 0.0, False))
    return made


def main() -> None:
    options = sounds.parser("matching_songs", __doc__).parse_args()
    least, found = 25 * RATE, sounds.paths(options.songs)
    paths = [path for path in found if len(sounds.load(path, options.seconds)) > least]
    paths = paths[: 3 if options.quick else None]
    tasks = [(number, paths, options.seconds, options.seed) for number in range(len(paths))]
    made: dict[str, list[tuple[float, bool]]] = {}
    for some in runner.spread(looks, tasks, jobs=options.jobs, label="songs"):
        for case, correlation, right in some:
            made.setdefault(case, []).append((correlation, right))
    header = ["case", "songs", "right span", "lowest", "median", "highest", f"{SONG_AGREES:g} or more"]
    rows = []
    for case, each in made.items():
        figures = np.array([correlation for correlation, _ in each])
        spread = [f"{value:.3f}" for value in (figures.min(), np.median(figures), figures.max())]
        right = sum(right for _, right in each)
        rows.append([case, len(each), right, *spread, int(np.sum(figures >= SONG_AGREES))])
    document: dict[str, Any] = {
        "songs": [path.name for path in paths],
        "cases": {case: sorted(round(value, 4) for value, _ in each) for case, each in made.items()},
    }
    runner.write(options, document, runner.table(header, rows), {})


if __name__ == "__main__":
    main()

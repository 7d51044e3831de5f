"""How fast songs are marked and read on one core, and what memory that takes.

    python -m benchmarks.speed.audio --songs FILE

Each case runs in a process of its own; the peak of its memory is its own, interpreter and packages included.
Time is CPU time of the process without decoding the file.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from benchmarks.common import runner, sounds, tools
from benchmarks.common.sounds import RATE, Samples
from stamp.watermark.audio import Detector, Embedder

CASES = [
    ("embed", 45, False),
    ("detect, marked", 45, False),
    ("detect, unmarked, no search", 45, False),
    ("detect, unmarked, full search", 45, True),
    ("embed", 1800, False),
    ("detect, unmarked, no search", 1800, False),
]


def run(case: tuple[str, int, bool], path: Any) -> dict[str, Any]:
    what, seconds, search = case
    key = tools.key_from(1, "owner")
    song = sounds.load(path, 45)

    def pieces() -> Any:
        for _ in range(0, seconds, 45):
            for start in range(0, len(song), RATE):
                yield song[start : start + RATE]

    def marked(source: Any) -> Any:
        embedder = Embedder(bytes(8), key=key, sample_rate=RATE, channels=2)
        for piece in source:
            yield embedder.push(piece)
        yield embedder.flush()

    source = list(marked(pieces())) if what == "detect, marked" else pieces()
    Embedder(bytes(8), key=key, sample_rate=RATE, channels=2)  # tables of the key and the bands
    began = time.process_time()
    length = _drain(marked(source)) if what == "embed" else _detected(source, key, search)
    cpu = time.process_time() - began
    played = length / RATE
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "case": what,
        "seconds": round(played),
        "cpu_seconds": round(cpu, 3),
        "times_real_time": round(played / cpu),
        "peak_mb": round(peak),
    }


def _drain(source: Any) -> int:
    return sum(len(piece) for piece in source)


def _detected(source: Any, key: Any, search: bool) -> int:
    detector = Detector(key, sample_rate=RATE, channels=2, search=search)
    length = 0
    for piece in source:
        piece: Samples = np.asarray(piece)
        detector.push(piece)
        length += len(piece)
    detector.result()
    return length


def markdown(document: dict[str, Any]) -> str:
    header = ["what", "sound, s", "CPU, s", "times real time", "peak memory, MB"]
    return runner.table(header, [list(row.values()) for row in document["cases"]])


def main() -> None:
    options = sounds.parser("speed.audio", __doc__).parse_args()
    path = sounds.paths(options.songs)[0]
    rows = []
    for case in CASES[: 4 if options.quick else None]:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            rows.append(pool.submit(run, case, path).result())
    document = {"cases": rows}
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

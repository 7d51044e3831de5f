"""Windows of clips that do not carry the key's mark: how many are reported, and how the scores lie to the
bound.

    python -m benchmarks.false_positives.video --clips FOLDER --windows 2000 --searched 100

Half of the windows are unmarked, half marked under another key. Each window has a random number of frames of
a random clip, some of them mirrored or cut, and is read with a new key: as it stands, and `--searched` of
them in every geometry.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

import stamp
from benchmarks.common import clips, runner
from stamp.watermark import stats
from stamp.watermark.video import Embedder
from stamp.watermark.video.evidence import Evidence, details_of, working
from stamp.watermark.video.look import Sight
from stamp.watermark.video.scheme import displayed

PER_CLIP = 48  # frames, six a second


def frames_of(path: Path, rng: np.random.Generator) -> list[list[Any]]:
    """Working frames of a clip: unmarked, and marked under a key that nobody looks with."""
    kept: list[list[Any]] = [[], []]
    embedder: Embedder | None = None
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        step = max(round(float(stream.average_rate or 24) / 6), 1)
        for number, frame in enumerate(container.decode(stream)):
            if number % step == 0:
                plane = frame.to_ndarray(format="gray")
                kept[0].append(working(plane, 255.0))
                if embedder is None:
                    key = stamp.Key(rng.bytes(32), "other")
                    embedder = Embedder(rng.bytes(8), key=key, size=plane.shape)
                marked = plane.copy()
                embedder.mark(marked)
                kept[1].append(working(marked, 255.0))
            if len(kept[0]) == PER_CLIP:
                break
    return kept


def measure(task: tuple[Path, int, int, int]) -> list[dict[str, Any]]:
    path, windows, searched, seed = task
    rng = np.random.default_rng(clips.seed_of(path, seed))
    frames = frames_of(path, rng)
    results = []
    for number in range(windows):
        chosen = frames[number % 2]
        start = int(rng.integers(0, len(chosen)))
        mirrored, cut = bool(rng.random() < 0.3), rng.random() < 0.5
        evidence = Evidence()
        top, left = (int(rng.integers(0, 40)) for _ in range(2)) if cut else (0, 0)
        for frame in chosen[start : start + int(rng.integers(1, 25))]:
            view = frame[top:, left:][:, :: -1 if mirrored else 1]
            evidence.add(details_of(np.ascontiguousarray(view)), view.shape)
        sight = Sight(stamp.Key(rng.bytes(32), "random"))
        found = sight.look(evidence.picture(), displayed(evidence.shape, None), search=number < searched)
        assert sight.best is not None
        results.append({"score": sight.best.score, "found": found is not None})
    return results


def markdown(document: dict[str, Any]) -> str:
    scores = np.array(document["scores"])
    text = (
        f"{document['windows']} windows, {document['searched']} of them with the whole search: "
        f"{document['payloads']} payloads and {document['present']} marks without a payload were reported. "
        f"Highest score {scores.max():.2f}.\n\n"
    )
    rows = [
        [
            f"{z:g}",
            f"{np.mean(scores >= z):.5f}",
            f"{10 ** stats.log10_normal_tail(z):.5f}",
            f"{10 ** stats.log10_p_statistic(z):.5f}",
        ]
        for z in (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
    ]
    return text + runner.table(["score", "windows that reach it", "normal tail", "bound"], rows)


def main() -> None:
    parser = clips.parser("false_positives.video", __doc__)
    parser.add_argument("--windows", type=int, default=2000)
    parser.add_argument("--searched", type=int, default=100, help="of the windows, with the whole search")
    parser.set_defaults(name="false_positives_video")
    options = parser.parse_args()
    paths = clips.find(options.clips)
    share = -(-options.windows // len(paths)), -(-options.searched // len(paths))
    tasks = [(path, *share, options.seed) for path in paths]
    results = [
        row for rows in runner.spread(measure, tasks, jobs=options.jobs, label="clips") for row in rows
    ]
    scores = [row["score"] for row in results]
    document = {
        "windows": len(results),
        "searched": share[1] * len(paths),
        "payloads": sum(row["found"] for row in results),
        "present": sum(score >= stats.THRESHOLD_ALONE for score in scores),
        "scores": [round(score, 4) for score in scores],
    }
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

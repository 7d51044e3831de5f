"""Windows of clips that do not carry the key's mark: how many are reported, and how the scores lie to the
bound.

    python -m benchmarks.false_positives.video --clips FOLDER --windows 10000 --searched 100

Half of the windows are unmarked, half marked under another key. Each window has a random number of frames of
a clip, some of them mirrored or cut, with random weights. It is read with ten new keys, each of which counts:
as it stands, and `--searched` of them in every geometry. Beside what is reported stand the highest score of
all frames that the decoder made of such windows, and the scores of one frame each that nobody chose, which
the law is about.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

import stamp
from benchmarks.common import clips, runner
from stamp.watermark.common import null_law
from stamp.watermark.image.carrier import carriers
from stamp.watermark.image.decode import code_score
from stamp.watermark.image.grid import resize
from stamp.watermark.image.observation import observe_plane
from stamp.watermark.video import Embedder
from stamp.watermark.video.accumulator import SUM, Accumulator, details_of, working
from stamp.watermark.video.key_reader import KeyReader
from stamp.watermark.video.scheme import CLIP, code_of, displayed

PER_CLIP = 24  # frames, six a second
VIEWS = 4  # ways in which the frames of a clip are mirrored and cut
KEYS = 10  # for each window


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


def view(frames: list[Any], rng: np.random.Generator) -> list[tuple[Any, tuple[int, int]]]:
    """The frames, all mirrored and cut in the same way: details and shape."""
    step = -1 if rng.random() < 0.3 else 1
    top, left = (int(n) for n in rng.integers(0, 40, 2)) if rng.random() < 0.5 else (0, 0)
    cut = [np.ascontiguousarray(frame[top:, left:][:, ::step]) for frame in frames]
    return [(details_of(frame), frame.shape) for frame in cut]


def unchosen(picture: Any, shape: tuple[int, int], key: stamp.Key, payload: bytes) -> float:
    """The score of the frame of `payload`, as the picture stands."""
    o = observe_plane(resize(picture, shape), carriers(key, CLIP), measure=SUM)
    return code_score(o, np.array(CLIP.profiles[0]) / np.sqrt(o.variance), code_of(payload, key))


def measure(task: tuple[Path, int, int, int]) -> list[dict[str, Any]]:
    path, windows, searched, seed = task
    rng = np.random.default_rng(clips.seed_of(path, seed))
    hosts = frames_of(path, rng)
    results: list[dict[str, Any]] = []
    for number in range(2 * VIEWS):
        details = view(hosts[number % 2], rng)
        upto = windows * (number + 1) // (2 * VIEWS)
        while len(results) < upto:
            start = int(rng.integers(0, len(details)))
            accumulator = Accumulator()
            for detail, shape in details[start : start + int(rng.integers(1, 25))]:
                accumulator.add(detail, shape, float(rng.uniform(0.5, 2)))
            picture = accumulator.picture()
            for _ in range(min(KEYS, upto - len(results))):
                key, shape = stamp.Key(rng.bytes(32), "random"), displayed(accumulator.shape, None)
                reader = KeyReader(key)
                far = len(results) * searched // windows != (len(results) + 1) * searched // windows
                found = reader.attempt(picture, shape, search=far)
                if far and found is None:
                    found = reader.search_exhaustively()
                assert reader.best is not None
                score = unchosen(picture, shape, key, rng.bytes(8))
                results.append({"score": score, "read": reader.best.score, "found": found is not None})
    return results


def markdown(document: dict[str, Any]) -> str:
    scores = np.array(document["scores"])
    text = (
        f"{document['windows']} windows, {document['searched']} of them with the whole search: "
        f"{document['payloads']} payloads were reported. The highest score of a frame that was read: "
        f"{document['highest']:.2f}; {null_law.threshold_after(1, null_law.CHOSEN):.2f} would be needed. "
        "Of frames that nobody chose:\n\n"
    )
    rows = [
        [
            f"{z:g}",
            f"{np.mean(scores >= z):.5f}",
            f"{10 ** null_law.log10_normal_tail(z):.5f}",
            f"{10 ** null_law.log10_p_statistic(z):.5f}",
        ]
        for z in (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
    ]
    return text + runner.table(["score", "windows that reach it", "normal tail", "bound"], rows)


def main() -> None:
    parser = clips.parser("false_positives.video", __doc__)
    parser.add_argument("--windows", type=int, default=10000)
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
        "highest": max(row["read"] for row in results),
        "scores": [round(score, 4) for score in scores],
    }
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

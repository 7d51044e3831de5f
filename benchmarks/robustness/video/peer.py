"""invisible-watermark on the frames of clips: what is left of it after a few of the same renditions.

    python -m benchmarks.robustness.video.peer --clips FOLDER --seconds 3

It marks pictures only, so every frame is marked (dwtDct, 32 bits) and kept without loss until the attack.
Some twelve frames a clip are read: each by itself, and all together by a majority for every bit, which
it does not offer and which favours it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.common import clips, runner, tools
from benchmarks.robustness.video import attacks

TOOL = "dwtDct"
RENDITIONS: dict[str, tuple[attacks.Step, ...]] = {
    "none, and not coded": (),
    "x264 crf 18": (attacks.Quality(18),),
    "x264 crf 23": (attacks.Quality(23),),
    "mirror": (attacks.EDITS["mirror"],),
    "zoom 5 %": (attacks.EDITS["zoom 5 %"],),
    "YouTube 720p AVC": (attacks.RENDITIONS["YouTube 720p AVC"],),
    "TikTok 540p AVC": (attacks.RENDITIONS["TikTok 540p AVC"],),
}
READ = 12  # frames of a clip


def mark(source: Path, target: Path, tool: tools.Tool, payload: bytes) -> None:
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        stream = reader.streams.video[0]
        rate = Fraction(stream.average_rate or 25)
        coded = writer.add_stream("ffv1", rate=rate)
        coded.width, coded.height, coded.pix_fmt = stream.width, stream.height, "bgr0"
        for frame in reader.decode(stream):
            marked = tool.embed(frame.to_ndarray(format="rgb24"), payload)
            writer.mux(coded.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(marked), format="rgb24")))
        writer.mux(coded.encode())


def frames_of(path: Path) -> Iterator[Any]:
    with av.open(str(path)) as reader:
        total = sum(1 for _ in reader.demux(video=0))
        reader.seek(0)
        for number, frame in enumerate(reader.decode(video=0)):
            if number % max(total // READ, 1) == 0:
                yield frame.to_ndarray(format="rgb24")


def read(path: Path, tool: tools.Tool, payload: bytes) -> dict[str, Any]:
    said = [payload_read for frame in frames_of(path) if (payload_read := tool.read(frame)) is not None]
    bits = np.array([np.unpackbits(np.frombuffer(one, np.uint8)) for one in said])
    majority = np.packbits(bits.mean(0) > 0.5).tobytes() if said else None
    return {"frames": len(said), "exact": sum(one == payload for one in said), "joint": majority == payload}


def measure(task: tuple[Path, float, int]) -> dict[str, Any]:
    path, seconds, seed = task
    tool = tools.make(TOOL, seed)
    payload = np.random.default_rng(clips.seed_of(path, seed)).bytes(tool.bits // 8)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        host, marked = folder / "host.mp4", folder / "marked.mkv"
        clips.cut(path, host, seconds=seconds)
        mark(host, marked, tool, payload)
        return {
            "clip": path.name,
            "attacks": {
                attack: read(attacks.apply(steps, marked, folder), tool, payload)
                for attack, steps in RENDITIONS.items()
            },
        }


def markdown(document: dict[str, Any]) -> str:
    rows = []
    for attack in RENDITIONS:
        results = [clip["attacks"][attack] for clip in document["clips"]]
        frames, exact = (sum(result[name] for result in results) for name in ("frames", "exact"))
        rows.append([attack, f"{exact} of {frames}", f"{sum(r['joint'] for r in results)} of {len(results)}"])
    head = "invisible-watermark (dwtDct, 32 bits) on every frame:\n\n"
    return head + runner.table(["what happened", "frames read", "clips read, all frames together"], rows)


def main() -> None:
    parser: argparse.ArgumentParser = clips.parser("robustness.video.peer", __doc__, seconds=3)
    parser.set_defaults(name="robustness_video_peer", tools=[TOOL])
    options = parser.parse_args()
    tasks = [(path, options.seconds, options.seed) for path in clips.find(options.clips)]
    rows = sorted(
        runner.spread(measure, tasks, jobs=options.jobs, label="clips"), key=lambda row: str(row["clip"])
    )
    document = {"clips": rows}
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

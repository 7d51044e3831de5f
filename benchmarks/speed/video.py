"""CPU time of marking and reading clips, in units of the same work without a mark.

    python -m benchmarks.speed.video --clips FILE --seconds 10

Marking is held against a plain transcode by PyAV with the same encoder and settings, in one process, taking
slices of ten frames: by the embedder in that same loop, and by `embed_file`, which reads the mark back and
measures the fidelity, too; reading against decoding the file. CPU time of all threads of the process, median
of the repeats.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

import stamp
from benchmarks.common import clips, runner
from benchmarks.common.scenes import first_scene
from benchmarks.speed.interleaved import Pause, interleave
from stamp.core.options import EmbedOptions
from stamp.watermark.video import Embedder

Plane = NDArray[np.uint8]
TURN = 10  # frames
KEY, PAYLOAD = stamp.Key(bytes(range(32)), "benchmark"), bytes.fromhex("0123456789abcdef")


def transcode(
    source: Path, target: Path, preset: str, mark: Callable[[Plane], None] | None, pause: Pause
) -> None:
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        stream = reader.streams.video[0]
        stream.thread_type = "AUTO"
        coded = writer.add_stream(
            "libx264", rate=stream.average_rate, options={"preset": preset, "crf": "20"}
        )
        coded.width, coded.height, coded.pix_fmt = stream.width, stream.height, "yuv420p"
        coded.codec_context.time_base = stream.time_base
        for number, frame in enumerate(reader.decode(stream), 1):
            if mark is not None:
                frame.make_writable()
                mark(clips.luma_of(frame))
            frame.pict_type = 0
            writer.mux(coded.encode(frame))
            if number % TURN == 0:
                pause()
        writer.mux(coded.encode())


def embed_file(source: Path, target: Path, preset: str, pause: Pause) -> None:
    paused_at = 0

    def progress(done: int, _: int) -> None:
        nonlocal paused_at
        if done >= paused_at + TURN:
            paused_at = done
            pause()

    options = EmbedOptions(crf=20, preset=preset)
    stamp.embed_file(source, target, PAYLOAD, key=KEY, options=options, overwrite=True, progress=progress)


def decode(source: Path) -> None:
    with av.open(str(source)) as reader:
        reader.streams.video[0].thread_type = "AUTO"
        for _ in reader.decode(video=0):
            pass


def cpu(job: Callable[[], Any]) -> float:
    began = time.process_time()
    job()
    return time.process_time() - began


def measure(path: Path, seconds: float, repeats: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        host, plain, marked = folder / "host.mp4", folder / "plain.mp4", folder / "marked.mp4"
        clips.cut(path, host, seconds=seconds)
        shape, (_, wanted) = clips.shape_of(host), first_scene(host)
        row: dict[str, Any] = {"clip": path.name, "size": f"{shape.width}x{shape.height}"}
        for preset in ("veryfast", "medium"):
            ratios, whole = [], []
            for _ in range(repeats):
                embedder = Embedder(PAYLOAD, key=KEY, size=(shape.height, shape.width))
                mark = partial(embedder.mark, allocation=wanted)
                spent = interleave(
                    {
                        "plain": partial(transcode, host, plain, preset, None),
                        "marking": partial(transcode, host, folder / "marking.mp4", preset, mark),
                        "whole": partial(embed_file, host, marked, preset),
                    }
                )
                ratios.append(spent["marking"] / spent["plain"])
                whole.append(spent["whole"] / spent["plain"])
            row[preset], row[f"{preset}_file"] = statistics.median(ratios), statistics.median(whole)
            row[f"{preset}_file_repeats"] = whole
        for kind, file in (("marked", marked), ("unmarked", plain)):
            decoding = cpu(lambda: decode(file))  # noqa: B023
            row[f"{kind}_decode_s"] = decoding
            row[f"{kind}_detect_s"] = cpu(
                lambda: stamp.detect_file(file, keys=KEY, first=True)  # noqa: B023
            )
        return row


HEADS = [
    "clip",
    "size",
    "marking, veryfast",
    "`embed_file`",
    "marking, medium",
    "`embed_file`",
    "decode marked, s",
    "read marked, s",
    "decode unmarked, s",
    "search unmarked, s",
]


def markdown(document: dict[str, Any]) -> str:
    rows = document["clips"]
    names = [name for name, value in rows[0].items() if isinstance(value, float)]
    return runner.table(
        HEADS, [[row["clip"], row["size"], *(f"{row[name]:.2f}" for name in names)] for row in rows]
    )


def main() -> None:
    parser = clips.parser("speed.video", __doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.set_defaults(name="speed_video")
    options = parser.parse_args()
    rows = [measure(path, options.seconds, options.repeats) for path in clips.find(options.clips)]
    document = {"clips": rows}
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

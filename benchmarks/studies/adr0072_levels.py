"""ADR 72. What each level of the video mark costs, and how much of it comes through.

    python -m benchmarks.studies.adr0072_levels --clips FOLDER

Each clip is marked in one level at a time, as strongly as `stamp` would mark it in all, and kept without
loss. Costs are what VMAF loses and the bits at x264 medium crf 20. What came through is how far the coded
bits agree with the code that was put in, in standard deviations over all frames at the known geometry; some
13 are needed.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

import stamp
from benchmarks.common import clips, runner
from benchmarks.common.scenes import first_scene
from benchmarks.fidelity.video import coded_bytes, compared
from benchmarks.robustness.video import attacks
from benchmarks.studies import RESULTS
from stamp.media.video.frames import watched
from stamp.watermark.image.carrier import carriers
from stamp.watermark.image.grid import resize
from stamp.watermark.image.observation import observe_plane
from stamp.watermark.video import USUAL, Allocation, Embedder
from stamp.watermark.video.accumulator import SUM, Accumulator, details_of, working
from stamp.watermark.video.detect import SIZE_EXPONENT
from stamp.watermark.video.key_reader import agreement
from stamp.watermark.video.scheme import CLIP, displayed

LEVELS = {
    level: replace(USUAL.shares, levels=(0.0, *(float(level == other) for other in (2, 3, 4))))
    for level in (2, 3, 4)
}
PAYLOAD = bytes.fromhex("0123456789abcdef")
CHANNELS = ("x264 crf 33", "YouTube 360p AVC", "Instagram 720p VP9")
EXCERPT = "3 s + YouTube 480p VP9"


def mark(source: Path, target: Path, key: stamp.Key, wanted: Allocation) -> None:
    """x264 without loss, luma marked with `wanted`."""
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        stream = reader.streams.video[0]
        lossless = {"qp": "0", "preset": "ultrafast"}
        coded = writer.add_stream("libx264", Fraction(stream.average_rate or 25), lossless)
        coded.width, coded.height, coded.pix_fmt = stream.width, stream.height, stream.pix_fmt
        coded.codec_context.time_base = stream.time_base
        for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
            setattr(coded.codec_context, name, getattr(stream.codec_context, name))
        embedder = Embedder(PAYLOAD, key=key, size=(stream.height, stream.width))
        for picture in reader.decode(stream):
            picture.make_writable()
            embedder.mark(clips.luma_of(picture), wanted)
            writer.mux(coded.encode(picture))
        writer.mux(coded.encode())


def deviations(path: Path, key: stamp.Key) -> float:
    """How far the coded bits of a clip agree with those of `PAYLOAD`."""
    accumulator, shape = Accumulator(), (0, 0)
    with watched(path) as watching:
        assert watching is not None
        for look in watching[1]:
            picture = working(look.luma, 255.0)
            shape = look.luma.shape[0], look.luma.shape[1]
            accumulator.add(
                details_of(picture), (picture.shape[0], picture.shape[1]), look.size**SIZE_EXPONENT
            )
    plane = resize(accumulator.picture(), displayed(shape, None))
    seen = observe_plane(plane, carriers(key, CLIP), measure=SUM)
    return agreement(seen, PAYLOAD, key)


def measure(task: tuple[Path, float, int]) -> list[dict[str, Any]]:
    path, seconds, seed = task
    key = stamp.Key(np.random.default_rng(clips.seed_of(path, seed)).bytes(32), "benchmark")
    channels: dict[str, tuple[attacks.Step, ...]] = {name: (attacks.RENDITIONS[name],) for name in CHANNELS}
    channels[EXCERPT] = attacks.excerpts(seconds / 3)[EXCERPT]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        host, marked, log = folder / "host.mp4", folder / "marked.mp4", folder / "vmaf.json"
        clips.cut(path, host, seconds=seconds)
        shape = clips.shape_of(host)
        bits, wanted = first_scene(host)
        perfect, plain = compared(host, host, log)["vmaf"], coded_bytes(host, folder)
        for level, shares in LEVELS.items():
            mark(host, marked, key, Allocation(wanted.gain, shares))
            cost = compared(marked, host, log)
            rows.append(
                {
                    "clip": path.name,
                    "difficulty": bits,
                    "level": level,
                    "psnr_db": cost["psnr_db"],
                    "vmaf_loss": perfect - cost["vmaf"],
                    "price_percent": 100 * (coded_bytes(marked, folder) / plain - 1),
                    "deviations": {
                        channel: deviations(attacks.apply(steps, marked, folder), key)
                        for channel, steps in channels.items()
                        if attacks.offered(steps, shape)
                    },
                }
            )
    return rows


def markdown(document: dict[str, Any]) -> str:
    channels = [*CHANNELS, EXCERPT]
    head = ["clip", "bits per pixel", "level", "PSNR, dB", "VMAF lost", "bits, %", *channels]
    body = [
        [
            row["clip"],
            f"{row['difficulty']:.4f}",
            row["level"],
            f"{row['psnr_db']:.1f}",
            f"{row['vmaf_loss']:.2f}",
            f"{row['price_percent']:+.1f}",
            *(f"{row['deviations'][name]:.1f}" if name in row["deviations"] else "" for name in channels),
        ]
        for row in document["rows"]
    ]
    return runner.table(head, body)


def main() -> None:
    options = clips.parser("studies.adr0072_levels", __doc__)
    options.set_defaults(name="adr0072_levels", out=RESULTS)
    given = options.parse_args()
    tasks = [(path, given.seconds, given.seed) for path in clips.find(given.clips)]
    found = [row for rows in runner.spread(measure, tasks, jobs=given.jobs, label="clips") for row in rows]
    rows = sorted(found, key=lambda row: (row["difficulty"], row["clip"], row["level"]))
    document = {"rows": rows}
    runner.write(given, document, markdown(document), {})


if __name__ == "__main__":
    main()

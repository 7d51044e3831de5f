"""ADR 114. Whether SVT-AV1's variance boost leaves more of the mark in a clip that it writes.

    python -m benchmarks.studies.adr0114_variance_boost --clips FOLDER --seconds 3

Clips are marked and written in AV1 with the variance boost at each of its strengths, and without. What is
left of the mark is the margin that `stamp embed` reports: its score after x264 at crf 28, and the threshold.
Costs are the bytes, and VMAF to the source.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import stamp
from benchmarks.common import clips, runner
from benchmarks.fidelity.video import compared
from benchmarks.studies import RESULTS
from stamp.media.video import encoders
from stamp.media.video.clip import Clip

SETTINGS = {
    "as it is": "",
    "boost 1": ":enable-variance-boost=1:variance-boost-strength=1",
    "boost 2": ":enable-variance-boost=1:variance-boost-strength=2",
    "boost 3": ":enable-variance-boost=1:variance-boost-strength=3",
    "as it is, crf 18": "",
    "boost 2, crf 23": ":enable-variance-boost=1:variance-boost-strength=2",
}
CRF = {"boost 2, crf 23": 23, "as it is, crf 18": 18}
PAYLOAD = bytes.fromhex("0123456789abcdef")


def measure(task: tuple[Path, float, int]) -> list[dict[str, Any]]:
    path, seconds, seed = task
    key = stamp.Key.generate(f"study {seed}")
    usual = encoders._svtav1
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        source = folder / "source.mp4"
        cut = [
            clips.program(),
            "-v",
            "error",
            "-t",
            str(seconds),
            "-i",
            str(path),
            "-map",
            "0:v:0",
            "-c",
            "copy",
        ]
        subprocess.run([*cut, str(source)], check=True)
        for name, more in SETTINGS.items():

            def boosted(clip: Clip, more: str = more) -> dict[str, str]:
                return {"svtav1-params": usual(clip)["svtav1-params"] + more}

            target = folder / "marked.mp4"
            options = stamp.EmbedOptions(codec="av1", crf=CRF.get(name), lossy=True)
            with mock.patch.dict(encoders._SPECIAL, {"av1": boosted}):
                report = stamp.embed_file(source, target, PAYLOAD, key=key, options=options, overwrite=True)
            assert report.margin is not None
            rows.append(
                {
                    "clip": path.stem,
                    "setting": name,
                    "score": report.margin.score,
                    "threshold": report.margin.threshold,
                    "gain": report.margin.gain,
                    "bytes": target.stat().st_size,
                    "psnr_db": report.psnr_db,
                    "vmaf": compared(target, source, folder / "vmaf.json")["vmaf"],
                }
            )
    return rows


def markdown(document: dict[str, Any]) -> str:
    head = ["clip", "setting", "score after x264 crf 28", "threshold", "strength", "kB", "VMAF"]
    body = [
        [
            row["clip"],
            row["setting"],
            f"{row['score']:.1f}",
            f"{row['threshold']:.1f}",
            f"{row['gain']:.2f}",
            f"{row['bytes'] / 1000:.0f}",
            f"{row['vmaf']:.2f}",
        ]
        for row in document["rows"]
    ]
    return runner.table(head, body)


def main() -> None:
    options = clips.parser("studies.adr0114_variance_boost", __doc__)
    options.set_defaults(name="adr0114_variance_boost", out=RESULTS)
    given = options.parse_args()
    tasks = [(path, given.seconds, given.seed) for path in clips.find(given.clips)]
    rows = [row for each in runner.spread(measure, tasks, jobs=given.jobs, label="clips") for row in each]
    document = {"rows": rows}
    runner.write(given, document, markdown(document), {})


if __name__ == "__main__":
    main()

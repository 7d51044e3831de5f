"""What the video mark does to a clip: fidelity, flicker, and the price in bits.

    python -m benchmarks.fidelity.video --clips FOLDER

The clip is marked without a lossy encoder (FFV1), so that the mark alone is judged: PSNR, SSIM and VMAF by
FFmpeg's filters. Flicker is how much the mark changes from one frame to the next (root mean square and the
highest frame's, in grey levels), beside the change of the host. The price is that of x264, medium, crf 20.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import av
import numpy as np

import stamp
from benchmarks.common import clips, runner
from stamp.core.options import EmbedOptions


def compared(marked: Path, host: Path, log: Path) -> dict[str, float]:
    """PSNR and SSIM of luma, and VMAF, of `marked` to `host`."""
    import ffmpeg

    # an option that changes nothing tells the two inputs apart where both are the same file
    inputs = clips.source(marked), clips.source(host, thread_queue_size=16)
    pair = [file.filter_multi_output("split", 3) for file in inputs]
    psnr = ffmpeg.filter([pair[0][0], pair[1][0]], "psnr")
    ssim = ffmpeg.filter([pair[0][1], pair[1][1]], "ssim")
    vmaf = ffmpeg.filter([pair[0][2], pair[1][2]], "libvmaf", log_path=str(log), log_fmt="json")
    outputs = [ffmpeg.output(stream, "-", format="null") for stream in (psnr, ssim, vmaf)]
    command = ffmpeg.compile(ffmpeg.merge_outputs(*outputs), cmd=clips.program())
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return {
        "psnr_db": float(_last(r"PSNR y:([\d.]+|inf)", said)),
        "ssim": float(_last(r"SSIM Y:([\d.]+)", said)),
        "vmaf": float(json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"]),
    }


def _last(pattern: str, text: str) -> str:
    return re.findall(pattern, text)[-1]


def flicker(marked: Path, host: Path) -> dict[str, float]:
    """Root mean square of what changes between frames: in the mark (mean and highest frame), and in the
    host."""
    changes, hosts = [], []
    before: tuple[Any, Any] | None = None
    with av.open(str(marked)) as a, av.open(str(host)) as b:
        for one, other in zip(a.decode(video=0), b.decode(video=0), strict=True):
            plane = other.to_ndarray(format="gray").astype(np.int16)
            mark = one.to_ndarray(format="gray").astype(np.int16) - plane
            if before is not None:
                changes.append(_rms(mark - before[0]))
                hosts.append(_rms(plane - before[1]))
            before = mark, plane
    return {
        "mark_changes": float(np.mean(changes)),
        "mark_changes_most": float(np.max(changes)),
        "host_changes": float(np.mean(hosts)),
    }


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float32))))


def coded_bytes(source: Path, folder: Path) -> int:
    """What x264 makes of it at medium, crf 20."""
    target = folder / "coded.mp4"
    video = clips.source(source)
    clips.run(video.output(str(target), vcodec="libx264", preset="medium", crf=20, pix_fmt="yuv420p"))
    return target.stat().st_size


def measure(task: tuple[Path, float, int]) -> dict[str, Any]:
    path, seconds, seed = task
    rng = np.random.default_rng(clips.seed_of(path, seed))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        host, marked = folder / "host.mkv", folder / "marked.mkv"
        clips.cut(path, host, seconds=seconds)
        key = stamp.Key(rng.bytes(32), "benchmark")
        stamp.embed_file(host, marked, rng.bytes(8), key=key, options=EmbedOptions(codec="ffv1"))
        plain, dearer = (coded_bytes(source, folder) for source in (host, marked))
        shape = clips.shape_of(host)
        result = compared(marked, host, folder / "vmaf.json")
        perfect = compared(host, host, folder / "vmaf.json")["vmaf"]
        return {
            "clip": path.name,
            "size": f"{shape.width}x{shape.height}",
            **result,
            "vmaf_loss": perfect - result["vmaf"],
            **flicker(marked, host),
            "price_percent": 100 * (dearer / plain - 1),
        }


COLUMNS = {
    "size": "{}",
    "psnr_db": "{:.1f}",
    "ssim": "{:.4f}",
    "vmaf_loss": "{:.2f}",
    "price_percent": "{:+.1f}",
    "mark_changes": "{:.2f}",
    "mark_changes_most": "{:.2f}",
    "host_changes": "{:.2f}",
}
HEADS = ["clip", "size", "PSNR, dB", "SSIM", "VMAF lost", "bits, %", "mark changes", "most", "host changes"]


def markdown(document: dict[str, Any]) -> str:
    rows = document["clips"]
    body = [[row["clip"], *(form.format(row[name]) for name, form in COLUMNS.items())] for row in rows]
    median = [f"{np.median([row[name] for row in rows]):.3g}" for name in list(COLUMNS)[1:]]
    return runner.table(HEADS, [*body, ["**median**", "", *median]])


def main() -> None:
    parser = clips.parser("fidelity.video", __doc__)
    parser.set_defaults(name="fidelity_video")
    options = parser.parse_args()
    tasks = [(path, options.seconds, options.seed) for path in clips.find(options.clips)]
    rows = sorted(
        runner.spread(measure, tasks, jobs=options.jobs, label="clips"), key=lambda row: str(row["clip"])
    )
    made, (axes,) = runner.figure(7, 4)
    axes.scatter([row["psnr_db"] for row in rows], [row["price_percent"] for row in rows])
    for row in rows:
        axes.annotate(row["clip"][:14], (row["psnr_db"], row["price_percent"]), fontsize=6)
    axes.set_xlabel("PSNR of the mark alone, dB")
    axes.set_ylabel("more bits at x264 medium crf 20, %")
    document = {"clips": rows}
    runner.write(options, document, markdown(document), {options.name: made})


if __name__ == "__main__":
    main()

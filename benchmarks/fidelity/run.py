"""Mark every photo with every tool at its default strength and judge the result by three measures.

    python -m benchmarks.fidelity --photos FOLDER -j 2

PSNR over all channels; SSIM on luma with the Gaussian window of Wang et al. 2004
(doi:10.1109/TIP.2003.819861) and on RGB with scikit-image's defaults, since two of the peers mark chroma
alone; all by scikit-image, not by stamp's own code; SSIMULACRA2 by the external program `ssimulacra2`
(Debian: libjxl-devtools), where 90 is visually lossless and 70 high quality.
The last row is a yardstick: the photo as a Pillow JPEG of quality 90.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import stamp
from benchmarks.common import photos, runner, steps, tools
from benchmarks.common.steps import Pixels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

YARDSTICK = "JPEG 90"
MEASURES = {"psnr_db": "PSNR, dB", "ssim": "SSIM", "ssim_rgb": "SSIM RGB", "ssimulacra2": "SSIMULACRA2"}
DIGITS = {"psnr_db": 2, "ssim": 4, "ssim_rgb": 4, "ssimulacra2": 1}


@dataclass(frozen=True)
class Task:
    path: Path
    tool: str
    size: photos.Size
    seed: int


@dataclass
class Outcome:
    photo: str
    tool: str
    refused: str | None
    measures: dict[str, float]


def measure(task: Task) -> Outcome:
    pixels = photos.load(task.path, task.size, task.seed)
    try:
        if task.tool == YARDSTICK:
            marked = steps.jpeg(90).apply(pixels, np.random.default_rng(0))
        else:
            tool = tools.make(task.tool, task.seed)
            marked = tool.embed(pixels, tools.payload_for(tool, photos.seed_of(task.path, task.seed)))
    except stamp.HostError as error:
        return Outcome(task.path.name, task.tool, str(error), {})
    return Outcome(task.path.name, task.tool, None, compare(pixels, marked))


def compare(pixels: Pixels, marked: Pixels) -> dict[str, float]:
    """All measures that can be taken here; SSIMULACRA2 is absent when its program is."""
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    luma = [np.asarray(Image.fromarray(picture).convert("L")) for picture in (pixels, marked)]
    wang = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    found = {
        "psnr_db": float(peak_signal_noise_ratio(pixels, marked, data_range=255)),
        "ssim": float(structural_similarity(*luma, data_range=255, **wang)),
        "ssim_rgb": float(structural_similarity(pixels, marked, data_range=255, channel_axis=-1)),
    }
    if shutil.which("ssimulacra2"):
        found["ssimulacra2"] = ssimulacra2(pixels, marked)
    return found


def ssimulacra2(pixels: Pixels, marked: Pixels) -> float:
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder, name)) for name in ("original.png", "marked.png")]
        for name, picture in zip(names, (pixels, marked), strict=True):
            Image.fromarray(picture).save(name, compress_level=1)
        done = subprocess.run(["ssimulacra2", *names], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[0])


def summarise(outcomes: list[Outcome], names: list[str]) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for name in names:
        mine = [outcome for outcome in outcomes if outcome.tool == name]
        marked = sorted((o for o in mine if not o.refused), key=lambda o: o.photo)
        summary[name] = {
            "photos": len(mine),
            "refused": {outcome.photo: outcome.refused for outcome in mine if outcome.refused},
            "by_photo": {outcome.photo: outcome.measures for outcome in marked},
        }
        for key in MEASURES:
            values = {o.photo: o.measures[key] for o in marked if key in o.measures}
            if values:
                worst = min(values, key=values.__getitem__)
                mean = float(np.mean(list(values.values())))
                summary[name][key] = {"mean": mean, "min": values[worst], "worst": worst}
    return summary


def markdown(summary: dict[str, Any]) -> str:
    present = [key for key in MEASURES if any(key in row for row in summary.values())]
    header = ["tool", *(f"{MEASURES[key]} {part}" for key in present for part in ("mean", "min")), "refused"]
    rows = [
        [
            name,
            *(
                f"{row[key][part]:.{DIGITS[key]}f}" if key in row else "-"
                for key in present
                for part in ("mean", "min")
            ),
            len(row["refused"]),
        ]
        for name, row in summary.items()
    ]
    count = next(iter(summary.values()))["photos"]
    text = f"Fidelity over {count} photos, each tool at its default strength.\n\n" + runner.table(
        header, rows
    )
    if "ssimulacra2" not in present:
        text += (
            "\nSSIMULACRA2 was not measured: the program `ssimulacra2` (Debian: libjxl-devtools) is absent.\n"
        )
    return text


def plot(summary: dict[str, Any]) -> Figure:
    """Each photo a dot: PSNR across, the perceptual judge upwards."""
    judge = "ssimulacra2" if any("ssimulacra2" in row for row in summary.values()) else "ssim"
    made, [axes] = runner.figure(6.5, 4.5)
    for name, row in summary.items():
        found = list(row["by_photo"].values())
        axes.scatter([m["psnr_db"] for m in found], [m[judge] for m in found], s=16, alpha=0.8, label=name)
    axes.set_xlabel("PSNR, dB")
    axes.set_ylabel(MEASURES[judge])
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return made


def brief(document: dict[str, Any]) -> str:
    """The same without what was refused, for the documents."""
    measures = {"psnr_db": ("PSNR, dB", 1), "ssim": ("SSIM", 4), "ssimulacra2": ("SSIMULACRA2", 1)}
    summary = document["summary"]
    shown = {key: value for key, value in measures.items() if any(key in row for row in summary.values())}
    rows = [
        [name]
        + [
            f"{row[key][part]:.{digits}f}" if key in row else "-"
            for key, (_, digits) in shown.items()
            for part in ("mean", "min")
        ]
        for name, row in summary.items()
    ]
    header = ["", *(f"{label} {part}" for label, _ in shown.values() for part in ("mean", "min"))]
    count = next(iter(summary.values()))["photos"]
    return (
        f"Fidelity at default strength, {count} photos ({runner.origin(document)}); the last row is a "
        "yardstick:\n\n"
        + runner.table(header, rows)
        + "\n[Photo by photo](benchmarks/results/fidelity.png).\n"
    )


def main() -> None:
    options = runner.parser("fidelity", __doc__).parse_args()
    paths, left_out = photos.usable(options.photos, options.size)
    if options.quick:
        paths = paths[:3]
    names = [*options.tools, YARDSTICK]
    tasks = [Task(path, name, options.size, options.seed) for path in paths for name in names]
    summary = summarise(list(runner.spread(measure, tasks, jobs=options.jobs, label="photo x tool")), names)
    document = {"photos": [path.name for path in paths], "left_out": left_out, "summary": summary}
    runner.write(options, document, markdown(summary), {options.name: plot(summary)})

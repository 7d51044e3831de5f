"""Cost of marking and detecting against the size of the picture, beside the peers; folders; start-up.

    python -m benchmarks.speed --photos FOLDER
    python -m benchmarks.speed --megapixels 12 --tools stamp --no-folder

CPU time, threads and children included, in units of one Pillow JPEG encode (quality 90) and decode of the
same picture in the same process: a unit that moves with the machine, so that figures from different ones
compare. Every measurement has a process of its own and gives the best of its repeats. Peak memory is the
whole process, with interpreter, libraries and picture (invisible-watermark loads PyTorch, hence its base).

'embed' and 'detect' work on arrays. 'file' operations of stamp include reading, decoding, and for embed the
encoding, the detector's own check of the result and the measures it prints. 'unmarked' is the full search.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from benchmarks.common import photos, runner
from benchmarks.common.steps import Pixels
from benchmarks.speed import folder
from benchmarks.speed.worker import DETECT, DETECT_FILE, EMBED, EMBED_FILE, Cost, Job

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNMARKED = ", unmarked"


def picture_of(path: Path, megapixels: float) -> Pixels:
    """A 3:2 picture of that size from a photo: scaled down, or continued by its mirror images."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(1.5 * height)
    pixels = photos.load(path, photos.Size(), 0)
    if pixels.shape[0] > pixels.shape[1]:
        pixels = np.rot90(pixels)
    more = max(height - pixels.shape[0], 0), max(width - pixels.shape[1], 0)
    if any(more):
        pixels = np.pad(pixels, ((0, more[0]), (0, more[1]), (0, 0)), mode="symmetric")
        return np.ascontiguousarray(pixels[:height, :width])
    return np.asarray(ImageOps.fit(Image.fromarray(pixels), (width, height), Image.Resampling.LANCZOS))


def run(job: Job) -> Cost:
    """The job in a fresh interpreter. Raises RuntimeError, with what it printed, when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.worker"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{job}: {done.stderr}")
    return Cost(**json.loads(done.stdout))


def costs_of(tool: str, pixels: Pixels, *, repeats: int, seed: int) -> dict[str, Cost]:
    """All operations of one tool on one picture, by name."""
    with tempfile.TemporaryDirectory() as scratch:
        plain, marked = (str(Path(scratch, f"{name}.npy")) for name in ("plain", "marked"))
        np.save(plain, pixels)
        times = repeats if tool == "stamp" else min(repeats, 2)
        costs = {
            EMBED: run(Job(tool, EMBED, plain, marked, times, seed)),
            DETECT: run(Job(tool, DETECT, marked, None, times, seed)),
        }
        if tool != "stamp":
            return costs
        costs[DETECT + UNMARKED] = run(Job(tool, DETECT, plain, None, times, seed))
        photo, stamped = (str(Path(scratch, f"{name}.jpg")) for name in ("photo", "stamped"))
        Image.fromarray(pixels).save(photo, quality=90)
        costs[EMBED_FILE] = run(Job(tool, EMBED_FILE, photo, stamped, times, seed))
        costs[DETECT_FILE] = run(Job(tool, DETECT_FILE, stamped, None, times, seed))
        costs[DETECT_FILE + UNMARKED] = run(Job(tool, DETECT_FILE, photo, None, times, seed))
        return costs


def row_of(tool: str, operation: str, megapixels: float, cost: Cost) -> dict[str, Any]:
    return {
        "tool": tool,
        "operation": operation,
        "megapixels": megapixels,
        "units": cost.seconds / cost.reference_seconds,
        "first_call_units": cost.first_seconds / cost.reference_seconds,
        "peak_mb": cost.peak / 1e6,
        "added_mb": (cost.peak - cost.before) / 1e6,
        **asdict(cost),
    }


def markdown(rows: list[dict[str, Any]], sizes: list[float]) -> str:
    """Two tables, units and memory: one line an operation, one column a size."""

    def lines(key: str, digits: int) -> list[list[object]]:
        made: list[list[object]] = []
        for tool, operation in dict.fromkeys((row["tool"], row["operation"]) for row in rows):
            found = {r["megapixels"]: r for r in rows if (r["tool"], r["operation"]) == (tool, operation)}
            made.append([f"{tool}: {operation}", *(f"{found[size][key]:.{digits}f}" for size in sizes)])
        return made

    header = ["", *(f"{size:g} MP" for size in sizes)]
    unit = ["*one unit, CPU ms*"]
    for size in sizes:
        best = min(row["reference_seconds"] for row in rows if row["megapixels"] == size)
        unit.append(f"{best * 1000:.0f}")
    text = "CPU time in units of one JPEG encode and decode of the same picture.\n\n"
    text += runner.table(header, [*lines("units", 2), unit])
    text += "\nThe first call in a process, in the same units.\n\n"
    text += runner.table(header, lines("first_call_units", 2))
    text += "\nPeak memory of the whole process, MB.\n\n" + runner.table(header, lines("peak_mb", 0))
    text += "\nOf which the operation added, MB.\n\n" + runner.table(header, lines("added_mb", 0))
    return text


def folder_markdown(runs: list[folder.Run]) -> str:
    header = ["folder", "photos", "seconds", "CPU s", "photos/s", "peak MB"]
    header += ["second quarter MB", "last quarter MB"]
    rows = [
        [
            f"-j {run.jobs}",
            run.done,
            f"{run.seconds:.1f}",
            f"{run.cpu_seconds:.1f}",
            f"{run.rate:.2f}",
            *(f"{size / 1e6:.0f}" for size in (run.peak, run.early, run.late)),
        ]
        for run in runs
    ]
    share = runs[1].rate / (2 * runs[0].rate)
    return (
        "\n" + runner.table(header, rows) + f"\nTwo processes reach {share:.0%} of twice the rate of one.\n"
    )


def plot(rows: list[dict[str, Any]]) -> Figure:
    made, [axes] = runner.figure(7.5, 5)
    marks = {EMBED: "o-", DETECT: "s--", DETECT + UNMARKED: "^:"}
    colours = {tool: f"C{i}" for i, tool in enumerate(dict.fromkeys(row["tool"] for row in rows))}
    for tool, operation in dict.fromkeys((row["tool"], row["operation"]) for row in rows):
        if operation in marks:
            mine = [row for row in rows if (row["tool"], row["operation"]) == (tool, operation)]
            x, y = [row["megapixels"] for row in mine], [row["units"] for row in mine]
            axes.plot(x, y, marks[operation], color=colours[tool], ms=4, lw=1.2, label=f"{tool}: {operation}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = sorted({row["megapixels"] for row in rows})
    axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("megapixels")
    axes.set_ylabel("CPU time, JPEG encode + decode = 1")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    return made


def _origin(document: dict[str, Any]) -> str:
    text = runner.origin(document)
    if peers := document.get("peers_run"):
        text += f"; the peers, the same picture: {peers['date']}"
    return text


def brief(document: dict[str, Any]) -> str:
    """Units, and the memory at the largest size, for the documents."""
    rows = document["rows"]
    sizes = sorted({row["megapixels"] for row in rows})
    tools = list(dict.fromkeys(row["tool"] for row in rows))
    lines: list[list[object]] = []
    for tool in tools:
        for operation in (EMBED, DETECT, DETECT + UNMARKED):
            found = {
                row["megapixels"]: row for row in rows if (row["tool"], row["operation"]) == (tool, operation)
            }
            if found:
                peak = found[max(found)]["peak_mb"]
                cells = (f"{found[size]['units']:.2f}" if size in found else "-" for size in sizes)
                lines.append([f"{tool}: {operation}", *cells, f"{peak:.0f}"])
    header = ["", *(f"{size:g} MP" for size in sizes), f"peak MB at {sizes[-1]:g} MP"]
    text = (
        "CPU time, one JPEG encode and decode of the same picture being 1 "
        f"({_origin(document)}):\n\n{runner.table(header, lines)}"
    )
    if "folder" in document:
        one, two = document["folder"][:2]
        text += (
            f"\nA folder of {one['done']} photos from the command line: {one['rate']:.1f} photos a second "
            f"with `-j {one['jobs']}`, {two['rate']:.1f} with `-j {two['jobs']}`.\n"
        )
    return text + "\n![cost against megapixels](benchmarks/results/speed.png)\n"


def main() -> None:
    parser = runner.parser("speed", __doc__, size="native")
    parser.add_argument("--megapixels", nargs="+", type=float, default=[0.4, 2, 6, 12, 24])
    parser.add_argument("--repeats", type=int, default=5, help="of each stamp operation; peers at most 2 [5]")
    parser.add_argument("--folder", type=int, default=200, help="photos in the folder; 0 leaves it out [200]")
    parser.add_argument("--peers-of", type=Path, metavar="JSON", help="peers' rows of an earlier run")
    options = parser.parse_args()
    if options.quick:
        options.megapixels, options.repeats, options.folder = [0.4, 2.0], 2, 8
    paths, left_out = photos.usable(options.photos, options.size)
    source = max(paths, key=lambda path: path.stat().st_size)
    cases = [(tool, size) for size in options.megapixels for tool in options.tools]
    rows = []

    def measure(case: tuple[str, float]) -> list[dict[str, Any]]:
        tool, size = case
        costs = costs_of(tool, picture_of(source, size), repeats=options.repeats, seed=options.seed)
        return [row_of(tool, operation, size, cost) for operation, cost in costs.items()]

    # Never side by side: another process's memory traffic would be measured too.
    for found in runner.spread(measure, cases, jobs=1, label="tool x size"):
        rows += found
    rows.sort(key=lambda row: options.tools.index(row["tool"]))
    document: dict[str, Any] = {"photo": source.name, "left_out": left_out, "rows": rows}
    if options.peers_of:
        kept = json.loads(options.peers_of.read_text(encoding="utf-8"))
        if kept["photo"] != source.name:
            parser.error(f"{options.peers_of} is of {kept['photo']}, not of {source.name}")
        rows += [
            row
            for row in kept["rows"]
            if row["tool"] not in options.tools and row["megapixels"] in options.megapixels
        ]
        document["peers_run"] = kept.get("peers_run") or kept["environment"]
    text = f"Picture: {source.name}. " + markdown(rows, options.megapixels)
    bare, help_ = folder.startup(options.repeats * 3)
    text += f"\n`stamp --help` costs {help_ / bare:.1f} bare interpreter starts of {bare * 1000:.0f} ms.\n"
    document["help"] = {"interpreter_seconds": bare, "help_seconds": help_, "units": help_ / bare}
    if options.folder:
        runs = folder.folder_runs(paths, options.folder, options.seed)
        document["folder"] = [asdict(run) | {"rate": run.rate} for run in runs]
        text += folder_markdown(runs)
    runner.write(options, document, text, {options.name: plot(rows)})

"""Are HDR clips read after platforms' rungs: at 10 bit, converted to 8 bit as they are, and tone-mapped?

    python -m benchmarks.hdr_clips --clips HDR_FILES --graded SDR_FILES --seconds 4

Clips in PQ and HLG are taken as they are; those of `--graded` are brought to PQ and, every second one, to HLG
first, white at 203 cd/m2 (ITU-R BT.2408), in x265 at crf 14. Each is marked in its file, and read after each
rung of its size and below.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import stamp
from benchmarks.common import clips, runner
from benchmarks.robustness.video.attacks import RENDITIONS, Quality, Rendition

KEY = stamp.Key(bytes(range(32)), "hdr")
TRANSFERS = {"PQ": "smpte2084", "HLG": "arib-std-b67"}
REFERENCE = "x264 crf 28"
NAMES = (
    *("YouTube 360p AVC", "YouTube 480p VP9", "YouTube 480p AV1", "YouTube 720p AVC"),
    *("TikTok 720p HEVC", "YouTube 1080p AV1"),
)
WAYS = ("10 bit", "8 bit", "tone-mapped")
Row = tuple[str, str, str, bool, bool | None]
"""Clip, way, rung, whether it was read, whether the margin said that this holds (None: it says nothing)."""


def tone_mapped(video: Any, shape: clips.Shape) -> Any:
    """As players and platforms show it on an ordinary screen, by zimg and Hable's curve."""
    linear = video.filter("zscale", transfer="linear", npl=203).filter("format", "gbrpf32le")
    mapped = linear.filter("zscale", primaries="bt709").filter("tonemap", "hable", desat=0)
    return mapped.filter("zscale", transfer="bt709", matrix="bt709", range="tv").filter("format", "yuv420p")


def graded(path: Path, target: Path, transfer: str, seconds: float) -> None:
    """Write an excerpt of an ordinary clip in 10 bits of BT.2020, with this transfer."""
    video = clips.source(path, t=seconds).filter("scale", "trunc(iw/2)*2", "trunc(ih/2)*2")
    # many say only a part of their colours, which zimg refuses
    video = video.filter("setparams", color_primaries="bt709", color_trc="bt709", colorspace="bt709")
    video = video.filter("zscale", transfer="linear", npl=203)
    video = video.filter("format", "gbrpf32le").filter("zscale", primaries="bt2020")
    video = video.filter("zscale", transfer=transfer, matrix="bt2020nc", range="tv", npl=203)
    colours = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc:log-level=error"
    settings: dict[str, Any] = {"vcodec": "libx265", "preset": "veryfast", "crf": 14, "x265-params": colours}
    clips.run(video.output(str(target), pix_fmt="yuv420p10le", tag="hvc1", **settings))


def steps(short: int) -> dict[tuple[str, str], Rendition | Quality]:
    """By way and rung what is done to a clip of this shorter side."""
    found: dict[tuple[str, str], Rendition | Quality] = {
        ("8 bit", REFERENCE): Quality(28, lambda video, shape: video.filter("scale", *shape.scaled_to(720))),
    }
    for name in NAMES:
        step = RENDITIONS[name]
        assert isinstance(step, Rendition)
        if step.short > short:
            continue
        found["8 bit", name] = step
        found["tone-mapped", name] = replace(step, edit=tone_mapped)
        if step.codec != "AVC":  # of which players know no 10 bits
            found["10 bit", name] = replace(step, pixels="yuv420p10le")
    return found


def of_clip(task: tuple[Path, str | None, float]) -> list[Row]:
    """The rows of one clip. A transfer asks that it be brought there first."""
    path, transfer, seconds = task
    payload, rows = np.random.default_rng(clips.seed_of(path, 1)).bytes(8), list[Row]()
    with tempfile.TemporaryDirectory() as folder:
        source, copy = Path(folder) / "source.mp4", Path(folder) / "copy.mp4"
        marked = Path(folder) / f"marked{path.suffix if transfer is None else '.mp4'}"
        if transfer is not None:
            graded(path, source, TRANSFERS[transfer], seconds)
        margin = stamp.embed_file(path if transfer is None else source, marked, payload, key=KEY).margin
        for (way, rung), step in steps(clips.shape_of(marked).short).items():
            step.apply(marked, copy)
            read = stamp.detect_file(copy, keys=KEY, first=True).payload == payload
            said = margin.holds if margin is not None and rung == REFERENCE else None
            rows.append((f"{path.name}{f' ({transfer})' if transfer else ''}", way, rung, read, said))
    return rows


def markdown(document: dict[str, Any]) -> str:
    """By clip and way, and by rung and way, how many are read."""
    rows = [tuple(row) for row in document["rows"]]

    def count(some: list[tuple[Any, ...]]) -> str:
        return f"{sum(row[3] for row in some)} of {len(some)}"

    tables = []
    for head, at in (("clip", 0), ("rung", 2)):
        names = dict.fromkeys(row[at] for row in rows)
        body = [
            [name, *(count([r for r in rows if r[at] == name and r[1] == way]) for way in WAYS)]
            for name in names
        ]
        if at == 2:
            body.append(["**all**", *(count([row for row in rows if row[1] == way]) for way in WAYS)])
        tables.append(runner.table([head, *WAYS], body))
    said = [row for row in rows if row[4] is not None]
    wrong = sum(row[4] and not row[3] for row in said)
    read = sum(row[3] for row in rows)
    text = f"{count(rows)} copies are read ({read / len(rows):.1%}). "
    text += f"{REFERENCE}: said to hold but lost: {wrong} of {len(said)}.\n"
    return "\n".join([*tables, text])


def main() -> None:
    made = clips.parser("hdr_clips", __doc__, seconds=4.0)
    made.add_argument(
        "--graded", nargs="*", type=Path, default=[], help="ordinary clips to make HDR clips of"
    )
    options = made.parse_args()
    tasks: list[tuple[Path, str | None, float]] = [
        (path, None, options.seconds) for path in clips.find(options.clips)
    ]
    for number, path in enumerate(clips.find(options.graded) if options.graded else []):
        tasks.append((path, list(TRANSFERS)[number % 2], options.seconds))
    rows = [row for some in runner.spread(of_clip, tasks, jobs=options.jobs, label="clips") for row in some]
    document = {"rows": rows}
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

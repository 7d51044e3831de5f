"""ADR 130. What platforms leave of the mark of screens, slides and drawings, by the levels that it lies in.

    python -m benchmarks.studies.adr0130_drawn_scenes --clips FILE...

The clips of `benchmarks.clip_kinds` that have a ground of one shade, and others, are marked twice: by how
hard they are to code alone, and by how flat they are, too. Counted are the deviations by which copies agree
with the payload (12 and more can be read), and the VMAF that the mark loses by itself, without an encoder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import stamp
from benchmarks.clip_kinds import KINDS, rungs
from benchmarks.common import clips, runner
from benchmarks.fidelity.video import compared
from benchmarks.studies import RESULTS
from stamp.core.options import EmbedOptions
from stamp.media.video.frames import Look, watched
from stamp.watermark.video import energy
from stamp.watermark.video.agreement import Agreement
from stamp.watermark.video.detect import RATE

KEY = stamp.Key(bytes(range(32)), "study")
PAYLOAD = bytes.fromhex("0123456789abcdef")
_KINDS = ("scrolled text, 30/s", "scrolled text, phone, 60/s", "slides", "slides, 360 rows", "drawing")
_RUNGS = ("x264 crf 28", "YouTube 360p AVC", "YouTube 480p VP9", "YouTube 480p AV1")


def by_difficulty(bits: float, size: tuple[int, int]) -> energy.Allocation:
    """The mark that a scene would get if nobody asked how flat it is."""
    return replace(energy.allocation(bits, size), drawn=None)


def sampled(path: Path) -> Iterator[Look]:
    """Of each twelfth of a second the frame that was coded in most bytes, as the reader takes them."""
    best: Look | None = None
    with watched(path) as watching:
        assert watching is not None
        for look in watching[1]:
            if best is not None and int(best.seconds * RATE) != int(look.seconds * RATE):
                yield best
                best = None
            if best is None or look.size > best.size:
                best = Look(look.luma.copy(), look.seconds, look.key, look.size)
    if best is not None:
        yield best


def agreement(path: Path) -> float:
    found = Agreement(PAYLOAD, key=KEY)
    for look in sampled(path):
        found.push(look.luma, size=look.size)
    return found.score()


def measure(task: tuple[str, Path | None, int]) -> list[dict[str, Any]]:
    """What both marks of a clip are worth, and cost. A clip without a path is one of `KINDS`."""
    name, path, seed = task
    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        source, marked, copy = (folder / f"{n}.mkv" for n in ("source", "marked", "copy"))
        lossless, log = folder / "lossless.mkv", folder / "vmaf.json"
        original = folder / "original.mp4"
        if path is None:
            KINDS[name].write(original, seed)
        clips.cut(path or original, source, seconds=5.0)
        perfect = compared(source, source, log)["vmaf"]
        shape = clips.shape_of(source)
        steps = rungs(clips.Shape(shape.width, shape.height, Fraction(shape.rate)))
        for judged, allocation in (("difficulty", by_difficulty), ("flatness, too", energy.allocation)):
            with mock.patch("stamp.pipeline.video.allocation", allocation):
                stamp.embed_file(source, marked, PAYLOAD, key=KEY, overwrite=True)
                options = EmbedOptions(codec="ffv1", margin=False)
                stamp.embed_file(source, lossless, PAYLOAD, key=KEY, options=options, overwrite=True)
            cost = compared(lossless, source, log)
            row: dict[str, Any] = {"clip": name, "judged by": judged, "PSNR": cost["psnr_db"]}
            row["VMAF lost"] = perfect - cost["vmaf"]
            for rung in _RUNGS:
                if rung in steps:
                    steps[rung].apply(marked, copy)
                    row[rung] = agreement(copy)
            rows.append(row)
    return rows


def markdown(document: dict[str, Any]) -> str:
    head = ("clip", "judged by", "PSNR", "VMAF lost", *_RUNGS)

    def shown(value: Any) -> str:
        return "" if value is None else value if isinstance(value, str) else f"{value:.1f}"

    return runner.table(head, [[shown(row.get(name)) for name in head] for row in document["rows"]])


def main() -> None:
    options = clips.parser("studies.adr0130_drawn_scenes", __doc__)
    options.set_defaults(name="adr0130_drawn_scenes", out=RESULTS)
    given = options.parse_args()
    tasks: list[tuple[str, Path | None, int]] = [(name, None, given.seed) for name in _KINDS]
    tasks += [(path.name, path, given.seed) for path in clips.find(given.clips)]
    rows = [row for some in runner.spread(measure, tasks, jobs=given.jobs, label="clips") for row in some]
    document = {"rows": sorted(rows, key=lambda row: [task[0] for task in tasks].index(row["clip"]))}
    runner.write(given, document, markdown(document), {})


if __name__ == "__main__":
    main()

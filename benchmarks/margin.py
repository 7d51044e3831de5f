"""Is what a margin says true? Works are marked, their margins noted, and their copies at rungs read.

    python -m benchmarks.margin --clips FOLDER --photos FOLDER --seconds 6
    python -m benchmarks.margin --clips FOLDER --codec AV1 VP9 --name margin_codecs

The margin of a clip at the lowest ordinary rung of a platform is held against every ordinary rung of that
platform, that of the reference rung against x264 at crf 28; the margin of a photo against JPEG 70 at 640
pixels, and against finer ones. A margin that holds must never be that of a copy which cannot be read.

With `--codec` the clips come in these codecs, which marking keeps, and the reference rung alone is looked at.
"""

from __future__ import annotations

import io
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import stamp
from benchmarks.common import clips, photos, runner
from benchmarks.robustness.video.attacks import HARSH, RENDITIONS, Quality
from stamp.core.options import PLATFORMS, EmbedOptions
from stamp.media.image.opening import read_luma
from stamp.media.video.rung import rung_for
from stamp.pipeline.margins import clip_margin
from stamp.watermark.image.detect import detect

KEY = stamp.Key(bytes(range(32)), "margin")
_FINER = ((640, 70), (800, 75), (1080, 80))  # pixels of the longer side, JPEG quality
_CRF, _ROWS = 28, 720
_SOURCES: dict[str, tuple[str, dict[str, object]]] = {
    "AV1": (".mp4", {"vcodec": "libsvtav1", "preset": 8, "crf": 30}),
    "VP9": (
        ".webm",
        {"vcodec": "libvpx-vp9", "deadline": "good", "cpu-used": 4, "crf": 30, "video_bitrate": 0},
    ),
}
Row = tuple[str, str, float, float, bool]
"""Work, rung, score, threshold, and whether the copy was read."""


def _rungs(platform: str | None) -> dict[str, object]:
    """The ordinary rungs that a margin speaks of."""
    if platform is None:
        return {f"x264 crf {_CRF}": Quality(_CRF, lambda v, s: v.filter("scale", *s.scaled_to(_ROWS)))}
    return {
        name: step
        for name, step in RENDITIONS.items()
        if name.lower().startswith(platform) and name not in HARSH
    }


@dataclass(frozen=True)
class Clip:
    """An excerpt of a clip, in H.264 or another codec."""

    path: Path
    seconds: float
    codec: str | None = None
    start: float = 0.0

    def write(self, folder: Path) -> Path:
        """Write it into a folder."""
        made = folder / "source.mp4"
        clips.cut(self.path, made, start=self.start, seconds=self.seconds)
        if self.codec is None:
            return made
        suffix, settings = _SOURCES[self.codec]
        coded = folder / f"coded{suffix}"
        clips.run(clips.source(made).output(str(coded), pix_fmt="yuv420p", **settings))
        return coded


def of_clip(clip: Clip) -> tuple[list[Row], float]:
    """The rows of one clip, and what the measurement took of the CPU time of marking."""
    path = clip.path
    payload = np.random.default_rng(clips.seed_of(path, 1)).bytes(8)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        source, copy = clip.write(Path(folder)), Path(folder) / "copy.mp4"
        marked = Path(folder) / f"marked{source.suffix}"
        began = time.process_time()
        report = stamp.embed_file(source, marked, payload, key=KEY)
        shape, marking = clips.shape_of(marked), time.process_time() - began
        taken: list[float] = []
        for platform in (None, *(PLATFORMS if clip.codec is None else ())):
            began = time.process_time()
            found = clip_margin(
                marked, payload, key=KEY, aspect=shape.width / shape.height, rung=rung_for(platform)
            )
            taken.append(time.process_time() - began)
            assert found is not None
            for name, step in _rungs(platform).items():
                if getattr(step, "short", 0) > shape.short:
                    continue  # no platform makes it larger
                step.apply(marked, copy)  # type: ignore[attr-defined]
                read = stamp.detect_file(copy, keys=KEY, first=True).payload == payload
                rung = name if clip.codec is None else f"{clip.codec}, then {name}"
                rows.append((path.name, rung, found.score, found.threshold, read))
        assert report.margin is not None
        return rows, taken[0] / (marking - taken[0] * (1 if report.margin.gain == 1 else 2))


def of_photo(path: Path) -> tuple[list[Row], float]:
    """The rows of one photo, and what the measurement took of the CPU time of marking."""
    payload = np.random.default_rng(clips.seed_of(path, 1)).bytes(8)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        marked, times = Path(folder) / f"marked{path.suffix}", []
        for margin in (False, False, True):  # once to load all that it takes
            began = time.process_time()
            report = stamp.embed_file(
                path, marked, payload, key=KEY, overwrite=True, options=EmbedOptions(margin=margin)
            )
            times.append(time.process_time() - began)
        said = report.margin
        assert said is not None
        luma = Image.fromarray(read_luma(marked))
        for side, quality in _FINER:
            small = luma.copy()
            small.thumbnail((side, side), Image.Resampling.LANCZOS)
            small.save(coded := io.BytesIO(), "JPEG", quality=quality)
            read = detect(np.asarray(Image.open(coded)), key=KEY, search=False).payload == payload
            rows.append((path.name, f"JPEG {quality} at {side} pixels", said.score, said.threshold, read))
    return rows, times[2] / times[1] - 1


def _counts(rows: list[Row]) -> list[list[object]]:
    counted: dict[str, list[int]] = {}
    for _, rung, score, threshold, read in rows:
        count = counted.setdefault(rung, [0, 0, 0, 0])
        count[(0 if read else 1) if score >= threshold else (2 if read else 3)] += 1
    total = [sum(column) for column in zip(*counted.values(), strict=True)]
    return [[name, *count] for name, count in (*counted.items(), ("**all**", total))]


def markdown(document: dict[str, Any]) -> str:
    """What was said, and what happened."""
    header = ["rung", "said to hold, read", "said to hold, lost", "warned of, read", "warned of, lost"]
    texts = []
    for kind in ("clips", "photos"):
        if not (some := document[kind]):
            continue
        rows = [tuple(row) for each, _ in some for row in each]
        cost = float(np.median([share for _, share in some]))
        lost = [f"{score:.1f}" for *_, score, _, read in rows if not read]
        low = [f"{score:.1f}" for score in sorted(score for *_, score, _, read in rows if read)[:3]]
        texts += [
            f"{len(some)} {kind}; the measurement takes {cost:.1%} of the CPU time of marking in the median.",
            runner.table(header, _counts(rows)).rstrip(),
            f"Scores of what was lost: "
            f"{', '.join(lost) or 'none'}; lowest of what was read: {', '.join(low)}.",
        ]
    return "\n\n".join(texts) + "\n"


def main() -> None:
    made = clips.parser("margin", __doc__, seconds=6)
    made.add_argument("--photos", nargs="+", type=Path, default=[photos.SAMPLE_MEDIA])
    made.add_argument("--codec", nargs="+", choices=sorted(_SOURCES), help="of the clips [H.264]")
    made.add_argument("--start", type=float, default=0.0, help="second at which the excerpts begin [0]")
    options = made.parse_args()
    paths, codecs = clips.find(options.clips), options.codec or [None]
    tasks = [Clip(path, options.seconds, codec, options.start) for codec in codecs for path in paths]
    found = list(runner.spread(of_clip, tasks, jobs=options.jobs, label="clips"))
    named = [] if options.codec else photos.find(options.photos)
    pictures = [path for path in named if path.suffix.lower() in (".jpg", ".png")]
    found_too = list(runner.spread(of_photo, pictures, jobs=options.jobs, label="photos"))
    document = {"clips": found, "photos": found_too}
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

"""Do five seconds of a clip agree with it, whatever was done to them, and other clips not?

    python -m benchmarks.matching_clips --clips FOLDER

Frames are edited and saved as JPEGs, each by itself; the span is right where its first frame is within 0.6 s.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.common import clips, runner
from stamp.matching.clips import Frame, compare_clips

Luma = NDArray[np.uint8]
LENGTH, SIDE = 5.0, 640


def coded(image: Image.Image, quality: int) -> Luma:
    image.save(buffer := io.BytesIO(), "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("L"))


def barred(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, (0, image.height // 6), 16)


def cropped(image: Image.Image) -> Image.Image:
    return ImageOps.fit(image, (round(image.width * 0.9), round(image.height * 0.9)), bleed=0.05)


def upright(image: Image.Image) -> Image.Image:
    return ImageOps.fit(image, (image.height * 9 // 16, image.height))


def page(image: Image.Image) -> Image.Image:
    ground = Image.new("L", (720, 1400), 250)
    ground.paste(ImageOps.contain(image, (720, 1000)), (0, 300))
    return ground


EDITS: dict[str, Callable[[Image.Image], Luma]] = {
    "half the size + JPEG 25": lambda image: coded(image.reduce(2), 25),
    "bars": lambda image: coded(barred(image), 60),
    "crop 80 %": lambda image: coded(cropped(image), 60),
    "crop 9:16": lambda image: coded(upright(image), 60),
    "mirror": lambda image: coded(ImageOps.mirror(image), 60),
    "1.1 times as fast": lambda image: coded(image, 60),
    "phone page": lambda image: coded(page(image), 70),
}


def frames_of(path: Path, seconds: float) -> list[Frame]:
    """The first seconds of a clip, as times and luma of at most `SIDE` pixels."""
    found: list[Frame] = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is None:
                continue
            first = found[0][0] if found else frame.time
            if frame.time - first > seconds:
                break
            image = Image.fromarray(frame.to_ndarray(format="gray"))
            image.thumbnail((SIDE, SIDE))
            found.append((frame.time, np.asarray(image)))
    return [(time - found[0][0], luma) for time, luma in found]


def looks(task: tuple[Path, Path, float]) -> Iterator[tuple[str, str, float | None, bool]]:
    """Case, verdict, correlation, and whether the span is right, of all comparisons of one clip."""
    path, other, seconds = task
    whole = frames_of(path, seconds)
    start = 0.3 * whole[-1][0]
    part = [(time - start, luma) for time, luma in whole if start <= time < start + LENGTH]
    for case, edit in EDITS.items():
        speed = 1.1 if "fast" in case else 1.0
        find = [(time / speed, edit(Image.fromarray(luma))) for time, luma in part]
        said, found = compare_clips(lambda: whole, lambda find=find: find)  # type: ignore[misc]
        first = found.work_span[0] - speed * found.find_span[0] if found else -9.0
        yield case, said.verdict, said.correlation, abs(first - start) < 0.6
    said, _ = compare_clips(lambda: whole, lambda: frames_of(other, LENGTH))
    yield "another clip", said.verdict, said.correlation, False


def _all(task: tuple[Path, Path, float]) -> list[tuple[str, str, float | None, bool]]:
    return list(looks(task))


def main() -> None:
    options = clips.parser("matching_clips", __doc__, seconds=20).parse_args()
    paths = [path for path in clips.find(options.clips) if clips.seconds_of(path) > 6]
    tasks = [(a, b, options.seconds) for a, b in zip(paths, [*paths[1:], paths[0]], strict=True)]
    made: dict[str, list[tuple[str, float | None, bool]]] = {}
    for some in runner.spread(_all, tasks, jobs=options.jobs, label="clips"):
        for case, *rest in some:
            made.setdefault(case, []).append(tuple(rest))
    rows = []
    for case, each in made.items():
        figures = sorted(value for _, value, _ in each if value is not None)
        low = [f"{value:.2f}" for value in (figures[0], float(np.median(figures)))] if figures else ["", ""]
        agrees = sum(verdict == "agrees" for verdict, _, _ in each)
        rows.append([case, len(each), agrees, sum(right for *_, right in each), *low])
    header = ["case", "clips", "agree", "right place", "lowest", "median"]
    document = {"clips": [path.name for path in paths], "cases": made}
    runner.write(options, document, runner.table(header, rows), {})


if __name__ == "__main__":
    main()

"""Photos on pages: how many marks `stamp.detect` reads, where, and how often it says what is not there.

    python -m benchmarks.pages --photos FOLDER -n 12
    python -m benchmarks.pages --photos FOLDER --null 1000 --name pages_null

Each photo is marked at 768 x 512 (*small*) and, if it has 1.5 megapixels or more, as it is (*large*), and put
on pages of every kind of `benchmarks.common.pages`, which are saved as JPEG of quality 70 to 90. All marks of
a collage count. Names decide which photos are in half *a*, which the search may have been tuned on, and which
in half *b*, which was held out.

`--null` draws as many pages with unmarked photos, and with photos marked under other keys, and looks for the
mark of a new key on each. A score is the highest that a frame reached in a call, the whole page and every
rectangle that was looked at together, beside what a payload needs there.
"""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import stamp
from benchmarks.common import pages, photos, runner, tools
from benchmarks.common.steps import Pixels, Rng
from stamp.watermark.common import null_law
from stamp.watermark.image.carrier import IMAGE
from stamp.watermark.image.pages import MOST_DECODINGS

SMALL, LARGE, LARGE_FROM = "small", "large", 1_500_000
LONGEST = 2000  # pixels of a photo before it is put on a page: none is wider
LEVELS = (6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 12.3)


@dataclass(frozen=True)
class Task:
    """Pages of one kind, by number: with marked photos of one half and size, or, for `null`, with others.

    paths : of the photos, of which page i begins with photo i.
    """

    kind: str
    size: str
    half: str
    paths: tuple[Path, ...]
    numbers: range
    seed: int
    null: bool = False


@dataclass(frozen=True)
class Result:
    """One page: marks that were there, read, read with their place, and wrong; CPU time; a null's score."""

    kind: str
    size: str
    half: str
    there: int
    read: int
    placed: int
    wrong: int
    cpu_ms: float
    score: float = 0.0


def half_of(path: Path) -> str:
    return "ab"[zlib.crc32(path.stem.encode()) % 2]


@lru_cache(maxsize=80)
def marked(path: Path, size: str, seed: int, marked_by: str | None) -> tuple[Pixels, bytes] | None:
    """A photo as it goes onto pages, and its payload; None for one that cannot be marked.

    marked_by : the name of the key, None for none.
    """
    pixels = photos.load(path, photos.Size(768, 512) if size == SMALL else photos.Size(), seed)
    payload = zlib.crc32(path.name.encode()).to_bytes(4, "big") + size[:4].encode()
    if marked_by is not None:
        try:
            pixels = stamp.embed(pixels, payload, key=tools.key_from(seed, marked_by))
        except stamp.HostError:
            return None
    image = Image.fromarray(pixels)
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return np.asarray(image), payload


def page_of(task: Task, number: int, rng: Rng) -> tuple[Pixels, set[bytes]]:
    """A page as it is downloaded, and the payloads on it."""
    count = pages.KINDS[task.kind][1]
    key = "pages" if not task.null or number % 2 else None
    chosen = [
        made
        for k in range(count)
        if (made := marked(task.paths[(number + k) % len(task.paths)], task.size, task.seed, key))
    ]
    if not chosen:
        return np.zeros((64, 64, 3), np.uint8), set()
    page = pages.draw(task.kind, [pixels for pixels, _ in chosen], rng)
    file = io.BytesIO()
    page.image.save(file, "JPEG", quality=int(rng.integers(70, 91)))
    return np.asarray(Image.open(file)), {payload for _, payload in chosen}


def measure(task: Task) -> list[Result]:
    results = []
    for number in task.numbers:
        rng = np.random.default_rng([zlib.crc32(task.kind.encode()), number, task.seed, task.size == LARGE])
        page, payloads = page_of(task, number, rng)
        if not payloads:
            continue
        key = tools.key_from(task.seed, "pages")
        if task.null:
            key, payloads = tools.key_from(int(rng.integers(1 << 62)), "null"), set()
        began = time.process_time()
        found = stamp.detect(page, key=key)
        cpu = 1000 * (time.process_time() - began)
        marks = {bytes(mark.payload): mark.seen for mark in found.others}
        if found.payload is not None:
            marks[bytes(found.payload)] = found.seen
        read = payloads & set(marks)
        results.append(
            Result(
                task.kind,
                task.size,
                task.half,
                len(payloads),
                len(read),
                sum(marks[each] is not None for each in read),
                len(set(marks) - payloads) + (task.null and found.present and not marks),
                cpu,
                float(found.score) if task.null else 0.0,
            )
        )
    return results


def tasks_for(paths: list[Path], seed: int, each: int, null: int) -> Iterator[Task]:
    """`each` pages of every kind, size and half; or `null` ones in all."""
    large = []
    for path in paths:
        with Image.open(path) as file:
            if file.width * file.height >= LARGE_FROM:
                large.append(path)
    per_kind = each if not null else -(-null // (4 * len(pages.KINDS)))
    for size, chosen in ((SMALL, paths), (LARGE, large)):
        for half in "ab":
            mine = tuple(path for path in chosen if half_of(path) == half)
            # Each kind begins with another photo, so that no photo is in all.
            for start, kind in enumerate(pages.KINDS):
                turned = mine[start % max(len(mine), 1) :] + mine[: start % max(len(mine), 1)]
                if turned:
                    yield Task(kind, size, half, turned, range(per_kind), seed, bool(null))


def table(results: list[Result]) -> str:
    """A row a kind: marks read in each half and size, their places, and CPU time of a page."""
    rows = []
    for kind in [*pages.KINDS, None]:
        row: list[object] = [kind or "**all**"]
        mine = [each for each in results if kind in (None, each.kind)]
        for half, size in (("a", SMALL), ("a", LARGE), ("b", SMALL), ("b", LARGE)):
            chosen = [each for each in mine if (each.half, each.size) == (half, size)]
            row.append(f"{sum(each.read for each in chosen)}/{sum(each.there for each in chosen)}")
        there = max(sum(each.there for each in mine), 1)
        row.append(f"{100 * sum(each.read for each in mine) / there:.1f} %")
        row.append(f"{100 * sum(each.placed for each in mine) / there:.0f} %")
        row.append(sum(each.wrong for each in mine))
        times = [each.cpu_ms for each in mine] or [0.0]
        row.append(f"{np.median(times):.0f}, {np.max(times):.0f}")
        rows.append(row)
    header = ["page", "a, small", "a, large", "b, small", "b, large", "read", "with its place"]
    return runner.table([*header, "wrong", "CPU ms, median, most"], rows)


def brief(document: dict[str, Any]) -> str:
    """The table of a document, for the docs."""
    return table([Result(**each) for each in document["pages"]])


def null_table(results: list[Result]) -> str:
    """The highest scores beside the law: below its threshold all calls together may have one by chance."""
    scores = np.sort([each.score for each in results])[::-1]
    rows: list[list[object]] = []
    for z in LEVELS:
        bound = len(scores) * 10 ** null_law.log10_p_report(z, MOST_DECODINGS, IMAGE.odds)
        rows.append([f"{z:g}", f"{bound:.1g}", int((scores >= z).sum())])
    highest = ", ".join(f"{score:.2f}" for score in scores[:8])
    wrong = sum(each.wrong for each in results)
    times = [each.cpu_ms for each in results]
    least = null_law.threshold_after(null_law.MAX_DECODINGS, IMAGE.odds)
    return (
        runner.table(["score of z or more", "calls at most, as derived", "measured"], rows)
        + f"\n{len(results)} calls, {wrong} marks reported; the highest scores: {highest}; a payload needs "
        f"{least} in the whole picture and more in rectangles. CPU ms of a call: median "
        f"{np.median(times):.0f}, most {np.max(times):.0f}.\n"
    )


def main() -> None:
    parser = runner.parser("pages", __doc__)
    parser.add_argument("-n", "--each", type=int, default=8, help="pages of each kind, size and half [8]")
    parser.add_argument("--null", type=int, default=0, help="pages without a mark of the key, instead")
    options = parser.parse_args()
    options.tools = ["stamp"]
    paths, left_out = photos.usable(options.photos, photos.Size(768, 512))
    each = 1 if options.quick else options.each
    tasks = list(tasks_for(paths, options.seed, each, options.null))
    results = [
        one
        for some in runner.spread(measure, tasks, jobs=options.jobs, label="kinds of pages")
        for one in some
    ]
    document: dict[str, Any] = {
        "photos": {path.name: half_of(path) for path in paths},
        "left_out": left_out,
        "pages": [vars(result) for result in results],
    }
    runner.write(options, document, null_table(results) if options.null else table(results), {})


if __name__ == "__main__":
    main()

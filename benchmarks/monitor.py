"""Which works are found by their fingerprints, after what, how often a wrong one, and at what cost?

    python -m benchmarks.monitor --photos sample_media FOLDER --leave-out 'orient*' 'canon_hdr_YES*'

Each photo is a work; one of 1600 pixels and more is four, its quarters. All are in one index, each is
attacked and put on pages, and looked for. A work counts as found if it is in the answer as more than a
candidate once the first five were laid onto the works or, where that cannot be, compared as a whole, as
`stamp match` does where it has the files; as first if nothing that is not on the page comes before it.
Whatever else is in the answer is wrong, so pictures of one scene must be left out. Of all unrelated pairs the
bits in which the signs differ are counted, and their law is fitted. Last, the index is made as large as
`--works`, of the codes that are there with bits flipped.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image, ImageOps

from benchmarks.common import attacks, pages, photos, runner, steps
from benchmarks.common.steps import Pixels
from stamp.matching.opencv import luma
from stamp.matching.picture_prints import turns, whole_signs
from stamp.matching.registration import register
from stamp.monitor.prints import print_of
from stamp.monitor.runs import sorted_run
from stamp.monitor.search import POINTS_SURE, Hit, Index, is_alike
from stamp.monitor.store import HEAD, PLACE, Prints, View, code_keys

CASES = (
    *(attacks.ATTACKS[name] for name in ("JPEG 30", "resize 0.25", "mirror", "rotate 5", "rotate 90")),
    attacks.chain(steps.grayscale(), steps.jpeg(80)),
    attacks.chain(steps.warm_filter(), steps.jpeg(80)),
    attacks.chain(steps.caption(), steps.jpeg(80)),
    attacks.chain(steps.crop(0.5), steps.jpeg(80)),
    attacks.chain(steps.mirror(), steps.crop(0.5), steps.jpeg(50)),
    attacks.chain(steps.crop(0.25), steps.jpeg(80)),
    attacks.chain(steps.crop(0.25), steps.resize(0.5), steps.jpeg(60)),
    attacks.chain(steps.crop(0.1), steps.jpeg(80)),
)
PAGES = (
    *("border", "meme", "phone, light", "phone, dark", "phone, photo narrower", "desktop page"),
    *("collage of 4, gaps", "collage of 9, gaps", "collage of 4, no gaps", "story, turned"),
)
QUARTERED, LEAST, LONGEST = 1600, 400, 1200  # pixels of sides
LAID = 5  # works that a suspect is laid onto
BITS = range(40, 121, 4)


@dataclass(frozen=True)
class Look:
    """One suspect: which case, whether its work was found and was first, by which stage; the wrong works,
    with their points; CPU seconds; whether it agrees with the original, None where that was not asked."""

    case: str
    found: bool
    first: bool
    stage: str
    wrong: tuple[tuple[int, int], ...]
    seconds: float
    copy: bool | None


@dataclass(frozen=True)
class Made:
    """The looks at one work, and in how many bits the signs of unrelated ones differ from its suspects'."""

    looks: list[Look]
    apart: Counter[int]


def works(paths: list[Path], size: photos.Size, seed: int) -> list[Pixels]:
    """The pictures that are works."""
    made: list[Pixels] = []
    for path in paths:
        pixels = photos.load(path, size, seed)
        height, width = pixels.shape[:2]
        if max(height, width) < QUARTERED or min(height, width) < 2 * LEAST:
            made.append(pixels)
            continue
        for top in (0, height // 2):
            made += [pixels[top : top + height // 2, left : left + width // 2] for left in (0, width // 2)]
    small = [np.asarray(ImageOps.contain(Image.fromarray(each), (LONGEST, LONGEST))) for each in made]
    return [each for each in small if whole_signs(luma(each, "work")) is not None]


@cache
def indexed(folder: Path) -> Index:
    return Index(Prints(folder).view())


@dataclass(frozen=True)
class Task:
    folder: Path
    number: int
    pictures: Path
    seed: int
    registers: bool


def looks(task: Task) -> Made:
    """Attack one work in all ways, and look for it."""
    stored = np.load(task.pictures)
    pictures = [stored[name] for name in stored.files]
    index, original = indexed(task.folder), pictures[task.number]
    made, apart = [], Counter[int]()
    for case, suspect, present in suspects(pictures, task.number, task.seed):
        plane = luma(suspect, "suspect")
        began = time.process_time()
        hits = index.search(plane)
        seconds = time.process_time() - began
        numbers = [int(hit.head) for hit in hits]
        sure = [
            hit
            for rank, hit in enumerate(hits)
            if taken(hit, pictures[hit.head], suspect, with_file=rank < LAID)
        ]
        own = next((hit for hit in sure if hit.head == task.number), None)
        before = numbers[: numbers.index(task.number)] if task.number in numbers else numbers
        copy = None
        if task.registers and own is not None:
            copy = agrees(original, suspect, own)
        wrong = tuple((int(hit.head), hit.inliers) for hit in sure if hit.head not in present)
        made.append(
            Look(case, own is not None, own is not None and set(before) <= present, own.stage if own else "",
                 wrong, seconds, copy)
        )  # fmt: skip
        if len(present) == 1:
            apart.update(_unrelated(index, plane, task.number))
    return Made(made, apart)


def taken(hit: Hit, original: Pixels, suspect: Pixels, *, with_file: bool) -> bool:
    """Whether a hit is more than a candidate. with_file : the original is at hand."""
    if not with_file or hit.inliers >= POINTS_SURE:
        return hit.is_sure
    alike = is_alike(hit, luma(original, "work"), luma(suspect, "suspect"))
    return alike or agrees(original, suspect, hit)


def agrees(original: Pixels, suspect: Pixels, hit: Hit) -> bool:
    """Whether fine detail agrees where a hit was found."""
    x0, y0, x1, y1 = hit.box
    laid = register(original, np.ascontiguousarray(suspect[y0:y1, x0:x1]))
    return laid is not None and laid.agrees


def suspects(pictures: list[Pixels], number: int, seed: int) -> Iterator[tuple[str, Pixels, set[int]]]:
    """Case, suspect, and the works that are in it."""
    for attack in CASES:
        yield attack.name, attack(pictures[number], seed + number), {number}
    for kind in PAGES:
        rng = np.random.default_rng([seed, number, len(kind)])
        others = [int(each) for each in rng.choice(len(pictures), 9, replace=False) if each != number]
        drawn = pages.draw(kind, [pictures[number], *(pictures[each] for each in others)], rng)
        shown = {number, *others[: len(drawn.quads) - 1]}
        yield kind, attacks.chain(steps.jpeg(85))(np.asarray(drawn.image), seed), shown


def _unrelated(index: Index, plane: Pixels, number: int) -> Iterator[int]:
    """In how many bits the signs of each other work differ from those of a suspect, in its nearest turn."""
    signs = whole_signs(plane)
    if signs is None:
        return
    least: dict[int, int] = {}
    for turned in turns(signs):
        for head, apart in zip(*index.nearest(turned, BITS[-1]), strict=True):
            least[int(head)] = min(int(apart), least.get(int(head), 256))
    yield from (apart for head, apart in least.items() if head != number)


def large(view: View, count: int, with_points: bool, seed: int) -> tuple[Index, float]:
    """An index of `count` works, of those that are there with bits flipped, and the seconds it takes."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(view.heads), count)
    heads = np.zeros(count, HEAD)
    flipped = np.packbits(rng.random((1 << 14, 256)) < 0.3, axis=1)
    heads["signs"] = view.heads["signs"][chosen] ^ flipped[rng.integers(0, len(flipped), count)]
    heads["has_signs"] = 1
    began = time.process_time()
    if not with_points:
        return Index(
            replace(view, heads=heads, codes=view.codes[:0], places=view.places[:0], runs=())
        ), time.process_time() - began
    total = 300 * count
    codes = view.codes[rng.integers(0, len(view.codes), total)]
    for start in range(0, total, 1 << 20):
        block = codes[start : start + (1 << 20)]
        block ^= np.packbits(rng.random((1 << 12, 128)) < 0.3, axis=1)[rng.integers(0, 1 << 12, len(block))]
    heads["count"], heads["first"] = 300, 300 * np.arange(count)
    places = np.zeros(total, PLACE)
    places["x"], places["y"] = rng.integers(0, 65_536, (2, total))
    began = time.process_time()
    run = sorted_run(code_keys(codes), 0, total)
    return Index(
        replace(view, heads=heads, codes=codes, places=places, runs=(run,))
    ), time.process_time() - began


def scale(view: View, suspects: list[Pixels], counts: list[int], seed: int) -> list[dict[str, Any]]:
    """Time and bytes of large indexes."""
    rows = []
    for count in counts:
        with_points = count <= 200_000
        index, made = large(view, count, with_points, seed)
        signs = [whole_signs(luma(each, "suspect")) for each in suspects]
        began = time.process_time()
        for each in signs:
            for turned in turns(each)[:3] if each is not None else ():
                index.nearest(turned, 60)
        probe = (time.process_time() - began) / (3 * len(suspects))
        began = time.process_time()
        for each in suspects if with_points else ():
            index.search(luma(each, "suspect"))
        whole = (time.process_time() - began) / len(suspects) if with_points else None
        size = HEAD.itemsize + (300 * (16 + PLACE.itemsize + 4) if with_points else 0)
        rows.append(
            {"works": count, "bytes a work": size, "sorting s": made, "signs ms": 1e3 * probe,
             "search ms": whole and 1e3 * whole}
        )  # fmt: skip
    return rows


def law(apart: Counter[int], pairs: int) -> tuple[list[dict[str, float]], tuple[float, float]]:
    """How many unrelated pairs differ in at most so many bits, and the line through the logarithms."""
    rows = [
        {"bits": bits, "pairs": sum(count for each, count in apart.items() if each <= bits)} for bits in BITS
    ]
    seen = [row for row in rows if 10 <= row["pairs"] <= pairs / 1000]
    if len(seen) < 2:
        return rows, (float("nan"), float("nan"))
    slope, base = np.polyfit(
        [row["bits"] for row in seen], np.log10([row["pairs"] / pairs for row in seen]), 1
    )
    return rows, (float(slope), float(base))


def main() -> None:
    parser = runner.parser("monitor", __doc__, size="native")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="GLOB", help="photos of a scene twice")
    parser.add_argument("--works", nargs="*", type=int, default=[100_000, 1_000_000], help="of large indexes")
    parser.add_argument("--most", type=int, default=1000, help="so many works")
    parser.add_argument("--register", type=int, default=30, help="so many works are laid onto the original")
    options = parser.parse_args()
    options.tools = ["stamp"]
    found = photos.find(options.photos, options.leave_out)
    pictures = works(found[: 3 if options.quick else None], options.size, options.seed)[: options.most]
    with TemporaryDirectory() as name:
        folder, stored = Path(name) / "prints", Path(name) / "pictures.npz"
        np.savez(stored, *pictures)
        began = time.process_time()
        for number, each in enumerate(pictures):
            uid = str(UUID(int=number, version=4))
            Prints(folder).add(uid, [print_of(luma(each, "work"), "image")])
        adding = (time.process_time() - began) / len(pictures)
        tasks = [
            Task(folder, number, stored, options.seed, number < options.register)
            for number in range(len(pictures))
        ]
        made = list(runner.spread(looks, tasks, jobs=options.jobs, label="works"))
        large_ones = scale(indexed(folder).view, pictures[:10], options.works, options.seed)
    all_looks = [look for each in made for look in each.looks]
    apart = sum((each.apart for each in made), Counter[int]())
    single = len(CASES) * len(pictures)
    rows, line = law(apart, single * (len(pictures) - 1))
    cases = [_summed(case, all_looks) for case in dict.fromkeys(look.case for look in all_looks)]
    whole = {
        "photos": [path.name for path in found],
        "works": len(pictures),
        "suspects": len(all_looks),
        "pairs": len(all_looks) * (len(pictures) - 1),
        "wrong": [wrong for look in all_looks for wrong in look.wrong],
        "adding_ms": 1e3 * adding,
        "search_ms": 1e3 * float(np.mean([look.seconds for look in all_looks])),
        "cases": cases,
        "signs": {"pairs": single * (len(pictures) - 1), "rows": rows, "slope": line[0], "base": line[1]},
        "scale": large_ones,
    }
    runner.write(options, whole, markdown(whole), {})


def _summed(case: str, all_looks: list[Look]) -> dict[str, Any]:
    chosen = [look for look in all_looks if look.case == case]
    laid = [look.copy for look in chosen if look.copy is not None]
    return {
        "case": case,
        "works": len(chosen),
        "found": sum(look.found for look in chosen),
        "first": sum(look.first for look in chosen),
        "by_whole": sum(look.stage == "whole" for look in chosen),
        "wrong": sum(len(look.wrong) for look in chosen),
        "laid": len(laid),
        "copies": sum(laid),
        "ms": round(1e3 * float(np.mean([look.seconds for look in chosen]))),
    }


def markdown(whole: dict[str, Any]) -> str:
    """The tables of the page."""
    names = ["case", "works", "found", "first", "by whole", "wrong", "agree with the original", "CPU ms"]
    cases = [
        [
            each["case"],
            each["works"],
            f"{each['found'] / each['works']:.3f}",
            f"{each['first'] / each['works']:.3f}",
            f"{each['by_whole'] / each['works']:.2f}",
            each["wrong"],
            f"{each['copies']} of {each['laid']}",
            each["ms"],
        ]
        for each in whole["cases"]
    ]
    signs = whole["signs"]
    bits = [[row["bits"], row["pairs"]] for row in signs["rows"] if row["pairs"]]
    sizes = [
        [f"{row['works']:,}", row["bytes a work"], f"{row['sorting s']:.1f}", f"{row['signs ms']:.1f}",
         "" if row["search ms"] is None else f"{row['search ms']:.0f}"]
        for row in whole["scale"]
    ]  # fmt: skip
    return "\n".join(
        [
            f"{whole['works']} works, {whole['suspects']} suspects, {whole['pairs']:,} pairs of suspect and"
            f" another work, of which {len(whole['wrong'])} were taken for the same."
            f" Adding a work takes {whole['adding_ms']:.0f} ms of CPU,"
            f" a suspect {whole['search_ms']:.0f} ms.\n",
            runner.table(names, cases),
            f"\nUnrelated pairs whose signs differ in at most so many of 256 bits, of {signs['pairs']:,};"
            f" log10 of their share is {signs['slope']:.3f} x bits {signs['base']:+.2f}.\n",
            runner.table(["bits", "pairs"], bits),
            "\nLarge indexes; signs: one turn of one picture, search: all of a suspect.\n",
            runner.table(["works", "bytes a work", "sorting, s", "signs, ms", "search, ms"], sizes),
        ]
    )


if __name__ == "__main__":
    main()

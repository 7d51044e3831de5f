"""Do copies agree with their original, and pictures that only carry its mark not?

    python -m benchmarks.matching --photos sample_media ../shared/media/images/photos

Each photo is marked and attacked; the copy is compared with the unmarked original (`stamp.matching`), once by
matched points and once more by nothing but the geometry that `stamp.detect` reported. Then its mark alone,
which is the marked photo minus the original, is added to the next photo and to flat gray, at two strengths,
attacked again, and compared with the original; once more with the marked copy in the original's place.

A photo that has no fine detail at all, such as a chart, is left out with the reason.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

import stamp
from benchmarks.common import attacks, photos, runner, steps, tools
from benchmarks.common.steps import Pixels
from stamp.core.comparison import AGREES
from stamp.matching.by_mark import located
from stamp.matching.opencv import luma
from stamp.matching.registration import Registration, judged, register

HONEST = (
    *("none", "JPEG 75", "JPEG 30", "JPEG 20", "WebP 50", "AVIF 50", "resize 0.5", "resize 0.25"),
    *("resize 0.25 undone", "crop 50 %", "crop 25 %", "crop 10 %", "rotate 5", "rotate 90", "mirror"),
    *(
        "gamma 1.5",
        "gamma 0.7",
        "contrast 1.3",
        "blur 2",
        "noise 10",
        "median 3",
        "logo 10 %",
        "social chain",
    ),
    *(
        "mirror + zoom 1.25 + JPEG 60",
        "aspect 0.8 + JPEG 80",
        "perspective 0.02 + JPEG 80",
        "caption + JPEG 70",
    ),
    "white canvas + JPEG 75",
)
HARSH = (
    attacks.chain(steps.jpeg(10)),
    attacks.chain(steps.blur(4)),
    attacks.chain(steps.noise(25)),
    attacks.chain(steps.crop(0.1), steps.resize(0.5), steps.jpeg(60)),
)
CARRIED = (
    attacks.chain(steps.nothing()),
    attacks.chain(steps.jpeg(70)),
    attacks.chain(steps.rotate(7), steps.jpeg(85), name="rotate 7 + JPEG 85"),
    attacks.chain(steps.mirror(), steps.resize(0.7), steps.jpeg(85), name="mirror + 0.7 + JPEG 85"),
    attacks.chain(steps.crop(0.5), steps.jpeg(85), name="crop 50 % + JPEG 85"),
)
PAYLOAD = b"matching"


@dataclass(frozen=True)
class Look:
    """One comparison; `correlation` is None where no place was found; `marked`: a mark was detected."""

    photo: str
    group: str
    case: str
    marked: bool
    method: str
    correlation: float | None
    coverage: float


def page(pixels: Pixels, other: Pixels) -> Pixels:
    """A phone's page: the photo as wide as the page, words as lines, another photo below."""
    ground = np.full((1600, 1080, 3), 250, np.uint8)
    below = 260
    for each in (pixels, other):
        fitted = np.asarray(ImageOps.contain(Image.fromarray(each), (1080, 700)))
        left = (1080 - fitted.shape[1]) // 2
        rows = fitted[: max(0, 1600 - below)]
        ground[below : below + len(rows), left : left + fitted.shape[1]] = rows
        for line in range(3):
            ground[below + len(rows) + 20 + 30 * line :][:8, 60 : 700 - 90 * line] = 60
        below += fitted.shape[0] + 150
    return ground


def looks(task: tuple[Path, Path, photos.Size, int]) -> list[Look]:
    """All comparisons of one photo; the next one is what its mark is carried over to."""
    path, next_path, size, seed = task
    original, other = (photos.load(each, size, seed) for each in (path, next_path))
    key = tools.key_from(seed, "matching")
    marked = stamp.embed(original, PAYLOAD, key=key)
    return [
        *_copies(path.name, original, marked, other, key, photos.seed_of(path, seed)),
        *_carried(path.name, original, marked, other, key, photos.seed_of(path, seed)),
    ]


def _copies(
    name: str, original: Pixels, marked: Pixels, other: Pixels, key: stamp.Key, seed: int
) -> Iterator[Look]:
    listed = attacks.ATTACKS | attacks.COMBINATIONS
    chosen = [listed[case] for case in HONEST] + list(HARSH)
    suspects = {attack.name: attack(marked, seed) for attack in chosen}
    suspects["phone page + JPEG 85"] = attacks.chain(steps.jpeg(85))(page(marked, other), seed)
    for case, suspect in suspects.items():
        found = stamp.detect(suspect, key=key)
        yield _look(name, "copies", case, found, register(original, suspect, transform=found.transform))
        if found.transform is not None and "page" not in case:
            grays = luma(original, "original"), luma(suspect, "suspect")
            by_mark = judged(*grays, located(*grays, found.transform), 0)
            yield _look(name, "copies, by the mark alone", case, found, by_mark)


def _carried(
    name: str, original: Pixels, marked: Pixels, other: Pixels, key: stamp.Key, seed: int
) -> Iterator[Look]:
    mark = marked.astype(int) - original
    fitted = np.asarray(ImageOps.fit(Image.fromarray(other), original.shape[1::-1])).astype(int)
    for ground, strength in ((fitted, 1), (fitted, 2), (np.full_like(fitted, 128), 1)):
        planted = np.clip(ground + strength * mark, 0, 255).astype(np.uint8)
        onto = "flat gray" if ground is not fitted else "another photo"
        for attack in CARRIED:
            suspect = attack(planted, seed)
            found = stamp.detect(suspect, key=key)
            case = f"{onto}, {strength} x, {attack.name}"
            for group, known in (
                ("carried over", original),
                ("carried over, beside the marked copy", marked),
            ):
                yield _look(name, group, case, found, register(known, suspect, transform=found.transform))


def _look(name: str, group: str, case: str, found: stamp.Detection, laid: Registration | None) -> Look:
    if laid is None:
        return Look(name, group, case, found.present, "", None, 0.0)
    return Look(name, group, case, found.present, laid.method, laid.correlation, laid.coverage)


def summary(made: list[Look]) -> list[dict[str, Any]]:
    """For each case all correlations, and the photos that were laid by the mark, or not at all."""
    cases: dict[tuple[str, str], list[Look]] = {}
    for look in made:
        cases.setdefault((look.group, look.case), []).append(look)
    return [
        {
            "group": group,
            "case": case,
            "marks_seen": sum(look.marked for look in chosen),
            "correlations": sorted(
                round(look.correlation, 4) for look in chosen if look.correlation is not None
            ),
            "by_mark": sorted(look.photo for look in chosen if look.method == "mark"),
            "unregistered": sorted(look.photo for look in chosen if look.correlation is None),
        }
        for (group, case), chosen in cases.items()
    ]


def markdown(made: list[Look]) -> str:
    """A row a case; the lowest, the median and the highest correlation."""
    parts = []
    for group in dict.fromkeys(look.group for look in made):
        chosen = [look for look in made if look.group == group]
        cases = dict.fromkeys(look.case for look in chosen)
        rows = [_row(case, [look for look in chosen if look.case == case]) for case in cases]
        header = [group, "photos", "mark seen", "laid", "lowest", "median", "highest", f"{AGREES:g} or more"]
        parts.append(runner.table(header, [*rows, _row("**all**", chosen)]))
    return "\n".join(parts)


def _row(case: str, chosen: list[Look]) -> list[object]:
    figures = sorted(look.correlation for look in chosen if look.correlation is not None)
    shown = (
        [f"{value:.3f}" for value in (figures[0], float(np.median(figures)), figures[-1])] if figures else []
    )
    return [
        case,
        len(chosen),
        sum(look.marked for look in chosen),
        len(figures),
        *(shown or ["", "", ""]),
        sum(value >= AGREES for value in figures),
    ]


def main() -> None:
    parser = runner.parser("matching", __doc__)
    parser.add_argument("--most", type=int, default=30, help="photos, chosen by the seed [30]")
    options = parser.parse_args()
    options.tools = ["stamp"]
    paths, left_out = photos.usable(options.photos, options.size)
    flat = {path.name: "no detail" for path in paths if photos.load(path, options.size, 1).std() < 10}
    paths = [path for path in paths if path.name not in flat]
    paths.sort(key=lambda path: zlib.crc32(f"{options.seed} {path.name}".encode()))
    paths = paths[: 2 if options.quick else options.most]
    tasks = [
        (path, after, options.size, options.seed)
        for path, after in zip(paths, [*paths[1:], paths[0]], strict=True)
    ]
    made: list[Look] = []
    for some in runner.spread(looks, tasks, jobs=options.jobs, label="photos"):
        made += some
    document: dict[str, Any] = {
        "photos": [path.name for path in paths],
        "left_out": left_out | flat,
        "opencv": version("opencv-python-headless"),
        "cases": summary(made),
    }
    runner.write(options, document, markdown(made), {})


if __name__ == "__main__":
    main()

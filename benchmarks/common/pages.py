"""Pages with photos on them, drawn from a seed: phones, desktops, memes, stories, collages, borders.

Each is what somebody shows or uploads, not what an attack list has: `KINDS` by name, a function of photos and
a random generator that returns the page and where each photo is on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.common.steps import Pixels, Rng

Colour = tuple[int, int, int]
Corners = list[tuple[float, float]]

_INK: Colour = (38, 40, 44)
_PALE: Colour = (220, 222, 226)
_LEAST, _MOST = 720, 1440  # pixels of a page's width


@dataclass
class Page:
    """A page on its way: its picture, and the corners of each photo in the order in which they were given."""

    image: Image.Image
    quads: list[Corners] = field(default_factory=list)

    def put(self, photo: Image.Image, left: int, top: int, radius: int = 0) -> None:
        """Paste a photo, its corners rounded by `radius` pixels."""
        mask = None
        if radius:
            mask = Image.new("L", photo.size, 0)
            ImageDraw.Draw(mask).rounded_rectangle((0, 0, photo.width - 1, photo.height - 1), radius, 255)
        self.image.paste(photo, (left, top), mask)
        right, bottom = left + photo.width, top + photo.height
        self.quads.append([(left, top), (right, top), (right, bottom), (left, bottom)])


Maker = Callable[[Sequence[Image.Image], Rng], Page]


def _width(rng: Rng) -> int:
    return int(rng.integers(_LEAST, _MOST + 1))


def _wide(photo: Image.Image, width: int) -> Image.Image:
    height = max(1, round(photo.height * width / photo.width))
    return photo.resize((max(1, width), height), Image.Resampling.LANCZOS)


def _words(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], rng: Rng, ink: Colour) -> None:
    """Lines of what looks like words from some way off."""
    left, top, right, bottom = box
    high = max(8, (right - left) // 40)
    for y in range(top, bottom - high, 2 * high):
        x = left
        end = right - int(rng.uniform(0, 0.4) * (right - left))
        while x < end:
            long = int(rng.uniform(1, 5) * high)
            step = max(2, high // 3)
            for stroke in range(x, min(x + long, end), step):
                tall = int(rng.uniform(0.3, 0.9) * high)
                draw.rectangle((stroke, y + high - tall, stroke + max(1, step // 2), y + high), ink)
            x += long + high // 2


def _phone(photos: Sequence[Image.Image], rng: Rng, *, dark: bool, share: float, radius: int) -> Page:
    width = _width(rng)
    height = round(width * rng.uniform(1.78, 2.2))
    ground = ((12, 13, 16) if rng.random() < 0.6 else (0, 0, 0)) if dark else (255, 255, 255)
    if not dark and rng.random() < 0.5:
        ground = (242, 243, 245)
    ink = _PALE if dark else _INK
    page = Page(Image.new("RGB", (width, height), ground))
    draw = ImageDraw.Draw(page.image)
    unit = width // 40
    _words(draw, (2 * unit, unit, width - 2 * unit, 2 * unit + 10), rng, ink)
    draw.ellipse((unit, 4 * unit, 5 * unit, 8 * unit), (180, 90, 60))
    _words(draw, (6 * unit, 5 * unit, width // 2, 8 * unit), rng, ink)
    photo = _wide(photos[0], round(width * share))
    if photo.height > height * 0.7:
        photo = ImageOps.fit(photo, (photo.width, round(height * 0.7)))
    left = 0 if share == 1 else int(rng.integers(0, width - photo.width + 1))
    top = 10 * unit
    page.put(photo, left, top, radius * width // 1000)
    below = top + photo.height + unit
    for x in range(3):
        draw.ellipse((unit + 4 * unit * x, below, 4 * unit + 4 * unit * x, below + 3 * unit), outline=ink)
    _words(draw, (unit, below + 4 * unit, width - unit, height - 6 * unit), rng, ink)
    return page


def phone_light(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A photo as wide as a light page."""
    return _phone(photos, rng, dark=False, share=1.0, radius=0)


def phone_dark(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """The same, dark."""
    return _phone(photos, rng, dark=True, share=1.0, radius=0)


def phone_rounded(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A photo with round corners and some ground around it."""
    return _phone(
        photos, rng, dark=rng.random() < 0.5, share=rng.uniform(0.84, 0.94), radius=int(rng.integers(15, 50))
    )


def phone_narrow(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A photo of half to four fifths of the page's width."""
    return _phone(photos, rng, dark=rng.random() < 0.5, share=rng.uniform(0.5, 0.8), radius=0)


def desktop(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A browser's window with a photo between columns of words."""
    width = int(rng.integers(1280, 1441))
    height = round(width * 0.62)
    page = Page(Image.new("RGB", (width, height), (250, 250, 250)))
    draw = ImageDraw.Draw(page.image)
    draw.rectangle((0, 0, width, 70), (222, 225, 230))
    draw.rounded_rectangle((180, 22, width - 200, 56), 14, (255, 255, 255))
    photo = _wide(photos[0], round(width * rng.uniform(0.45, 0.65)))
    photo = photo.crop((0, 0, photo.width, min(photo.height, height - 160)))
    left = int(rng.integers(40, width - photo.width - 30))
    page.put(photo, left, 130)
    _words(draw, (left, 86, left + photo.width, 124), rng, _INK)
    side = (20, left - 20) if left > width - left - photo.width else (left + photo.width + 20, width - 20)
    _words(draw, (side[0], 140, side[1], height - 20), rng, (90, 92, 98))
    return page


def meme(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """Words in a band above the photo, and more over it."""
    width = _width(rng)
    photo = _wide(photos[0], width)
    band = round(width * rng.uniform(0.1, 0.3))
    dark = rng.random() < 0.3
    page = Page(Image.new("RGB", (width, photo.height + band), (0, 0, 0) if dark else (255, 255, 255)))
    draw = ImageDraw.Draw(page.image)
    _words(draw, (width // 20, band // 8, width - width // 20, band), rng, _PALE if dark else (0, 0, 0))
    page.put(photo, 0, band)
    low = band + round(photo.height * 0.8)
    for shift, ink in ((2, (0, 0, 0)), (0, (255, 255, 255))):
        draw.rectangle((width // 6 - shift, low - shift, width // 2 + shift, low + width // 30 + shift), ink)
    return page


def _blurred(photo: Image.Image, size: tuple[int, int]) -> Image.Image:
    return ImageOps.fit(photo, size).filter(ImageFilter.GaussianBlur(size[0] / 30))


def _stickers(draw: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0.1, 0.8) * size[0], rng.uniform(0.1, 0.9) * size[1]
        wide, high = rng.uniform(0.1, 0.25) * size[0], rng.uniform(0.03, 0.07) * size[1]
        colour = (int(rng.integers(256)), int(rng.integers(256)), int(rng.integers(256)))
        draw.rounded_rectangle((x, y, x + wide, y + high), high / 3, colour)


def _story(photos: Sequence[Image.Image], rng: Rng, angle: float) -> Page:
    width = _width(rng)
    size = (width, round(width * 16 / 9))
    page = Page(_blurred(photos[0], size))
    photo = _wide(photos[0], round(width * rng.uniform(0.7, 0.95)))
    if photo.height > size[1] * 0.75:
        photo = photo.resize((round(photo.width * size[1] * 0.75 / photo.height), round(size[1] * 0.75)))
    turned = photo.convert("RGBA").rotate(angle, Image.Resampling.BICUBIC, expand=True)
    left = (size[0] - turned.width) // 2
    top = int(rng.uniform(0.3, 0.7) * (size[1] - turned.height))
    page.image.paste(turned, (left, top), turned)
    centre = np.array([left + turned.width / 2, top + turned.height / 2])
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [photo.width / 2, photo.height / 2]
    page.quads.append([(float(x), float(y)) for x, y in half @ np.array([[c, -s], [s, c]]) + centre])
    _stickers(ImageDraw.Draw(page.image), size, rng)
    return page


def story(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A turned photo over its blurred copy, with stickers."""
    return _story(photos, rng, float(rng.uniform(2, 12) * rng.choice([-1, 1])))


def story_upright(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """The same, not turned."""
    return _story(photos, rng, 0.0)


def turned_on_flat(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A turned photo on a ground of one colour."""
    width = _width(rng)
    size = (width, round(width * rng.uniform(0.9, 1.6)))
    ground = tuple(int(each) for each in rng.integers(0, 256, 3))
    page = Page(Image.new("RGB", size, ground))
    angle = float(rng.uniform(2, 15) * rng.choice([-1, 1]))
    room = abs(np.sin(np.radians(angle))) + abs(np.cos(np.radians(angle)))
    photo = ImageOps.contain(photos[0], (round(size[0] * 0.9 / room), round(size[1] * 0.9 / room)))
    turned = photo.convert("RGBA").rotate(angle, Image.Resampling.BICUBIC, expand=True)
    left, top = (size[0] - turned.width) // 2, (size[1] - turned.height) // 2
    page.image.paste(turned, (left, top), turned)
    centre = np.array(size) / 2
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [photo.width / 2, photo.height / 2]
    page.quads.append([(float(x), float(y)) for x, y in half @ np.array([[c, -s], [s, c]]) + centre])
    return page


def _collage(photos: Sequence[Image.Image], rng: Rng, columns: int, *, gap: bool) -> Page:
    width = int(rng.integers(1080, _MOST + 1)) if columns == 3 else _width(rng)
    space = int(rng.integers(4, 20)) if gap else 0
    cell = (width - (columns + 1) * space) // columns
    side = columns * cell + (columns + 1) * space
    ground = (255, 255, 255) if rng.random() < 0.7 else (20, 20, 24)
    page = Page(Image.new("RGB", (side, side), ground))
    for number in range(columns**2):
        left, top = (space + at * (cell + space) for at in (number % columns, number // columns))
        page.put(ImageOps.fit(photos[number % len(photos)], (cell, cell)), left, top)
    return page


def collage_4(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """Four photos in squares, with gaps."""
    return _collage(photos, rng, 2, gap=True)


def collage_4_seams(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """The same without gaps."""
    return _collage(photos, rng, 2, gap=False)


def collage_9(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """Nine photos in squares, with gaps."""
    return _collage(photos, rng, 3, gap=True)


def collage_9_seams(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """The same without gaps."""
    return _collage(photos, rng, 3, gap=False)


def border(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A photo in a frame of one colour, as wide on all sides or wider below."""
    photo = _wide(photos[0], round(_width(rng) * 0.8))
    edge = round(photo.width * rng.uniform(0.03, 0.18))
    colour = (255, 255, 255) if rng.random() < 0.6 else tuple(int(each) for each in rng.integers(0, 256, 3))
    below = edge * (3 if rng.random() < 0.3 else 1)
    page = Page(Image.new("RGB", (photo.width + 2 * edge, photo.height + edge + below), colour))
    page.put(photo, edge, edge)
    return page


def textured(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A photo on a table or a wall: grain and soft light around it."""
    width = _width(rng)
    photo = _wide(photos[0], round(width * rng.uniform(0.6, 0.85)))
    height = round(photo.height / rng.uniform(0.55, 0.85))
    noise = rng.normal(0, rng.uniform(4, 16), (height, width)).astype(np.float32)
    grain = np.asarray(
        Image.fromarray(noise).filter(ImageFilter.GaussianBlur(0))
        if rng.random() < 0.5
        else Image.fromarray(noise).resize((width, max(1, height // 8))).resize((width, height))
    )
    light = np.linspace(-30, 30, width)[None] + np.linspace(-15, 15, height)[:, None]
    base = np.array(rng.integers(60, 200, 3))
    pixels = np.clip(base + (light + grain)[..., None], 0, 255).astype(np.uint8)
    page = Page(Image.fromarray(pixels))
    page.put(photo, (width - photo.width) // 2, (height - photo.height) // 2)
    return page


def slide(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A photo beside words on a slide with a band of colour fading from one side to the other."""
    width = int(rng.integers(960, _MOST + 1))
    height = round(width * 9 / 16)
    fade = np.linspace(0, 1, width)[None, :, None]
    first, second = rng.integers(150, 256, 3), rng.integers(150, 256, 3)
    pixels = np.repeat((first * (1 - fade) + second * fade), height, axis=0).astype(np.uint8)
    page = Page(Image.fromarray(pixels))
    draw = ImageDraw.Draw(page.image)
    _words(draw, (width // 20, height // 20, width // 2, height // 8), rng, _INK)
    _words(draw, (width // 20, height // 4, width // 3, height - height // 6), rng, _INK)
    photo = ImageOps.contain(photos[0], (round(width * 0.58), round(height * 0.72)))
    page.put(photo, width - photo.width - width // 30, (height - photo.height) // 2)
    return page


def player(photos: Sequence[Image.Image], rng: Rng) -> Page:
    """A photo in a video player: black bars, a bar of progress and buttons over its lower edge."""
    width = int(rng.integers(960, _MOST + 1))
    height = round(width * 9 / 16)
    page = Page(Image.new("RGB", (width, height), (0, 0, 0)))
    photo = ImageOps.contain(photos[0], (width, height))
    page.put(photo, (width - photo.width) // 2, (height - photo.height) // 2)
    draw = ImageDraw.Draw(page.image)
    low = height - height // 20
    draw.rectangle((width // 40, low, width - width // 40, low + 5), (200, 200, 200))
    draw.rectangle((width // 40, low, width // 3, low + 5), (230, 30, 30))
    draw.polygon(
        [(width // 40, low + 12), (width // 40 + 18, low + 22), (width // 40, low + 32)], (250, 250, 250)
    )
    return page


KINDS: dict[str, tuple[Maker, int]] = {
    "phone, light": (phone_light, 1),
    "phone, dark": (phone_dark, 1),
    "phone, rounded corners": (phone_rounded, 1),
    "phone, photo narrower": (phone_narrow, 1),
    "desktop page": (desktop, 1),
    "meme": (meme, 1),
    "story, turned": (story, 1),
    "story, upright": (story_upright, 1),
    "turned on one colour": (turned_on_flat, 1),
    "collage of 4, gaps": (collage_4, 4),
    "collage of 4, no gaps": (collage_4_seams, 4),
    "collage of 9, gaps": (collage_9, 9),
    "collage of 9, no gaps": (collage_9_seams, 9),
    "border": (border, 1),
    "textured ground": (textured, 1),
    "slide": (slide, 1),
    "video player": (player, 1),
}
"""Kind of page -> what draws it, and of how many photos."""


def draw(kind: str, photos: Sequence[Pixels], rng: Rng) -> Page:
    """Return a page of a kind with these photos, as many as it takes."""
    maker, count = KINDS[kind]
    return maker([Image.fromarray(photos[number % len(photos)]) for number in range(count)], rng)

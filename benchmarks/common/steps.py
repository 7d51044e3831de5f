"""Single edits a published picture meets, each a `Step`: a label and a pure function.

A step maps uint8 RGB (H, W, 3) to uint8 RGB (H', W', 3). Whatever it draws at random (where a crop lies,
noise) comes from the generator it is handed, so a seed fixes the outcome. Done with Pillow and NumPy
alone: neither `stamp` nor a peer takes part in attacking itself.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageOps

Pixels = npt.NDArray[np.uint8]
Rng = np.random.Generator


class Step(NamedTuple):
    label: str
    apply: Callable[[Pixels, Rng], Pixels]


def _pillow(label: str, edit: Callable[[Image.Image], Image.Image]) -> Step:
    """A step that draws nothing at random, written on Pillow images."""
    return Step(label, lambda pixels, _: np.asarray(edit(Image.fromarray(pixels)).convert("RGB")))


def _float(label: str, edit: Callable[[npt.NDArray[np.float64], Rng], npt.NDArray[np.float64]]) -> Step:
    """A step on floats in 0..255, rounded and clipped afterwards."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        return np.clip(np.rint(edit(pixels.astype(np.float64), rng)), 0, 255).astype(np.uint8)

    return Step(label, apply)


def nothing() -> Step:
    return Step("none", lambda pixels, _: pixels)


# ---- recompression --------------------------------------------------------------------------------------


def _codec(label: str, container: str, **settings: Any) -> Step:
    def recompress(image: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        image.save(buffer, container, **settings)
        buffer.seek(0)
        return Image.open(buffer)

    return _pillow(label, recompress)


def jpeg(quality: int) -> Step:
    """Baseline JPEG with 4:2:0 chroma, Pillow's default and the web's."""
    return _codec(f"JPEG {quality}", "JPEG", quality=quality)


def webp(quality: int) -> Step:
    return _codec(f"WebP {quality}", "WEBP", quality=quality)


def avif(quality: int) -> Step:
    return _codec(f"AVIF {quality}", "AVIF", quality=quality, speed=8)


def gif_palette(colours: int = 256) -> Step:
    """A palette with Floyd-Steinberg dither, as a GIF or an 8-bit PNG carries."""
    return _pillow(f"{colours} colours", lambda image: image.quantize(colours))


# ---- size ------------------------------------------------------------------------------------------------


def _stretched(image: Image.Image, sx: float, sy: float) -> Image.Image:
    size = max(round(image.width * sx), 1), max(round(image.height * sy), 1)
    return image.resize(size, Image.Resampling.LANCZOS)


def resize(scale: float) -> Step:
    return _pillow(f"resize {scale:g}", lambda image: _stretched(image, scale, scale))


def resize_undone(scale: float) -> Step:
    """Down and back to the former size (bicubic upwards, as browsers do)."""
    return _pillow(
        f"resize {scale:g} undone",
        lambda image: _stretched(image, scale, scale).resize(image.size, Image.Resampling.BICUBIC),
    )


def fit(side: int) -> Step:
    """The longer side becomes `side` pixels, up or down."""
    return _pillow(
        f"fit {side}", lambda image: _stretched(image, side / max(image.size), side / max(image.size))
    )


def aspect(ratio: float) -> Step:
    """Width by `ratio`, the height kept."""
    return _pillow(f"aspect {ratio:g}", lambda image: _stretched(image, ratio, 1.0))


# ---- cutting ---------------------------------------------------------------------------------------------


def _box(width: int, height: int, w: int, h: int, rng: Rng) -> tuple[int, int, int, int]:
    """Somewhere inside, seldom in the middle: uniform over all positions."""
    x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    return x, y, x + w, y + h


def crop(share: float) -> Step:
    """Keeps `share` of the area in the picture's own shape, at a random place."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        w, h = max(round(width * share**0.5), 1), max(round(height * share**0.5), 1)
        x0, y0, x1, y1 = _box(width, height, w, h, rng)
        return pixels[y0:y1, x0:x1]

    return Step(f"crop {share * 100:g} %", apply)


def strip(share: float) -> Step:
    """Keeps the full height and `share` of the width."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        x0, _, x1, _ = _box(width, height, round(width * share), height, rng)
        return pixels[:, x0:x1]

    return Step(f"strip {share:g}", apply)


def crop_square() -> Step:
    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        side = min(height, width)
        x0, y0, x1, y1 = _box(width, height, side, side, rng)
        return pixels[y0:y1, x0:x1]

    return Step("crop square", apply)


def zoom(factor: float) -> Step:
    """Crops by `factor` on each side and blows up to the former size."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        cut = Image.fromarray(crop(factor**-2).apply(pixels, rng))
        return np.asarray(cut.resize(pixels.shape[1::-1], Image.Resampling.BICUBIC))

    return Step(f"zoom {factor:g}", apply)


# ---- turning ---------------------------------------------------------------------------------------------


def rotate(degrees: float, *, expand: bool = False) -> Step:
    """Counter-clockwise with bicubic interpolation; empty corners are black.

    By default the size is kept, so the picture's own corners are lost; `expand` keeps all of it. A right
    angle moves pixels only.
    """
    expand = expand or degrees % 90 == 0
    return _pillow(
        f"rotate {degrees:g}" + (" expanded" if expand and degrees % 90 else ""),
        lambda image: image.rotate(degrees, Image.Resampling.BICUBIC, expand=expand),
    )


def straighten(degrees: float) -> Step:
    """Rotates, then keeps the largest upright rectangle of the same shape without any empty corner."""
    c, s = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))

    def edit(image: Image.Image) -> Image.Image:
        w, h = image.size
        shrink = min(w / (w * c + h * s), h / (w * s + h * c))
        x, y = w * (1 - shrink) / 2, h * (1 - shrink) / 2
        turned = image.rotate(degrees, Image.Resampling.BICUBIC)
        return turned.crop((math.ceil(x), math.ceil(y), math.floor(w - x), math.floor(h - y)))

    return _pillow(f"straighten {degrees:g}", edit)


def mirror() -> Step:
    return Step("mirror", lambda pixels, _: pixels[:, ::-1])


def flip() -> Step:
    return Step("flip", lambda pixels, _: pixels[::-1])


def shear(amount: float) -> Step:
    """Horizontal shear: x moves by `amount` times y; empty parts are black."""

    def edit(image: Image.Image) -> Image.Image:
        matrix = (1, amount, -amount * image.height / 2, 0, 1, 0)
        return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)

    return _pillow(f"shear {amount:g}", edit)


def perspective(amount: float) -> Step:
    """Each corner is pulled inwards by up to `amount` of the side, as a hand-held photo of a screen."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        pull = rng.uniform(0, amount, (4, 2)) * (width, height)
        nw, sw, se, ne = pull * ((1, 1), (1, -1), (-1, -1), (-1, 1)) + (
            (0, 0),
            (0, height),
            (width, height),
            (width, 0),
        )
        target = ((0, 0), (0, height), (width, height), (width, 0))
        rows, right = [], []
        for (x, y), (u, v) in zip(target, (nw, sw, se, ne), strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            right += [u, v]
        matrix = tuple(np.linalg.solve(np.array(rows, float), np.array(right, float)))
        image = Image.fromarray(pixels)
        return np.asarray(
            image.transform(image.size, Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC)
        )

    return Step(f"perspective {amount:g}", apply)


def _resampled(pixels: Pixels, y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]) -> Pixels:
    """The picture at rows `y` and columns `x`, counted from the centre of the first pixel; black outside."""
    height, width = pixels.shape[:2]
    inside = (y >= 0) & (y <= height - 1) & (x >= 0) & (x <= width - 1)
    y, x = np.clip(y, 0, height - 1.001), np.clip(x, 0, width - 1.001)
    top, left = y.astype(int), x.astype(int)
    fy, fx = (y - top)[..., None], (x - left)[..., None]
    source = pixels.astype(np.float64)
    upper = source[top, left] * (1 - fx) + source[top, left + 1] * fx
    lower = source[top + 1, left] * (1 - fx) + source[top + 1, left + 1] * fx
    out = (upper * (1 - fy) + lower * fy) * inside[..., None]
    return np.rint(out).astype(np.uint8)


def barrel(amount: float) -> Step:
    """The distortion of a lens: what is in the corners moves inwards by `amount` of its distance to the
    middle."""

    def apply(pixels: Pixels, _: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        y, x = np.mgrid[0:height, 0:width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
        bulge = 1 + amount * (y**2 + x**2) / ((height / 2) ** 2 + (width / 2) ** 2)
        return _resampled(pixels, y * bulge + (height - 1) / 2, x * bulge + (width - 1) / 2)

    return Step(f"barrel {amount:g}", apply)


def bend(amount: float) -> Step:
    """Smooth displacements by up to `amount` pixels that differ from place to place (StirMark's bending):
    one wave and a half across each side, with a random phase."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        y, x = np.mgrid[0:height, 0:width].astype(float)
        a, b, c, d = rng.uniform(0, 2 * np.pi, 4)
        u, v = 3 * np.pi * y / height, 3 * np.pi * x / width
        return _resampled(
            pixels, y + amount * np.sin(v + a) * np.cos(u + b), x + amount * np.sin(u + c) * np.cos(v + d)
        )

    return Step(f"bend {amount:g} px", apply)


def screen() -> Step:
    """A photo of a monitor from the hand: its grid of red, green and blue stripes at three pixels of the
    camera to two of the picture, seen at an angle, a soft lens, uneven light, noise, JPEG."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        fine = np.repeat(np.repeat(pixels, 3, 0), 3, 1).astype(np.float64)
        stripes = np.full((3, 3), 0.55)
        np.fill_diagonal(stripes, 1.0)
        fine *= np.tile(stripes, (1, width, 1)).reshape(1, 3 * width, 3)
        fine[2::3] *= 0.8
        shown = Image.fromarray(np.clip(fine * 1.25, 0, 255).astype(np.uint8))
        seen = shown.resize((round(width * 1.5), round(height * 1.5)), Image.Resampling.BILINEAR)
        seen = seen.filter(ImageFilter.GaussianBlur(0.9))
        tilted = perspective(0.04).apply(np.asarray(seen), rng)
        light = np.linspace(1.08, 0.88, tilted.shape[1])[None, :, None]
        noisy = tilted * light + rng.normal(0, 4, tilted.shape)
        return jpeg(85).apply(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), rng)

    return Step("photo of a screen", apply)


def print_and_scan() -> Step:
    """Printed with a stochastic screen of four dots a pixel and fewer tones, scanned a little turned: soft,
    paler, grainy, JPEG."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        image = Image.fromarray(pixels)
        large = (
            np.asarray(image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)) / 255.0
        )
        large = 0.1 + 0.8 * large  # paper is not white, ink not black
        dots = large + rng.uniform(-0.5, 0.5, large.shape) * 0.5
        levels = np.clip(np.rint(dots * 3) / 3, 0, 1)
        printed = Image.fromarray((levels * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.6))
        turned = printed.rotate(
            float(rng.uniform(-1, 1)), Image.Resampling.BICUBIC, fillcolor=(235, 235, 235)
        )
        scan = np.asarray(turned.resize((round(image.width * 1.3), round(image.height * 1.3))), np.float64)
        return jpeg(85).apply(np.clip(scan + rng.normal(0, 2, scan.shape), 0, 255).astype(np.uint8), rng)

    return Step("print and scan", apply)


# ---- tone and colour -------------------------------------------------------------------------------------


def brightness(factor: float) -> Step:
    return _float(f"brightness {factor:g}", lambda x, _: x * factor)


def contrast(factor: float) -> Step:
    return _float(f"contrast {factor:g}", lambda x, _: (x - x.mean()) * factor + x.mean())


def gamma(exponent: float) -> Step:
    return _float(f"gamma {exponent:g}", lambda x, _: 255 * (x / 255) ** exponent)


def autocontrast() -> Step:
    return _pillow("auto-contrast", lambda image: ImageOps.autocontrast(image, cutoff=1))


def grayscale() -> Step:
    return _pillow("grayscale", lambda image: image.convert("L"))


def sepia() -> Step:
    matrix = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    return _float("sepia", lambda x, _: x @ matrix.T)


def warm_filter() -> Step:
    """The usual phone filter: lifted blacks, warmer, more contrast in the middle."""
    return _float(
        "warm filter", lambda x, _: 12 + (255 * (x / 255) ** 0.9 - 12) * np.array([1.06, 1.0, 0.88])
    )


def vignette(amount: float) -> Step:
    def edit(x: npt.NDArray[np.float64], _: Rng) -> npt.NDArray[np.float64]:
        y, z = np.linspace(-1, 1, x.shape[0]) ** 2, np.linspace(-1, 1, x.shape[1]) ** 2
        return x * (1 - amount * (y[:, None] + z) / 2)[..., None]

    return _float(f"vignette {amount:g}", edit)


# ---- filters and noise -----------------------------------------------------------------------------------


def blur(sigma: float) -> Step:
    """Gaussian, standard deviation in pixels (Pillow's radius)."""
    return _pillow(f"blur {sigma:g}", lambda image: image.filter(ImageFilter.GaussianBlur(sigma)))


def median(size: int) -> Step:
    return _pillow(f"median {size}", lambda image: image.filter(ImageFilter.MedianFilter(size)))


def sharpen(percent: int = 80) -> Step:
    return _pillow(
        f"sharpen {percent}", lambda image: image.filter(ImageFilter.UnsharpMask(1.5, percent, threshold=0))
    )


def noise(sigma: float) -> Step:
    """White Gaussian noise in each channel, standard deviation in grey levels."""
    return _float(f"noise {sigma:g}", lambda x, rng: x + rng.normal(0, sigma, x.shape))


# ---- things laid over or around --------------------------------------------------------------------------


def logo(share: float) -> Step:
    """An opaque two-coloured badge over `share` of the area, in the picture's shape, at a random place."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        w, h = round(width * share**0.5), round(height * share**0.5)
        x0, y0, x1, y1 = _box(width, height, w, h, rng)
        image = Image.fromarray(pixels)
        draw = ImageDraw.Draw(image)
        draw.rectangle((x0, y0, x1 - 1, y1 - 1), fill=(250, 250, 250))
        draw.ellipse((x0 + w / 4, y0 + h / 8, x1 - w / 4, y1 - h / 8), fill=(190, 20, 30))
        return np.asarray(image)

    return Step(f"logo {share * 100:g} %", apply)


def overlay(share: float) -> Step:
    """Another picture laid over all of it, `share` opaque: coloured clouds with the spectrum of photos."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)) + 1 / max(height, width)
        noise = np.fft.rfft2(rng.normal(size=(3, height, width))) / radius
        other = np.moveaxis(np.fft.irfft2(noise, (height, width)), 0, -1)
        other = np.clip(128 + 60 * other / other.std(), 0, 255)
        return np.rint(pixels * (1 - share) + other * share).astype(np.uint8)

    return Step(f"overlay {share * 100:g} %", apply)


def text_tiles() -> Step:
    """Half-transparent text all over the picture, as preview sites print it."""

    def edit(image: Image.Image) -> Image.Image:
        layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
        draw = ImageDraw.Draw(layer)
        for y in range(10, image.height, 70):
            for x in range(10 + (y // 70 % 2) * 60, image.width, 150):
                draw.text((x, y), "preview only", fill=(255, 255, 255, 130), font_size=18)
        return Image.alpha_composite(image.convert("RGBA"), layer)

    return _pillow("text tiles", edit)


def canvas(dx: float, dy: float, colour: tuple[int, int, int]) -> Step:
    """The picture on a larger plain canvas: wider by `dx` and higher by `dy` of its own sides, off-centre."""

    def apply(pixels: Pixels, rng: Rng) -> Pixels:
        height, width = pixels.shape[:2]
        out = np.empty((round(height * (1 + dy)), round(width * (1 + dx)), 3), np.uint8)
        out[:] = colour
        x0, y0, x1, y1 = _box(out.shape[1], out.shape[0], width, height, rng)
        out[y0:y1, x0:x1] = pixels
        return out

    return Step(f"canvas +{dx:g} x +{dy:g}", apply)


def caption() -> Step:
    """A white bar with black text above the picture: the meme."""

    def edit(image: Image.Image) -> Image.Image:
        bar = max(image.height // 6, 24)
        page = Image.new("RGB", (image.width, image.height + bar), "white")
        page.paste(image, (0, bar))
        ImageDraw.Draw(page).text((10, bar / 4), "nobody:\nme on Monday:", fill="black", font_size=bar // 3)
        return page

    return _pillow("caption", edit)

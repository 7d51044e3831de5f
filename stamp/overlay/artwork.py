"""What is drawn, at its size in pixels: letters as their coverage, logos as coverage and colour."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw, ImageOps, features

from ..core.errors import ArgumentError, HostError
from ..core.visible import READABLE, READABLE_LOGO, VisibleNotice
from ..formats.reading import decoding, named, regular_file
from . import svg
from .fonts import font_for, opened

Plane = NDArray[np.float32]

_LEAST_LETTERS = 9  # pixels: smaller ones cannot be read after JPEG
_LEAST_LOGO = 8
SLANT: Final = 30  # degrees anticlockwise, of what is repeated
_LOGO_FORMATS = ("PNG", "WEBP", "JPEG", "TIFF", "GIF")
_MOST_PIXELS, _MOST_BYTES = 64_000_000, 1 << 28  # of a logo
_BY_ITSELF = ("R", "AL", "AN")  # bidirectional classes of what is written from right to left
_SHAPED = ((0x0600, 0x08FF), (0x0900, 0x109F), (0x1780, 0x17FF))
"""Scripts whose letters change beside each other: Arabic and Syriac, those of India to Myanmar, Khmer."""


@dataclass(frozen=True)
class Artwork:
    """coverage : (H, W), 0 to 1. colour : (H, W, 3) sRGB, 0 to 1; None of letters. unit : the height of
    letters in pixels, which the width of the shade follows. level : width and height before it was turned."""

    coverage: Plane
    colour: Plane | None
    unit: float
    level: tuple[int, int]

    @property
    def needed(self) -> float:
        """The contrast that makes it readable."""
        return READABLE if self.colour is None else READABLE_LOGO

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.coverage.shape
        return width, height


def artwork(notice: VisibleNotice, picture: tuple[int, int]) -> Artwork:
    """Return what `notice` looks like in a picture of this width and height.

    Raises ArgumentError where its letters cannot be had, MediaError where its file cannot, HostError where it
    does not fit.
    """
    shorter = min(picture)
    room = [side - 2 * round(notice.margin * shorter) for side in picture]
    if notice.logo is not None:
        made = _logo(Path(notice.logo), notice.height * shorter, room)
    else:
        assert notice.text is not None
        made = _letters(notice, notice.height * shorter, room)
    return _aslant(made) if notice.tile else made


def _letters(notice: VisibleNotice, height: float, room: list[int]) -> Artwork:
    text = unicodedata.normalize("NFC", notice.text or "").strip()
    if needs_shaping(text) and not features.check("raqm"):
        what = f"{text!r} needs letters that join or run from right to left, and this Pillow has no raqm"
        raise ArgumentError(f"{what}; install Pillow's own wheel, or draw it as a `logo`")
    path = font_for(text, notice.font)
    em = max(height, _LEAST_LETTERS)
    while em >= _LEAST_LETTERS:
        coverage = _coverage(text, path, em)
        fits = min(room[0] / coverage.shape[1], room[1] / coverage.shape[0])
        if fits >= 1:
            return Artwork(coverage, None, em, (coverage.shape[1], coverage.shape[0]))
        em *= fits * 0.99  # widths are not quite in proportion to heights
    what = f"the picture is too small for the visible notice {text!r}"
    raise HostError(f"{what}: take fewer letters, or a larger picture")


def _coverage(text: str, font_path: Path, em: float) -> Plane:
    font = opened(font_path, em)
    left, top, right, bottom = (round(each) for each in font.getbbox(text))
    if right <= left or bottom <= top:
        raise ArgumentError(f"there is nothing to see in {text!r}")
    image = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, fill=255, font=font)
    box = image.getbbox()
    assert box is not None
    return np.asarray(image.crop(box), np.float32) / np.float32(255)


def needs_shaping(text: str) -> bool:
    """Whether letters of a text are drawn in another order, or look different beside each other."""
    return any(
        unicodedata.bidirectional(letter) in _BY_ITSELF
        or any(first <= ord(letter) <= last for first, last in _SHAPED)
        for letter in text
    )


def _logo(path: Path, height: float, room: list[int]) -> Artwork:
    image = _read_logo(path)
    scale = min(height / image.height, room[0] / image.width, room[1] / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if min(size) < _LEAST_LOGO:
        raise HostError(f"the picture is too small for the logo {path.name}: {size[0]}x{size[1]} pixels")
    # Colours under full transparency are not to shine through at the edges: scaled with their alpha.
    small = np.asarray(image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA"))
    samples = small.astype(np.float32) / np.float32(255)
    return Artwork(samples[..., 3], samples[..., :3], size[1] / 4, size)


def _read_logo(path: Path) -> Image.Image:
    """RGBA, in sRGB, without empty edges. Raises ArgumentError, MediaError, MissingDependency."""
    if path.suffix.lower() == svg.SUFFIX:
        return _without_edges(svg.drawn(path), path)
    with regular_file(path) as file, named(path), decoding():
        image = Image.open(io.BytesIO(file.read(_MOST_BYTES)), formats=_LOGO_FORMATS)
        if image.width * image.height > _MOST_PIXELS:
            what = f"a logo of {image.width}x{image.height} pixels is too large"
            raise ArgumentError(f"{what}; scale it down", path=path)
        profile: Any = image.info.get("icc_profile")
        samples = ImageOps.exif_transpose(image).convert("RGBA")
        if profile and image.mode in ("RGB", "RGBA", "P"):
            samples = _in_srgb(samples, profile)
        return _without_edges(samples, path)


def _without_edges(samples: Image.Image, path: Path) -> Image.Image:
    box = samples.getchannel("A").getbbox()
    if box is None:
        raise ArgumentError("there is nothing to see in this logo: all of it is transparent", path=path)
    return samples.crop(box)


def _in_srgb(samples: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        wanted = ImageCms.createProfile("sRGB")
        changed = ImageCms.profileToProfile(samples.convert("RGB"), source, wanted)
    except (ImageCms.PyCMSError, OSError):  # of another colour space, or damaged: shown as it is
        return samples
    assert changed is not None
    changed.putalpha(samples.getchannel("A"))
    return changed


def _aslant(made: Artwork) -> Artwork:
    def turned(plane: Plane) -> Plane:
        image = Image.fromarray(plane).rotate(SLANT, Image.Resampling.BICUBIC, expand=True)
        return np.asarray(image)

    coverage = np.clip(turned(made.coverage), 0, 1)
    if made.colour is None:
        return Artwork(coverage, None, made.unit, made.level)
    colour = np.dstack([turned(np.ascontiguousarray(made.colour[..., each])) for each in range(3)])
    return Artwork(coverage, np.clip(colour, 0, 1), made.unit, made.level)

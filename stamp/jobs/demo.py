"""A photo marked, mistreated and read back, for `stamp demo`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.reports import DetectReport
from ..pipeline.files import detect_file
from .plan import is_stamped

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..core.key import Key


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read after one mistreatment."""

    attack: str
    size: tuple[int, int]
    report: DetectReport
    passed: bool


def find_photo() -> Path:
    """A photo to show the mark on.

    One of sample_media/ in the current folder or above it, or beside the package in a checkout; where there
    is none, a picture painted into the current folder.
    """
    folders = [Path(), *Path.cwd().parents, Path(__file__).parents[2]]
    samples = [path for folder in folders for path in sorted((folder / "sample_media").glob("*.jpg"))]
    photo = next((path for path in samples if not is_stamped(path)), Path("stamp-demo.jpg"))
    if not photo.exists():
        paint(photo)
    return photo


def paint(path: Path, *, size: tuple[int, int] = (1200, 800), seed: int = 1) -> None:
    """Write a JPEG of `size` (width, height) that looks like clouds above hills: gradients under 1/f noise,
    as in photos.

    Raises
    ------
    OutputError, UnwritableFile : `path` exists, or cannot be written.
    """
    import numpy as np
    from PIL import Image

    from ..storage.atomic import write_whole

    w, h = size
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(h)[:, None] * h, np.fft.rfftfreq(w)[None] * w)
    frequency[0, 0] = 1
    phases = np.exp(2j * np.pi * random.random((2, *frequency.shape)))
    clouds, colour = (noise / noise.std() for noise in np.fft.irfft2(phases * frequency**-1.4, s=(h, w)))
    height = np.linspace(0, 1, h)[:, None]
    hills = height > 0.6 + 0.1 * np.sin(np.linspace(0, 9, w))[None]
    luma = np.where(hills, 90 + 34 * clouds, 205 - 70 * height + 14 * clouds)
    tint = np.where(hills, 12 + 6 * colour, -22 + 9 * colour)
    pixels = np.stack([luma + tint, luma + np.abs(tint) / 3, luma - tint], axis=-1)
    with write_whole(path) as temp:
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(temp, "JPEG", quality=92)


def mistreat(stamped: Path, payload: bytes, key: Key) -> Iterator[Reading]:
    """Do to copies of a marked photo what happens to photos on their way, and read each back."""
    from PIL import Image, ImageOps

    with Image.open(stamped) as opened:
        photo = ImageOps.exif_transpose(opened).convert("RGB")
    with tempfile.TemporaryDirectory() as folder:
        for name, (attack, quality) in _attacks().items():
            victim = attack(photo)
            path = Path(folder) / "copy.jpg"
            victim.save(path, quality=quality)
            report = detect_file(path, keys=key)
            yield Reading(name, victim.size, report, report.present and report.payload == payload)


def _attacks() -> dict[str, tuple[Callable[[Image], Image], int]]:
    """Name -> what is done to the picture, and the JPEG quality at which it is saved afterwards."""
    return {
        "as it is": (lambda photo: photo, 95),
        "squeezed: JPEG quality 50": (lambda photo: photo, 50),
        "cropped to half its area": (_crop, 90),
        "turned by 5 degrees": (_turn, 90),
        "mirrored": (_mirror, 90),
        "scaled to half its size": (_halve, 90),
        "turned, cropped, scaled to 3/4, JPEG 60": (_everything, 60),
    }


def _crop(photo: Image) -> Image:
    w, h = photo.size
    return photo.crop((round(0.15 * w), round(0.1 * h), round(0.857 * w), round(0.807 * h)))


def _turn(photo: Image) -> Image:
    from PIL.Image import Resampling

    return photo.rotate(5, resample=Resampling.BICUBIC, expand=True)


def _mirror(photo: Image) -> Image:
    from PIL import ImageOps

    return ImageOps.mirror(photo)


def _halve(photo: Image) -> Image:
    return _scale(photo, 0.5)


def _scale(photo: Image, factor: float) -> Image:
    from PIL.Image import Resampling

    return photo.resize((round(photo.width * factor), round(photo.height * factor)), Resampling.LANCZOS)


def _everything(photo: Image) -> Image:
    return _scale(_crop(_turn(photo)), 0.75)

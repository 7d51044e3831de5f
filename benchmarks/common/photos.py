"""Photos for a run: found, oriented, brought to one size, each with a seed of its own."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.common.steps import Pixels

SAMPLE_MEDIA = Path(__file__).parents[2] / "sample_media"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif"}


@dataclass(frozen=True)
class Size:
    """What every photo is brought to: `width` x `height` (swapped for upright photos), or None: as it is."""

    width: int | None = None
    height: int | None = None

    @classmethod
    def parse(cls, text: str) -> Size:
        """'768x512' or 'native'. Raises ValueError otherwise."""
        if text == "native":
            return cls()
        width, _, height = text.partition("x")
        return cls(int(width), int(height))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}" if self.width else "native"


def find(paths: list[Path], leave_out: Sequence[str] = ()) -> list[Path]:
    """Every picture file in `paths` (folders are walked), sorted, but those whose names match a pattern.

    Raises FileNotFoundError if there is none, ValueError if two share a name, since results go by name.
    """
    found: set[Path] = set()
    for path in paths:
        files = path.rglob("*") if path.is_dir() else [path]
        found |= {
            file
            for file in files
            if file.suffix.lower() in SUFFIXES and ".stamped." not in file.name and file.is_file()
        }
    if not found:
        raise FileNotFoundError(f"no photos in {', '.join(map(str, paths))}")
    if len({file.name for file in found}) < len(found):
        raise ValueError("two photos have the same name; results are listed by name")
    return kept(sorted(found), leave_out)


def kept(paths: Sequence[Path], leave_out: Sequence[str]) -> list[Path]:
    """Those whose names match none of the patterns."""
    return [path for path in paths if not any(fnmatch(path.name, pattern) for pattern in leave_out)]


def seed_of(path: Path, seed: int) -> int:
    """A photo's own seed: its name and the run's seed decide, not which other photos take part."""
    return zlib.crc32(f"{seed}/{path.name}".encode())


def _scale(have: tuple[int, int], size: Size, path: Path) -> tuple[float, int, int]:
    """The factor that makes a picture cover `size`, and the width and height to cut from it."""
    if size.width is None or size.height is None:
        return 1.0, *have
    w, h = (size.width, size.height) if have[0] >= have[1] else (size.height, size.width)
    scale = max(w / have[0], h / have[1])
    if scale > 1:
        raise ValueError(f"{path.name}: {have[0]}x{have[1]} is smaller than {w}x{h}")
    return scale, w, h


def load(path: Path, size: Size, seed: int) -> Pixels:
    """uint8 RGB (H, W, 3), upright; scaled to cover `size` (Lanczos), then cut at a random place.

    Raises ValueError for a photo that would have to be blown up.
    """
    with Image.open(path) as file:
        image = ImageOps.exif_transpose(file).convert("RGB")
    scale, w, h = _scale(image.size, size, path)
    covering = max(round(image.width * scale), w), max(round(image.height * scale), h)
    image = image.resize(covering, Image.Resampling.LANCZOS)  # a mere copy where the scale is 1
    rng = np.random.default_rng(seed_of(path, seed))
    x, y = rng.integers(0, covering[0] - w + 1), rng.integers(0, covering[1] - h + 1)
    return np.asarray(image)[y : y + h, x : x + w].copy()


def usable(paths: list[Path], size: Size) -> tuple[list[Path], dict[str, str]]:
    """The photos that `load` will take, and by name the reason for each that it will not."""
    chosen: list[Path] = []
    left_out: dict[str, str] = {}
    for path in find(paths):
        try:
            with Image.open(path) as file:
                _scale(file.size, size, path)
            chosen.append(path)
        except (ValueError, OSError) as error:
            left_out[path.name] = str(error)
    if not chosen:
        raise ValueError(f"no photo is as large as {size}")
    return chosen, left_out

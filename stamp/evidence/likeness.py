"""A find beside its original: compared, and drawn as JPEG."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ..core.comparison import Comparison
from ..core.detection import Transform
from ..media.image.opening import read_luma

if TYPE_CHECKING:
    from ..catalogue.find_records import FindRecord

Pixels = NDArray[np.uint8]
_SIDE = 1600  # pixels; more is not seen on paper
_PANEL = 760
_QUALITY = 85


@dataclass(frozen=True)
class Likeness:
    """How a find compares with its original, and what that looks like.

    comparison : None where the program has no way to compare them. pictures : name in the packet -> JPEG.
    captions : name -> name of the sentence about it, and its values.
    """

    comparison: Comparison | None
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    captions: Mapping[str, tuple[str, dict[str, str]]] = field(default_factory=dict)


def compare(find: FindRecord, original: Path, capture: Path) -> Likeness:
    """Return how a find compares with its original. Raises MediaError where one cannot be read,
    MissingDependency without the extra `match`."""
    if find.kind != "image":
        return Likeness(None)
    mark = (find.report or {}).get("watermark") or {}
    turn = mark.get("transform")
    transform = Transform(**turn) if turn else None
    work, _ = shown(original)
    suspect, reduction = shown(capture)
    likeness = _of_pictures(work, suspect, transform)
    assert likeness.comparison is not None
    region = tuple((reduction * x, reduction * y) for x, y in likeness.comparison.region)
    return replace(likeness, comparison=replace(likeness.comparison, region=region))


def _of_pictures(original: Pixels, suspect: Pixels, transform: Transform | None) -> Likeness:
    from ..matching.compare import compare_images
    from ..matching.pictures import side_by_side

    comparison, registration = compare_images(original, suspect, transform=transform)
    if registration is None:
        pictures = {"original": original, "find": suspect}
        return Likeness(
            comparison,
            {f"pictures/{name}.jpg": jpeg(pixels) for name, pixels in pictures.items()},
            {f"pictures/{name}.jpg": (f"{name}_plain", {}) for name in pictures},
        )
    drawn = side_by_side(original, suspect, registration, panel=_PANEL)
    name = "pictures/comparison.jpg"
    return Likeness(comparison, {name: jpeg(drawn)}, {name: ("comparison", {})})


def shown(path: Path, side: int = _SIDE) -> tuple[Pixels, float]:
    """Return a picture as displayed, RGB (H, W, 3), its longer side at most `side` pixels, and by how much it
    was reduced, 1 or more. Raises MediaError."""
    gray = read_luma(path)  # first: it knows the limits, and says what is wrong
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                longest = max(image.size)
                image.draft("RGB", (side, side))
                picture = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError):  # a raw photo, say
        plane = gray >> 8 if gray.dtype == np.uint16 else gray
        longest = max(plane.shape)
        picture = Image.fromarray(np.asarray(plane, np.uint8)).convert("RGBA")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return np.array(Image.alpha_composite(ground, picture).convert("RGB")), longest / max(picture.size)


def jpeg(pixels: NDArray[Any]) -> bytes:
    """Return pixels as JPEG: the same pixels, the same bytes."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()

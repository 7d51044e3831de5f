"""A find beside its original: compared, and drawn as JPEG."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..core.comparison import Comparison
from ..media.image.opening import read_shown
from ..pipeline.comparing import compare_files
from .spectrogram import spectrograms

if TYPE_CHECKING:
    from ..catalogue.find_records import FindRecord

_SIDE = 1200  # pixels; more is not seen on paper
_QUALITY = 85
_CAPTIONS = {"image": "comparison", "video": "clip", "audio": "song"}


@dataclass(frozen=True)
class Likeness:
    """How a find compares with its original, and what that looks like.

    comparison : None where the program has no way to compare them. pictures : name in the packet -> JPEG.
    captions : the same name -> the name of the sentence about it.
    """

    comparison: Comparison | None
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)


def compare(find: FindRecord, original: Path, capture: Path) -> Likeness:
    """Return how a find compares with its original. Raises MediaError where one cannot be read,
    CatalogueError where they are of different kinds, MissingDependency without the extra `match`."""
    comparison, picture = compare_files(find, original, capture, draw=True)
    if find.kind == "audio":
        picture = spectrograms(original, capture, comparison)
    if picture is not None:
        name = "pictures/comparison.jpg"
        return Likeness(comparison, {name: jpeg(picture)}, {name: _CAPTIONS[find.kind]})
    if find.kind != "image":
        return Likeness(comparison)
    shown = {"original": original, "find": capture}
    return Likeness(
        comparison,
        {f"pictures/{name}.jpg": thumbnail(path) for name, path in shown.items()},
        {f"pictures/{name}.jpg": f"{name}_plain" for name in shown},
    )


def thumbnail(path: Path, side: int = _SIDE) -> bytes:
    """Return a picture as displayed, its longer side at most `side` pixels, as JPEG. Raises MediaError."""
    image = Image.fromarray(np.ascontiguousarray(read_shown(path)))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return jpeg(np.asarray(image))


def jpeg(pixels: NDArray[Any]) -> bytes:
    """Return pixels as JPEG: for the same pixels the same bytes."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()

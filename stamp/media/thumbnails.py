"""Small pictures of works, for people to compare by eye."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import av
import numpy as np
from PIL import Image

from ..core.errors import MediaError
from ..formats.table import Kind
from .image.opening import read_shown

SIDE: Final = 320
_QUALITY: Final = 70


def thumbnail(path: Path, kind: Kind) -> bytes | None:
    """Return a picture of a work as displayed, its longer side at most SIDE pixels, as JPEG; of a clip its
    first frame. None for a song, and for what cannot be decoded."""
    try:
        picture = _still(path) if kind == "image" else _frame(path) if kind == "video" else None
    except (MediaError, av.FFmpegError, OSError, ValueError):
        return None
    if picture is None:
        return None
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _still(path: Path) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(read_shown(path)))


def _frame(path: Path) -> Image.Image | None:
    with av.open(str(path)) as clip:
        if not clip.streams.video:
            return None
        for frame in clip.decode(video=0):
            return Image.fromarray(frame.to_ndarray(format="rgb24"))
    return None

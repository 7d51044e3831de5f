"""A small picture of a file that was looked at, drawn anew from its pixels, with what carries the mark."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

from ..core.detection import Detection
from ..formats.sniff import kind_of
from ..media.thumbnails import thumbnail

_LINES = (((255, 255, 255), 5), ((232, 90, 16), 3))  # seen on any ground


def glimpse(path: Path, found: Detection) -> bytes | None:
    """Return a JPEG of a photo, or of the first frame of a clip, in which what carries the mark is outlined;
    None for a song, and for what cannot be decoded."""
    small = thumbnail(path, kind_of(path))
    if small is None or not found.present or found.region is None or found.size is None:
        return small
    picture = Image.open(io.BytesIO(small)).convert("RGB")
    across, down = picture.width / found.size[0], picture.height / found.size[1]
    corners = [(x * across, y * down) for x, y in found.region]
    pen = ImageDraw.Draw(picture)
    for colour, width in _LINES:
        pen.line([*corners, corners[0]], fill=colour, width=width)
    picture.save(out := io.BytesIO(), "JPEG", quality=85)
    return out.getvalue()

"""A small file of each format that can carry a notice."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

from tests.media.audio_files import sound
from tests.media.matroska_files import Mkv
from tests.media.mp4_files import Mp4
from tests.media.raw_files import dng

# A codestream of 33 x 21 pixels of one colour, from libjxl 0.11.
JXL = "ff0aa0004080480804010074004b188b1500d413e3ffc418ff004382720100dd731418dbfd9a4af8860f"
_PICTURES = {name: name for name in ("gif", "jpeg", "png", "tiff", "webp")} | {"heif": "avif"}
_SOUNDS = {"aiff": "aiff", "flac": "flac", "mp3": "mp3", "ogg": "vorbis", "wav": "wav"}
_FILMS = {"mp4": Mp4(), "quicktime": Mp4(brand=b"qt  "), "threegp": Mp4(brand=b"3gp5"), "matroska": Mkv()}


@cache
def sample(name: str) -> bytes:
    """The file of the format of this name in `stamp.formats.table`."""
    if name == "jxl":
        return bytes.fromhex(JXL)
    if name == "dng":
        return dng()
    if name in _SOUNDS:
        return sound(_SOUNDS[name], 0.05)
    if name in _FILMS:
        return _FILMS[name].encoded()
    assert name in _PICTURES, f"make a small file of the format {name} here"
    out = io.BytesIO()
    Image.linear_gradient("L").resize((33, 21)).convert("RGB").save(out, _PICTURES[name])
    return out.getvalue()

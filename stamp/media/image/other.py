"""Pictures that cannot be marked but may carry a mark: whatever else Pillow decodes by itself."""

from __future__ import annotations

import io
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from ...core.errors import UnsupportedFormat
from ...formats.reading import check_size, refused
from .picture import Pixels, deep_luma, over_gray

# Formats that start other programs (EPS), have no signature (TGA) or no pixels of their own stay out.
# Plugins are called directly: Image.open would warn, by a limit that belongs to the whole process, above 90
# megapixels.
_PLUGINS = {
    b"GIF87a": ("Gif", "GifImageFile"),
    b"GIF89a": ("Gif", "GifImageFile"),
    b"BM": ("Bmp", "BmpImageFile"),
    b"\xff\x4f\xff\x51": ("Jpeg2K", "Jpeg2KImageFile"),
    b"\0\0\0\x0cjP  ": ("Jpeg2K", "Jpeg2KImageFile"),
    b"8BPS\0\1": ("Psd", "PsdImageFile"),
    b"qoif": ("Qoi", "QoiImageFile"),
    **{b"P%d" % n: ("Ppm", "PpmImageFile") for n in range(1, 7)},
}

_NAMES = {
    b"GIF87a": "a GIF picture",
    b"GIF89a": "a GIF picture",
    b"\xff\x0a": "a JPEG XL picture",
    b"\0\0\0\x0cJXL ": "a JPEG XL picture",
}
# Raw photographs that are no TIFF structures, or do not say so: Canon CRW and CR3, Panasonic, Olympus,
# Fujifilm, Sigma.
_RAW = (b"II\x1a\0\0\0HEAPCCDR", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FUJIFILMCCD-RAW", b"FOVb")
_RAW_BRAND = b"ftypcrx "


def unmarkable(data: bytes, path: Path) -> UnsupportedFormat:
    """The error for a file of a kind that is not marked: what it is, and what to do about it."""
    if name := _name(data):
        return refused(
            path, f"{name} cannot be marked", "convert it to PNG, or write the notice alone (--no-watermark)"
        )
    return _unknown(data, path, "convert it (to PNG, MP4 or FLAC); `stamp formats` lists what can be marked")


def _name(data: bytes) -> str | None:
    return next((name for start, name in _NAMES.items() if data.startswith(start)), None)


def _unknown(data: bytes, path: Path, remedy: str) -> UnsupportedFormat:
    if data.startswith(_RAW) or data[4:12] == _RAW_BRAND:
        return refused(path, "a raw photograph is not handled", "develop it first")
    return refused(path, "not a photo, clip or song of a kind that is handled", remedy)


def read_luma(data: bytes, path: Path) -> Pixels:
    """Luma (H, W), uint8 or uint16, of the first frame. Raises UnsupportedFormat, CorruptFile."""
    signature = next((start for start in _PLUGINS if data.startswith(start)), None)
    if signature is None:
        if name := _name(data):
            raise refused(path, f"{name} cannot be read here", "convert it to PNG first")
        raise _unknown(data, path, "convert it (to PNG, MP4 or FLAC)")
    module, name = _PLUGINS[signature]
    image: ImageFile.ImageFile = getattr(import_module(f"PIL.{module}ImagePlugin"), name)(io.BytesIO(data))
    check_size(*image.size, path)
    image.load()
    if image.mode in ("I", "F"):
        return deep_luma(np.asarray(image))
    return over_gray(np.asarray(_plain(image)))


def _plain(image: Image.Image) -> Image.Image:
    """Mode L, RGB or RGBA."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")

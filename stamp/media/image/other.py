"""Pictures that cannot be marked but may carry a mark: whatever else Pillow decodes by itself."""

from __future__ import annotations

import io
from importlib import import_module

import numpy as np
from PIL import Image, ImageFile

from ...core.errors import UnsupportedFormat
from ...formats.reading import check_size, refused
from ...formats.table import Format
from .picture import Pixels, deep_luma, over_gray

# Formats that start other programs (EPS), have no signature (TGA) or no pixels of their own are not in the
# table. Plugins are called directly: Image.open would warn, by a limit that belongs to the whole process,
# above 90 megapixels.

_UNKNOWN = "not a photo, clip or song of a kind that is handled"


def unmarkable(found: Format | None) -> UnsupportedFormat:
    """The error for a file of a format that is not marked: what it is, and what to do about it."""
    if found and found.is_raw:
        alone = "`watermark=False`" if found.notice else "`watermark=False`, `sidecar=True`"
        remedy = f"develop it first, and mark the picture; or write the notice alone ({alone})"
        return refused("a raw photograph cannot be marked", remedy)
    if found and found.notice:
        remedy = "convert it to PNG, or write the notice alone (`watermark=False`)"
        return refused(f"a {found.title} picture cannot be marked", remedy)
    remedy = "convert it (to PNG, MP4 or FLAC); `stamp formats` lists what can be marked"
    return refused(_UNKNOWN, remedy)


def read_luma(data: bytes, found: Format | None) -> Pixels:
    """Luma (H, W), uint8 or uint16, of the first frame. Raises UnsupportedFormat, CorruptFile."""
    if found is None or found.decoder is None:
        if found and found.is_raw:
            raise refused("a raw photograph is not handled", "develop it first")
        if found and found.notice:
            raise refused(f"a {found.title} picture cannot be read here", "convert it to PNG first")
        raise refused(_UNKNOWN, "convert it (to PNG, MP4 or FLAC)")
    plugin = import_module(f"PIL.{found.decoder}ImagePlugin")
    image: ImageFile.ImageFile = getattr(plugin, f"{found.decoder}ImageFile")(io.BytesIO(data))
    check_size(*image.size)
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

"""Photographs: mark the picture in a file, and look for a mark in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import HostError
from ..core.options import Progress
from ..core.reports import DetectReport, EmbedReport, RightsReport
from ..storage.outputs import named
from .notice import with_notice
from .request import Order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..core.key import Key
    from ..media.image.opening import Picture

# Where a lossy file's own settings would kill the mark, the quality is raised to the first of these at which
# it can be read.
_QUALITY_FLOORS = (None, 75, 85, 92, 96)
_STRIP_ROWS, _SSIM_PIXELS = 12, 1_500_000


def embed(order: Order) -> EmbedReport:
    """Mark the picture in a file.

    Raises
    ------
    UnsupportedFormat, CorruptFile, MediaError : it cannot be read.
    HostError : the picture cannot carry a mark that can be read back.
    UnwritableFile : the output cannot be written.
    """
    from ..media.image.opening import read_picture
    from ..watermark.image.embed import embed

    picture = read_picture(order.src)
    with named(order.src):
        marked = embed(picture.pixels, order.payload, key=order.key, strength=order.strength, verify=False)
    fidelity = _fidelity(picture.pixels, marked)
    with order.output as temp, named(order.src):
        metadata, notes = _write_readable(picture, marked, order, temp)
    return EmbedReport(
        order.src,
        order.dst,
        order.payload,
        *fidelity,
        metadata=metadata and replace(metadata, path=order.dst),
        notes=tuple(dict.fromkeys(notes)),
    )


def detect(
    src: Path,
    *,
    keys: Sequence[Key],
    search: bool,
    first: bool = True,
    progress: Progress = lambda done, total: None,
) -> DetectReport:
    """Look for a mark of any of `keys` in the picture of `src`; see `files.detect_file`."""
    from ..media.image.opening import read_luma
    from ..watermark.image.detect import detect

    luma = read_luma(src)
    tried = []
    for key in keys:
        tried.append(detect(luma, key=key, search=search))
        if tried[-1].payload is not None:
            break  # a picture without a mark takes the whole search, for every key
    best = min(tried, key=lambda found: (found.payload is None, not found.present, found.log10_p))
    return DetectReport.of(src, best)


def _write_readable(
    picture: Picture, marked: NDArray[Any], order: Order, temp: Path
) -> tuple[RightsReport | None, list[str]]:
    """Write the finished file to `temp` so that the mark can be read from it; returns what is to be said
    about it."""
    from ..media.image.opening import encode_picture

    last = b""
    for floor in _QUALITY_FLOORS:
        data, notes = encode_picture(picture, marked, quality_floor=floor)
        if data == last:
            break  # a lossless container: more quality changes nothing
        last, metadata = data, None
        if order.rights:
            data, metadata = with_notice(data, order.rights, temp)
        temp.write_bytes(data)
        if detect(temp, keys=[order.key], search=False).payload == order.payload:
            return metadata, [*picture.notes, *notes, *(metadata.notes if metadata else ())]
    raise HostError(
        "the mark cannot be read back, so nothing was written: the picture is too small, flat, clipped or "
        "noisy to carry it; try a larger version, a higher strength, or a lossless file such as PNG"
    )


def _fidelity(before: NDArray[Any], after: NDArray[Any]) -> tuple[float, float]:
    """PSNR in dB and SSIM of the luma of two pictures of the same shape, uint8 or uint16.

    The SSIM of a large picture is the mean over evenly spaced strips, 1.5 megapixels together: over all of 12
    megapixels it would cost as much as marking them, and on photographs the two differ by less than 0.001.
    """
    import numpy as np

    from ..watermark.common.quality import psnr, ssim

    one, two = _luma(before), _luma(after)
    top = float(np.iinfo(before.dtype).max)
    height, width = one.shape
    count = round(_SSIM_PIXELS / (_STRIP_ROWS * width))
    if count * _STRIP_ROWS >= height:
        starts, rows = [0], height
    else:
        starts, rows = np.linspace(0, height - _STRIP_ROWS, count).astype(int).tolist(), _STRIP_ROWS
    strips = [ssim(one[i : i + rows], two[i : i + rows], data_range=top) for i in starts]
    return psnr(one, two, data_range=top), sum(strips) / len(strips)


def _luma(image: NDArray[Any]) -> NDArray[Any]:
    """Rec. ITU-R BT.601 luma. A few rows at a time: the product would first make floats of all colours, which
    takes three times the memory of what comes out."""
    import numpy as np

    if image.ndim == 2:
        return image
    weights = np.array((0.299, 0.587, 0.114), np.float32)
    luma = np.empty(image.shape[:2], np.float32)
    for start in range(0, len(image), _STRIP_ROWS):
        rows = slice(start, start + _STRIP_ROWS)
        luma[rows] = image[rows, :, :3] @ weights
    return luma

"""TIFF files of 8 and 16 bits: pixels out, pixels in, everything else kept.

New strips or tiles take the place of the old ones; no other tag or block moves.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, TiffImagePlugin

from ...formats import tiff as tags
from ...formats.reading import check_size, damaged, refused
from ...formats.tiff import Directory, directory, first_directory, with_pieces
from .orientation import as_stored, upright
from .picture import Picture, Pixels, deep_luma, over_gray
from .tiff_codec import CODECS, Layout, packed, standalone, unpacked

_GRAY_INVERTED, _GRAY, _RGB = 0, 1, 2
_COLOURS = {_GRAY_INVERTED: 1, _GRAY: 1, _RGB: 3}
_OTHER_COLOURS = {
    3: "palette",
    4: "mask",
    5: "CMYK",
    6: "YCbCr",
    8: "Lab",
    -1: "unlabelled",
    32803: "raw sensor",
    34892: "raw sensor",
}
_OTHER_COMPRESSIONS = {
    2: "fax compression",
    3: "fax compression",
    4: "fax compression",
    6: "JPEG compression",
    7: "JPEG compression",
    34712: "JPEG 2000 compression",
    50001: "WebP compression",
    50002: "JPEG XL compression",
}
_ASSOCIATED, _UNASSOCIATED = 1, 2
_THUMBNAIL_SIDE = 320


@dataclass(frozen=True)
class TiffHost:
    """The source's directory and layout, and all its samples (H, W, channels) as stored."""

    ifd: Directory
    layout: Layout
    samples: Pixels

    def encode(self, pixels: Pixels, quality_floor: int | None) -> tuple[bytes, list[str]]:
        del quality_floor  # nothing is lost here
        stored = as_stored(pixels, self.ifd.number(tags.ORIENTATION, 1))
        planes = stored.reshape(*stored.shape[:2], -1)
        if self.ifd.number(tags.PHOTOMETRIC) == _GRAY_INVERTED:
            planes = np.invert(planes)
        samples = self.samples.copy()
        marked = samples[..., : planes.shape[2]]
        if planes.shape[2] == 1 and _alpha_kind(self.ifd, 1):
            np.copyto(marked, planes, where=samples[..., 1:2] > 0)
        else:
            marked[...] = planes
        return with_pieces(self.ifd, packed(samples, self.layout)), []


def read(data: bytes) -> Picture:
    """Read a TIFF for embedding, 8 or 16 bits, gray or RGB, with or without alpha. Raises MediaError."""
    ifd = first_directory(data)
    layout = _layout(ifd)
    notes = _check_single(ifd)
    colours = _COLOURS[ifd.number(tags.PHOTOMETRIC)]
    alpha = _alpha_kind(ifd, colours)
    samples = unpacked(ifd, layout)
    if alpha == _ASSOCIATED and samples[..., colours].min() < np.iinfo(layout.dtype).max:
        raise refused(
            "colours multiplied with transparency are not handled", "save it with plain alpha first"
        )
    shown = samples[..., : colours + (colours == 3 and alpha == _UNASSOCIATED)]
    pixels = shown[..., 0] if colours == 1 else shown
    if ifd.number(tags.PHOTOMETRIC) == _GRAY_INVERTED:
        pixels = np.invert(pixels)
    pixels = upright(np.ascontiguousarray(pixels), ifd.number(tags.ORIENTATION, 1))
    return Picture("TIFF", pixels, TiffHost(ifd, layout, samples), notes)


def read_luma(data: bytes) -> Pixels:
    """Upright luma (H, W), uint8 or uint16, of the first page of any TIFF that Pillow can decode."""
    ifd = first_directory(data)
    check_size(ifd.number(tags.WIDTH), ifd.number(tags.HEIGHT))
    orientation = ifd.number(tags.ORIENTATION, 1)
    photometric = ifd.number(tags.PHOTOMETRIC, -1)
    obstacle = _obstacle(ifd)
    if obstacle is None:
        samples = unpacked(ifd, _layout(ifd))
        colours = _COLOURS[photometric]
        shown = samples[..., : colours + bool(_alpha_kind(ifd, colours))]
        luma = over_gray(shown[..., 0] if shown.shape[2] == 1 else shown)
        return upright(np.invert(luma) if photometric == _GRAY_INVERTED else luma, orientation)
    image = _open(ifd, obstacle)
    if image.mode in ("I", "F"):
        return upright(deep_luma(np.asarray(image)), orientation)
    return upright(np.asarray(image.convert("RGB").convert("L")), orientation)


def _obstacle(ifd: Directory) -> tuple[str, str] | None:
    """Why the samples of this directory are not handled, and what to do; None if they are."""
    colours = ifd.number(tags.PHOTOMETRIC, -1)
    bits = set(ifd.numbers(tags.BITS, [1]))
    compression = ifd.number(tags.COMPRESSION, 1)
    if compression not in CODECS:
        name = _OTHER_COMPRESSIONS.get(compression, f"compression {compression}")
        return f"TIFF with {name} is not handled", "save it with LZW or without compression"
    if colours not in _COLOURS:
        name = _OTHER_COLOURS.get(colours, f"colour space {colours}")
        return f"{name} TIFF is not handled", "convert it to RGB or gray first"
    if bits not in ({8}, {16}) or not set(ifd.numbers(tags.SAMPLE_FORMAT, [1])) <= {1, 4}:
        return (
            "TIFF samples other than whole numbers of 8 or 16 bits are not handled",
            "save it with 8 or 16 bits",
        )
    if ifd.number(tags.PREDICTOR, 1) not in (1, 2) or ifd.number(tags.FILL_ORDER, 1) != 1:
        return "this kind of TIFF compression is not handled", "save it with LZW or without compression"
    return None


def _layout(ifd: Directory) -> Layout:
    obstacle = _obstacle(ifd)
    if obstacle is not None:
        raise refused(*obstacle)
    width, height, channels = (ifd.number(tag) for tag in (tags.WIDTH, tags.HEIGHT, tags.SAMPLES))
    channels = channels or 1
    check_size(width, height)
    if channels < _COLOURS[ifd.number(tags.PHOTOMETRIC)] or width * height * channels > 8 * 300_000_000:
        raise damaged(f"its header tells {channels} channels")
    rows = ifd.number(tags.TILE_HEIGHT) if ifd.tiled else min(ifd.number(tags.ROWS_PER_STRIP, height), height)
    columns = ifd.number(tags.TILE_WIDTH) if ifd.tiled else width
    if not 0 < rows <= 1 << 20 or not 0 < columns <= 1 << 20:
        raise damaged("its strips or tiles have no size")
    layout = Layout(
        width=width,
        height=height,
        channels=channels,
        planes=channels if ifd.number(tags.PLANAR, 1) == 2 else 1,
        rows=rows,
        columns=columns,
        dtype=np.dtype(ifd.order + ("u2" if ifd.number(tags.BITS) == 16 else "u1")),
        compression=ifd.number(tags.COMPRESSION, 1),
        differences=ifd.number(tags.PREDICTOR, 1) == 2,
    )
    if len(ifd.pieces) != layout.down * layout.across * layout.planes:
        raise damaged("the number of its strips or tiles does not fit its size")
    return layout


def _check_single(ifd: Directory) -> list[str]:
    """Refuse files with more pictures than one; a small thumbnail is left and said."""
    remedy = "export it as a single flat picture first"
    if tags.SUB_IFDS in ifd.entries or tags.JPEG_OFFSET in ifd.entries:
        raise refused("the TIFF holds further pictures (previews, raw data): they would go unmarked", remedy)
    if tags.LAYERS in ifd.entries:
        raise refused("the TIFF holds layers: they would go without the mark", remedy)
    if not ifd.following:
        return []
    second = directory(ifd.data, ifd.order, ifd.big, ifd.following)
    side = max(second.number(tags.WIDTH), second.number(tags.HEIGHT))
    small = second.number(tags.SUBFILE) & 1 or tags.JPEG_OFFSET in second.entries
    if second.following or not small or side > _THUMBNAIL_SIDE:
        raise refused("the TIFF has more than one page", remedy)
    return ["the thumbnail is left as it was, without the mark"]


def _alpha_kind(ifd: Directory, colours: int) -> int:
    """What the first channel behind the colours is: 1 associated alpha, 2 plain alpha, 0 anything else."""
    kind = ifd.number(tags.EXTRA_SAMPLES)
    return kind if ifd.number(tags.SAMPLES, 1) > colours and kind in (_ASSOCIATED, _UNASSOCIATED) else 0


def _open(ifd: Directory, obstacle: tuple[str, str]) -> Image.Image:
    """The picture of a directory as Pillow decodes it, shown nothing but what describes the samples.

    Raises UnsupportedFormat, with the `obstacle` that is in our own way, where Pillow knows no such samples.
    """
    wanted = (
        tags.WIDTH, tags.HEIGHT, tags.BITS, tags.COMPRESSION, tags.PHOTOMETRIC, tags.FILL_ORDER, tags.SAMPLES,
        tags.ROWS_PER_STRIP, tags.PLANAR, 292, 293, tags.PREDICTOR, tags.COLOR_MAP, tags.TILE_WIDTH,
        tags.TILE_HEIGHT, tags.EXTRA_SAMPLES, tags.SAMPLE_FORMAT, tags.JPEG_TABLES, 530, 531,
    )  # fmt: skip
    fields: dict[int, list[int] | bytes] = {}
    for tag in wanted:
        entry = ifd.entries.get(tag)
        if entry is not None:
            raw = ifd.data[entry.values_at : entry.values_at + entry.size]
            fields[tag] = raw if entry.kind == 7 else ifd.numbers(tag)
    pieces = [ifd.data[offset : offset + size] for offset, size in ifd.pieces]
    stream = io.BytesIO(standalone(pieces, fields, ifd.order, tiled=ifd.tiled))
    try:
        image = TiffImagePlugin.TiffImageFile(stream)
    except SyntaxError as error:
        raise refused(*obstacle) from error
    image.load()
    return image

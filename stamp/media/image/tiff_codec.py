"""Strips and tiles of TIFF files to samples and back.

They are unpacked and packed by libtiff, through Pillow, which is shown them as gray pictures of one byte a
sample. So 16-bit colour, planes, tiles and further channels, which Pillow cannot hold, go through unharmed.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from ...formats import tiff as tags
from ...formats.tiff import Directory, first_directory
from .picture import Pixels

CODECS = {
    1: "raw",
    5: "tiff_lzw",
    8: "tiff_adobe_deflate",
    32946: "tiff_deflate",
    32773: "packbits",
    34925: "lzma",
    50000: "zstd",
}
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Layout:
    """How samples become strips or tiles: `down` x `across` pieces of `rows` x `columns` pixels a plane."""

    width: int
    height: int
    channels: int
    planes: int
    rows: int
    columns: int
    dtype: np.dtype[np.unsignedinteger]
    compression: int
    differences: bool

    @property
    def down(self) -> int:
        return -(-self.height // self.rows)

    @property
    def across(self) -> int:
        return -(-self.width // self.columns)

    @property
    def tiled(self) -> bool:
        return self.columns != self.width

    @property
    def row_bytes(self) -> int:
        """Bytes in a row of one piece."""
        return self.columns * self.channels // self.planes * self.dtype.itemsize


def unpacked(ifd: Directory, layout: Layout) -> Pixels:
    """All samples (H, W, channels), in native byte order."""
    pieces = [ifd.data[offset : offset + size] for offset, size in ifd.pieces]
    each = layout.down * layout.across
    planes = []
    for first in range(0, len(pieces), each):
        rows = each * layout.rows if layout.tiled else layout.height
        stacked = decode(pieces[first : first + each], layout, rows)
        planes.append(from_pieces(stacked, layout))
    return planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)


def packed(samples: Pixels, layout: Layout) -> list[bytes]:
    """The inverse of `unpacked`: one string of bytes a strip or tile."""
    depth = layout.channels // layout.planes
    pieces: list[bytes] = []
    for first in range(0, layout.channels, depth):
        pieces += encode(to_pieces(samples[..., first : first + depth], layout), layout)
    return pieces


def from_pieces(stacked: Bytes, layout: Layout) -> Pixels:
    """Rows of bytes, piece under piece, to samples (H, W, channels of one plane)."""
    depth = layout.channels // layout.planes
    samples = stacked.view(layout.dtype).astype(layout.dtype.newbyteorder("="), copy=False)
    samples = samples.reshape(-1, layout.columns, depth)
    if layout.differences:
        samples = np.cumsum(samples, axis=1, dtype=samples.dtype)
    if layout.tiled:
        grid = samples.reshape(layout.down, layout.across, layout.rows, layout.columns, depth)
        samples = grid.swapaxes(1, 2).reshape(
            layout.down * layout.rows, layout.across * layout.columns, depth
        )
    return samples[: layout.height, : layout.width]


def to_pieces(samples: Pixels, layout: Layout) -> Bytes:
    """The inverse of `from_pieces`; what tiles have beyond the picture repeats its edge."""
    depth = samples.shape[2]
    if layout.tiled:
        below = layout.down * layout.rows - layout.height
        beside = layout.across * layout.columns - layout.width
        padded = np.pad(samples, ((0, below), (0, beside), (0, 0)), mode="edge")
        grid = padded.reshape(layout.down, layout.rows, layout.across, layout.columns, depth)
        samples = grid.swapaxes(1, 2).reshape(-1, layout.columns, depth)
    if layout.differences:
        samples = np.concatenate((samples[:, :1], np.diff(samples, axis=1)), axis=1)
    return np.ascontiguousarray(samples, layout.dtype).view(np.uint8).reshape(-1, layout.row_bytes)


def decode(pieces: list[bytes], layout: Layout, rows: int) -> Bytes:
    """Unpack strips of `layout.rows` rows into bytes (rows, row_bytes)."""
    if layout.compression == 1:
        return np.frombuffer(b"".join(pieces), np.uint8, rows * layout.row_bytes).reshape(
            rows, layout.row_bytes
        )
    image = TiffImagePlugin.TiffImageFile(
        io.BytesIO(
            standalone(
                pieces,
                {
                    tags.WIDTH: [layout.row_bytes],
                    tags.HEIGHT: [rows],
                    tags.BITS: [8],
                    tags.COMPRESSION: [layout.compression],
                    tags.PHOTOMETRIC: [1],
                    tags.SAMPLES: [1],
                    tags.ROWS_PER_STRIP: [layout.rows],
                },
            )
        )
    )
    image.load()
    return np.asarray(image)


def encode(stacked: Bytes, layout: Layout) -> list[bytes]:
    """Pack bytes (rows, row_bytes) into strips of `layout.rows` rows."""
    if layout.compression == 1:
        return [stacked[row : row + layout.rows].tobytes() for row in range(0, len(stacked), layout.rows)]
    buffer = io.BytesIO()
    Image.fromarray(stacked).save(
        buffer, "TIFF", compression=CODECS[layout.compression], strip_size=layout.row_bytes * layout.rows
    )
    data = buffer.getvalue()
    return [data[offset : offset + size] for offset, size in first_directory(data).pieces]


def standalone(
    pieces: list[bytes],
    fields: dict[int, list[int]] | dict[int, list[int] | bytes],
    order: str = "<",
    *,
    tiled: bool = False,
) -> bytes:
    """A TIFF of one directory with these fields (numbers, or bytes of type UNDEFINED) and strips or tiles."""
    start, offsets = 8, []
    for piece in pieces:
        offsets.append(start)
        start += len(piece) + len(piece) % 2
    where, sizes = (tags.TILE_OFFSETS, tags.TILE_COUNTS) if tiled else (tags.STRIP_OFFSETS, tags.STRIP_COUNTS)
    values: dict[int, list[int] | bytes] = {**fields, where: offsets, sizes: [len(piece) for piece in pieces]}
    beyond = start + 2 + 12 * len(values) + 4
    entries, extra = b"", b""
    for tag, value in sorted(values.items()):
        short = not isinstance(value, bytes) and tag in _SHORTS
        kind = 7 if isinstance(value, bytes) else 3 if short else 4
        raw = (
            value
            if isinstance(value, bytes)
            else struct.pack(f"{order}{len(value)}{'H' if short else 'I'}", *value)
        )
        entries += struct.pack(order + "HHI", tag, kind, len(value))
        if len(raw) > 4:
            entries += struct.pack(order + "I", beyond + len(extra))
            extra += raw + bytes(len(raw) % 2)
        else:
            entries += raw.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    body = b"".join(piece + bytes(len(piece) % 2) for piece in pieces)
    return head + body + struct.pack(order + "H", len(values)) + entries + bytes(4) + extra


_SHORTS = {
    tags.BITS, tags.COMPRESSION, tags.PHOTOMETRIC, tags.FILL_ORDER, tags.SAMPLES, tags.PLANAR, tags.PREDICTOR,
    tags.COLOR_MAP, tags.EXTRA_SAMPLES, tags.SAMPLE_FORMAT, 530, 531,
}  # fmt: skip

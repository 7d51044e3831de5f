"""PNG files: pixels out, pixels in, every ancillary chunk kept byte for byte (W3C PNG, third edition).

The picture data is coded again; palettes, colour keys and gray of fewer than 8 bits cannot hold the mark
and are widened to RGB, alpha and 8 bits. Chunks whose meaning depends on that (tRNS, bKGD, sBIT, hIST)
go along with it.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, PngImagePlugin

from ...formats.png import SIGNATURE, chunks, is_intact, packed
from ...formats.reading import check_size, damaged, refused
from .orientation import as_stored, exif_orientation, upright
from .picture import Picture, Pixels, over_gray

_GRAY, _RGB, _PALETTE, _GRAY_ALPHA, _RGBA = 0, 2, 3, 4, 6
_DEPTHS = {
    _GRAY: (1, 2, 4, 8, 16),
    _RGB: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GRAY_ALPHA: (8, 16),
    _RGBA: (8, 16),
}

# iDOT (Apple) holds byte offsets into the old picture data; hIST counts the palette's use.
_STALE = {b"iDOT"}
_PALETTE_ONLY = {b"PLTE", b"hIST"}


class Chunk(NamedTuple):
    """A chunk on its way: its type, and all its bytes (length, type, data, CRC)."""

    kind: bytes
    raw: bytes

    @property
    def body(self) -> bytes:
        return self.raw[8:-4]


class Header(NamedTuple):
    """IHDR. The fields in file order."""

    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filtering: int
    interlace: int


@dataclass(frozen=True)
class PngSyntax:
    """A parsed PNG: `before` and `after` are the chunks on either side of the picture data."""

    header: Header
    before: list[Chunk]
    data: list[Chunk]
    after: list[Chunk]
    trailer: bytes

    def first(self, kind: bytes) -> bytes | None:
        """The body of the first chunk of this type."""
        return next((chunk.body for chunk in self.before + self.after if chunk.kind == kind), None)

    @property
    def orientation(self) -> int:
        return exif_orientation(self.first(b"eXIf") or b"")


@dataclass(frozen=True)
class PngHost:
    """The source's chunks, and its samples as they will be stored: (H, W) or (H, W, n), n from 2 to 4."""

    syntax: PngSyntax
    samples: Pixels

    def encode(self, pixels: Pixels, quality_floor: int | None) -> tuple[bytes, list[str]]:
        del quality_floor  # nothing is lost here
        stored = as_stored(pixels, self.syntax.orientation)
        if self.samples.ndim == 3 and self.samples.shape[2] == 2:
            stored = np.dstack(
                (np.where(self.samples[..., 1] > 0, stored, self.samples[..., 0]), self.samples[..., 1])
            )
        fresh = parse(_compress(stored))
        head = fresh.header._replace(interlace=0)
        before = [chunk for old in self.syntax.before for chunk in _carried(old, self.syntax, head)]
        chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", *head)), *before, *fresh.data, *self.syntax.after]
        return b"".join(
            [SIGNATURE, *(c.raw for c in chunks), _chunk(b"IEND", b"").raw, self.syntax.trailer]
        ), []


def read(data: bytes) -> Picture:
    """Read a PNG for embedding, 8 or 16 bits a sample. Raises UnsupportedFormat (animations), CorruptFile."""
    syntax = parse(data)
    if any(chunk.kind == b"acTL" for chunk in syntax.before):
        raise refused("an animated PNG is not handled", "export a single frame first")
    samples = _samples(syntax)
    pixels = samples[..., 0] if samples.ndim == 3 and samples.shape[2] == 2 else samples
    return Picture(
        "PNG",
        upright(np.ascontiguousarray(pixels), syntax.orientation),
        PngHost(syntax, samples),
        _notes(syntax),
    )


def read_luma(data: bytes) -> Pixels:
    """Upright luma (H, W), uint8 or uint16; what is transparent is shown on mid-gray."""
    syntax = parse(data)
    header = syntax.header
    if header.depth == 8 and header.colour in (_GRAY, _RGB) and syntax.first(b"tRNS") is None:
        # Straight from the decoder: an array of all colours in between would take two and a half times the
        # memory, which counts at a hundred megapixels.
        luma = np.asarray(_decoded(syntax).convert("L"))
    else:
        luma = over_gray(_samples(syntax))
    return upright(luma, syntax.orientation)


def parse(data: bytes) -> PngSyntax:
    """Split a PNG, with every CRC checked. Raises CorruptFile, or UnsupportedFormat above the pixel limit."""
    before: list[Chunk] = []
    pixels: list[Chunk] = []
    after: list[Chunk] = []
    header: Header | None = None
    kind, end = b"", 0
    for place in chunks(data):
        kind, end = place.kind, place.stop
        if end > len(data):
            break
        chunk = Chunk(kind, data[place.at : end])
        if not is_intact(data, place):
            raise damaged(f"the checksum of chunk {kind.decode('latin-1')!r} is wrong")
        if header is None:
            if kind != b"IHDR" or len(chunk.body) != 13:
                raise damaged("its header is missing")
            header = Header(*struct.unpack(">IIBBBBB", chunk.body))
        elif kind == b"IDAT":
            pixels.append(chunk)
        elif kind != b"IEND":
            (after if pixels else before).append(chunk)
    if header is None or kind != b"IEND" or end > len(data):
        raise damaged("it ends before its last chunk")
    check_size(header.width, header.height)
    if header.depth not in _DEPTHS.get(header.colour, ()) or header.interlace > 1 or not pixels:
        raise damaged("its header tells a kind of picture that there is not")
    return PngSyntax(header, before, pixels, after, data[end:])


def _notes(syntax: PngSyntax) -> list[str]:
    header, notes = syntax.header, []
    if header.colour == _PALETTE:
        notes.append("the palette picture is stored as RGB: a palette cannot hold the mark")
    elif syntax.first(b"tRNS") is not None:
        notes.append("the transparent colour is stored as an alpha channel: the mark would blur it")
    if header.colour == _GRAY and header.depth < 8:
        notes.append(f"gray of {header.depth} bits is stored with 8: fewer cannot hold the mark")
    if header.interlace:
        notes.append("stored without interlacing")
    if syntax.trailer:
        notes.append(f"{len(syntax.trailer)} bytes behind the picture kept as they are")
    return notes


def _samples(syntax: PngSyntax) -> Pixels:
    """Gray, gray + alpha, RGB or RGBA samples; palette, colour key and low bit depths are resolved."""
    header = syntax.header
    if header.depth == 16:
        from . import deep

        samples = deep.decode_png(_stream(syntax))
    else:
        image = _decoded(syntax)
        samples = np.asarray(image.convert("L") if image.mode == "1" else image)
    key = syntax.first(b"tRNS")
    if header.colour == _PALETTE:
        return _looked_up(samples, syntax.first(b"PLTE") or b"", key)
    if key is None or header.colour not in (_GRAY, _RGB):
        return samples
    return _with_alpha(samples, [_widened(v, header.depth) for v in struct.unpack(f">{len(key) // 2}H", key)])


def _decoded(syntax: PngSyntax) -> Image.Image:
    """The picture of at most 8 bits a sample, as it is stored."""
    image = PngImagePlugin.PngImageFile(io.BytesIO(_stream(syntax)))
    image.load()
    return image


def _stream(syntax: PngSyntax) -> bytes:
    """A PNG with only what the decoder needs: text and profiles cannot make it inflate, warn or stumble."""
    needed = [chunk for chunk in syntax.before if chunk.kind == b"PLTE"] + syntax.data
    return b"".join(
        [SIGNATURE, _chunk(b"IHDR", struct.pack(">IIBBBBB", *syntax.header)).raw]
        + [chunk.raw for chunk in needed]
        + [_chunk(b"IEND", b"").raw]
    )


def _looked_up(indices: Pixels, palette: bytes, alpha: bytes | None) -> Pixels:
    table = np.zeros((256, 4), np.uint8)
    table[:, 3] = 255
    colours = np.frombuffer(palette[: 768 - 768 % 3], np.uint8)
    table[: len(colours) // 3, :3] = colours[: len(colours) // 3 * 3].reshape(-1, 3)
    if alpha is None:
        return table[:, :3][indices]
    table[: len(alpha[:256]), 3] = np.frombuffer(alpha[:256], np.uint8)
    return table[indices]


def _with_alpha(samples: Pixels, key: list[int]) -> Pixels:
    planes = samples.reshape(*samples.shape[:2], -1)
    opaque = samples.dtype.type(np.iinfo(samples.dtype).max)
    return np.dstack((planes, np.any(planes != np.array(key, samples.dtype), axis=2) * opaque))


def _widened(value: int, depth: int) -> int:
    """A sample of 1, 2 or 4 bits on the scale of 8; deeper ones as they are."""
    return value * 255 // ((1 << depth) - 1) if depth < 8 else value & ((1 << depth) - 1)


def _compress(samples: Pixels) -> bytes:
    if samples.dtype == np.uint16:
        from . import deep

        return deep.encode_png(samples)
    buffer = io.BytesIO()
    Image.fromarray(samples).save(buffer, "PNG")
    return buffer.getvalue()


def _carried(chunk: Chunk, source: PngSyntax, head: Header) -> list[Chunk]:
    """`chunk` as it has to be in a file with the header `head`: itself, a replacement, or nothing."""
    had = source.header
    if chunk.kind in _STALE:
        return []
    if (had.colour, had.depth) == (head.colour, head.depth):
        return [chunk]
    if chunk.kind == b"tRNS" or (had.colour == _PALETTE and chunk.kind in _PALETTE_ONLY):
        return []
    if chunk.kind == b"sBIT" and head.colour in (_GRAY_ALPHA, _RGBA):
        return [_chunk(b"sBIT", chunk.body + bytes([head.depth]))]
    if chunk.kind == b"bKGD" and had.colour == _PALETTE:
        index = chunk.body[0] if chunk.body else 0
        colour = (source.first(b"PLTE") or b"")[3 * index : 3 * index + 3].ljust(3, b"\0")
        return [_chunk(b"bKGD", struct.pack(">3H", *colour))]
    if chunk.kind == b"bKGD" and had.depth < 8 and len(chunk.body) == 2:
        return [_chunk(b"bKGD", struct.pack(">H", _widened(int.from_bytes(chunk.body, "big"), had.depth)))]
    return [chunk]


def _chunk(kind: bytes, body: bytes) -> Chunk:
    return Chunk(kind, packed(kind, body))

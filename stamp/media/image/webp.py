"""WebP files: pixels out, pixels in, every other chunk kept byte for byte (RFC 9649).

A lossless file is coded lossless again, with the colours under full transparency kept. A lossy one is coded
again at quality 95, or at the source's own if that is higher: coding again at 95 leaves luma within 48 to 50
dB, at 90 only within 45 to 47, which is little more than what the mark itself takes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, WebPImagePlugin

from ...formats import riff
from ...formats.reading import check_size, damaged, refused
from ...formats.vp8 import quality_of
from .orientation import as_stored, exif_orientation, upright
from .picture import Picture, Pixels, over_gray

LOSSY_QUALITY = 95
_PICTURE = {b"VP8 ", b"VP8L", b"ALPH"}
_ALPHA_FLAG = 0x10


class Chunk(NamedTuple):
    """A chunk on its way: its type, its data, and all its bytes with header and padding."""

    kind: bytes
    body: bytes
    raw: bytes


@dataclass(frozen=True)
class WebpHost:
    """The source's chunks, and what follows them in the file."""

    chunks: list[Chunk]
    trailer: bytes

    def encode(self, pixels: Pixels, quality_floor: int | None) -> tuple[bytes, list[str]]:
        notes: list[str] = []
        buffer = io.BytesIO()
        image = Image.fromarray(as_stored(pixels, _orientation(self.chunks)))
        lossy = _first(self.chunks, b"VP8 ")
        if lossy is None:
            image.save(buffer, "WEBP", lossless=True, exact=True)
        else:
            quality = max(LOSSY_QUALITY, quality_of(lossy), quality_floor or 0)
            image.save(buffer, "WEBP", quality=quality, exact=True)
            notes.append(f"lossy WebP coded again at quality {quality}")
        fresh, _ = _split(buffer.getvalue())
        return _joined(self.chunks, fresh) + self.trailer, notes


def read(data: bytes) -> Picture:
    """Read a WebP for embedding: (H, W, 3) or (H, W, 4) uint8. Animations raise UnsupportedFormat."""
    chunks, trailer = _split(data)
    if any(chunk.kind in (b"ANIM", b"ANMF") for chunk in chunks):
        raise refused("an animated WebP is not handled", "export a single frame first")
    notes = [f"{len(trailer)} bytes behind the picture kept as they are"] if trailer else []
    pixels = upright(_samples(data), _orientation(chunks))
    return Picture("WEBP", pixels, WebpHost(chunks, trailer), notes)


def read_luma(data: bytes) -> Pixels:
    """Upright luma (H, W) uint8, of the first frame if there are many; what is transparent shows mid-gray."""
    chunks, _ = _split(data)
    return upright(over_gray(_samples(data)), _orientation(chunks))


def _samples(data: bytes) -> Pixels:
    image = WebPImagePlugin.WebPImageFile(io.BytesIO(data))
    check_size(*image.size)
    image.load()
    return np.asarray(image.convert("RGB") if image.mode == "RGBX" else image)


def _split(data: bytes) -> tuple[list[Chunk], bytes]:
    """The chunks of a RIFF file, and what follows it."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise damaged("it is shorter than its header tells")
    chunks: list[Chunk] = []
    for found in riff.chunks(data, 12, end, "<"):
        if found.end > end:
            raise damaged("a WebP chunk runs past the end of the file")
        raw = data[found.at : min(found.stop, end)]
        chunks.append(Chunk(found.kind, data[found.start : found.end], raw))
    return chunks, data[end:]


def _joined(source: list[Chunk], fresh: list[Chunk]) -> bytes:
    """The source's chunks with the picture data of `fresh` in the place of the old."""
    picture = b"".join(chunk.raw for chunk in fresh if chunk.kind in _PICTURE)
    alpha = _first(fresh, b"ALPH") is not None or (_first(fresh, b"VP8L") or bytes(5))[4] & _ALPHA_FLAG
    parts: list[bytes] = []
    for chunk in source:
        if chunk.kind == b"VP8X" and chunk.body:
            flags = chunk.body[0] & ~_ALPHA_FLAG | (_ALPHA_FLAG if alpha else 0)
            parts.append(chunk.raw[:8] + bytes([flags]) + chunk.raw[9:])
        elif chunk.kind in _PICTURE:
            parts.append(picture)
            picture = b""
        else:
            parts.append(chunk.raw)
    body = b"WEBP" + b"".join(parts)
    return riff.head(b"RIFF", len(body), "<") + body


def _orientation(chunks: list[Chunk]) -> int:
    exif = _first(chunks, b"EXIF") or b""
    return exif_orientation(exif.removeprefix(b"Exif\0\0"))


def _first(chunks: list[Chunk], kind: bytes) -> bytes | None:
    return next((chunk.body for chunk in chunks if chunk.kind == kind), None)

"""JPEG files: pixels out, pixels in, everything else kept.

Colour JPEGs stay in YCbCr: only the Y plane is handed out, and the chroma goes back as it was decoded,
with the source's own quantisation tables, so that re-quantising returns (nearly) the same coefficients.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from PIL import Image, ImageFile, JpegImagePlugin

from ...formats import mpf
from ...formats.jpeg import APP0, APP1, APP2, APP14, EXIF
from .jpeg_cmyk import seen_luma, with_luma
from .jpeg_parts import notes_on_parts
from .jpeg_syntax import JpegSyntax, Segment, check_decodable, check_handled, parse
from .orientation import as_stored, exif_orientation, upright
from .picture import Picture, Pixels

_SUBSAMPLING = {(1.0, 1.0): 0, (2.0, 1.0): 1, (2.0, 2.0): 2}
_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"


@dataclass(frozen=True)
class JpegHost:
    """The source's segments, and those of its planes that are not handed out.

    `planes` as stored: Cb and Cr of a YCbCr JPEG, one image of mode CMYK for CMYK and YCCK, none for gray
    and RGB.
    """

    syntax: JpegSyntax
    planes: list[Image.Image]
    orientation: int

    def encode(self, pixels: Pixels, quality_floor: int | None) -> tuple[bytes, list[str]]:
        notes: list[str] = []
        tables = _component_tables(self.syntax)
        if quality_floor is not None:
            finer = [
                [min(pair) for pair in zip(table, standard, strict=True)]
                for table, standard in zip(tables, _standard_tables(quality_floor, len(tables)), strict=True)
            ]
            if finer != tables:
                tables = finer
                notes.append(
                    f"JPEG quality raised to {quality_floor}: at the source's the mark would not survive"
                )
        subsampling = _subsampling(self.syntax)
        if subsampling < 0:
            subsampling = 0
            notes.append("chroma stored at full resolution: its kind of subsampling cannot be written")
        buffer = io.BytesIO()
        image = self._with_pixels(as_stored(pixels, self.orientation))
        # The standard Huffman tables cost 5 % in size but save a pass: keep to what the source did.
        optimize = not self.syntax.huffman <= _standard_huffman()
        with _room_for(image) if optimize or self.syntax.progressive else nullcontext():
            image.save(
                buffer,
                "JPEG",
                qtables=tables,
                subsampling=subsampling,
                progressive=self.syntax.progressive,
                optimize=optimize,
                restart_marker_blocks=self.syntax.restart_interval,
                keep_rgb=True,
            )
        fresh = parse(buffer.getvalue())
        picture = [*_raw(fresh.coding), fresh.scans.removesuffix(_EOI), *_raw(self.syntax.late), _EOI]
        return b"".join([_SOI, *self._metadata(picture), *picture, self.syntax.trailer]), notes

    def chroma(self) -> list[Pixels]:
        """Return the upright planes Cb and Cr (H, W) of a YCbCr JPEG; of others there are none."""
        planes = self.planes if self.syntax.colours == "YCbCr" else []
        return [upright(np.asarray(plane), self.orientation) for plane in planes]

    def with_chroma(self, planes: list[Pixels]) -> JpegHost:
        """Return the host with other planes Cb and Cr."""
        stored = [Image.fromarray(as_stored(plane, self.orientation)) for plane in planes]
        return replace(self, planes=stored)

    def _metadata(self, picture: list[bytes]) -> list[bytes]:
        """The source's segments, for a file in which the pieces `picture` follow them. A multi-picture index
        finds what is behind the picture where it is now.
        """
        parts = _raw(self.syntax.metadata)
        grown = len(_SOI) + sum(map(len, (*parts, *picture))) - self.syntax.size
        at = len(_SOI)
        for place, segment in enumerate(self.syntax.metadata):
            if segment.code == APP2 and segment.body.startswith(mpf.PREFIX):
                head, index = segment.raw[: 4 + len(mpf.PREFIX)], segment.body[len(mpf.PREFIX) :]
                parts[place] = head + mpf.shifted(index, before=at - segment.at, total=grown)
            at += len(segment.raw)
        return parts

    def _with_pixels(self, pixels: Pixels) -> Image.Image:
        match self.syntax.colours:
            case "YCbCr":
                return Image.merge("YCbCr", (Image.fromarray(pixels), *self.planes))
            case "CMYK" | "YCCK" as colours:
                (image,) = self.planes
                changed = with_luma(np.invert(np.asarray(image)), pixels, ycck=colours == "YCCK")
                return Image.frombytes("CMYK", image.size, np.invert(changed).tobytes())
        return Image.fromarray(pixels)


def read(data: bytes) -> Picture:
    """Read a JPEG for embedding: (H, W, 3) for RGB, else (H, W) luma. Raises MediaError."""
    syntax = parse(data)
    check_handled(syntax)
    notes = notes_on_parts(syntax)
    orientation = jpeg_orientation(syntax)
    if any(b"\xff\xd8\xff" in exif for exif in syntax.blocks(APP1, EXIF)):
        notes.append("the EXIF thumbnail is left as it was, without the mark")
    image = decode(_without_transform(syntax), "YCbCr" if syntax.colours == "YCbCr" else None)
    planes: list[Image.Image] = []
    match syntax.colours:
        case "YCbCr":
            luma, *planes = image.split()
            pixels = np.asarray(luma)
        case "CMYK" | "YCCK" as colours:
            planes = [image]
            # Pillow turns the stored values into ink; turn them back.
            pixels = seen_luma(np.invert(np.asarray(image)), ycck=colours == "YCCK")
        case _:
            pixels = np.asarray(image)
    host = JpegHost(syntax, planes, orientation)
    return Picture("JPEG", upright(pixels, orientation), host, notes)


def read_luma(data: bytes, min_pixels: int) -> Pixels:
    """Upright luma (H, W) uint8, at the smallest of 1, 1/2, 1/4, 1/8 with at least `min_pixels` pixels."""
    syntax = parse(data)
    scale = 8
    while scale > 1 and syntax.width * syntax.height < min_pixels * scale * scale:
        scale //= 2
    check_decodable(syntax)
    image = decode(syntax, "L", scale)
    luma = np.asarray(image if image.mode == "L" else image.convert("RGB").convert("L"))
    return upright(luma, jpeg_orientation(syntax))


def read_shown(data: bytes) -> Pixels:
    """Upright pixels (H, W) or (H, W, 3) RGB uint8, as they are shown."""
    syntax = parse(data)
    check_decodable(syntax)
    image = decode(syntax)
    return upright(np.asarray(image if image.mode == "L" else image.convert("RGB")), jpeg_orientation(syntax))


def decode(syntax: JpegSyntax, mode: str | None = None, scale: int = 1) -> Image.Image:
    """The picture as stored, in Pillow's mode for it; `mode` "YCbCr" or "L" spares converting a YCbCr JPEG.

    The decoder gets the coding segments only: metadata cannot make it parse, warn or stumble.
    """
    markers = [
        s for s in syntax.metadata if s.code in (APP0, APP14) and s.body.startswith((b"JFIF\0", b"Adobe"))
    ]
    stream = io.BytesIO(b"".join([_SOI, *_raw(markers), *_raw(syntax.coding), syntax.scans]))
    image = JpegImagePlugin.JpegImageFile(stream)
    if mode is not None or scale > 1:
        image.draft(
            mode if syntax.colours == "YCbCr" else None, (syntax.width // scale, syntax.height // scale)
        )
    image.load()
    return image


def jpeg_orientation(syntax: JpegSyntax) -> int:
    """EXIF orientation, 1 to 8."""
    blocks = syntax.blocks(APP1, EXIF)
    return exif_orientation(blocks[0]) if blocks else 1


def _without_transform(syntax: JpegSyntax) -> JpegSyntax:
    """A YCCK JPEG labelled CMYK, so that its planes come out of the decoder as they are stored."""
    if syntax.colours != "YCCK":
        return syntax
    metadata = [
        replace(s, raw=s.raw[:15] + b"\0" + s.raw[16:])
        if s.code == APP14 and s.body.startswith(b"Adobe")
        else s
        for s in syntax.metadata
    ]
    return replace(syntax, metadata=metadata)


def _component_tables(syntax: JpegSyntax) -> list[list[int]]:
    """One quantisation table a component, without repeating the last."""
    tables = [syntax.tables[component.table] for component in syntax.components]
    while len(tables) > 1 and tables[-1] == tables[-2]:
        tables.pop()
    return tables


def _subsampling(syntax: JpegSyntax) -> int:
    """Pillow's number for the chroma subsampling, -1 for one that it cannot write."""
    luma, *others = syntax.components
    ratios = {(luma.across / other.across, luma.down / other.down) for other in others}
    if len(ratios) > 1:
        return -1
    number = _SUBSAMPLING.get(ratios.pop(), -1) if ratios else 0
    return number if len(others) < 3 or number == 0 else -1


@cache
def _standard(quality: int) -> JpegSyntax:
    """What libjpeg writes by itself at this quality; spares us a copy of its tables."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", quality=quality)
    return parse(buffer.getvalue())


def _standard_huffman() -> set[bytes]:
    return _standard(75).huffman


def _standard_tables(quality: int, count: int) -> list[list[int]]:
    luma, chroma = _standard(quality).tables.values()
    return [luma, chroma, chroma, chroma][:count]


_LARGEST_BLOCK = threading.Lock()


@contextmanager
def _room_for(image: Image.Image) -> Iterator[None]:
    """Let Pillow take a buffer that holds the worst picture of this size, two bytes a sample.

    An optimised or progressive JPEG has to fit into the buffer in one piece, and Pillow makes it one or two
    bytes a pixel; noise at quality 100 without subsampling needs more than four. The only switch for that
    belongs to the whole process, so it is put back; encoders hold the GIL, so the lock costs nothing.
    """
    with _LARGEST_BLOCK:
        before = ImageFile.MAXBLOCK
        ImageFile.MAXBLOCK = max(before, 2 * len(image.getbands()) * image.width * image.height)
        try:
            yield
        finally:
            ImageFile.MAXBLOCK = before


def _raw(segments: list[Segment]) -> list[bytes]:
    return [segment.raw for segment in segments]

"""AVIF and HEIC files of 8 bits: pixels out, pixels in, everything else kept byte for byte.

The primary picture is coded again, by Pillow (AVIF) or pillow-heif (HEIC), tile by tile where it has tiles,
as it is stored: before the container's own rotation and mirroring, which stay. Its coded bytes and the
decoder's configuration take the place of the old ones (`formats.heif_edit`). A thumbnail is made anew of the
marked picture; gain map, depth map, transparency, EXIF, XMP and all else are those of the source.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import AvifImagePlugin, Image

from ...core.errors import MissingDependency
from ...formats.heif import HeifSyntax, parse
from ...formats.heif_edit import replaced
from ...formats.reading import check_size, decoding, refused
from .heif_parts import LAYERS, Parts, parts_of, size_of, subsampling_of
from .picture import Picture, Pixels, over_gray

# Chosen for 50 dB of luma between a picture and itself coded again (AVIF 95: 50.0; HEIC 60: 51.0, 50.9), well
# above the 42 to 44 that the mark itself takes.
_QUALITY = {"AVIF": 95, "HEIC": 60}
_FLIP = Image.Transpose
_TURNS = {1: _FLIP.ROTATE_90, 2: _FLIP.ROTATE_180, 3: _FLIP.ROTATE_270}
_BACK = {1: _FLIP.ROTATE_270, 2: _FLIP.ROTATE_180, 3: _FLIP.ROTATE_90}
_CONFIGURATIONS = {b"av1C", b"hvcC"}
_UNSPECIFIED = b"nclx\0\2\0\2"
_BT_601 = 6


@dataclass(frozen=True)
class HeifHost:
    """The source, and what its items are."""

    syntax: HeifSyntax
    parts: Parts

    def encode(self, pixels: Pixels, quality_floor: int | None) -> tuple[bytes, list[str]]:
        quality = max(_QUALITY[self.syntax.format], quality_floor or 0)
        # Transparency is an item of its own, which stays.
        image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]) if pixels.ndim == 3 else pixels)
        coded = {item: self._coded(item, picture, quality) for item, picture in self._pictures(image)}
        fresh = coded[self.parts.primary.tiles[0]]

        def change(item: int, kind: bytes, content: bytes) -> bytes | None:
            new = coded.get(item, fresh if item == self.syntax.primary else None)
            if new is None:
                return content
            if kind in _CONFIGURATIONS:
                return new.first(new.primary, kind)
            if kind == b"colr" and content.startswith(b"nclx"):
                return _colour_code(content, new)
            return None if kind in LAYERS else content

        contents = {item: new.content(new.primary) for item, new in coded.items()}
        with decoding():
            return replaced(self.syntax.data, contents, change), [f"coded again at quality {quality}"]

    def _pictures(self, image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
        """(item, its picture as it is stored) of the upright picture's tiles, and of its thumbnails."""
        syntax, tiling = self.syntax, self.parts.primary
        stored = _as_stored(image, syntax, syntax.primary)
        if stored.size != size_of(syntax, syntax.primary):
            raise refused("its size is not the one that it says", "export it again first")
        samples = np.asarray(stored)
        for place, tile in enumerate(tiling.tiles):
            row, column = divmod(place, tiling.columns)
            part = samples[row * tiling.height :, column * tiling.width :][: tiling.height, : tiling.width]
            missing = (tiling.height - part.shape[0], tiling.width - part.shape[1])
            edges = [(0, size) for size in missing] + [(0, 0)] * (samples.ndim - 2)
            yield tile, Image.fromarray(np.pad(part, edges, "edge"))
        for item in self.parts.thumbnails:
            small = _as_stored(image, syntax, item)
            width, height = size_of(syntax, item)
            if (small.width > small.height) != (width > height):  # turned with the picture that it is of
                small = stored
            yield item, small.resize((width, height), Image.Resampling.LANCZOS)

    def _coded(self, item: int, picture: Image.Image, quality: int) -> HeifSyntax:
        """A file of its own that holds nothing but one coded picture."""
        buffer = io.BytesIO()
        settings: dict[str, Any] = {
            "quality": quality,
            "subsampling": subsampling_of(self.syntax, item),
        }
        if self.syntax.format == "AVIF":
            picture.save(buffer, "AVIF", **settings)
        else:
            # Left out, pillow-heif 1.3 lists no colour code at all.
            code = _nclx(self.syntax, item) or _UNSPECIFIED
            names = ("color_primaries", "transfer_characteristics", "matrix_coefficients", "full_range_flag")
            colours = (*struct.unpack_from(">HH", code, 4), _BT_601, 1)
            settings |= dict(zip(names, colours, strict=True))
            _pillow_heif().from_pillow(picture).save(buffer, tile_size=0, **settings)
        return parse(buffer.getvalue())


def read(data: bytes) -> Picture:
    """Read an AVIF or HEIC for embedding: (H, W), (H, W, 3) or (H, W, 4) uint8.

    Raises UnsupportedFormat for more than 8 bits, sequences and further pictures; CorruptFile;
    MissingDependency.
    """
    syntax = parse(data)
    if syntax.format == "HEIC":
        _pillow_heif()
    parts = parts_of(syntax)
    image = _decode(syntax)
    return Picture(syntax.format, np.asarray(image), HeifHost(syntax, parts), parts.notes)


def read_luma(data: bytes) -> Pixels:
    """Upright luma (H, W) uint8 of the primary picture, also of those with more than 8 bits."""
    return over_gray(np.asarray(_decode(parse(data))))


def _decode(syntax: HeifSyntax) -> Image.Image:
    """Mode L, RGB or RGBA, upright."""
    size = syntax.first(syntax.primary, b"ispe")
    if size is not None and len(size) >= 12:
        check_size(int.from_bytes(size[4:8], "big"), int.from_bytes(size[8:12], "big"))
    if syntax.format == "HEIC":
        heif = _pillow_heif()
        found = heif.open_heif(syntax.data, convert_hdr_to_8bit=True)
        if not len(found):
            coding = syntax.items[syntax.primary].kind if syntax.primary in syntax.items else b"?"
            raise refused(
                f"its coding ({coding.decode('latin-1')!r}) cannot be decoded",
                "save it as HEIC, AVIF or PNG first",
            )
        image: Image.Image = found.to_pillow()
        return image
    stored = AvifImagePlugin.AvifImageFile(io.BytesIO(syntax.data))
    check_size(*stored.size)
    stored.load()
    # Before its version 13, Pillow hands out gray as RGB.
    gray = stored.mode == "RGB" and _gray(syntax)
    return _turned(stored.convert("L") if gray else stored, syntax)


def _turned(image: Image.Image, syntax: HeifSyntax) -> Image.Image:
    """Apply irot (quarter turns anticlockwise), then imir, in the order of their association."""
    turned: Image.Image = image
    for kind, body in syntax.properties.get(syntax.primary, []):
        if kind == b"irot" and body and body[0] & 3:
            turned = turned.transpose(_TURNS[body[0] & 3])
        elif kind == b"imir" and body:
            turned = turned.transpose(_mirror(body))
    return turned


def _gray(syntax: HeifSyntax) -> bool:
    first = next(iter(syntax.targets(b"dimg", syntax.primary)), syntax.primary)
    return subsampling_of(syntax, first) == "4:0:0"


def _as_stored(image: Image.Image, syntax: HeifSyntax, item: int) -> Image.Image:
    """Undo an item's irot and imir: the last one first."""
    for kind, body in reversed(syntax.properties.get(item, [])):
        if kind == b"irot" and body and body[0] & 3:
            image = image.transpose(_BACK[body[0] & 3])
        elif kind == b"imir" and body:
            image = image.transpose(_mirror(body))
    return image


def _mirror(body: bytes) -> Image.Transpose:
    return _FLIP.FLIP_LEFT_RIGHT if body[0] & 1 else _FLIP.FLIP_TOP_BOTTOM


def _colour_code(source: bytes, new: HeifSyntax) -> bytes | None:
    """The source's colour primaries and transfer (ISO/IEC 23091-2), matrix and range of the new coding."""
    theirs = _nclx(new, new.primary)
    return source[:8] + theirs[8:] if theirs else None


def _nclx(syntax: HeifSyntax, item: int) -> bytes | None:
    """The numbers of an item's colour space, b"nclx" first: primaries, transfer, matrix, range."""
    codes = (body for kind, body in syntax.properties.get(item, []) if kind == b"colr" and len(body) >= 11)
    return next((body for body in codes if body.startswith(b"nclx")), None)


def _pillow_heif() -> Any:
    try:
        import pillow_heif
    except ImportError as error:
        message = "HEIC needs the package pillow-heif; pip install 'stamp-media[heif]'"
        raise MissingDependency(message, extra="heif") from error
    return pillow_heif

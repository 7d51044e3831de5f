"""AVIF and HEIC files of 8 bits: pixels out, pixels in, EXIF, XMP and ICC kept byte for byte.

The picture is coded again, by Pillow (AVIF) or pillow-heif (HEIC), upright: the container's own
rotation and mirroring, which is what counts there, are not needed any more. EXIF and XMP pass the encoders as
blanks of the same length, and the source's bytes are put over them afterwards: handed the originals, both
encoders rewrite them.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import AvifImagePlugin, Image

from ...core.errors import MissingDependency, UnsupportedFormat
from ...formats.heif import HeifSyntax, parse
from ...formats.reading import check_size, refused
from .picture import Picture, Pixels, over_gray

# Chosen for 50 dB of luma between a picture and itself coded again (AVIF 95: 50.0; HEIC 60: 51.0, 50.9), well
# above the 42 to 44 that the mark itself takes.
_QUALITY = {"AVIF": 95, "HEIC": 60}
_ALPHA = {b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"}
_CARRIED = {b"av1C", b"hvcC", b"ispe", b"pixi", b"colr", b"irot", b"imir", b"auxC", b"pasp", b"a1lx", b"lsel"}
_PLUMBING = {b"ftyp", b"meta", b"mdat", b"free", b"skip", b"idat"}
_FLIP = Image.Transpose
_TURNS = {1: _FLIP.ROTATE_90, 2: _FLIP.ROTATE_180, 3: _FLIP.ROTATE_270}


@dataclass(frozen=True)
class HeifHost:
    """What is kept of the source: its boxes and its ICC profile."""

    syntax: HeifSyntax
    icc: bytes | None

    def encode(self, pixels: Pixels, quality_floor: int | None) -> tuple[bytes, list[str]]:
        quality = max(_QUALITY[self.syntax.format], quality_floor or 0)
        settings: dict[str, Any] = {"quality": quality, "subsampling": _subsampling(self.syntax)}
        if self.icc:
            settings["icc_profile"] = self.icc
        blanks = []
        for name, block in (("exif", self.syntax.exif), ("xmp", self.syntax.xmp)):
            if block:
                settings[name] = _blank(block) if name == "exif" else _noise(block)
                blanks.append((settings[name], block))
        save = _save_avif if self.syntax.format == "AVIF" else _save_heic
        data = save(Image.fromarray(pixels), settings)
        for blank, block in blanks:
            if data.count(blank) != 1:
                raise refused("its metadata cannot be carried over", "export it again first")
            data = data.replace(blank, block)
        data = _with_colour_code(data, self.syntax)
        others = [
            self.syntax.data[box.start : box.end] for box in self.syntax.top if box.kind not in _PLUMBING
        ]
        return b"".join([data, *others]), [f"coded again at quality {quality}"]


def read(data: bytes) -> Picture:
    """Read an AVIF or HEIC for embedding: (H, W), (H, W, 3) or (H, W, 4) uint8.

    Raises UnsupportedFormat for more than 8 bits, sequences and further pictures; CorruptFile;
    MissingDependency.
    """
    syntax = parse(data)
    notes = _check(syntax)
    image = _decode(syntax)
    host = HeifHost(syntax, image.info.get("icc_profile"))
    return Picture(syntax.format, np.asarray(image), host, notes)


def read_luma(data: bytes) -> Pixels:
    """Upright luma (H, W) uint8 of the primary picture, also of those with more than 8 bits."""
    return over_gray(np.asarray(_decode(parse(data))))


def _check(syntax: HeifSyntax) -> list[str]:
    """Refuse what would be lost or go unmarked; return notes on what is dropped."""
    remedy = "export it as a single 8-bit picture first"
    if any(box.kind == b"moov" for box in syntax.top):
        raise UnsupportedFormat(f"an image sequence is not handled; {remedy}")
    if _bits(syntax) > 8:
        raise UnsupportedFormat(
            f"it has {_bits(syntax)} bits a sample, which its encoder would cut to 8; {remedy}"
        )
    parts = {syntax.primary} | {
        to for kind, of, to in syntax.references if kind == b"dimg" and of == syntax.primary
    }
    thumbnails = {of for kind, of, _ in syntax.references if kind == b"thmb"}
    for kind, source, _ in syntax.references:
        if kind == b"auxl" and _auxiliary(syntax, source) in _ALPHA:
            parts.add(source)
            parts |= {to for name, of, to in syntax.references if name == b"dimg" and of == source}
    if any(kind == b"prem" for kind, _, _ in syntax.references):
        raise UnsupportedFormat(
            "colours multiplied with transparency are not handled; save it with plain alpha first"
        )
    for number, item in syntax.items.items():
        if not (item.is_exif or item.is_xmp) and number not in parts | thumbnails:
            name = item.kind.decode("latin-1")
            raise UnsupportedFormat(
                f"it holds more than one picture (depth, gain map...: {name!r}); {remedy}"
            )
    for kind, _ in syntax.properties.get(syntax.primary, []):
        if kind not in _CARRIED:
            raise UnsupportedFormat(
                f"its property {kind.decode('latin-1')!r} cannot be carried over; {remedy}"
            )
    return ["the thumbnail is left out: it would go without the mark"] if thumbnails else []


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
    gray = stored.mode == "RGB" and _subsampling(syntax) == "4:0:0"
    return _turned(stored.convert("L") if gray else stored, syntax)


def _turned(image: Image.Image, syntax: HeifSyntax) -> Image.Image:
    """Apply irot (quarter turns anticlockwise), then imir, in the order of their association."""
    turned: Image.Image = image
    for kind, body in syntax.properties.get(syntax.primary, []):
        if kind == b"irot" and body and body[0] & 3:
            turned = turned.transpose(_TURNS[body[0] & 3])
        elif kind == b"imir" and body:
            turned = turned.transpose(_FLIP.FLIP_LEFT_RIGHT if body[0] & 1 else _FLIP.FLIP_TOP_BOTTOM)
    return turned


def _bits(syntax: HeifSyntax) -> int:
    """Bits a sample of the deepest item."""
    depths = [8]
    for properties in syntax.properties.values():
        for kind, body in properties:
            if kind == b"av1C" and len(body) > 2 and body[2] & 0x40:
                depths.append(12 if body[2] & 0x20 else 10)
            elif kind == b"hvcC" and len(body) > 17:
                depths.append(8 + (body[17] & 7))
    return max(depths)


def _subsampling(syntax: HeifSyntax) -> str:
    """The chroma subsampling of the primary picture or of its first tile."""
    tiles = [to for kind, of, to in syntax.references if kind == b"dimg" and of == syntax.primary]
    for item in (syntax.primary, *tiles):
        av1, hevc = syntax.first(item, b"av1C"), syntax.first(item, b"hvcC")
        if av1 and len(av1) > 2:
            monochrome, across, down = (av1[2] & bit for bit in (0x10, 0x08, 0x04))
            return "4:0:0" if monochrome else "4:2:0" if down else "4:2:2" if across else "4:4:4"
        if hevc and len(hevc) > 16:
            return {2: "4:2:2", 3: "4:4:4"}.get(hevc[16] & 3, "4:2:0")
    return "4:4:4"


def _auxiliary(syntax: HeifSyntax, item: int) -> bytes:
    return (syntax.first(item, b"auxC") or b"")[4:].split(b"\0")[0]


def _save_avif(image: Image.Image, settings: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "AVIF", **settings)
    return buffer.getvalue()


def _save_heic(image: Image.Image, settings: dict[str, Any]) -> bytes:
    import pillow_heif  # which has decoded the picture

    buffer = io.BytesIO()
    file = pillow_heif.from_pillow(image)
    if "icc_profile" in settings:
        file[0].info["icc_profile"] = settings.pop("icc_profile")
    file.save(buffer, tile_size=0, **settings)
    return buffer.getvalue()


def _pillow_heif() -> Any:
    try:
        import pillow_heif
    except ImportError as error:
        message = "HEIC needs the package pillow-heif; pip install 'stamp-media[heif]'"
        raise MissingDependency(message, extra="heif") from error
    return pillow_heif


def _blank(exif: bytes) -> bytes:
    """EXIF of the same length without entries, which encoders leave alone, and noise to find it by."""
    prefix = b"Exif\0\0" if exif.startswith(b"Exif\0\0") else b""
    head = prefix + b"II*\0\x08\0\0\0\0\0\0\0\0\0"
    return (head + _noise(exif))[: len(exif)]


def _noise(block: bytes) -> bytes:
    """Text of the same length that occurs nowhere else."""
    return hashlib.shake_128(block).hexdigest(len(block) // 2 + 1).encode()[: len(block)]


def _with_colour_code(data: bytes, syntax: HeifSyntax) -> bytes:
    """Put in the source's colour primaries and transfer (ISO/IEC 23091-2); the matrix is the encoder's."""
    source = syntax.first(syntax.primary, b"colr")
    at = data.find(b"colrnclx")
    if source is None or source[:4] != b"nclx" or at < 0:
        return data
    return data[: at + 8] + source[4:8] + data[at + 12 :]

"""What an AVIF or HEIC file holds: the coded pictures that its primary picture is made of, thumbnails of it,
and what stays as it is (gain map, depth map, masks, transparency, motion video).

A picture that is none of these is refused: it would go without the mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats.heif import HeifSyntax
from .parts import DEPTH, GAIN_MAP, REMEDY, SMALL, VIDEO, kept

_CODED = {b"hvc1", b"av01"}
_ALPHA = {b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"}
_MAPS = (b":hdrgainmap", b"gain_map", b"gainmap")
_DEPTHS = (b"depth", b"disparity", b"matte", b"auxid:2")
_MOST_TILES = 1000
"""libheif decodes no file of more items."""
LAYERS = {b"a1lx", b"lsel"}
"""Properties of an AV1 picture in layers, of which the new one has none."""
_CARRIED = {
    b"av1C", b"hvcC", b"ispe", b"pixi", b"colr", b"irot", b"imir", b"auxC", b"pasp",
    b"clli", b"mdcv", b"cclv", b"amve", b"ndwt", b"udes", b"altt", b"crtt", b"mdft", *LAYERS,
}  # fmt: skip


@dataclass(frozen=True)
class Tiling:
    """How a picture is put together: the items of its tiles, row by row, `columns` in a row, each of `width`
    by `height` pixels; those at the right and at the bottom may pass its edges."""

    tiles: list[int]
    columns: int
    width: int
    height: int


@dataclass(frozen=True)
class Parts:
    """The primary picture, thumbnails that can be made anew, and notes on what is kept."""

    primary: Tiling
    thumbnails: list[int]
    notes: list[str]


def parts_of(syntax: HeifSyntax) -> Parts:
    """Take stock. Raises UnsupportedFormat for what would be lost or go unmarked, CorruptFile."""
    if any(box.kind == b"moov" for box in syntax.top):
        raise UnsupportedFormat("an image sequence is not handled; export it as a single picture first")
    if any(kind == b"prem" for kind, _, _ in syntax.references):
        raise UnsupportedFormat(
            "colours multiplied with transparency are not handled; save it with plain alpha first"
        )
    tiling = _tiling(syntax)
    _check_properties(syntax, [syntax.primary, *tiling.tiles])
    known = {syntax.primary, *tiling.tiles}
    notes = []
    for item, what in _maps(syntax):
        known |= _with_inputs(syntax, item)
        if what:
            notes.append(kept(what))
    pictures = {syntax.primary, *(item for item in syntax.items if syntax.items[item].kind == b"tmap")}
    thumbnails = [item for picture in sorted(pictures) for item in syntax.sources(b"thmb", picture)]
    anew = [item for item in thumbnails if _can_be_made(syntax, item)]
    for item in set(thumbnails) - set(anew):
        known |= _with_inputs(syntax, item)
        notes.append(kept(_small(syntax, item)))
    _check_unknown(syntax, known | set(thumbnails))
    if anew:
        notes.append("the thumbnail is made anew, of the marked picture")
    if any(box.kind == b"mpvd" for box in syntax.top):
        notes.append(kept(VIDEO))
    return Parts(tiling, anew, list(dict.fromkeys(notes)))


def size_of(syntax: HeifSyntax, item: int) -> tuple[int, int]:
    """Return width and height of an item as it is stored. Raises CorruptFile."""
    size = syntax.first(item, b"ispe")
    if size is None or len(size) < 12:
        raise CorruptFile("a picture does not say how large it is")
    return int.from_bytes(size[4:8], "big"), int.from_bytes(size[8:12], "big")


def bits_of(syntax: HeifSyntax, items: Iterable[int]) -> int:
    """Return the bits a sample of the deepest of some items."""
    depths = [8]
    for item in items:
        av1, hevc = syntax.first(item, b"av1C"), syntax.first(item, b"hvcC")
        if av1 and len(av1) > 2 and av1[2] & 0x40:
            depths.append(12 if av1[2] & 0x20 else 10)
        if hevc and len(hevc) > 17:
            depths.append(8 + (hevc[17] & 7))
    return max(depths)


def subsampling_of(syntax: HeifSyntax, item: int) -> str:
    """Return the chroma subsampling of a coded item: 4:0:0, 4:2:0, 4:2:2 or 4:4:4."""
    av1, hevc = syntax.first(item, b"av1C"), syntax.first(item, b"hvcC")
    if av1 and len(av1) > 2:
        monochrome, across, down = (av1[2] & bit for bit in (0x10, 0x08, 0x04))
        return "4:0:0" if monochrome else "4:2:0" if down else "4:2:2" if across else "4:4:4"
    if hevc and len(hevc) > 16:
        return ("4:0:0", "4:2:0", "4:2:2", "4:4:4")[hevc[16] & 3]
    return "4:4:4"


def _kind(syntax: HeifSyntax, item: int) -> bytes:
    return syntax.items[item].kind if item in syntax.items else b"?"


def _tiling(syntax: HeifSyntax) -> Tiling:
    """The tiles of the primary picture (ISO/IEC 23008-12, section 6.6.2.3.2), itself where it is none of a
    grid."""
    primary = syntax.primary
    if _kind(syntax, primary) != b"grid":
        if _kind(syntax, primary) not in _CODED:
            raise UnsupportedFormat(
                f"its coding ({_kind(syntax, primary).decode('latin-1')!r}) cannot be decoded; "
                "save it as HEIC, AVIF or PNG first"
            )
        return Tiling([primary], 1, *size_of(syntax, primary))
    tiles, table = syntax.targets(b"dimg", primary), syntax.content(primary)
    if len(table) < 4 or not 0 < len(tiles) == (table[2] + 1) * (table[3] + 1):
        raise CorruptFile("its grid does not have the tiles that it says")
    sizes = {size_of(syntax, tile) for tile in tiles}
    kinds = {_kind(syntax, tile) for tile in tiles}
    if len(sizes) > 1 or len(set(tiles)) < len(tiles) or len(tiles) > _MOST_TILES or not kinds <= _CODED:
        raise UnsupportedFormat(f"a grid of such tiles is not handled; {REMEDY}")
    return Tiling(tiles, table[3] + 1, *sizes.pop())


def _check_properties(syntax: HeifSyntax, items: list[int]) -> None:
    bits = bits_of(syntax, items)
    if bits > 8:
        raise UnsupportedFormat(f"it has {bits} bits a sample, which its encoder would cut to 8; {REMEDY}")
    for item in items:
        for kind, _ in syntax.properties.get(item, []):
            if kind not in _CARRIED:
                raise UnsupportedFormat(
                    f"its property {kind.decode('latin-1')!r} cannot be carried over; {REMEDY}"
                )


def _maps(syntax: HeifSyntax) -> Iterator[tuple[int, str]]:
    """Items that are no pictures of the scene, and what they are; nothing is said of transparency."""
    for item in syntax.sources(b"auxl", syntax.primary):
        name = (syntax.first(item, b"auxC") or b"")[4:].split(b"\0")[0].lower()
        if name in {each.lower() for each in _ALPHA}:
            yield item, ""
        elif any(each in name for each in _MAPS):
            yield item, GAIN_MAP
        elif any(each in name for each in _DEPTHS) or subsampling_of(syntax, item) == "4:0:0":
            yield item, DEPTH
    for item, entry in syntax.items.items():
        inputs = syntax.targets(b"dimg", item)
        if entry.kind == b"tmap" and inputs[:1] == [syntax.primary]:
            yield item, ""
            yield from ((gain_map, GAIN_MAP) for gain_map in inputs[1:])


def _with_inputs(syntax: HeifSyntax, item: int) -> set[int]:
    """An item and what it is made of: its tiles."""
    tiles = syntax.targets(b"dimg", item) if _kind(syntax, item) == b"grid" else []
    return {item, *tiles}


def _can_be_made(syntax: HeifSyntax, item: int) -> bool:
    return _kind(syntax, item) in _CODED and bits_of(syntax, [item]) == 8


def _small(syntax: HeifSyntax, item: int) -> str:
    """The name of a thumbnail that cannot be made anew. Raises UnsupportedFormat above the size of one."""
    width, height = size_of(syntax, item)
    if max(width, height) > SMALL:
        raise UnsupportedFormat(
            f"its thumbnail of {width}x{height} pixels would go without the mark; {REMEDY}"
        )
    return f"a thumbnail of {width}x{height} pixels"


def _check_unknown(syntax: HeifSyntax, known: set[int]) -> None:
    for number, item in syntax.items.items():
        described = item.kind == b"Exif" or item.kind == b"uri "
        described |= item.kind == b"mime" and not item.content_type.startswith(b"image/")
        if number not in known and not described:
            name = item.kind.decode("latin-1")
            raise UnsupportedFormat(f"it holds more than one picture ({name!r}); {REMEDY}")

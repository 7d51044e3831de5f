"""TIFF and BigTIFF, and raw files built on them: the file itself is an EXIF block, XMP is its tag 700 (XMP part 3, section 1.1.6).

Only the first directory is rewritten, at the end of the file (`stores.tiffblock`); strips, tiles, further pages, sub-directories and
MakerNotes stay at their offsets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..stores import tiffblock

TITLE: Final = "TIFF"
STORES: Final = ("xmp", "exif")

_XMP = 700
_C2PA = 0xCD41
_STRIPS = (273, 279)
_TILES = (324, 325)


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged first directory."""
    packet = tiffblock.parse(data).value(_XMP)
    return {"exif": data} if packet is None else {"exif": data, "xmp": packet}


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with the blocks of some stores replaced or put in; the block of "exif" is the whole file. Raises `CorruptFile`."""
    result = blocks.get("exif", data)
    if "xmp" in blocks:
        result = tiffblock.patch(result, {_XMP: (tiffblock.BYTE, blocks["xmp"])})
    return result


def has_c2pa(data: bytes) -> bool:
    """Whether a C2PA manifest (tag 0xCD41; C2PA 2.1, section A.3.5) is there."""
    return any(tag == _C2PA for tag, _ in tiffblock.parse(data).entries)


def essence(data: bytes) -> list[memoryview]:
    """All strips or tiles of the first picture."""
    ifd = tiffblock.parse(data)
    view = memoryview(data)
    for offsets, lengths in (_STRIPS, _TILES):
        places = zip(ifd.numbers(offsets), ifd.numbers(lengths), strict=False)
        parts = [view[start : start + length] for start, length in places]
        if parts:
            return parts
    return []

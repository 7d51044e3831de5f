"""Makers' raw files that are no TIFF, or do not say so: what they say is read, nothing is written.

Canon CR3: boxes of the ISO base media file format; XMP in a box `uuid` of its own, the first EXIF directory
in CMT1, within Canon's box in `moov`. Fujifilm RAF: a JPEG with all of it, whose place the header gives.
Olympus ORF and Panasonic RW2: TIFF, but for the number in the header. Canon CRW and Sigma X3F have formats of
their own, which are not read. From the notes of LibRaw, ExifTool and lclevy/canon_cr3: none is published.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats.isobmff import Box, Tail, walk
from ...formats.source import Patched, Source
from . import jpeg, tiff

STORES: Final = ("xmp", "exif", "iptc")
READ_ONLY: Final = "a maker's raw file is not written to"

_RAF: Final = b"FUJIFILMCCD-RAW"
_RAF_JPEG: Final = 84
_LIKE_TIFF: Final = {b"IIU\0": b"II*\0", b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"MMOR": b"MM\0*"}
_XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_CANON: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_MOST: Final = 64 << 20
"""Bytes of a box or a JPEG that are read: those of cameras have a tenth of it."""


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged directory."""
    head = data[0:16]
    if head[:4] in _LIKE_TIFF:
        return tiff.extract(Patched(data, [(0, 4, _LIKE_TIFF[head[:4]])]))
    if head.startswith(_RAF):
        return _of_raf(data)
    return _of_cr3(data) if head[4:8] == b"ftyp" else {}


def _of_raf(data: Source) -> dict[str, bytes]:
    place = data[_RAF_JPEG : _RAF_JPEG + 8]
    if len(place) < 8:
        raise CorruptFile("the header is cut off")
    at, size = struct.unpack(">II", place)
    if at + size > len(data) or size > _MOST:
        raise CorruptFile("its JPEG is not where the header says")
    found = jpeg.extract(data[at : at + size])
    return {store: block for store, block in found.items() if store in STORES}


def _of_cr3(data: Source) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for box in _boxes(data):
        if box.kind == b"uuid" and data[box.content : box.content + 16] == _XMP:
            found["xmp"] = data[box.content + 16 : box.end].rstrip(b"\0")
        if box.kind != b"moov":
            continue
        for inner in _boxes(data, box):
            if inner.kind == b"uuid" and data[inner.content : inner.content + 16] == _CANON:
                parts = _boxes(data, inner, 16)
                cmt1 = next((part for part in parts if part.kind == b"CMT1"), None)
                if cmt1:
                    found["exif"] = data[cmt1.content : cmt1.end]
    return found


def _boxes(data: Source, within: Box | None = None, offset: int = 0) -> Iterator[Box]:
    """The boxes of the file, or of one of its boxes, as far as they make sense, and are small enough."""
    start, end = (within.content + offset, within.end) if within else (0, None)
    with suppress(CorruptFile):
        for box in walk(data, start, end, most=1000, tail=Tail.ANYTHING):
            if box.end - box.start <= _MOST:
                yield box


def splice(data: Source, blocks: Mapping[str, bytes]) -> Source:
    """Raise UnsupportedFormat."""
    raise UnsupportedFormat(READ_ONLY)


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest is there: not in a place that is known here."""
    return False


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """All of the file."""
    yield 0, len(data)

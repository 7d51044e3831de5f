"""JPEG XL (ISO/IEC 18181-2): EXIF and XMP are the boxes `Exif` and `xml `, before the codestream.

A bare codestream is put into the box structure that metadata needs; its bytes stay as they are. A file that
was made from a JPEG without loss has a box `jbrd` that rebuilds that JPEG. It says whether the JPEG's EXIF
and XMP are taken from their boxes, which then have to stay as they are; boxes that were added later are free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats.isobmff import Box, box, boxes
from .splicing import Edit, spliced

STORES: Final = ("xmp", "exif")

_CODESTREAM = b"\xff\x0a"
_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
_TYPE = b"\0\0\0\x14ftypjxl \0\0\0\0jxl "
_KINDS = {"exif": b"Exif", "xmp": b"xml "}
_REBUILT = {(2, 0): "exif", (2, 1): "xmp"}
"""Types of application segments in `jbrd`, as they are spelled, and the stores whose boxes they come from."""
_NO_TYPE = (3, 0)
_END_OF_IMAGE = 0xD9
_MAX_MARKERS = 16384
_PICTURE = (b"jxlc", b"jxlp", b"jxll", b"jxli", b"jbrd")


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged box structure, `UnsupportedFormat` for metadata
    compressed with Brotli.
    """
    found: dict[str, bytes] = {}
    for store, part in _homes(data, _boxes(data)).items():
        content = data[part.content : part.end]
        found[store] = content[_tiff_at(content) :] if store == "exif" else content
    return found


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with the blocks of some stores replaced, put in, or taken out where they are empty. Raises as
    `extract` does.
    """
    if data.startswith(_CODESTREAM):
        return splice(_SIGNATURE + _TYPE + box(b"jxlc", data), blocks)
    parts = _boxes(data)
    homes = _homes(data, parts)
    front = next((part.start for part in parts if part.kind in (b"jxlc", b"jxlp")), None)
    if front is None:
        raise CorruptFile("JPEG XL: no codestream")
    records = (data[part.content : part.end] for part in parts if part.kind == b"jbrd")
    rebuilt = {store for record in records for store in _rebuilt(record)}
    if any(store in homes and store in rebuilt for store in blocks):
        raise UnsupportedFormat(
            "JPEG XL: with its metadata changed, the JPEG it was made from could not be rebuilt"
        )
    edits: list[Edit] = []
    for store in ("exif", "xmp"):
        if store in blocks:
            old = homes.get(store)
            prefix = bytes(4) if store == "exif" else b""
            if store == "exif" and old:
                content = data[old.content : old.end]
                prefix = content[: _tiff_at(content)]
            start, end = (old.start, old.end) if old else (front, front)
            new = box(_KINDS[store], prefix, blocks[store]) if blocks[store] else b""
            edits.append((start, end, new))
    return spliced(data, edits)


def has_c2pa(data: bytes) -> bool:
    """Whether a C2PA manifest (box `jumb`; C2PA 2.1, section A.3.6) is there."""
    return any(
        part.kind == b"jumb" and b"c2pa" in data[part.content : part.content + 128] for part in _boxes(data)
    )


def essence(data: bytes) -> list[memoryview]:
    """The codestream."""
    view = memoryview(data)
    if data.startswith(_CODESTREAM):
        return [view]
    return [view[part.content : part.end] for part in _boxes(data) if part.kind in _PICTURE]


def _boxes(data: bytes) -> list[Box]:
    return [] if data.startswith(_CODESTREAM) else boxes(data)


def _homes(data: bytes, parts: list[Box]) -> dict[str, Box]:
    """Store -> its first box."""
    homes: dict[str, Box] = {}
    for store, kind in _KINDS.items():
        for part in parts:
            if part.kind == b"brob" and data[part.content : part.content + 4] == kind:
                raise UnsupportedFormat("JPEG XL: metadata compressed with Brotli cannot be changed")
            if part.kind == kind:
                homes.setdefault(store, part)
    return homes


def _rebuilt(record: bytes) -> set[str]:
    """The stores from whose boxes a `jbrd` rebuilds its JPEG; all of them where it cannot be read.

    Numbers begin with their lowest bit: one bit for a gray picture; six for each marker, from 0xC0 on, up to
    the end of the image; for each APP segment its type, in two bits and, after a 2, one more, and 16 for
    its length (ISO/IEC 18181-2, JPEG bitstream reconstruction data; libjxl, lib/jxl/jpeg/jpeg_data.cc).
    """
    at = 1

    def number(bits: int) -> int:
        nonlocal at
        value = int.from_bytes(record[at // 8 : at // 8 + 4], "little") >> at % 8 & (1 << bits) - 1
        at += bits
        return value

    markers = [number(6) + 0xC0]
    while markers[-1] != _END_OF_IMAGE and len(markers) < _MAX_MARKERS:
        markers.append(number(6) + 0xC0)
    kinds = set()
    for _ in (marker for marker in markers if marker & 0xF0 == 0xE0):
        kind = number(2)
        kinds.add((kind, number(1) if kind == 2 else 0))
        at += 16
    whole = markers[-1] == _END_OF_IMAGE and at <= 8 * len(record) and _NO_TYPE not in kinds
    return {store for kind, store in _REBUILT.items() if kind in kinds or not whole}


def _tiff_at(content: bytes) -> int:
    """Where the TIFF header is (ISO/IEC 18181-2, section 9.5)."""
    at = 4 + int.from_bytes(content[:4], "big")
    if at > len(content):
        raise CorruptFile("JPEG XL: EXIF begins outside its box")
    return at

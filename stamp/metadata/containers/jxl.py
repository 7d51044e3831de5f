"""JPEG XL (ISO/IEC 18181-2): EXIF and XMP are the boxes `Exif` and `xml `, before the codestream.

A bare codestream is put into the box structure that metadata needs; its bytes stay as they are. A file that
was made from a JPEG without loss has a box `jbrd` that rebuilds that JPEG with the metadata it had: there,
boxes can be added but not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...errors import CorruptFile, UnsupportedFormat
from ..isobmff import Box, box, boxes
from .splicing import Edit, spliced

TITLE: Final = "JPEG XL"
STORES: Final = ("xmp", "exif")

_CODESTREAM = b"\xff\x0a"
_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
_TYPE = b"\0\0\0\x14ftypjxl \0\0\0\0jxl "
_KINDS = {"exif": b"Exif", "xmp": b"xml "}
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
    if any(part.kind == b"jbrd" for part in parts) and any(store in homes for store in blocks):
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


def _tiff_at(content: bytes) -> int:
    """Where the TIFF header stands (ISO/IEC 18181-2, section 9.5)."""
    at = 4 + int.from_bytes(content[:4], "big")
    if at > len(content):
        raise CorruptFile("JPEG XL: EXIF begins outside its box")
    return at

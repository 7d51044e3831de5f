"""WebP (RFC 9649): metadata in the RIFF chunks `EXIF` and `XMP `.

A simple file (one VP8 or VP8L chunk) gets the VP8X header that metadata needs, with its canvas and alpha flag
taken from the bitstream. New chunks go to the end, EXIF before XMP; VP8, VP8L, ALPH, ANIM and ANMF chunks
are kept byte for byte, and so is what follows the RIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from ...core.errors import CorruptFile
from ...formats import riff

STORES: Final = ("xmp", "exif")

_CHUNKS = {"exif": b"EXIF", "xmp": b"XMP "}
_FLAGS = {"exif": 0x08, "xmp": 0x04}
_ALPHA = 0x10
_EXIF_PREFIX = b"Exif\0\0"
_PICTURE = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged chunk structure."""
    found: dict[str, bytes] = {}
    chunks = _chunks(data)[0]
    for store, kind in _CHUNKS.items():
        content = next((data[chunk.start : chunk.end] for chunk in chunks if chunk.kind == kind), None)
        if content is not None:
            found[store] = content.removeprefix(_EXIF_PREFIX) if store == "exif" else content
    return found


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with the blocks of some stores replaced, put in, or taken out where they are empty. Raises
    `CorruptFile` as `extract` does. The extended header stays even where it is not needed any more.
    """
    chunks, end = _chunks(data)
    view = memoryview(data)
    contents: list[tuple[bytes, bytes | memoryview]] = [
        (chunk.kind, view[chunk.start : chunk.end]) for chunk in chunks
    ]
    if contents[0][0] != b"VP8X":
        contents.insert(0, (b"VP8X", _extended_header(data, chunks[0])))
    for store in ("exif", "xmp"):
        if store in blocks:
            contents = _with(contents, _CHUNKS[store], blocks[store])
    flags = contents[0][1][0]
    for store, block in blocks.items():
        flags = flags | _FLAGS[store] if block else flags & ~_FLAGS[store]
    contents[0] = (b"VP8X", bytes([flags]) + contents[0][1][1:])
    pieces: list[bytes | memoryview] = []
    for kind, content in contents:
        pieces += (riff.head(kind, len(content), "<"), content, bytes(len(content) % 2))
    size = 4 + sum(map(len, pieces))
    return b"".join((riff.head(b"RIFF", size, "<"), b"WEBP", *pieces, view[end:]))


def has_c2pa(data: bytes) -> bool:
    """Whether a C2PA manifest (chunk `C2PA`; C2PA 2.1, section A.3.4) is there."""
    return any(chunk.kind == b"C2PA" for chunk in _chunks(data)[0])


def essence(data: bytes) -> list[memoryview]:
    """The picture itself: bitstreams, alpha and animation."""
    view = memoryview(data)
    return [view[chunk.start : chunk.end] for chunk in _chunks(data)[0] if chunk.kind in _PICTURE]


def _chunks(data: bytes) -> tuple[list[riff.Chunk], int]:
    """The chunks, and where the RIFF ends."""
    chunks: list[riff.Chunk] = []
    stop = 8 + struct.unpack_from("<I", data, 4)[0] if len(data) >= 12 else 0
    # A writer may leave out the padding of the last chunk, or not count it.
    if stop > len(data) + 1:
        raise CorruptFile("WebP: the file is shorter than its header says")
    for chunk in riff.chunks(data, 12, min(stop, len(data)), "<"):
        if chunk.end > min(stop, len(data)):
            raise CorruptFile(f"WebP: the chunk at byte {chunk.at} does not fit in the file")
        chunks.append(chunk)
    if not chunks or chunks[0].kind not in (b"VP8X", b"VP8 ", b"VP8L"):
        raise CorruptFile("WebP: no picture where one must stand")
    if chunks[0].kind == b"VP8X" and chunks[0].end - chunks[0].start < 10:
        raise CorruptFile("WebP: the extended header is cut off")
    return chunks, min(max(stop, chunks[-1].stop), len(data))


def _extended_header(data: bytes, picture: riff.Chunk) -> bytes:
    """The VP8X content for a simple file (RFC 9649, sections 2.5 to 2.7; VP8: RFC 6386, section 9.1)."""
    head = data[picture.start : min(picture.start + 10, picture.end)]
    if picture.kind == b"VP8L" and head[:1] == b"\x2f" and len(head) >= 5:
        bits = int.from_bytes(head[1:5], "little")
        width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    elif picture.kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a" and len(head) == 10:
        sides = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        width, height = (side - 1 for side in sides)
        alpha = 0
        if width < 0 or height < 0:
            raise CorruptFile("WebP: the picture has no size")
    else:
        raise CorruptFile("WebP: the picture's header is damaged")
    flags = _ALPHA if alpha else 0
    return bytes([flags, 0, 0, 0]) + width.to_bytes(3, "little") + height.to_bytes(3, "little")


def _with(
    contents: list[tuple[bytes, bytes | memoryview]], kind: bytes, block: bytes
) -> list[tuple[bytes, bytes | memoryview]]:
    """`contents` with the first chunk of `kind` replaced, or a new one: EXIF before XMP, else at the end;
    without any where `block` is empty.
    """
    kinds = [present for present, _ in contents]
    if not block:
        return [(present, content) for present, content in contents if present != kind]
    if kind in kinds:
        at = kinds.index(kind)
        prefix = _EXIF_PREFIX if kind == b"EXIF" and bytes(contents[at][1][:6]) == _EXIF_PREFIX else b""
        return [*contents[:at], (kind, prefix + block), *contents[at + 1 :]]
    at = kinds.index(b"XMP ") if kind == b"EXIF" and b"XMP " in kinds else len(contents)
    return [*contents[:at], (kind, block), *contents[at:]]

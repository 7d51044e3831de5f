"""PNG and APNG (PNG specification, 3rd edition): metadata in chunks before the image data.

EXIF is the chunk eXIf, XMP an uncompressed iTXt with the keyword `XML:com.adobe.xmp` (XMP part 3, section
1.1.5), Copyright and Author are text chunks. ImageMagick's raw profiles of EXIF, XMP and IPTC-IIM are kept up
to date, alone or beside a chunk that says the same. New chunks stand before the first IDAT; one that is there
already is replaced where it stands. All other chunks, and what follows IEND, are kept byte for byte.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...core.errors import CorruptFile
from ..stores import iptc, pngtext
from . import rawprofile
from .splicing import Edit, spliced

STORES: Final = ("xmp", "exif", "iptc", "text")

_XMP_KEYWORD = b"XML:com.adobe.xmp"
_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")
_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT")


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk at data[start:end], length and CRC included."""

    kind: bytes
    start: int
    end: int


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged chunk structure or a damaged metadata chunk."""
    homes = _homes(data, _chunks(data))
    found = {
        store: _block(data, store, places[0]) for store, places in homes.items() if places and store != "text"
    }
    if iptc.resource(found.get("iptc", b""), iptc.IIM) is None:
        found.pop("iptc", None)
    if homes["text"]:
        found["text"] = b"".join(data[chunk.start : chunk.end] for chunk in homes["text"])
    return found


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with the blocks of some stores replaced, put in, or taken out where they are empty. Raises
    `CorruptFile` as `extract` does.
    """
    chunks = _chunks(data)
    homes = _homes(data, chunks)
    front = next(chunk.start for chunk in chunks if chunk.kind == b"IDAT")
    edits: list[Edit] = []
    for store in STORES:
        if store in blocks:
            places = homes[store]
            if not places:
                edits.append((front, front, _chunk(store, blocks[store])))
            elif store == "text":
                edits.append((places[0].start, places[0].end, blocks[store]))
                edits += [(chunk.start, chunk.end, b"") for chunk in places[1:]]
            else:
                edits += [
                    (chunk.start, chunk.end, _renewed(data, store, chunk, blocks[store])) for chunk in places
                ]
    return spliced(data, edits)


def has_c2pa(data: bytes) -> bool:
    """Whether a C2PA manifest (chunk caBX; C2PA 2.1, section A.3.2) is there."""
    return any(chunk.kind == b"caBX" for chunk in _chunks(data))


def essence(data: bytes) -> list[memoryview]:
    """The picture itself: header, palette, transparency, image data and animation."""
    view = memoryview(data)
    return [view[chunk.start : chunk.end] for chunk in _chunks(data) if chunk.kind in _PICTURE]


def _chunks(data: bytes) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    position = 8
    while not chunks or chunks[-1].kind != b"IEND":
        if position + 12 > len(data):
            raise CorruptFile("PNG: the file ends before its last chunk")
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 12 + length
        if end > len(data):
            raise CorruptFile(f"PNG: the chunk at byte {position} does not fit in the file")
        chunks.append(_Chunk(data[position + 4 : position + 8], position, end))
        position = end
    if chunks[0].kind != b"IHDR" or not any(chunk.kind == b"IDAT" for chunk in chunks):
        raise CorruptFile("PNG: no header or no image data")
    return chunks


def _homes(data: bytes, chunks: list[_Chunk]) -> dict[str, list[_Chunk]]:
    """Store -> its chunks: all that hold texts; of the others the one that counts, and raw profiles that
    follow it.
    """
    homes: dict[str, list[_Chunk]] = {store: [] for store in STORES}
    profiles: dict[bytes, _Chunk] = {}
    for chunk in chunks:
        if chunk.kind == b"eXIf":
            homes["exif"] = homes["exif"] or [chunk]
        elif chunk.kind in _TEXT_KINDS:
            keyword = data[chunk.start + 8 : min(chunk.start + 88, chunk.end - 4)].partition(b"\0")[0]
            if keyword in pngtext.KEYWORDS:
                homes["text"].append(chunk)
            elif keyword == _XMP_KEYWORD and chunk.kind == b"iTXt":
                homes["xmp"] = homes["xmp"] or [chunk]
            elif keyword in rawprofile.KEYWORDS and chunk.kind != b"iTXt":
                profiles.setdefault(keyword, chunk)
    for keyword, store in rawprofile.KEYWORDS.items():
        homes[store] += [profiles[keyword]] if keyword in profiles else []
    for chunk in (chunk for places in homes.values() for chunk in places):
        (stated,) = struct.unpack_from(">I", data, chunk.end - 4)
        if zlib.crc32(memoryview(data)[chunk.start + 4 : chunk.end - 4]) != stated:
            raise CorruptFile(f"PNG: the checksum of the metadata chunk at byte {chunk.start} is wrong")
    return homes


def _content(data: bytes, chunk: _Chunk) -> bytes:
    return data[chunk.start + 8 : chunk.end - 4]


def _block(data: bytes, store: str, chunk: _Chunk) -> bytes:
    """The block of a store other than text, in a chunk of its own or in a raw profile."""
    content = _content(data, chunk)
    if chunk.kind == b"eXIf":
        return content
    if chunk.kind == b"iTXt":
        return pngtext.itxt(content)[2]
    return rawprofile.block(store, rawprofile.decoded(pngtext.latin(chunk.kind, content)[1]))


def _renewed(data: bytes, store: str, chunk: _Chunk, block: bytes) -> bytes:
    """A new chunk for an old one; a raw profile stays one."""
    if chunk.kind in (b"eXIf", b"iTXt") or not block:
        return _chunk(store, block)
    keyword, text = pngtext.latin(chunk.kind, _content(data, chunk))
    new = rawprofile.encoded(text, rawprofile.profile(store, block, rawprofile.decoded(text)))
    packed = b"\0" + zlib.compress(new) if chunk.kind == b"zTXt" else new
    return pngtext.chunk(chunk.kind, keyword + b"\0" + packed)


def _chunk(store: str, block: bytes) -> bytes:
    match store:
        case _ if not block:
            return b""
        case "exif":
            return pngtext.chunk(b"eXIf", block)
        case "xmp":
            return pngtext.chunk(b"iTXt", _XMP_KEYWORD + bytes(5) + block)
        case _:
            return block

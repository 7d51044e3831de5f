"""PNG and APNG (PNG specification, 3rd edition): metadata in chunks before the image data.

EXIF is the chunk eXIf, XMP an uncompressed iTXt with the keyword `XML:com.adobe.xmp` (XMP part 3, section
1.1.5), Copyright and Author are text chunks. ImageMagick's raw profiles of EXIF, XMP and IPTC-IIM are kept up
to date, alone or beside a chunk that says the same. New chunks go before the first IDAT; one that is there
already is replaced where it is. All other chunks, and what follows IEND, are kept byte for byte.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

from ...core.errors import CorruptFile
from ...formats.png import Chunk, chunks, is_intact, packed
from ..stores import iptc, pngtext
from . import rawprofile
from .splicing import Edit, spliced

STORES: Final = ("xmp", "exif", "iptc", "text")

_XMP_KEYWORD = b"XML:com.adobe.xmp"
_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")
_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT")


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged chunk structure or a damaged metadata chunk."""
    homes = _homes(data, _chunks(data))
    found = {
        store: _block(data, store, places[0]) for store, places in homes.items() if places and store != "text"
    }
    if iptc.resource(found.get("iptc", b""), iptc.IIM) is None:
        found.pop("iptc", None)
    if homes["text"]:
        found["text"] = b"".join(data[chunk.at : chunk.stop] for chunk in homes["text"])
    return found


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with the blocks of some stores replaced, put in, or taken out where they are empty. Raises
    `CorruptFile` as `extract` does.
    """
    found = _chunks(data)
    homes = _homes(data, found)
    front = next(chunk.at for chunk in found if chunk.kind == b"IDAT")
    edits: list[Edit] = []
    for store in STORES:
        if store in blocks:
            places = homes[store]
            if not places:
                edits.append((front, front, _chunk(store, blocks[store])))
            elif store == "text":
                edits.append((places[0].at, places[0].stop, blocks[store]))
                edits += [(chunk.at, chunk.stop, b"") for chunk in places[1:]]
            else:
                edits += [
                    (chunk.at, chunk.stop, _renewed(data, store, chunk, blocks[store])) for chunk in places
                ]
    return spliced(data, edits)


def has_c2pa(data: bytes) -> bool:
    """Whether a C2PA manifest (chunk caBX; C2PA 2.1, section A.3.2) is there."""
    return any(chunk.kind == b"caBX" for chunk in _chunks(data))


def essence(data: bytes) -> list[memoryview]:
    """The picture itself: header, palette, transparency, image data and animation."""
    view = memoryview(data)
    return [view[chunk.at : chunk.stop] for chunk in _chunks(data) if chunk.kind in _PICTURE]


def _chunks(data: bytes) -> list[Chunk]:
    found = list(chunks(data))
    if found and found[-1].stop > len(data):
        raise CorruptFile(f"PNG: the chunk at byte {found[-1].at} does not fit in the file")
    if not found or found[-1].kind != b"IEND":
        raise CorruptFile("PNG: the file ends before its last chunk")
    if found[0].kind != b"IHDR" or not any(chunk.kind == b"IDAT" for chunk in found):
        raise CorruptFile("PNG: no header or no image data")
    return found


def _homes(data: bytes, found: list[Chunk]) -> dict[str, list[Chunk]]:
    """Store -> its chunks: all that hold texts; of the others the one that counts, and raw profiles that
    follow it.
    """
    homes: dict[str, list[Chunk]] = {store: [] for store in STORES}
    profiles: dict[bytes, Chunk] = {}
    for chunk in found:
        if chunk.kind == b"eXIf":
            homes["exif"] = homes["exif"] or [chunk]
        elif chunk.kind in _TEXT_KINDS:
            keyword = data[chunk.start : min(chunk.start + 80, chunk.end)].partition(b"\0")[0]
            if keyword in pngtext.KEYWORDS:
                homes["text"].append(chunk)
            elif keyword == _XMP_KEYWORD and chunk.kind == b"iTXt":
                homes["xmp"] = homes["xmp"] or [chunk]
            elif keyword in rawprofile.KEYWORDS and chunk.kind != b"iTXt":
                profiles.setdefault(keyword, chunk)
    for keyword, store in rawprofile.KEYWORDS.items():
        homes[store] += [profiles[keyword]] if keyword in profiles else []
    for chunk in (chunk for places in homes.values() for chunk in places):
        if not is_intact(data, chunk):
            raise CorruptFile(f"PNG: the checksum of the metadata chunk at byte {chunk.at} is wrong")
    return homes


def _block(data: bytes, store: str, chunk: Chunk) -> bytes:
    """The block of a store other than text, in a chunk of its own or in a raw profile."""
    content = data[chunk.start : chunk.end]
    if chunk.kind == b"eXIf":
        return content
    if chunk.kind == b"iTXt":
        return pngtext.itxt(content)[2]
    return rawprofile.block(store, rawprofile.decoded(pngtext.latin(chunk.kind, content)[1]))


def _renewed(data: bytes, store: str, chunk: Chunk, block: bytes) -> bytes:
    """A new chunk for an old one; a raw profile stays one."""
    if chunk.kind in (b"eXIf", b"iTXt") or not block:
        return _chunk(store, block)
    keyword, text = pngtext.latin(chunk.kind, data[chunk.start : chunk.end])
    new = rawprofile.encoded(text, rawprofile.profile(store, block, rawprofile.decoded(text)))
    text = b"\0" + zlib.compress(new) if chunk.kind == b"zTXt" else new
    return packed(chunk.kind, keyword + b"\0" + text)


def _chunk(store: str, block: bytes) -> bytes:
    match store:
        case _ if not block:
            return b""
        case "exif":
            return packed(b"eXIf", block)
        case "xmp":
            return packed(b"iTXt", _XMP_KEYWORD + bytes(5) + block)
        case _:
            return block

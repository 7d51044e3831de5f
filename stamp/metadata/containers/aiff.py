"""AIFF and AIFF-C (Apple, 1989 and 1991): the notice in the chunk `ID3 `, in `APPL` with the signature `XMP `
(XMP part 3, section 1.1.1), and in the text chunks `(c) ` and `AUTH`.

Chunks that are there are replaced where they are, new ones are put at the end; all others (MARK, INST,
COMT, NAME, ...) are kept byte for byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats.riff import Change, Chunk, edits, packed, whole_chunks
from ...formats.source import Patched, Source, memoised

STORES: Final = ("id3", "xmp", "iff")

_ID3 = (b"ID3 ", b"id3 ")
_TEXTS = (b"(c) ", b"AUTH")
_XMP = b"XMP "
_SOUND = (b"COMM", b"SSND")
_LARGEST = 0xFFFFFFFF


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged chunk structure."""
    homes = _homes(data, _chunks(data)[0])
    found: dict[str, bytes] = {}
    if homes["id3"]:
        found["id3"] = homes["id3"][0].content(data)
    if homes["xmp"]:
        found["xmp"] = homes["xmp"][0].content(data, len(_XMP))
    if homes["iff"]:
        found["iff"] = b"".join(packed(chunk.kind, chunk.content(data), ">") for chunk in homes["iff"])
    return found


def splice(data: Source, blocks: Mapping[str, bytes]) -> Source:
    """`data` with the blocks of some stores replaced, put in, or taken out where empty. Raises `CorruptFile`
    as `extract` does, and `UnsupportedFormat` where the file would grow beyond 4 GB.
    """
    found, end = _chunks(data)
    homes = _homes(data, found)
    changes = []
    for store in reversed(STORES):
        if store in blocks:
            places = homes[store] if store == "iff" else homes[store][:1]
            run = _packed(store, places[0].kind if places else b"ID3 ", blocks[store])
            # ffmpeg shows what it reads last: the full text of ID3 must be behind the text chunks.
            before = homes["id3"][0] if store == "iff" and homes["id3"] else None
            changes.append(Change(places, run, before))
    changed = edits(found, 12, changes)
    end = max([end, *(stop for _, stop, _ in changed)])
    length = end - 8 + sum(len(new) - (stop - start) for start, stop, new in changed)
    if length > _LARGEST:
        raise UnsupportedFormat("AIFF: with a notice the file would pass 4 GB, its greatest size")
    return Patched(data, [*changed, (4, 8, struct.pack(">I", length))])


def has_c2pa(data: Source) -> bool:
    """False: C2PA 2.1 has no place in AIFF."""
    return False


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where the sound itself is: its format and its samples."""
    for chunk in _chunks(data)[0]:
        if chunk.kind in _SOUND:
            yield chunk.start, chunk.end


def _packed(store: str, kind: bytes, block: bytes) -> bytes:
    if store == "iff" or not block:
        return block
    return packed(kind, block, ">") if store == "id3" else packed(b"APPL", _XMP + block, ">")


def _homes(data: Source, found: list[Chunk]) -> dict[str, list[Chunk]]:
    """Store -> its chunks."""
    return {
        "id3": [chunk for chunk in found if chunk.kind in _ID3],
        "xmp": [
            chunk
            for chunk in found
            if chunk.kind == b"APPL" and data[chunk.start : min(chunk.start + 4, chunk.end)] == _XMP
        ],
        "iff": [chunk for chunk in found if chunk.kind in _TEXTS],
    }


@memoised
def _chunks(data: Source) -> tuple[list[Chunk], int]:
    """The chunks, and where the FORM ends."""
    head = data[0:12]
    if len(head) < 12:
        raise CorruptFile("AIFF: the file ends in its header")
    end = 8 + int.from_bytes(head[4:8], "big")
    # A writer may leave out the padding of the last chunk, and count it nevertheless.
    if not 12 <= end <= len(data) + 1:
        raise CorruptFile("AIFF: the file is shorter than its header says")
    end = min(end, len(data))
    return whole_chunks(data, 12, end, ">"), end

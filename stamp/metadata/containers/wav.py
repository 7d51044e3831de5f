"""WAV, RF64 and BW64 (RIFF, Microsoft 1991; EBU Tech 3306; ITU-R BS.2088): the notice in the chunks `id3 `,
`_PMX` (XMP part 3, section 1.1.9) and `LIST INFO`.

A chunk that is there is replaced where it is, a new one is put at the end; every other chunk (bext, iXML,
cue, smpl, axml, JUNK, ...) and what follows the RIFF are kept byte for byte. The file is never loaded: only
chunk headers and the three chunks are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats.riff import LENGTH_ELSEWHERE, Change, Chunk, edits, packed, whole_chunks
from ...formats.source import Edit, Patched, Source, memoised

STORES: Final = ("id3", "xmp", "info")

_ID3 = (b"id3 ", b"ID3 ")
_SOUND = (b"fmt ", b"data")
_DS64_SIZE = 28
_LARGEST = 0xFFFFFFFF
_UNFINISHED = "its header was never completed; open it in an audio editor and save it anew"


@dataclass(frozen=True, slots=True)
class _Wave:
    """The chunks, where the RIFF ends, and where its length is, in how many bytes."""

    chunks: list[Chunk]
    end: int
    length_at: int
    digits: int


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged chunk structure."""
    found = {store: chunk for store, chunk in _homes(data, _wave(data).chunks).items() if chunk}
    skipped = {"info": 4}
    return {store: chunk.content(data, skipped.get(store, 0)) for store, chunk in found.items()}


def splice(data: Source, blocks: Mapping[str, bytes]) -> Source:
    """`data` with the blocks of some stores replaced, put in, or taken out where empty. Raises `CorruptFile`
    as `extract` does, and `UnsupportedFormat` where a RIFF would grow beyond 4 GB.
    """
    wave = _wave(data)
    homes = _homes(data, wave.chunks)
    changes = []
    for store in reversed(STORES):
        if store in blocks:
            old = homes[store]
            run = _packed(store, old, blocks[store])
            # ffmpeg shows what it reads last: the full text of ID3 must be behind INFO.
            changes.append(Change([old] if old else [], run, homes["id3"] if store == "info" else None))
    found = edits(wave.chunks, 12, changes)
    end = max([wave.end, *(stop for _, stop, _ in found)])
    length = end - 8 + sum(len(new) - (stop - start) for start, stop, new in found)
    return Patched(data, [*found, _resized(wave, length)])


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest (chunk `C2PA`; C2PA 2.1, section A.3.4) is there."""
    return any(chunk.kind == b"C2PA" for chunk in _wave(data).chunks)


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where the sound itself is: its format and its samples."""
    for chunk in _wave(data).chunks:
        if chunk.kind in _SOUND:
            yield chunk.start, chunk.end


def _packed(store: str, old: Chunk | None, block: bytes) -> bytes:
    if not block:
        return b""
    match store:
        case "id3":
            return packed(old.kind if old else b"id3 ", block, "<")
        case "xmp":
            return packed(b"_PMX", block, "<")
    return packed(b"LIST", b"INFO" + block, "<")


def _resized(wave: _Wave, length: int) -> Edit:
    if wave.digits == 4 and length >= _LARGEST:
        raise UnsupportedFormat(
            "WAV: with a notice the file would pass 4 GB, which only RF64 can; convert it to RF64 first"
        )
    return (wave.length_at, wave.length_at + wave.digits, length.to_bytes(wave.digits, "little"))


def _homes(data: Source, found: list[Chunk]) -> dict[str, Chunk | None]:
    """Store -> its first chunk."""
    return {
        "id3": next((chunk for chunk in found if chunk.kind in _ID3), None),
        "xmp": next((chunk for chunk in found if chunk.kind == b"_PMX"), None),
        "info": next((chunk for chunk in found if _is_info(data, chunk)), None),
    }


def _is_info(data: Source, chunk: Chunk) -> bool:
    return chunk.kind == b"LIST" and data[chunk.start : min(chunk.start + 4, chunk.end)] == b"INFO"


@memoised
def _wave(data: Source) -> _Wave:
    head = data[0 : 12 + 8 + _DS64_SIZE]
    if len(head) < 12 or head[8:12] != b"WAVE":
        raise CorruptFile("WAV: the file ends in its header")
    (length,) = struct.unpack_from("<I", head, 4)
    length_at, digits = 4, 4
    lengths: dict[bytes, int] | None = None
    if head[:4] != b"RIFF":
        if head[12:16] != b"ds64" or len(head) < 12 + 8 + _DS64_SIZE:
            raise CorruptFile("WAV: an RF64 file without the chunk that has its lengths")
        lengths = _lengths(data, struct.unpack_from("<I", head, 16)[0])
        if length == LENGTH_ELSEWHERE:
            length_at, digits = 20, 8
            (length,) = struct.unpack_from("<Q", head, 20)
    end = 8 + length
    # A writer may leave out the padding of the last chunk, and count it nevertheless.
    if not 12 <= end <= len(data) + 1:
        raise CorruptFile(f"WAV: the file is shorter than its header says: cut off, or {_UNFINISHED}")
    end = min(end, len(data))
    found = whole_chunks(data, 12, end, "<", lengths)
    if end < len(data) and any(chunk.kind == b"data" and chunk.start == chunk.end for chunk in found):
        # Players take what follows for the sound.
        raise CorruptFile(f"WAV: the length of the sound is missing: {_UNFINISHED}")
    return _Wave(found, end, length_at, digits)


def _lengths(data: Source, size: int) -> dict[bytes, int]:
    """The chunk lengths in ds64 (EBU Tech 3306, section 3)."""
    content = data[20 : 20 + min(max(size, _DS64_SIZE), 1 << 20)]
    data_length, _, count = struct.unpack_from("<QQI", content, 8)
    table = [
        struct.unpack_from("<4sQ", content, at)
        for at in range(_DS64_SIZE, min(len(content) - 11, _DS64_SIZE + 12 * count), 12)
    ]
    return {b"data": data_length, **dict(table)}

"""Chunks, as in RIFF (little-endian) and EA IFF 85 (big-endian): a kind of four characters, a length, the
content, and a zero where the length is odd.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ..core.errors import CorruptFile
from .source import Edit, Source

Order = Literal["<", ">"]
LENGTH_ELSEWHERE: Final = 0xFFFFFFFF
"""A length that is in another chunk (RF64)."""
_MAX_CHUNKS = 100_000
_MAX_BLOCK = 1 << 28


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk at data[at:stop] whose content is data[start:end]; `stop` counts the padding that is there."""

    kind: bytes
    at: int
    end: int
    stop: int

    @property
    def start(self) -> int:
        return self.at + 8

    def content(self, data: Source, skipped: int = 0) -> bytes:
        """The content from the byte `skipped` on. Raises `CorruptFile` above 256 MB, the size of the largest
        ID3 tag.
        """
        if self.end - self.start > _MAX_BLOCK:
            raise CorruptFile(f"the chunk {self.kind.decode('latin-1')!r} of absurd size at byte {self.at}")
        return data[self.start + skipped : self.end]


def chunks(
    data: Source,
    start: int,
    end: int,
    order: Order,
    lengths: Mapping[bytes, int] | None = None,
    *,
    unpadded: bool = False,
) -> Iterator[Chunk]:
    """The chunks in data[start:end]; the last may say that it ends behind `end`, which is for the caller to
    judge. `lengths` has those that are elsewhere.

    `unpadded`: some writers leave the padding out. A kind never begins with a zero, by which it is seen.
    """
    at = start
    while at + 8 <= end:
        kind, digits = data[at : at + 4], data[at + 4 : at + 8]
        (length,) = struct.unpack(f"{order}I", digits)
        if length == LENGTH_ELSEWHERE and lengths is not None:
            length = lengths.get(kind, length)
        stop = behind = at + 8 + length
        if length % 2 and not (unpadded and data[stop : stop + 1] != b"\0"):
            behind += 1
        yield Chunk(kind, at, stop, min(behind, len(data)))
        at = behind


def whole_chunks(
    data: Source, start: int, end: int, order: Order, lengths: Mapping[bytes, int] | None = None
) -> list[Chunk]:
    """All `chunks`. Raises `CorruptFile` for one that does not fit."""
    found: list[Chunk] = []
    for chunk in chunks(data, start, end, order, lengths):
        if chunk.end > end:
            kind = chunk.kind.decode("latin-1")
            raise CorruptFile(
                f"the chunk {kind!r} at byte {chunk.at} does not fit in the file: cut off, or its header was "
                "never completed; open it in an audio editor and save it anew"
            )
        found.append(chunk)
        if len(found) > _MAX_CHUNKS:
            raise CorruptFile("an absurd number of chunks")
    return found


def packed(kind: bytes, content: bytes, order: Order) -> bytes:
    """A whole chunk, with its padding."""
    return head(kind, len(content), order) + content + bytes(len(content) % 2)


def head(kind: bytes, length: int, order: Order) -> bytes:
    """What comes before the content of a chunk."""
    return kind + struct.pack(f"{order}I", length)


@dataclass(frozen=True, slots=True)
class Change:
    """A run of whole chunks in the place of old ones; where there are none, in front of `before`, or at the
    end.
    """

    places: Sequence[Chunk]
    run: bytes
    before: Chunk | None = None


def edits(there: Sequence[Chunk], front: int, changes: Sequence[Change]) -> list[Edit]:
    """The edits that make the changes in a file with the chunks `there`. `front` is where the end is in a
    file without chunks.
    """
    found: list[Edit] = []
    appended = b""
    for change in changes:
        if change.places:
            first, *others = change.places
            found.append((first.at, first.stop, change.run))
            found += ((chunk.at, chunk.stop, b"") for chunk in others)
        elif change.before:
            found.append((change.before.at, change.before.at, change.run))
        else:
            appended += change.run
    if appended:
        back = there[-1].stop if there else front
        stays = all(back != stop for _, stop, _ in found)
        unpadded = bool(there) and stays and back == there[-1].end and (back - there[-1].start) % 2
        found.append((back, back, bytes(1 if unpadded else 0) + appended))
    return found

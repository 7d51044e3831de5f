"""The chunks of PNG (W3C PNG, third edition, section 5): length, type, content, and CRC-32 of both."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
LEAST: Final = 12
"""Bytes of a chunk without content."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk at data[at:stop] whose content is data[start:end]."""

    kind: bytes
    at: int
    stop: int

    @property
    def start(self) -> int:
        return self.at + 8

    @property
    def end(self) -> int:
        return self.stop - 4


def chunks(data: bytes, at: int = len(SIGNATURE)) -> Iterator[Chunk]:
    """The chunks from byte `at` to IEND, or as many as there are; the last may say that it ends behind the
    data, which is for the caller to judge.
    """
    kind = b""
    while kind != b"IEND" and at + LEAST <= len(data):
        kind = data[at + 4 : at + 8]
        stop = at + LEAST + int.from_bytes(data[at : at + 4], "big")
        yield Chunk(kind, at, stop)
        at = stop


def is_intact(data: bytes, chunk: Chunk) -> bool:
    """Whether the checksum of a chunk is right."""
    stated = int.from_bytes(data[chunk.end : chunk.stop], "big")
    return zlib.crc32(memoryview(data)[chunk.at + 4 : chunk.end]) == stated


def packed(kind: bytes, content: bytes) -> bytes:
    """A whole chunk, with its length and checksum."""
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return len(content).to_bytes(4, "big") + kind + content + checksum.to_bytes(4, "big")

"""Small MP4 and QuickTime files made box by box, and readers of them that share no code with the package."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

CHUNKS = (b"first chunk of media data", b"second", b"and the third one")


def box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I", 8 + len(content)) + kind + content


def full(kind: bytes, *contents: bytes) -> bytes:
    """A box with version and flags 0."""
    return box(kind, bytes(4), *contents)


def hdlr(kind: bytes) -> bytes:
    return full(b"hdlr", bytes(4), kind, bytes(13))


@dataclass
class Mp4:
    """How a film of three chunks is laid out. `gap` stands between `moov` and `mdat`, `tail` at the end;
    `udta` and `more` are the content of user data, and further boxes in `moov`.
    """

    brand: bytes = b"isom"
    first: bool = True
    co64: bool = False
    long_sizes: bool = False
    open_end: bool = False
    gap: bytes = b""
    tail: bytes = b""
    udta: bytes | None = None
    more: bytes = b""
    outside: bool = False

    def encoded(self) -> bytes:
        head = box(b"ftyp", self.brand, bytes(4), self.brand) if self.brand else b""
        media = b"".join(CHUNKS)
        mdat = self._sized(b"mdat", media)
        size = len(self._moov(0))
        start = len(head) + (size + len(self.gap) if self.first else 0) + len(mdat) - len(media)
        moov = self._moov(start)
        if self.open_end and self.first:
            mdat = bytes(4) + mdat[4:]
        parts = (moov, self.gap, mdat) if self.first else (mdat, self.gap, moov)
        return b"".join((head, *parts, self.tail))

    def _sized(self, kind: bytes, content: bytes) -> bytes:
        if self.long_sizes:
            return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content
        return box(kind, content)

    def _moov(self, start: int) -> bytes:
        places = [start + sum(map(len, CHUNKS[:n])) for n in range(len(CHUNKS))]
        kind, form = (b"co64", ">I3Q") if self.co64 else (b"stco", ">I3I")
        table = full(kind, struct.pack(form, 3, *places))
        saio = full(b"saio", struct.pack(">II", 1, places[1]))
        reference = box(b"url ", bytes(4) if self.outside else b"\0\0\0\1")
        dinf = box(b"dinf", full(b"dref", struct.pack(">I", 1), reference))
        minf = box(b"minf", dinf, box(b"stbl", table, saio))
        trak = box(b"trak", full(b"tkhd", bytes(80)), box(b"mdia", hdlr(b"vide"), minf))
        udta = b"" if self.udta is None else box(b"udta", self.udta)
        return self._sized(b"moov", full(b"mvhd", bytes(96)) + trak + udta + self.more)


_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"udta", b"moof", b"traf", b"mfra"}


def walk(
    data: bytes, start: int = 0, end: int | None = None, path: str = ""
) -> Iterator[tuple[str, int, int]]:
    """(path, start of content, end) of every box."""
    end = len(data) if end is None else end
    while end - start >= 8:
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        size = size or end - start
        assert start + size <= end
        here = f"{path}/{kind.decode('latin-1')}"
        yield here, content, start + size
        if kind in _HOLDERS:
            yield from walk(data, content, start + size, here)
        start += size


def kinds(data: bytes) -> list[str]:
    """The boxes of the file."""
    return [path[1:] for path, _, _ in walk(data) if path.count("/") == 1]


def chunks(data: bytes) -> list[bytes]:
    """What the chunk offsets point to, as long as the chunks of `Mp4` are."""
    for path, content, _ in walk(data):
        if path.endswith(("/stco", "/co64")):
            form = ">3I" if path.endswith("stco") else ">3Q"
            places = struct.unpack_from(form, data, content + 8)
            return [data[at : at + len(chunk)] for at, chunk in zip(places, CHUNKS, strict=True)]
    raise AssertionError("no chunk offsets")

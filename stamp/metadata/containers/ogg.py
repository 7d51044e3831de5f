"""Ogg with Vorbis, Opus, Speex or FLAC (RFC 3533, RFC 7845, Vorbis I section A, Ogg mapping of FLAC): the
notice in the comment header, the second packet of the stream.

Only the pages that hold the comment header are packed anew, with what else stands in them (Vorbis' setup); if
their number changes, the numbers and checksums of the pages behind follow. Other packets, positions and page
boundaries stay. Files with several streams, at once or one after the other, are refused: each has a comment
header of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ...errors import CorruptFile, UnsupportedFormat
from . import oggpage
from .oggpage import Page
from .splicing import Edit, spliced

TITLE: Final = "Ogg Vorbis, Opus, Speex and FLAC"
STORES: Final = ("vorbis",)

_PREFIXES = {b"\x01vorbis": b"\x03vorbis", b"OpusHead": b"OpusTags", b"Speex   ": b"", b"\x7fFLAC": b"\x04"}
"""How the stream begins -> how its comment header does."""
_FLAC = b"\x7fFLAC"
_EMPTY = bytes(8)


@dataclass(frozen=True, slots=True)
class _Stream:
    """The pages; `pages[1 : behind]` hold `packets`, the comment header first. `prefix` is its length before
    the comments.
    """

    pages: list[Page]
    behind: int
    packets: list[bytes]
    prefix: int


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for damaged pages, `UnsupportedFormat` for other streams."""
    stream = _stream(data)
    return {"vorbis": stream.packets[0][stream.prefix :]}


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with other comments, none where the block is empty. Raises as `extract` does."""
    stream = _stream(data)
    old, first = stream.packets[0], stream.pages[1]
    comments = blocks["vorbis"] or _EMPTY
    prefix = old[: stream.prefix]
    if data[stream.pages[0].start :].startswith(_FLAC):
        if len(comments) >= 1 << 24:
            raise UnsupportedFormat("Ogg: the comment block would grow beyond 16 MB, its greatest size")
        prefix = old[:1] + len(comments).to_bytes(3, "big")
    packets = [prefix + comments, *stream.packets[1:]]
    last = stream.pages[stream.behind - 1]
    new = oggpage.packed(packets, first.serial, first.sequence, last.position)
    edits: list[Edit] = [(first.at, last.end, b"".join(new))]
    shift = len(new) - (stream.behind - 1)
    if shift:
        for page in stream.pages[stream.behind :]:
            number = page.sequence + shift & 0xFFFFFFFF
            edits.append((page.at + 18, page.at + 26, oggpage.renumbered(data, page, number)))
    return spliced(data, edits)


def has_c2pa(data: bytes) -> bool:
    """False: C2PA 2.1 has no place in Ogg."""
    return False


def essence(data: bytes) -> Iterator[bytes | memoryview]:
    """The sound itself: the packets but for the comment header, and the positions of the pages behind it."""
    stream = _stream(data)
    view = memoryview(data)
    yield view[stream.pages[0].start : stream.pages[0].end]
    yield from stream.packets[1:]
    for page in stream.pages[stream.behind :]:
        yield page.position
        yield view[page.start : page.end]


def _stream(data: bytes) -> _Stream:
    pages = oggpage.pages(data)
    if not pages or not pages[0].flags & oggpage.FIRST or len(_cut(b"", pages[0].lacing)) != 1:
        raise CorruptFile("Ogg: the file does not begin with the header of a stream")
    first = pages[0]
    if any(page.flags & oggpage.FIRST or page.serial != first.serial for page in pages[1:]):
        raise UnsupportedFormat("Ogg: several streams in one file; only a single one is handled")
    head = data[first.start : first.end]
    prefix = next((prefix for start, prefix in _PREFIXES.items() if head.startswith(start)), None)
    if prefix is None:
        raise UnsupportedFormat("Ogg: neither Vorbis nor Opus, Speex or FLAC")
    packets, behind = _packets(data, pages)
    if not packets[0][: len(prefix)] == prefix and not (head.startswith(_FLAC) and packets[0][:1] == b"\x84"):
        raise CorruptFile("Ogg: the comment header is missing")
    size = 4 if head.startswith(_FLAC) else len(prefix)
    return _Stream(pages, behind, packets, size)


def _packets(data: bytes, pages: list[Page]) -> tuple[list[bytes], int]:
    """The packets of the pages from the second to the first that ends with a whole packet, and the number of
    the page behind.
    """
    lacing = b""
    for at, page in enumerate(pages[1:], 1):
        if not oggpage.is_intact(data, page):
            raise CorruptFile(f"Ogg: the checksum of the header page at byte {page.at} is wrong")
        if page.flags & oggpage.LAST:
            break
        lacing += page.lacing
        if lacing and lacing[-1] < 255:
            content = b"".join(data[page.start : page.end] for page in pages[1 : at + 1])
            return _cut(content, lacing), at + 1
    raise CorruptFile("Ogg: the file ends within its headers")


def _cut(content: bytes, lacing: bytes) -> list[bytes]:
    packets: list[bytes] = []
    start = end = 0
    for length in lacing:
        end += length
        if length < 255:
            packets.append(content[start:end])
            start = end
    return packets

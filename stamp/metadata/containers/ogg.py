"""Ogg with Vorbis, Opus, Speex or FLAC (RFC 3533, RFC 7845, Vorbis I section A, Ogg mapping of FLAC): the
notice in the comment header, the second packet of the stream.

Only the pages that hold the comment header are packed anew, with what else is in them (Vorbis' setup); if
their number changes, the numbers and checksums of the pages behind follow. Other packets, positions and page
boundaries stay. Of a chain, streams one after the other, each has a comment header: that of the first is the
file's, and what changes in it changes in the others where they said the same. Several streams at once are
refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats import ogg as oggpage
from ...formats.ogg import Page
from ...formats.source import Edit, Patched, Source, memoised
from ..stores import vorbis

STORES: Final = ("vorbis",)

_FLAC_COMMENTS = (b"\x04", b"\x84")
_HEADERS = {
    b"\x01vorbis": (b"\x03vorbis",),
    b"OpusHead": (b"OpusTags",),
    b"Speex   ": (b"",),
    b"\x7fFLAC": _FLAC_COMMENTS,
}
"""How the stream begins -> how its comment header does. In FLAC a length of three bytes follows."""
_EMPTY = bytes(8)


@dataclass(frozen=True, slots=True)
class _Stream:
    """`pages` are the first one and those that hold `packets`, the comment header first. `prefix` is its
    length before the comments. `end` : the byte at which the stream ends.
    """

    pages: list[Page]
    packets: list[bytes]
    prefix: int
    end: int

    @property
    def comments(self) -> bytes:
        return self.packets[0][self.prefix :]

    def behind(self, data: Source) -> Iterator[Page]:
        """The pages behind those with the headers."""
        at = self.pages[-1].end
        return takewhile(lambda page: page.at < self.end, oggpage.pages(data, at))


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for damaged pages, `UnsupportedFormat` for other streams."""
    return {"vorbis": _streams(data)[0].comments}


def splice(data: Source, blocks: Mapping[str, bytes]) -> Source:
    """`data` with other comments, none where the block is empty. Raises as `extract` does."""
    streams = _streams(data)
    old, new = streams[0].comments, blocks["vorbis"] or _EMPTY
    edits = _edits(data, streams[0], new)
    for stream in streams[1:]:
        comments = vorbis.followed(stream.comments, old, new)
        if comments != stream.comments:
            edits += _edits(data, stream, comments)
    return Patched(data, edits)


def _edits(data: Source, stream: _Stream, comments: bytes) -> list[Edit]:
    """What gives a stream other comments."""
    prefix = stream.packets[0][: stream.prefix]
    if prefix[:1] in _FLAC_COMMENTS:
        if len(comments) >= 1 << 24:
            raise UnsupportedFormat("Ogg: the comment block would grow beyond 16 MB, its greatest size")
        prefix = prefix[:1] + len(comments).to_bytes(3, "big")
    packets = [prefix + comments, *stream.packets[1:]]
    first, last = stream.pages[1], stream.pages[-1]
    new = oggpage.packed(packets, first.serial, first.sequence, last.granule)
    edits: list[Edit] = [(first.at, last.end, b"".join(new))]
    shift = len(new) - (len(stream.pages) - 1)
    if shift:
        for page in stream.behind(data):
            number = page.sequence + shift & 0xFFFFFFFF
            edits.append((page.at + 18, page.at + 26, oggpage.renumbered(data, page, number)))
    return edits


def has_c2pa(data: Source) -> bool:
    """False: C2PA 2.1 has no place in Ogg."""
    return False


def essence(data: Source) -> Iterator[bytes]:
    """The sound itself: the packets but for the comment header, and the positions of the pages behind it."""
    for stream in _streams(data):
        yield data[stream.pages[0].start : stream.pages[0].end]
        yield from stream.packets[1:]
        for page in stream.behind(data):
            yield struct.pack("<q", page.granule)
            yield data[page.start : page.end]


@memoised
def _streams(data: Source) -> list[_Stream]:
    """The streams of a chain, most often one."""
    found: list[_Stream] = []
    at = 0
    while not found or at < len(data):
        found.append(_stream(data, at))
        at = found[-1].end
        if len(found) > oggpage.MOST_STREAMS:
            raise CorruptFile("Ogg: an absurd number of streams")
    return found


def _stream(data: Source, at: int) -> _Stream:
    pages = _header_pages(data, at)
    first, end = pages[0], pages[-1].end
    mixed = any(page.flags & oggpage.FIRST or page.serial != first.serial for page in pages[1:])
    if not mixed and (len(pages) < 2 or not _ends(pages)):
        raise CorruptFile("Ogg: the file ends within its headers")
    for page in oggpage.pages(data, end):
        if mixed or page.flags & oggpage.FIRST:
            break
        mixed = page.serial != first.serial
        end = page.end
    if mixed:
        raise UnsupportedFormat("Ogg: several streams at once in one file; only one at a time is handled")
    lacing = b"".join(page.lacing for page in pages[1:])
    packets, _ = oggpage.split(lacing, b"".join(data[page.start : page.end] for page in pages[1:]))
    head = data[first.start : first.end]
    prefixes = next((after for start, after in _HEADERS.items() if head.startswith(start)), None)
    if prefixes is None:
        raise UnsupportedFormat("Ogg: neither Vorbis nor Opus, Speex or FLAC")
    prefix = next((prefix for prefix in prefixes if packets[0].startswith(prefix)), None)
    if prefix is None:
        raise CorruptFile("Ogg: the comment header is missing")
    return _Stream(pages, packets, 4 if prefix in _FLAC_COMMENTS else len(prefix), end)


def _header_pages(data: Source, at: int) -> list[Page]:
    """The first page from the byte `at` on, and those to the first that ends with a whole packet."""
    found: list[Page] = []
    for page in oggpage.pages(data, at):
        if not found and (not page.flags & oggpage.FIRST or len(oggpage.split(page.lacing, b"")[0]) != 1):
            raise CorruptFile("Ogg: the file does not begin with the header of a stream")
        if found and page.flags & oggpage.LAST:
            break
        if found and not oggpage.is_intact(data, page):
            raise CorruptFile(f"Ogg: the checksum of the header page at byte {page.at} is wrong")
        found.append(page)
        if len(found) > 1 and (page.flags & oggpage.FIRST or _ends(found)):
            break
    return found


def _ends(pages: list[Page]) -> bool:
    """Whether the last packet of these pages is whole."""
    lacing = next((page.lacing for page in reversed(pages[1:]) if page.lacing), b"\xff")
    return lacing[-1] < 255

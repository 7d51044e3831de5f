"""FLAC (RFC 9639): the notice in the metadata block VORBIS_COMMENT.

The block is replaced where it is, or put behind STREAMINFO; padding takes up the difference where there
is enough, so that the frames stay where they are. All other blocks (seek table, cue sheet, pictures,
applications) are kept byte for byte. An ID3 tag that some writers put in front is kept up to date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats import flac
from ...formats import id3 as id3tag
from ...formats.source import Edit, Patched, Source, memoised
from ..stores import id3

STORES: Final = ("vorbis", "id3")
KEPT: Final = ("id3",)

_MAX_BLOCKS = 10_000


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged block structure."""
    comment = _of_kind(_blocks(data), flac.COMMENT)
    found = {"vorbis": data[comment.start : comment.end]} if comment else {}
    # A tag that cannot be read is passed over, as most readers pass over all of them.
    tag = data[0 : id3tag.length(data[0:10])]
    with suppress(CorruptFile, UnsupportedFormat):
        if id3tag.parse(tag).frames:
            found["id3"] = tag
    return found


def splice(data: Source, blocks: Mapping[str, bytes]) -> Source:
    """`data` with the comment block replaced, put in, or taken out where it is empty, and the tag in front
    replaced or taken out. Raises `CorruptFile` as `extract` does, and `UnsupportedFormat` above 16 MB.
    """
    tag: list[Edit] = [(0, id3tag.length(data[0:10]), blocks["id3"])] if "id3" in blocks else []
    return Patched(
        data, tag + (_comment_edits(_blocks(data), blocks["vorbis"]) if "vorbis" in blocks else [])
    )


def _comment_edits(found: list[flac.Block], new: bytes) -> list[Edit]:
    if len(new) > flac.LARGEST:
        raise UnsupportedFormat("FLAC: the comment block would grow beyond 16 MB, its greatest size")
    old = _of_kind(found, flac.COMMENT)
    at, end = (old.at, old.end) if old else (found[0].end, found[0].end)
    growth = (flac.HEADER + len(new) if new else 0) - (end - at)
    rest = [block for block in found if block is not old]
    closes = bool(new) and at > rest[-1].at
    edits: list[Edit] = [(at, end, flac.header(flac.COMMENT, len(new), last=closes) + new if new else b"")]
    padding = next((block for block in reversed(rest) if block.kind == flac.PADDING), None)
    for block in rest:
        last = block is rest[-1] and not closes
        left = block.size - growth if block is padding else block.size
        if left != block.size and 0 <= left <= flac.LARGEST:
            edits.append((block.at, block.end, flac.header(flac.PADDING, left, last=last) + bytes(left)))
        elif (block.first & flac.LAST != 0) != last:
            edits.append((block.at, block.at + 1, bytes([block.first ^ flac.LAST])))
    return edits


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest (frame GEOB of an ID3 tag in front; C2PA 2.1, section A.3.3) is there."""
    with suppress(CorruptFile, UnsupportedFormat):
        size = id3tag.length(data[0:10])
        return bool(size) and id3.has_object(data[0:size], b"c2pa")
    return False


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where the sound itself is: STREAMINFO and the frames."""
    found = _blocks(data)
    yield found[0].start, found[0].end
    yield found[-1].end, len(data)


def _of_kind(found: list[flac.Block], kind: int) -> flac.Block | None:
    return next((block for block in found if block.kind == kind), None)


@memoised
def _blocks(data: Source) -> list[flac.Block]:
    """The metadata blocks, STREAMINFO first (RFC 9639, section 8)."""
    found: list[flac.Block] = []
    for block in flac.blocks(data, id3tag.prefix(data) + len(flac.SIGNATURE)):
        if block.kind == flac.INVALID:
            raise flac.unfit(block.at)
        found.append(block)
        if len(found) > _MAX_BLOCKS:
            raise CorruptFile("FLAC: an absurd number of metadata blocks")
    if found[0].kind != flac.STREAMINFO:
        raise CorruptFile("FLAC: the block STREAMINFO is missing")
    sync = data[found[-1].end : found[-1].end + 2]
    if sync and not (sync[0] == 0xFF and sync[1:] and sync[1] & 0xFE == 0xF8):
        raise CorruptFile("FLAC: no frame where the metadata ends")
    return found

"""MP3 (MPEG-1, -2 and -2.5 audio): an ID3v2 tag in front of the frames, with XMP in its frame `PRIV` (XMP
part 3, section 1.1.8), and an APEv2 tag at the end, which is kept up to date.

Only the first ID3v2 tag is changed, within its padding where that is enough. The rest stays byte for byte:
the frame with the Xing, LAME or VBRI header, further tags, and Lyrics3 and ID3v1 at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats import endtags
from ...formats import id3 as id3tag
from ...formats.source import Patched, Source, memoised
from ..stores import ape, id3

STORES: Final = ("id3", "xmp", "ape")

_XMP = b"XMP"
_MAX_APE = 1 << 24
_MOST_BEHIND = 8
"""Tags behind the sound that are looked at."""


def lacking(data: Source) -> dict[str, str]:
    """The stores that this very file cannot have, and why."""
    return {"xmp": "a tag of ID3v2.2 has no frame for it"} if data[0:4] == b"ID3\2" else {}


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a tag that is cut off."""
    tag = _tag(data)
    packet = None
    # What is wrong with the frames is said by the store.
    with suppress(CorruptFile, UnsupportedFormat):
        if tag and (packet := id3.private(tag, _XMP)) is not None:
            tag = id3.with_private(tag, _XMP, b"")
    blocks = {"id3": tag or None, "xmp": packet, "ape": _readable_ape(data)}
    return {store: block for store, block in blocks.items() if block is not None}


def splice(data: Source, blocks: Mapping[str, bytes]) -> Source:
    """`data` with the blocks of some stores replaced, put in, or taken out where empty. Raises `CorruptFile`
    for a damaged tag.
    """
    old = _tag(data)
    new = blocks.get("id3", old)
    packet = blocks.get("xmp", extract(data).get("xmp"))
    if packet is not None:
        new = id3.with_private(new, _XMP, packet)
    edits = [(0, len(old), new)]
    if "ape" in blocks:
        edits.append((*_behind(data)[1], blocks["ape"]))
    return Patched(data, edits)


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest (frame GEOB; C2PA 2.1, section A.3.3) is there."""
    with suppress(CorruptFile, UnsupportedFormat):
        return bool(tag := _tag(data)) and id3.has_object(tag, b"c2pa")
    return False


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where the sound is: from behind the ID3v2 tags in front to before ID3v1 and APEv2 at the end."""
    yield id3tag.prefix(data), _behind(data)[0]


@memoised
def _behind(data: Source) -> tuple[int, tuple[int, int]]:
    """Where the sound ends, and where the last APE tag is behind it: an empty span in a file without one.
    ID3v1 may be in front of it or behind.
    """
    tags = list(islice(endtags.tags(data, id3tag.prefix(data), ("id3v1", "ape")), _MOST_BEHIND))
    end = tags[-1].at if tags else len(data)
    return end, next(((tag.at, tag.end) for tag in tags if tag.kind == "ape"), (end, end))


def _readable_ape(data: Source) -> bytes | None:
    """The APE tag; one that is damaged, or of version 1, is passed over, as players do."""
    start, end = _behind(data)[1]
    if not 0 < end - start <= _MAX_APE:
        return None
    block = data[start:end]
    with suppress(CorruptFile):
        ape.read(block)
        return block
    return None


@memoised
def _tag(data: Source) -> bytes:
    size = id3tag.length(data[0:10])
    if size > len(data) or (not size and data[0:3] == b"ID3"):
        raise CorruptFile("MP3: the ID3 tag is damaged, or the file ends within it")
    return data[0:size]

"""MP3 (MPEG-1, -2 and -2.5 audio): an ID3v2 tag in front of the frames, with XMP in its frame `PRIV` (XMP
part 3, section 1.1.8).

Only the first ID3v2 tag is changed, within its padding where that is enough. All that follows stays byte for
byte: the frame with the Xing, LAME or VBRI header, further tags, and APEv2, Lyrics3 and ID3v1 at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from ...errors import CorruptFile, UnsupportedFormat
from ..source import Patched, Source, once
from ..stores import id3, id3tag

TITLE: Final = "MP3"
STORES: Final = ("id3", "xmp")

_XMP = b"XMP"
_ID3V1 = 128
_APE = 32


def stores_in(data: Source) -> tuple[str, ...]:
    """Without XMP where the tag is of v2.2, which has no frame for it."""
    return ("id3",) if data[0:4] == b"ID3\2" else STORES


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a tag that is cut off."""
    tag = _tag(data)
    packet = None
    # What is wrong with the frames is said by the store.
    with suppress(CorruptFile, UnsupportedFormat):
        if tag and (packet := id3.private(tag, _XMP)) is not None:
            tag = id3.with_private(tag, _XMP, b"")
    return ({"id3": tag} if tag else {}) | ({"xmp": packet} if packet is not None else {})


def splice(data: Source, blocks: Mapping[str, bytes]) -> Source:
    """`data` with the blocks of some stores replaced, put in, or taken out where empty. Raises `CorruptFile`
    for a damaged tag.
    """
    old = _tag(data)
    new = blocks.get("id3", old)
    packet = blocks.get("xmp", extract(data).get("xmp"))
    if packet is not None:
        new = id3.with_private(new, _XMP, packet)
    return Patched(data, [(0, len(old), new)])


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest (frame GEOB; C2PA 2.1, section A.3.3) is there."""
    with suppress(CorruptFile, UnsupportedFormat):
        return bool(tag := _tag(data)) and id3.has_object(tag, b"c2pa")
    return False


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where the sound stands: from behind the ID3v2 tags in front to before ID3v1 and APEv2 at the end."""
    end = len(data)
    if data[max(0, end - _ID3V1) : end][:3] == b"TAG":
        end -= _ID3V1
    footer = data[max(0, end - _APE) : end]
    if footer[:8] == b"APETAGEX" and len(footer) == _APE:
        header = _APE if footer[23] & 0x80 else 0
        end -= int.from_bytes(footer[12:16], "little") + header
    yield id3tag.prefix(data), end


@once
def _tag(data: Source) -> bytes:
    size = id3tag.length(data[0:10])
    if size > len(data) or (not size and data[0:3] == b"ID3"):
        raise CorruptFile("MP3: the ID3 tag is damaged, or the file ends within it")
    return data[0:size]

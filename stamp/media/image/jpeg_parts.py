"""What phones and cameras keep beside the picture of a JPEG file: behind it, or in its XMP.

A gain map (Ultra HDR, ISO 21496-1; Apple), a depth map or mask, the video of a motion photo (Google: MP4 at
the end; Samsung: in a trailer of its own) stay as they are, and are listed. A picture that shows the same
scene, at a size worth having, is refused: whoever takes it out of the file has the photo without its mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from ...core.errors import MediaError
from ...formats.isobmff import Tail, walk
from ...formats.jpeg import APP1, APP2, XMP
from ...formats.reading import damaged, refused
from .jpeg_syntax import JpegSyntax, parse
from .parts import DEPTH, GAIN_MAP, REMEDY, SMALL, VIDEO, kept

_GAIN_MAP_ISO = b"urn:iso:std:iso:ts:21496:-1\0"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_HEAD = 40
"""Bytes of an extended segment in front of its part of the packet (XMP part 3, section 1.1.3.1)."""
_PART = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|[\0-\xff]{4}ftyp")
_BOX_NAME = re.compile(rb"[A-Za-z0-9 ]{4}")
_MOST_PARTS = 100
_LARGEST = 1 << 24
"""Bytes of a further picture that are looked at: enough to know what it is, however long it is."""
_SOUND_AND_SHOT = b"QDIOBS"
"""The end of a trailer of Samsung's with places counted from the file's start (ExifTool, Samsung.pm)."""


def notes_on_parts(syntax: JpegSyntax) -> list[str]:
    """Say what is kept without the mark. Raises UnsupportedFormat for a further picture that is larger than
    a thumbnail.
    """
    xmp = b"".join(syntax.blocks(APP1, XMP))
    xmp += b"".join(block[_EXTENDED_HEAD:] for block in syntax.blocks(APP1, _EXTENDED))
    if b"GImage:Data" in xmp:
        raise refused("its XMP holds a second picture, which would go without the mark", REMEDY)
    if syntax.trailer.endswith(_SOUND_AND_SHOT):
        raise refused("the sound behind the picture is found by its place, which would change", REMEDY)
    notes = [kept(DEPTH)] if b"GDepth:Data" in xmp else []
    unknown = len(syntax.trailer)
    for start, end, picture in _parts(syntax.trailer):
        unknown -= end - start
        notes.append(kept(_name(picture, syntax) if picture else VIDEO))
    if unknown and syntax.trailer.strip(b"\0"):
        notes.append(f"{unknown} bytes behind the picture kept as they are")
    return list(dict.fromkeys(notes))


def _parts(trailer: bytes) -> Iterator[tuple[int, int, JpegSyntax | None]]:
    """(start, end, picture or None for a video) of each; what only looks like one is passed over."""
    at = 0
    for _ in range(_MOST_PARTS):
        found = _PART.search(trailer, at)
        if found is None:
            return
        at = found.start()
        if found[0].endswith(b"ftyp"):
            boxes = walk(trailer, at, tail=Tail.ANYTHING)
            end = max(
                (box.end for box in takewhile(lambda box: _BOX_NAME.match(box.kind), boxes)), default=at
            )
            if end > at:
                yield at, end, None
        else:
            picture, end = _picture(trailer[at : at + _LARGEST]), at
            if picture:
                end += picture.size
                yield at, end, picture
        at = max(end, at + 1)
    raise damaged(f"more than {_MOST_PARTS} pictures and videos seem to be behind the first")


def _picture(data: bytes) -> JpegSyntax | None:
    try:
        return parse(data)
    except MediaError:
        return None


def _name(picture: JpegSyntax, primary: JpegSyntax) -> str:
    """What a further picture is. Raises UnsupportedFormat."""
    xmp = b"".join(picture.blocks(APP1, XMP))
    if b"hdrgm" in xmp or b"hdrgainmap" in xmp or picture.blocks(APP2, _GAIN_MAP_ISO):
        return GAIN_MAP
    if b"urn:com:apple:photo:" in xmp or len(picture.components) < len(primary.components):
        return DEPTH
    size = f"{picture.width}x{picture.height} pixels"
    if max(picture.width, picture.height) <= SMALL:
        return f"a preview of {size}"
    what = f"a further picture of {size} behind the first (a preview, or the photo before an effect)"
    raise refused(f"{what} would go without the mark", REMEDY)

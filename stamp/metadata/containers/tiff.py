"""TIFF and BigTIFF, and raw files built on them: XMP is tag 700 of the first directory (XMP part 3, section
1.1.6), IPTC-IIM tag 33723, whose digest is in the Photoshop resources of tag 34377. The tags of EXIF are in
that directory themselves; their block is an EXIF block that is made up of them.

Only the first directory is rewritten, at the end of the file (`stores.tiffblock`); strips, tiles, further
pages, sub-directories and MakerNotes stay at their offsets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...formats import tiffblock
from ...formats.ifd import pages
from ...formats.source import Patched, Source, memoised
from ..stores import exif, iptc

STORES: Final = ("xmp", "exif", "iptc")

_XMP = 700
_IIM = 33723
_IRB = 34377
_C2PA = 0xCD41
_STRIPS = (273, 279)
_TILES = (324, 325)


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged first directory."""
    ifd = _ifd0(data)
    found = {"exif": _exif(data)}
    if (packet := ifd.value(_XMP)) is not None:
        found["xmp"] = packet
    iim = ifd.value(_IIM)
    if iim is not None and iim[:1] == b"\x1c":
        digest = iptc.resource(ifd.value(_IRB) or b"", iptc.DIGEST)
        found["iptc"] = iptc.irb_of({iptc.IIM: iim} | ({iptc.DIGEST: digest} if digest else {}))
    return found


def splice(data: Source, blocks: Mapping[str, bytes]) -> Patched:
    """`data` with the blocks of some stores replaced, put in, or taken out where they are empty. Raises
    `CorruptFile`.
    """
    ifd = _ifd0(data)
    # One patch for all stores: what one puts in is together, and goes together when it is taken out.
    changes: dict[int, tuple[int, bytes]] = {}
    removed: set[int] = set()
    if "exif" in blocks:
        changes, removed = _differences(tiffblock.parse(_exif(data)), tiffblock.parse(blocks["exif"]))
    if blocks.get("xmp") == b"":
        removed.add(_XMP)
    if blocks.get("xmp"):
        changes[_XMP] = (tiffblock.BYTE, blocks["xmp"])
    if "iptc" in blocks:
        iim = iptc.resource(blocks["iptc"], iptc.IIM) or b""
        kind = ifd.kind(_IIM, tiffblock.UNDEFINED)
        # Adobe's own type for IIM is LONG: zeros fill up the last item, and the digest covers them.
        padded = iim + tiffblock.padding(iim, kind)
        changes[_IIM] = (kind, padded)
        if iptc.resource(blocks["iptc"], iptc.DIGEST) == iptc.digest(iim):
            irb = iptc.with_resource(ifd.value(_IRB) or b"", iptc.DIGEST, iptc.digest(padded))
            changes[_IRB] = (ifd.kind(_IRB, tiffblock.BYTE), irb)
    return Patched(data, tiffblock.edits(ifd, changes, removed) if changes or removed else [])


_ifd0 = memoised(tiffblock.parse)


@memoised
def _exif(data: Source) -> bytes:
    """An EXIF block of the file's own tags of that store."""
    ifd = _ifd0(data)
    texts = {tag: (tiffblock.ASCII, value) for tag in exif.TAGS if (value := ifd.value(tag)) is not None}
    return tiffblock.patch(tiffblock.new_block(), texts) if texts else tiffblock.new_block()


def _differences(old: tiffblock.Ifd0, new: tiffblock.Ifd0) -> tuple[dict[int, tuple[int, bytes]], set[int]]:
    """The tags whose values a new directory has changed, and those that it lacks."""
    tags = dict.fromkeys(tag for tag, _ in new.entries)
    values = {tag: value for tag in tags if (value := new.value(tag)) is not None and value != old.value(tag)}
    changes = {tag: (new.kind(tag, tiffblock.ASCII), value) for tag, value in values.items()}
    return changes, {tag for tag, _ in old.entries} - tags.keys()


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest (tag 0xCD41; C2PA 2.1, section A.3.5) is there, on any page."""
    return any(tag == _C2PA for page in pages(data) for tag, _ in page.entries(data))


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """All strips or tiles of the first picture."""
    ifd = _ifd0(data)
    for offsets, lengths in (_STRIPS, _TILES):
        places = list(zip(ifd.numbers(offsets), ifd.numbers(lengths), strict=False))
        yield from ((start, min(start + length, len(data))) for start, length in places)
        if places:
            return

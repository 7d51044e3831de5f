"""JPEG (ITU-T T.81; JFIF, ITU-T T.871): metadata in the marker segments before the first scan.

EXIF is the APP1 segment that begins `Exif\\0\\0`, XMP the one that begins with Adobe's namespace (XMP part 3,
section 1.1.3), with an extended packet in further ones (`extended`); IPTC-IIM is in the Photoshop resources
of APP13, which may run over several segments. New segments go behind SOI, JFIF and each other, before any
multi-picture index (APP2 `MPF`), whose offsets are corrected. From the first scan on, not a byte changes:
scans, restart markers, further pictures and trailers are one run.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats import mpf
from ...formats.ifd import is_tiff
from ...formats.jpeg import APP0, APP1, APP2, APP11, APP13, EXIF, XMP, Segment, segments
from ...formats.source import Edit, Patched, Source, memoised
from ..stores import iptc
from . import extended
from .splicing import growth

STORES: Final = ("xmp", "exif", "iptc", "xmpext")

_IRB = b"Photoshop 3.0\0"
_PREFIXES = {"exif": EXIF, "xmp": XMP, "iptc": _IRB, "xmpext": extended.PREFIX}
_MARKERS = {"exif": APP1, "xmp": APP1, "iptc": APP13, "xmpext": APP1}
_MAX_PAYLOAD = 0xFFFF - 2
_MOST_SEGMENTS = 100_000
_MAX_BLOCK = 1 << 28
"""Nobody's metadata is larger; what says so is not loaded."""
LIMITS: Final = {"exif": _MAX_PAYLOAD - len(EXIF), "xmp": 65_502}
"""How long the blocks of some stores can be (XMP: part 3, section 1.1.3)."""


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged segment structure, `UnsupportedFormat` for EXIF
    in several segments.
    """
    found: dict[str, bytes] = {}
    homes = _homes(data)
    if any(sum(place.end - place.start for place in places) > _MAX_BLOCK for places in homes.values()):
        raise UnsupportedFormat("JPEG: more metadata than can be handled")
    if "xmpext" in homes and (packet := _extended(data, homes)):
        found["xmpext"] = packet
    for store, places in homes.items():
        if store == "xmpext":
            continue
        found[store] = b"".join(data[place.payload + len(_PREFIXES[store]) : place.end] for place in places)
    if iptc.resource(found.get("iptc", b""), iptc.IIM) is None:
        found.pop("iptc", None)
    return found


def splice(data: Source, blocks: Mapping[str, bytes]) -> Patched:
    """`data` with the blocks of some stores replaced, put in, or taken out where they are empty. Raises
    `CorruptFile`, or `UnsupportedFormat` above 64 KiB a segment.
    """
    found = _segments(data)
    homes = _homes(data)
    front = found[0].end if found and found[0].begins(APP0, b"JFIF\0") else 2
    behind_exif = homes["exif"][0].end if "exif" in homes else front
    edits: list[Edit] = []
    if "xmpext" in blocks:
        place = homes["xmp"][0]
        main = blocks.get("xmp", data[place.payload + len(XMP) : place.end])
        blocks = {**blocks, "xmp": extended.renamed(main, blocks["xmpext"])}
        guid = extended.guid_in(main) or b""
    for store, where in (("exif", front), ("xmp", behind_exif), ("iptc", behind_exif), ("xmpext", front)):
        if store in blocks:
            places = homes.get(store, [])
            if store == "xmpext":
                places = [place for place in places if extended.is_part(_part(data, place), guid)]
            first = (places[0].start, places[0].end) if places else (where, where)
            edits.append((*first, _encoded(store, blocks[store])))
            edits += [(place.start, place.end, b"") for place in places[1:]]
    for segment in _marked(data, APP2, mpf.PREFIX):
        at = segment.payload + len(mpf.PREFIX)
        index = mpf.shifted(data[at : segment.end], before=growth(edits, at), total=growth(edits, len(data)))
        edits.append((at, segment.end, index))
    return Patched(data, edits)


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest (JUMBF in APP11; C2PA 2.1, section A.3.1) is there."""
    return any(
        b"c2pa" in data[segment.payload : min(segment.payload + 128, segment.end)]
        for segment in _marked(data, APP11, b"JP")
    )


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where the picture itself is: its tables and headers, and all from the first scan on."""
    found = _segments(data)
    for segment in found:
        if not 0xE0 <= segment.marker <= 0xEF and segment.marker != 0xFE:
            yield segment.payload, segment.end
    yield found[-1].end if found else 2, len(data)


@memoised
def _segments(data: Source) -> list[Segment]:
    """The marker segments before the first scan."""
    found: list[Segment] = []
    for segment in segments(data):
        if len(found) == _MOST_SEGMENTS:
            raise CorruptFile("JPEG: an absurd number of segments")
        found.append(segment)
    return found


def _marked(data: Source, marker: int, prefix: bytes) -> list[Segment]:
    return [part for part in _segments(data) if part.marker == marker and part.head.startswith(prefix)]


@memoised
def _homes(data: Source) -> dict[str, list[Segment]]:
    """Store -> its segments: the first one, except that Photoshop resources may run over several."""
    homes: dict[str, list[Segment]] = {}
    for segment in _segments(data):
        if segment.marker not in (APP1, APP13):
            continue
        for store, prefix in _PREFIXES.items():
            if segment.begins(_MARKERS[store], prefix):
                places = homes.setdefault(store, [])
                if store == "exif" and places and not is_tiff(segment.head[len(EXIF) :]):
                    raise UnsupportedFormat(
                        "JPEG: EXIF that runs over several segments cannot be changed safely"
                    )
                if store in ("iptc", "xmpext") or not places:
                    places.append(segment)
    return homes


def _extended(data: Source, homes: dict[str, list[Segment]]) -> bytes | None:
    """The extended packet that the main one names."""
    mains = [data[place.payload + len(XMP) : place.end] for place in homes.get("xmp", ())]
    guid = extended.guid_in(mains[0]) if mains else None
    if guid is None:
        return None
    return extended.joined([_part(data, place) for place in homes["xmpext"]], guid)


def _part(data: Source, place: Segment) -> bytes:
    """A segment of extended XMP without its prefix."""
    return data[place.payload + len(extended.PREFIX) : place.end]


def _encoded(store: str, block: bytes) -> bytes:
    """The segment of a store; for Photoshop resources as many as it takes."""
    prefix = _PREFIXES[store]
    room = LIMITS.get(store, _MAX_PAYLOAD - len(prefix))
    if store in LIMITS and len(block) > room:
        raise UnsupportedFormat(
            f"JPEG: {store.upper()} with these rights has {len(block)} bytes, and its segment holds {room}: "
            "shorten the texts"
        )
    if not block:
        return b""
    parts = extended.cut(block) if store == "xmpext" else [prefix + part for part in _cut(block, room)]
    return b"".join(struct.pack(">BBH", 0xFF, _MARKERS[store], len(part) + 2) + part for part in parts)


def _cut(block: bytes, room: int) -> list[bytes]:
    return [block[at : at + room] for at in range(0, len(block), room)]

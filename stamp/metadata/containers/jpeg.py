"""JPEG (ITU-T T.81; JFIF, ITU-T T.871): metadata in the marker segments before the first scan.

EXIF is the APP1 segment that begins `Exif\\0\\0`, XMP the one that begins with Adobe's namespace (XMP part 3,
section 1.1.3), with an extended packet in further ones (`extended`); IPTC-IIM is in the Photoshop resources
of APP13, which may run over several segments. New segments stand behind SOI, JFIF and each other, before any
multi-picture index (APP2 `MPF`), whose offsets are corrected. From the first scan on, not a byte changes:
scans, restart markers, further pictures and trailers are one run.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats import tiffblock
from ...formats.source import CHUNK, Edit, Patched, Source, memoised
from ..stores import iptc
from . import extended, mpf
from .splicing import growth

STORES: Final = ("xmp", "exif", "iptc", "xmpext")

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_IRB = b"Photoshop 3.0\0"
_PREFIXES = {"exif": _EXIF, "xmp": _XMP, "iptc": _IRB, "xmpext": extended.PREFIX}
_APP0, _APP1, _APP2, _APP11, _APP13, _SOS, _EOI = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xDA, 0xD9
_MARKERS = {"exif": _APP1, "xmp": _APP1, "iptc": _APP13, "xmpext": _APP1}
_MAX_PAYLOAD = 0xFFFF - 2
_GLANCE = 64
"""Bytes of a segment, marker included, that tell what it is."""
_NEAR = 1 << 11
"""How much is read at once: a slice of a file takes ten times as long as one of bytes."""
_MOST_SEGMENTS = 100_000
_marker_and_length = struct.Struct(">BH").unpack_from
_MAX_BLOCK = 1 << 28
"""Nobody's metadata is larger; what says so is not loaded."""
LIMITS: Final = {"exif": _MAX_PAYLOAD - len(_EXIF), "xmp": 65_502}
"""How long the blocks of some stores can be (XMP: part 3, section 1.1.3)."""


class _Segment(NamedTuple):
    """A marker segment at data[start:end], fill bytes included; its payload starts at `payload`, with the
    bytes `head`.
    """

    marker: int
    start: int
    payload: int
    end: int
    head: bytes

    def begins(self, marker: int, prefix: bytes) -> bool:
        return self.marker == marker and self.head.startswith(prefix)


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
    segments = _segments(data)
    homes = _homes(data)
    front = segments[0].end if segments and segments[0].begins(_APP0, b"JFIF\0") else 2
    behind_exif = homes["exif"][0].end if "exif" in homes else front
    edits: list[Edit] = []
    if "xmpext" in blocks:
        place = homes["xmp"][0]
        main = blocks.get("xmp", data[place.payload + len(_XMP) : place.end])
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
    for segment in _marked(data, _APP2, mpf.PREFIX):
        at = segment.payload + len(mpf.PREFIX)
        index = mpf.shifted(data[at : segment.end], before=growth(edits, at), total=growth(edits, len(data)))
        edits.append((at, segment.end, index))
    return Patched(data, edits)


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest (JUMBF in APP11; C2PA 2.1, section A.3.1) is there."""
    return any(
        b"c2pa" in data[segment.payload : min(segment.payload + 128, segment.end)]
        for segment in _marked(data, _APP11, b"JP")
    )


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where the picture itself stands: its tables and headers, and all from the first scan on."""
    segments = _segments(data)
    for segment in segments:
        if not 0xE0 <= segment.marker <= 0xEF and segment.marker != 0xFE:
            yield segment.payload, segment.end
    yield segments[-1].end if segments else 2, len(data)


@memoised
def _segments(data: Source) -> list[_Segment]:
    """The marker segments before the first scan."""
    segments: list[_Segment] = []
    size = len(data)
    start = base = 2
    near = b""
    while True:
        if start + _GLANCE > base + len(near):
            base, near = start, data[start : start + _NEAR]
        head = near[start - base : start - base + _GLANCE]
        if head[:1] != b"\xff":
            raise CorruptFile(f"JPEG: no marker where one must stand (byte {start})")
        position = start + 1
        if head[1:2] == b"\xff":
            position = _behind_fill(data, position)
            head = data[position - 1 : position - 1 + _GLANCE]
        if len(head) < 4:
            raise CorruptFile("JPEG: the file ends before the picture begins")
        marker, length = _marker_and_length(head, 1)
        if marker == _SOS:
            return segments
        if marker in (0, 1, _EOI) or 0xD0 <= marker <= 0xD8:
            raise CorruptFile(f"JPEG: marker FF{marker:02X} where a segment must stand (byte {position})")
        end = position + 1 + length
        if length < 2 or end > size:
            raise CorruptFile(f"JPEG: the segment at byte {start} does not fit in the file")
        if len(segments) == _MOST_SEGMENTS:
            raise CorruptFile("JPEG: an absurd number of segments")
        segments.append(_Segment(marker, start, position + 3, end, head[4 : 2 + length]))
        start = end


def _marked(data: Source, marker: int, prefix: bytes) -> list[_Segment]:
    return [part for part in _segments(data) if part.marker == marker and part.head.startswith(prefix)]


def _behind_fill(data: Source, position: int) -> int:
    """Where the first byte stands from `position` on that is not FF, the fill in front of a marker."""
    size = _GLANCE
    while run := data[position : position + size]:
        if rest := run.lstrip(b"\xff"):
            return position + len(run) - len(rest)
        position += size
        size = min(2 * size, CHUNK)
    return position


@memoised
def _homes(data: Source) -> dict[str, list[_Segment]]:
    """Store -> its segments: the first one, except that Photoshop resources may run over several."""
    homes: dict[str, list[_Segment]] = {}
    for segment in _segments(data):
        if segment.marker not in (_APP1, _APP13):
            continue
        for store, prefix in _PREFIXES.items():
            if segment.begins(_MARKERS[store], prefix):
                places = homes.setdefault(store, [])
                if store == "exif" and places and not tiffblock.is_tiff(segment.head[len(_EXIF) :]):
                    raise UnsupportedFormat(
                        "JPEG: EXIF that runs over several segments cannot be changed safely"
                    )
                if store in ("iptc", "xmpext") or not places:
                    places.append(segment)
    return homes


def _extended(data: Source, homes: dict[str, list[_Segment]]) -> bytes | None:
    """The extended packet that the main one names."""
    mains = [data[place.payload + len(_XMP) : place.end] for place in homes.get("xmp", ())]
    guid = extended.guid_in(mains[0]) if mains else None
    if guid is None:
        return None
    return extended.joined([_part(data, place) for place in homes["xmpext"]], guid)


def _part(data: Source, place: _Segment) -> bytes:
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

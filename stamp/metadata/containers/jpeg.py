"""JPEG (ITU-T T.81; JFIF, ITU-T T.871): metadata in the marker segments before the first scan.

EXIF is the APP1 segment that begins `Exif\\0\\0`, XMP the one that begins with Adobe's namespace (XMP part 3, section 1.1.3). New segments
stand behind SOI, JFIF and each other, before any multi-picture index (APP2 `MPF`), whose offsets are corrected. From the first scan on,
not a byte changes: scans, restart markers, further pictures and trailers are one run.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...errors import CorruptFile, UnsupportedFormat
from . import mpf

TITLE: Final = "JPEG"
STORES: Final = ("xmp", "exif")

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PREFIXES = {"exif": _EXIF, "xmp": _XMP}
_APP0, _APP1, _APP2, _APP11, _SOS, _EOI = 0xE0, 0xE1, 0xE2, 0xEB, 0xDA, 0xD9
_MAX_PAYLOAD = 0xFFFF - 2


@dataclass(frozen=True, slots=True)
class _Segment:
    """A marker segment at data[start:end], fill bytes included; its payload starts at `payload`."""

    marker: int
    start: int
    payload: int
    end: int

    def begins(self, data: bytes, marker: int, prefix: bytes) -> bool:
        return self.marker == marker and data.startswith(prefix, self.payload, self.end)


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged segment structure, `UnsupportedFormat` for EXIF in several segments."""
    found: dict[str, bytes] = {}
    for store, segment in _homes(data, _segments(data)).items():
        found[store] = data[segment.payload + len(_PREFIXES[store]) : segment.end]
    return found


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with the blocks of some stores replaced or put in. Raises `CorruptFile`, or `UnsupportedFormat` above 64 KiB a segment."""
    segments = _segments(data)
    homes = _homes(data, segments)
    front = 2
    if segments and segments[0].begins(data, _APP0, b"JFIF\0"):
        front = segments[0].end
    behind_exif = homes["exif"].end if "exif" in homes else front
    edits: list[tuple[int, int, bytes]] = []
    for store in ("exif", "xmp"):
        if store in blocks:
            new = _segment(store, blocks[store])
            where = {"exif": front, "xmp": behind_exif}[store]
            edits.append((homes[store].start, homes[store].end, new) if store in homes else (where, where, new))
    for segment in segments:
        if segment.begins(data, _APP2, mpf.PREFIX):
            at = segment.payload + len(mpf.PREFIX)
            before = _growth(edits, at)
            index = mpf.shifted(data[at : segment.end], before=before, total=_growth(edits, len(data)))
            edits.append((at, segment.end, index))
    pieces: list[bytes | memoryview] = []
    position = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += (data[position:start], new)
        position = end
    return b"".join((*pieces, memoryview(data)[position:]))


def has_c2pa(data: bytes) -> bool:
    """Whether a C2PA manifest (JUMBF in APP11; C2PA 2.1, section A.3.1) is there."""
    return any(
        segment.begins(data, _APP11, b"JP") and data.find(b"c2pa", segment.payload, segment.payload + 128) >= 0
        for segment in _segments(data)
    )


def essence(data: bytes) -> list[memoryview]:
    """The picture itself: everything from the first scan on, and the tables and frame header that it needs."""
    segments = _segments(data)
    view = memoryview(data)
    tables = [view[s.payload : s.end] for s in segments if not 0xE0 <= s.marker <= 0xEF and s.marker != 0xFE]
    return [*tables, view[segments[-1].end if segments else 2 :]]


def _segments(data: bytes) -> list[_Segment]:
    """The marker segments before the first scan."""
    segments: list[_Segment] = []
    position = 2
    while True:
        start = position
        if data[position : position + 1] != b"\xff":
            raise CorruptFile(f"JPEG: no marker where one must stand (byte {position})")
        while data[position : position + 1] == b"\xff":
            position += 1
        if position + 3 > len(data):
            raise CorruptFile("JPEG: the file ends before the picture begins")
        marker = data[position]
        if marker == _SOS:
            return segments
        if marker in (0, 1, _EOI) or 0xD0 <= marker <= 0xD8:
            raise CorruptFile(f"JPEG: marker FF{marker:02X} where a segment must stand (byte {position})")
        (length,) = struct.unpack_from(">H", data, position + 1)
        end = position + 1 + length
        if length < 2 or end > len(data):
            raise CorruptFile(f"JPEG: the segment at byte {start} does not fit in the file")
        segments.append(_Segment(marker, start, position + 3, end))
        position = end


def _homes(data: bytes, segments: list[_Segment]) -> dict[str, _Segment]:
    """The first segment of each store."""
    homes: dict[str, _Segment] = {}
    for segment in segments:
        for store, prefix in _PREFIXES.items():
            if segment.begins(data, _APP1, prefix):
                first = homes.setdefault(store, segment)
                if store == "exif" and first is not segment and not _has_byte_order(data, segment):
                    raise UnsupportedFormat("JPEG: EXIF that runs over several segments cannot be changed safely")
    return homes


def _has_byte_order(data: bytes, segment: _Segment) -> bool:
    at = segment.payload + len(_EXIF)
    return data[at : at + 4] in (b"II*\0", b"MM\0*")


def _segment(store: str, block: bytes) -> bytes:
    payload = _PREFIXES[store] + block
    if len(payload) > _MAX_PAYLOAD:
        raise UnsupportedFormat(
            f"JPEG: {store.upper()} with these rights has {len(payload)} bytes, and a segment holds {_MAX_PAYLOAD}: shorten the texts"
        )
    return struct.pack(">BBH", 0xFF, _APP1, len(payload) + 2) + payload


def _growth(edits: list[tuple[int, int, bytes]], until: int) -> int:
    """By how many bytes the file grows before offset `until`."""
    return sum(len(new) - (end - start) for start, end, new in edits if start < until)

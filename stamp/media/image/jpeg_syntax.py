"""What the segments of a JPEG file say of its picture (ISO/IEC 10918-1, annex B): no pixel is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...core.errors import CorruptFile
from ...formats import jpeg
from ...formats.jpeg import APP0, APP14, COM, DHT, DQT, DRI, EOI, SOS
from ...formats.reading import check_size, damaged, refused

_FRAMES = {*range(0xC0, 0xD0)} - {DHT, 0xC8, 0xCC}
_KINDS = {
    0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical lossless",
    0xC9: "arithmetic-coded", 0xCA: "arithmetic-coded", 0xCB: "arithmetic-coded lossless",
    0xCD: "hierarchical", 0xCE: "hierarchical", 0xCF: "hierarchical lossless",
}  # fmt: skip

# Encoders write some ten. Each scan may cost a decoder a pass over the whole picture, however few bytes it
# has.
_MOST_SCANS = 100

# Zig-zag order of ISO/IEC 10918-1, figure A.6: place in the file -> row-major place.
_ZIGZAG = sorted(range(64), key=lambda n: (n // 8 + n % 8, n // 8 if (n // 8 + n % 8) % 2 else n % 8))


@dataclass(frozen=True)
class Segment:
    """A marker segment: its code (second byte of the marker), its bytes, marker and length included, and the
    place in the file where it begins."""

    code: int
    raw: bytes
    at: int

    @property
    def body(self) -> bytes:
        return self.raw[4:]


@dataclass(frozen=True)
class Component:
    """One entry of a frame header: identifier, sampling factors, and number of its quantisation table."""

    identifier: int
    across: int
    down: int
    table: int


@dataclass(frozen=True)
class JpegSyntax:
    """A parsed JPEG.

    `metadata` has the APPn and COM segments up to the first scan in file order, `late` those behind it, and
    `coding` the other segments up to the first scan; `scans` is everything from the first SOS marker to EOI
    (included, where there is one), `trailer` what follows, from byte `size` of the file on.
    """

    metadata: list[Segment]
    late: list[Segment]
    coding: list[Segment]
    scans: bytes
    trailer: bytes
    size: int
    frame: int
    precision: int
    width: int
    height: int
    components: list[Component]

    @property
    def progressive(self) -> bool:
        return self.frame == 0xC2

    @property
    def restart_interval(self) -> int:
        """MCUs between restart markers, 0 for none."""
        intervals = [int.from_bytes(s.body[:2], "big") for s in self.coding if s.code == DRI]
        return intervals[-1] if intervals else 0

    @cached_property
    def tables(self) -> dict[int, list[int]]:
        """Quantisation tables by number, 64 values each in row-major order."""
        tables: dict[int, list[int]] = {}
        for segment in self.coding:
            body = segment.body if segment.code == DQT else b""
            while body:
                size = 2 if body[0] >> 4 else 1
                values = [int.from_bytes(body[i : i + size], "big") for i in range(1, 1 + 64 * size, size)]
                rows = [0] * 64
                for place, value in zip(_ZIGZAG, values, strict=True):
                    rows[place] = value
                tables[body[0] & 15] = rows
                body = body[1 + 64 * size :]
        return tables

    @cached_property
    def huffman(self) -> set[bytes]:
        """Huffman tables ahead of the first scan, each as its bytes in DHT."""
        found: set[bytes] = set()
        for segment in self.coding:
            body = segment.body if segment.code == DHT else b""
            while body:
                size = 17 + sum(body[1:17])
                found.add(body[:size])
                body = body[size:]
        return found

    def blocks(self, code: int, signature: bytes) -> list[bytes]:
        """What follows `signature` in each metadata segment of this code that starts with it."""
        return [
            s.body[len(signature) :] for s in self.metadata if s.code == code and s.body.startswith(signature)
        ]

    @property
    def colours(self) -> str:
        """L, YCbCr, RGB, CMYK or YCCK, decided as libjpeg does (jdapimin.c, default_decompress_parms)."""
        adobe = self.blocks(APP14, b"Adobe")
        transform = adobe[-1][6] if adobe and len(adobe[-1]) >= 7 else None
        if len(self.components) == 1:
            return "L"
        if len(self.components) == 4:
            return "YCCK" if transform == 2 else "CMYK"
        if self.blocks(APP0, b"JFIF\0"):
            return "YCbCr"
        if transform is None:
            return "RGB" if bytes(c.identifier for c in self.components) == b"RGB" else "YCbCr"
        return "RGB" if transform == 0 else "YCbCr"


def parse(data: bytes) -> JpegSyntax:
    """Split a JPEG file. Raises CorruptFile, or UnsupportedFormat above the pixel limit."""
    metadata: list[Segment] = []
    late: list[Segment] = []
    coding: list[Segment] = []
    frame: Segment | None = None
    first_scan: int | None = None
    at = scans = 0
    for place in _segments(data):
        at = place.end
        if place.marker == SOS:
            scans += 1
            if scans > _MOST_SCANS:
                raise damaged(f"it has more than {_MOST_SCANS} scans")
            first_scan = place.start if first_scan is None else first_scan
            continue
        segment = Segment(place.marker, data[place.start : at], place.start)
        if APP0 <= segment.code < 0xF0 or segment.code == COM:
            (metadata if first_scan is None else late).append(segment)
        elif first_scan is None and segment.code != EOI:
            coding.append(segment)
            if segment.code in _FRAMES:
                if frame is not None:
                    raise damaged("it has two frame headers")
                frame = segment
    if frame is None or first_scan is None:
        raise damaged("it ends before the picture data")
    return _checked(metadata, late, coding, data[first_scan:at], data[at:], at, frame)


def _segments(data: bytes) -> Iterator[jpeg.Segment]:
    try:
        yield from jpeg.tolerated_segments(data)
    except CorruptFile as error:
        raise damaged("a JPEG segment runs past the end of the file") from error


def _checked(
    metadata: list[Segment],
    late: list[Segment],
    coding: list[Segment],
    scans: bytes,
    trailer: bytes,
    size: int,
    frame: Segment,
) -> JpegSyntax:
    body = frame.body
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise damaged("its frame header is cut short")
    syntax = JpegSyntax(
        metadata=metadata,
        late=late,
        coding=coding,
        scans=scans,
        trailer=trailer,
        size=size,
        frame=frame.code,
        precision=body[0],
        height=int.from_bytes(body[1:3], "big"),
        width=int.from_bytes(body[3:5], "big"),
        components=[
            Component(body[i], body[i + 1] >> 4, body[i + 1] & 15, body[i + 2])
            for i in range(6, 6 + 3 * body[5], 3)
        ],
    )
    check_size(syntax.width, syntax.height)
    return syntax


def check_decodable(syntax: JpegSyntax) -> None:
    """Refuse what libjpeg does not decode to 8 bits."""
    remedy = "save it as a usual JPEG first"
    if syntax.frame in _KINDS and _KINDS[syntax.frame] != "arithmetic-coded":
        raise refused(f"{_KINDS[syntax.frame]} JPEG is not handled", remedy)
    if syntax.precision != 8:
        raise refused(f"JPEG with {syntax.precision} bits a sample is not handled", remedy)


def check_handled(syntax: JpegSyntax) -> None:
    """Refuse the kinds of JPEG that no common encoder writes."""
    check_decodable(syntax)
    if syntax.frame in _KINDS:
        raise refused(f"{_KINDS[syntax.frame]} JPEG is not handled", "save it as a usual JPEG first")
    if len(syntax.components) not in (1, 3, 4):
        raise refused(f"JPEG with {len(syntax.components)} colours is not handled", "save it as RGB first")
    if len(syntax.components) == 4 and not syntax.blocks(APP14, b"Adobe"):
        raise refused("a CMYK JPEG that does not tell which way its inks go", "convert it to RGB first")
    if not all(c.across and c.down and c.table in syntax.tables for c in syntax.components):
        raise damaged("its frame header names a quantisation table that is not there")

"""Files as phones make them: pictures with a gain map, a depth map, a motion video."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pillow_heif
from PIL import Image

from stamp.formats.heif import parse
from tests.media.pixels import photo

XMP = b"http://ns.adobe.com/xap/1.0/\0"
VIDEO = (
    struct.pack(">I", 24)
    + b"ftypmp42\0\0\0\0mp42isom"
    + struct.pack(">I", 808)
    + b"mdat"
    + b"\xff\xd8\xff\xe0" * 200
)
"""A box structure whose samples look like JPEGs."""
_CONTAINER = (
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" '
)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 255, marker, len(body) + 2) + body


def jpeg(height: int, width: int, mode: str = "RGB", seed: int = 5, **options: Any) -> bytes:
    """A JPEG of `photo`."""
    buffer = io.BytesIO()
    Image.fromarray(photo(height, width, seed)).convert(mode).save(
        buffer, "JPEG", **{"quality": 90, **options}
    )
    return buffer.getvalue()


def with_xmp(data: bytes, description: str) -> bytes:
    """A JPEG with the XMP of a description: attributes, ">", elements."""
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {description}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )
    return data[:2] + segment(0xE1, XMP + packet.encode()) + data[2:]


def directory(*items: tuple[str, str, int]) -> str:
    """A directory of Google's photo container: (MIME type, what it is, length)."""
    entries = "".join(
        f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="{mime}" Item:Semantic="{what}" '
        f'Item:Length="{length}"/></rdf:li>'
        for mime, what, length in items
    )
    return f"<Container:Directory><rdf:Seq>{entries}</rdf:Seq></Container:Directory>"


def indexed(first: bytes, *others: bytes) -> bytes:
    """Several JPEGs in one file, with an index (CIPA DC-007) right before the first one's tables."""
    at = first.index(b"\xff\xdb")
    count = 1 + len(others)
    size = 8 + 2 + 3 * 12 + 4 + 16 * count
    length = len(first) + 8 + size
    index = b"MM\0*" + struct.pack(">IH", 8, 3) + struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")
    index += struct.pack(">HHIIHHIII", 0xB001, 4, 1, count, 0xB002, 7, 16 * count, size - 16 * count, 0)
    index += struct.pack(">IIIHH", 0x030000, length, 0, 0, 0)
    place = length - (at + 8)
    for other in others:
        index += struct.pack(">IIIHH", 0, len(other), place, 0, 0)
        place += len(other)
    return first[:at] + segment(0xE2, b"MPF\0" + index) + first[at:] + b"".join(others)


def gain_map() -> bytes:
    """The second picture of an Ultra HDR file."""
    values = 'hdrgm:Version="1.0" hdrgm:GainMapMax="2.3" hdrgm:HDRCapacityMax="2.3">'
    return with_xmp(jpeg(200, 150, "L"), f'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" {values}')


def ultra_hdr(height: int = 800, width: int = 600, *, video: bytes = b"") -> bytes:
    """Ultra HDR, version 1, with the version segment of ISO 21496-1, and maybe a motion video at its end."""
    second = gain_map()
    items = [("image/jpeg", "Primary", 0), ("image/jpeg", "GainMap", len(second))]
    attributes = _CONTAINER + 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" '
    if video:
        items.append(("video/mp4", "MotionPhoto", len(video)))
        attributes += (
            'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" '
            'GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"'
        )
    first = with_xmp(jpeg(height, width), attributes + ">" + directory(*items))
    at = first.index(b"\xff\xdb")
    first = first[:at] + segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)) + first[at:]
    return indexed(first, second) + video


def micro_video(height: int = 800, width: int = 600) -> bytes:
    """A motion photo of older Google phones."""
    attributes = (
        'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MicroVideo="1" '
        f'GCamera:MicroVideoVersion="1" GCamera:MicroVideoOffset="{len(VIDEO)}">'
    )
    return with_xmp(jpeg(height, width), attributes) + VIDEO


def samsung(*blocks: tuple[int, bytes, bytes], height: int = 800, width: int = 600) -> bytes:
    """A JPEG with Samsung's trailer: (type, name, content) of each block in it."""
    parts = [struct.pack("<HHI", 0, kind, len(name)) + name + content for kind, name, content in blocks]
    entries = b""
    for place, (kind, _, _) in enumerate(blocks):
        back = sum(map(len, parts[place:]))
        entries += struct.pack("<HHII", 0, kind, back, len(parts[place]))
    table = b"SEFH" + struct.pack("<II", 106, len(blocks)) + entries
    return jpeg(height, width) + b"".join(parts) + table + struct.pack("<I", len(table)) + b"SEFT"


def samsung_motion() -> bytes:
    """A motion photo of Samsung's."""
    return samsung((0x0A01, b"Image_UTC_Data", b"1700000000000"), (0x0A30, b"MotionPhoto_Data", VIDEO))


@dataclass
class Item:
    """An item of a HEIF file: its type, bytes, and properties as whole boxes."""

    kind: bytes
    data: bytes
    properties: list[bytes]
    entry: bytes = b""
    """What follows the empty name in its entry."""


def box(kind: bytes, *contents: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, contents)), kind) + b"".join(contents)


def coded(picture: Image.Image, *more: bytes) -> Item:
    """A picture coded by pillow-heif, with further properties."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture).save(buffer, quality=70, tile_size=0)
    made = parse(buffer.getvalue())
    wanted = [box(kind, body) for kind, body in made.properties[made.primary] if kind != b"colr"]
    return Item(b"hvc1", made.content(made.primary), [*wanted, *more])


def size(width: int, height: int) -> bytes:
    return box(b"ispe", struct.pack(">III", 0, width, height))


def auxiliary(name: str) -> bytes:
    return box(b"auxC", bytes(4) + name.encode() + b"\0")


@dataclass
class Heif:
    """A HEIF file in the making; items are numbered from 1, the first is shown.

    references : (type, from, to ...). form : version of `iloc`, sizes of its offsets, lengths and bases, and
    what the base is.
    """

    items: list[Item]
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    behind: bytes = b""
    header: Literal["plain", "large", "open"] = "plain"
    form: tuple[int, int, int, int] = (1, 4, 4, 0)
    base: int = 0
    shared: dict[int, int] = field(default_factory=dict)
    """Items whose bytes are those of another one."""

    def tobytes(self) -> bytes:
        first = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
        size = len(self._meta(0))
        mdat = b"".join(item.data for n, item in enumerate(self.items, 1) if n not in self.shared)
        head = {
            "plain": box(b"mdat", mdat)[:8],
            "large": struct.pack(">I4sQ", 1, b"mdat", 16 + len(mdat)),
            "open": struct.pack(">I4s", 0, b"mdat"),
        }[self.header]
        return first + self._meta(len(first) + size + len(head)) + head + mdat + self.behind

    def _meta(self, start: int) -> bytes:
        entries = [
            box(b"infe", struct.pack(">IHH4s", 2 << 24, number, 0, item.kind), b"\0", item.entry)
            for number, item in enumerate(self.items, 1)
        ]
        known = list(dict.fromkeys(each for item in self.items for each in item.properties))
        links = [
            struct.pack(">HB", number, len(item.properties))
            + bytes(0x80 | known.index(each) + 1 for each in item.properties)
            for number, item in enumerate(self.items, 1)
        ]
        references = [
            box(kind, struct.pack(f">HH{len(to)}H", of, len(to), *to)) for kind, of, to in self.references
        ]
        return box(
            b"meta", bytes(4), box(b"hdlr", bytes(8) + b"pict" + bytes(13)), box(b"pitm", bytes(4), b"\0\1"),
            box(b"iinf", bytes(4), struct.pack(">H", len(entries)), *entries),
            box(b"iref", bytes(4), *references),
            box(b"iprp", box(b"ipco", *known), box(b"ipma", bytes(4), struct.pack(">I", len(links)), *links)),
            box(b"iloc", self._places(start)),
        )  # fmt: skip

    def _places(self, start: int) -> bytes:
        version, *widths = self.form
        spans: dict[int, tuple[int, int]] = {}
        for number, item in enumerate(self.items, 1):
            spans[number] = spans.get(self.shared.get(number, 0), (start, len(item.data)))
            start += len(item.data) if number not in self.shared else 0
        out = struct.pack(">IBBH", version << 24, widths[0] << 4 | widths[1], widths[2] << 4, len(self.items))
        for number, (at, length) in spans.items():
            out += struct.pack(">HH" if version else ">H", number, *((0,) if version else ()))
            out += bytes(2) + self.base.to_bytes(widths[2], "big") + b"\0\1"
            out += max(at - self.base, 0).to_bytes(widths[0], "big") + length.to_bytes(widths[1], "big")
        return out


NCLX = box(b"colr", b"nclx", struct.pack(">HHHB", 12, 13, 9, 0x80))
"""Display P3, with a matrix that the encoder would not choose."""
QUARTER_TURN = box(b"irot", b"\3")
GAIN_MAP_OF_APPLE = "urn:com:apple:photo:2020:aux:hdrgainmap"
DEPTH_OF_APPLE = "urn:com:apple:photo:2018:aux:disparity"


def portrait(height: int = 300, width: int = 400) -> Heif:
    """A photo with a gain map that metadata describe, a depth map, a mask and a thumbnail, turned."""
    matte = "urn:com:apple:photo:2018:aux:portraiteffectsmatte"
    picture = Image.fromarray(photo(height, width))
    half = picture.resize((width // 2, height // 2))
    gray = half.convert("L")
    return Heif(
        [
            coded(picture, NCLX, QUARTER_TURN),
            coded(gray, auxiliary(GAIN_MAP_OF_APPLE), QUARTER_TURN),
            coded(gray.transpose(Image.Transpose.FLIP_LEFT_RIGHT), auxiliary(DEPTH_OF_APPLE), NCLX),
            coded(gray.point(lambda x: 255 - x), auxiliary(matte)),
            coded(picture.resize((160, 120)), QUARTER_TURN),
            Item(b"mime", b"<x:xmpmeta>gain</x:xmpmeta>", [], b"application/rdf+xml\0"),
            Item(b"Exif", b"\0\0\0\6Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0", []),
        ],
        [
            *((b"auxl", number, (1,)) for number in (2, 3, 4)),
            (b"thmb", 5, (1,)),
            (b"cdsc", 6, (2,)),
            (b"cdsc", 7, (1,)),
        ],
    )  # fmt: skip


def tiled(height: int = 300, width: int = 400, tile: int = 192) -> Heif:
    """A photo in tiles, which pass its edges, with a gain map after ISO 21496-1 (`tmap`)."""
    rows, columns = -(-height // tile), -(-width // tile)
    whole = Image.fromarray(photo(rows * tile, columns * tile))
    boxes = [
        (x * tile, y * tile, (x + 1) * tile, (y + 1) * tile) for y in range(rows) for x in range(columns)
    ]
    tiles = [coded(whole.crop(each)) for each in boxes]
    grid = Item(
        b"grid",
        bytes((0, 0, rows - 1, columns - 1)) + struct.pack(">HH", width, height),
        [size(width, height), box(b"imir", b"\1"), QUARTER_TURN],
    )
    gain_map = coded(whole.crop((0, 0, width, height)).resize((width // 4, height // 4)).convert("L"))
    tone_map = Item(b"tmap", bytes(62), [size(width, height), NCLX])
    last = 1 + len(tiles)
    return Heif(
        [grid, *tiles, gain_map, tone_map],
        [(b"dimg", 1, tuple(range(2, last + 1))), (b"dimg", last + 2, (1, last + 1))],
    )


def samsung_heic(heif: Heif) -> bytes:
    """A motion photo of Samsung's: the video, and a trailer that states its place."""
    at = len(heif.tobytes()) + 8
    pointer = b"\0\0\x30\x0a" + struct.pack("<I", 16) + b"MotionPhoto_Datampv2"
    pointer += struct.pack(">II", at, len(VIDEO))
    table = (
        b"SEFH" + struct.pack("<II", 107, 1) + pointer[:4] + struct.pack("<II", len(pointer), len(pointer))
    )
    trailer = pointer + table + struct.pack("<I", len(table)) + b"SEFT"
    return replace(heif, behind=box(b"mpvd", VIDEO) + box(b"sefd", trailer)).tobytes()

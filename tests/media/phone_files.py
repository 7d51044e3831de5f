"""Files as phones make them: pictures with a gain map, a depth map, a motion video."""

from __future__ import annotations

import io
import struct
from typing import Any

from PIL import Image

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

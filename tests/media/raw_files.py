"""Raw photographs: as much of a DNG, and of the formats that only their makers document, as tells them."""

from __future__ import annotations

import io
import struct

from PIL import Image, TiffImagePlugin

from tests.media.mp4_files import box

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    b"<dc:creator><rdf:Seq><rdf:li>Camera Owner</rdf:li></rdf:Seq></dc:creator></rdf:Description>"
    b"</rdf:RDF></x:xmpmeta>"
)
OWNER = b"Camera Owner\0"


def dng() -> bytes:
    """A DNG: a preview in the first directory, the raw picture in tag SubIFDs, a maker's private data."""
    sensor = struct.pack("<256H", *(n * 16 for n in range(256)))
    preview = bytes(range(48))
    private, unique = b"Maker\0" + bytes(range(100)), b"Test Camera\0"
    matrix = struct.pack("<18i", *(value for n in range(9) for value in (int(n % 4 == 0), 1)))
    raw = [
        (254, 4, 1, 0),
        (256, 4, 1, 16),
        (257, 4, 1, 16),
        (258, 3, 1, 16),
        (259, 3, 1, 1),
        (262, 3, 1, 32803),
        (273, 4, 1, sensor),
        (277, 3, 1, 1),
        (278, 4, 1, 16),
        (279, 4, 1, len(sensor)),
        (33421, 3, 2, struct.pack("<2H", 2, 2)),
        (33422, 1, 4, bytes((0, 1, 1, 2))),
    ]
    first = [
        (254, 4, 1, 1),
        (256, 4, 1, 4),
        (257, 4, 1, 4),
        (258, 3, 3, struct.pack("<3H", 8, 8, 8)),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (271, 2, 6, b"Maker\0"),
        (272, 2, 12, unique),
        (273, 4, 1, preview),
        (274, 3, 1, 1),
        (277, 3, 1, 3),
        (278, 4, 1, 4),
        (279, 4, 1, len(preview)),
        (330, 4, 1, raw),
        (50706, 1, 4, bytes((1, 4, 0, 0))),
        (50707, 1, 4, bytes((1, 1, 0, 0))),
        (50708, 2, 12, unique),
        (50721, 10, 9, matrix),
        (50740, 1, len(private), private),
        (50778, 3, 1, 21),
    ]
    out = bytearray(b"II*\0" + bytes(4))
    struct.pack_into("<I", out, 4, _directory(out, first))
    return bytes(out)


def _directory(out: bytearray, entries: list[tuple[int, int, int, int | bytes | list[object]]]) -> int:
    """Add a directory, with what its entries point to before it, and return where it is."""
    packed = b""
    for tag, kind, count, value in entries:
        if isinstance(value, list):
            value = _directory(out, value)  # type: ignore[arg-type]
        if isinstance(value, bytes) and (len(value) > 4 or tag == 273):
            out += bytes(len(out) % 2)
            place, value = len(out), value
            out += value
            value = place
        held = value if isinstance(value, bytes) else struct.pack("<H" if kind == 3 else "<I", value)
        packed += struct.pack("<HHI", tag, kind, count) + held.ljust(4, b"\0")
    out += bytes(len(out) % 2)
    place = len(out)
    out += struct.pack("<H", len(entries)) + packed + bytes(4)
    return place


def exif(*, order: str = "little") -> bytes:
    """A TIFF structure that names the owner of a camera."""
    info = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II" if order == "little" else b"MM")
    info[315], info[33432] = "Camera Owner", "(c) Camera Owner"
    info[271] = "Maker"
    file = io.BytesIO()
    info.save(file)
    return file.getvalue()


def rawtiff() -> bytes:
    """What a NEF is: a TIFF whose picture of the sensor is packed in its maker's way."""
    data = bytearray(dng())
    at = data.index(struct.pack("<HHI", 50706, 1, 4))
    data[at : at + 2] = struct.pack("<H", 50700)  # a tag that says nothing
    return bytes(data)


def cr3() -> bytes:
    """Boxes: Canon's with EXIF in `moov`, XMP in a box of its own."""
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    packet = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    brand = box(b"ftyp", b"crx \0\0\0\1crx isom")
    moov = box(b"moov", box(b"uuid", canon, box(b"CNCV", bytes(30)), box(b"CMT1", exif())))
    return brand + moov + box(b"uuid", packet, XMP) + box(b"mdat", bytes(400))


def raf() -> bytes:
    """Fujifilm's header, and the JPEG with all there is to say."""
    picture = io.BytesIO()
    Image.new("RGB", (16, 16)).save(picture, "JPEG", exif=b"Exif\0\0" + exif())
    head = b"FUJIFILMCCD-RAW 0201FF389501".ljust(84, b"\0")
    data = picture.getvalue()
    return head + struct.pack(">II", 148, len(data)) + bytes(56) + data + bytes(300)


def orf() -> bytes:
    return b"IIRO" + exif()[4:] + bytes(400)


def rw2() -> bytes:
    return b"IIU\0" + exif()[4:] + bytes(400)

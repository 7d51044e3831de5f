"""piexif as an independent reader and writer of EXIF: what it wrote stays, what we write it finds."""

from __future__ import annotations

import io
from typing import Any

import piexif
import pytest
from PIL import Image

from stamp.core.rights import Rights
from tests.helpers import documents

RIGHTS = Rights(copyright_notice="© 2026 Ana Müller", creators=("Ana Müller", "Bo; Co"))
WRITTEN = {
    piexif.ImageIFD.Copyright: "© 2026 Ana Müller".encode(),
    piexif.ImageIFD.Artist: 'Ana Müller; "Bo; Co"'.encode(),
}


def picture(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def camera(copyright_notice: bytes | None) -> dict[str, Any]:
    """What a camera writes: all five directories, values of every length, a maker note and a thumbnail."""
    first: dict[int, Any] = {
        piexif.ImageIFD.Make: b"Maker",
        piexif.ImageIFD.Orientation: 6,
        piexif.ImageIFD.XResolution: (300, 1),
    }
    if copyright_notice is not None:
        first[piexif.ImageIFD.Copyright] = copyright_notice
    return {
        "0th": first,
        "Exif": {
            piexif.ExifIFD.ExposureTime: (1, 250),
            piexif.ExifIFD.MakerNote: bytes(range(256)),
            piexif.ExifIFD.UserComment: b"ASCII\0\0\0a comment",
        },
        "GPS": {
            piexif.GPSIFD.GPSLatitude: ((48, 1), (8, 1), (1234, 100)),
            piexif.GPSIFD.GPSLatitudeRef: b"N",
        },
        "Interop": {piexif.InteropIFD.InteroperabilityIndex: b"R98"},
        "1st": {piexif.ImageIFD.Compression: 6},
        "thumbnail": picture("JPEG"),
    }


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("notice", [None, b"old", b"an old notice that is longer than the new one"])
def test_what_a_camera_wrote_stays(kind: str, notice: bytes | None) -> None:
    data = picture(kind, exif=piexif.dump(camera(notice)))
    before = piexif.load(data)
    after = piexif.load(documents.write_rights(data, RIGHTS))
    before["0th"] |= WRITTEN
    assert after == before


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_new_block_is_read(kind: str) -> None:
    found = piexif.load(documents.write_rights(picture(kind), RIGHTS))
    assert WRITTEN.items() <= found["0th"].items()


def test_what_piexif_wrote_is_read() -> None:
    names = {piexif.ImageIFD.Copyright: "© Ana".encode(), piexif.ImageIFD.Artist: b"Ana; Bo"}
    data = picture("JPEG", exif=piexif.dump({"0th": names}))
    found = documents.read_rights(data)
    assert (found.rights.copyright_notice, found.rights.creators) == ("© Ana", ("Ana", "Bo"))
    assert found.sources == {"copyright_notice": ["exif"], "creators": ["exif"]}

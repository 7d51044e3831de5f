"""ImageMagick's text chunks `Raw profile type exif`, `xmp`, `iptc` and `8bim`, in which it keeps the blocks
of a photo that it has converted to PNG: up to version 7.1 XMP nowhere else, and IIM twice, alone and in
Photoshop's resources.

The text is a line feed, the profile's name, its length in decimal, and hexadecimal digits in lines. The form
is not in the PNG specification; it is described by ImageMagick's coders/png.c and read by ExifTool and exiv2.
Such a profile is kept up to date where it is, and never created.
"""

from __future__ import annotations

from typing import Final

from ...core.errors import CorruptFile
from ..stores import iptc

KEYWORDS: Final = {
    b"Raw profile type exif": "exif",
    b"Raw profile type APP1": "exif",
    b"Raw profile type xmp": "xmp",
    b"Raw profile type iptc": "iptc",
    b"Raw profile type 8bim": "iptc",
}
"""Keyword -> store; of several, the first counts, and the others follow it."""
_EXIF = b"Exif\0\0"
_BARE = b"\x1c"
_LINE = 36


def decoded(text: bytes) -> bytes:
    """The profile's bytes. Raises `CorruptFile`."""
    try:
        _, length, digits = _lines(text)
        profile = bytes.fromhex(digits.decode("ascii"))
        told = int(length)
    except ValueError:
        raise CorruptFile("PNG: a raw profile is damaged") from None
    if told != len(profile):
        raise CorruptFile("PNG: a raw profile is not as long as it says")
    return profile


def encoded(text: bytes, profile: bytes) -> bytes:
    """`profile` as text, under the name that is in the old `text`."""
    lines = [profile[at : at + _LINE].hex() for at in range(0, len(profile), _LINE)]
    return b"\n%s\n%8d\n%s\n" % (_lines(text)[0], len(profile), "\n".join(lines).encode())


def _lines(text: bytes) -> tuple[bytes, bytes, bytes]:
    """Return name, length and digits of a profile. Raises ValueError where there are fewer lines."""
    name, length, digits = text.lstrip(b"\r\n").split(b"\n", 2)
    return name.strip(), length, digits


def block(store: str, profile: bytes) -> bytes:
    """The store's block in a profile: EXIF without its prefix, IIM inside image resources."""
    if store == "exif":
        return profile.removeprefix(_EXIF)
    return iptc.irb_of({iptc.IIM: profile}) if store == "iptc" and profile[:1] == _BARE else profile


def profile(store: str, new: bytes, old: bytes) -> bytes:
    """The inverse of `block`, in the form of the `old` profile: other image resources in it stay."""
    if store == "exif":
        # APP1 may be XMP.
        is_exif = old.startswith((_EXIF, b"II", b"MM"))
        return (_EXIF + new if old.startswith(_EXIF) else new) if is_exif else old
    if store == "xmp":
        return new
    iim = iptc.resource(new, iptc.IIM) or b""
    return iim if old[:1] == _BARE else iptc.with_iim(old, iim)

"""Is this a picture, a sound or a video? Told by its beginning; names and suffixes do not count."""

from __future__ import annotations

import os
from typing import Literal

from .signatures import SEARCHED
from .sniff import identify

Kind = Literal["image", "audio", "video"]

HEAD = 400
"""How many bytes are looked at."""

_AUDIO_BRANDS = (b"M4A ", b"M4B ", b"M4P ")
# HEIF and AVIF, and Canon's CR3, a photograph in a container of films.
_IMAGE_BRANDS = (
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"mif1",
    b"mif2",
    b"avif",
    b"avis",
    b"MA1A",
    b"MA1B",
    b"crx ",
)
_AUDIO = (b"fLaC", b"ID3", b".snd", b"wvpk", b"caff")
_VIDEO = (b"\x1aE\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"0&\xb2u\x8ef\xcf\x11")
_VIDEO_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip")
_VIDEO_IN_OGG = (b"\x80theora", b"OVP80", b"BBCD")


def kind(head: bytes) -> Kind:
    """The kind of a file that begins with `head` (400 bytes suffice). What nobody knows counts as a picture:
    the picture readers know most formats by far.

    An MP4, Matroska or Ogg file counts by its brand and first stream; whether it has pictures that move is
    for its reader to find out.
    """
    four, form = head[:4], head[8:12]
    if four in (b"RIFF", b"RF64", b"BW64"):
        return {b"WAVE": "audio", b"AVI ": "video"}.get(form, "image")  # type: ignore[return-value]
    if four == b"FORM" and form in (b"AIFF", b"AIFC"):
        return "audio"
    if four == b"OggS":
        return "video" if any(mark in head for mark in _VIDEO_IN_OGG) else "audio"
    if head[4:8] == b"ftyp":
        return "audio" if form in _AUDIO_BRANDS else "image" if form in _IMAGE_BRANDS else "video"
    if head.startswith(_VIDEO) or head[4:8] in _VIDEO_ATOMS:
        return "video"
    # MPEG-2 transport stream (ISO/IEC 13818-1, 2.4.3): a sync byte every 188 bytes; camcorders put a time of
    # four bytes before each.
    if any(head[start::step][:2] == b"GG" for start, step in ((0, 188), (4, 192))):
        return "video"
    return "audio" if head.startswith(_AUDIO) or _is_mpeg_audio(head) else "image"


def kind_of(path: str | os.PathLike[str]) -> Kind:
    """`kind` of a file; one that cannot be opened counts as a picture, whose reader says why."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            head = file.read(HEAD) or b""
            found = kind(head)
            # A recording of a stream may begin within a frame: more of it is needed to tell.
            if found == "image" and head and identify(head + file.read(SEARCHED - HEAD)) == "mp3":
                return "audio"
            return found
    except (OSError, ValueError):
        return "image"


def _is_mpeg_audio(head: bytes) -> bool:
    """Does it begin with the header of an MPEG audio frame (ISO 11172-3, 2.4.1.3) or of ADTS AAC (ISO
    13818-7, 6.2)?"""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if layer == 0:
        return head[1] & 0xF0 == 0xF0 and head[2] >> 2 & 15 < 13
    return version != 1 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3

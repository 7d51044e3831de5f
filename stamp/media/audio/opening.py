"""Which reader a song needs, told by its first bytes."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from ...formats import id3
from ...formats.reading import refused
from ...storage.large import open_large
from .song import Song

_HEAD = 64
_ADTS = tuple(bytes((0xFF, second)) for second in (0xF0, 0xF1, 0xF8, 0xF9))  # ISO 13818-7, 6.2
# Sound that can be searched for a mark, but not written back: its first bytes, its name, FFmpeg's demuxer.
_READ_ONLY = (
    *((start, "AAC without a container", "aac") for start in _ADTS),
    (b"wvpk", "WavPack", "wv"),
    (b"caff", "Core Audio Format", "caf"),
    (b".snd", "Sun AU", "au"),
    (b"FLV\x01", "Flash Video", "flv"),
    (b"\0\0\x01\xba", "MPEG", "mpeg"),
    (b"G@", "MPEG transport stream", "mpegts"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media", "asf"),
)


def open_song(path: str | os.PathLike[str]) -> Song:
    """The song in a file: WAV, AIFF, FLAC, MP3, M4A, Ogg Vorbis, Ogg Opus, and for reading some more.

    Raises UnsupportedFormat where there is no sound, or none that can be decoded; CorruptFile; MediaError.
    """
    path = Path(path)
    with open_large(path) as data:
        skipped = id3.prefix(data, most=None)
        head = data[skipped : skipped + _HEAD]
    from .decode import read_only

    opener = _opener(head, skipped > 0)
    if opener:
        module, name = opener
        return cast(Callable[[Path], Song], getattr(import_module(f".{module}", __package__), name))(path)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return read_only(path, "AVI", "avi")
    for magic, title, demuxer in _READ_ONLY:
        if head.startswith(magic):
            return read_only(path, title, demuxer)
    from .mp3 import first_frame, open_mp3

    with open_large(path) as data:
        torn = first_frame(data) is not None
    if torn:
        return open_mp3(path)
    raise refused(path, "not a kind of sound that is known here", "convert it to FLAC or WAV")


def _opener(head: bytes, tagged: bool) -> tuple[str, str] | None:
    """The module and the function that open a file beginning with `head`, an ID3 tag left out."""
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav", "open_wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff", "open_aiff"
    if head[:4] == b"fLaC":
        return "flac", "open_flac"
    if head[:4] == b"OggS":
        return "ogg", "open_ogg"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mp4", "open_mp4"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska", "open_matroska"
    if head[:2] in _ADTS:
        return None
    if tagged or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0):
        return "mp3", "open_mp3"
    return None

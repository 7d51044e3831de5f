"""Where the tags before and behind MPEG audio end and begin: ID3v2, ID3v1, APEv2, Lyrics3.

Their contents do not matter here: they are copied as they are.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from ...formats import id3 as id3tag
from ...formats import mpegaudio


def id3_end(file: BinaryIO) -> int:
    """The byte behind the ID3v2 tags at the start of the file (id3v2.4.0-structure, section 3.1)."""
    end = 0
    while True:
        file.seek(end)
        size = id3tag.length(file.read(id3tag.HEADER))
        if not size:
            return end
        end += size


def first_frame(file: BinaryIO) -> int | None:
    """The first byte of MPEG audio, behind the ID3v2 tags and what else stands in front of it; None where
    there is none. FFmpeg's demuxer passes over junk, too, but then takes the header frame for sound."""
    start = id3_end(file)
    file.seek(start)
    body = file.read(mpegaudio.SEARCHED)
    if body[:1] == b"\xff" and body[1:2] >= b"\xe0":  # a damaged frame is one, too
        return start
    at = mpegaudio.first_frame(body, tagged=start > 0)
    return None if at is None else start + at


def tags_start(file: BinaryIO, first: int) -> int:
    """The first byte of the tags at the end of the file, which do not reach before the byte `first`."""
    end = file.seek(0, 2)
    while True:
        length = _last_tag(file, end)
        if not length or end - length < first:
            return end
        end -= length


def _last_tag(file: BinaryIO, end: int) -> int:
    """The length of the tag that ends at `end`; 0 where there is none."""

    def tail(count: int) -> bytes:
        file.seek(max(end - count, 0))
        return file.read(min(count, end))

    if tail(128)[:3] == b"TAG" and tail(131)[:8] != mpegaudio.APE:  # which has a "TAG" in it, too
        return 128
    if tail(227)[:4] == b"TAG+":
        return 227
    footer = tail(32)
    if footer[:8] == mpegaudio.APE:  # the size counts the footer, not the header (flag 31)
        size = int.from_bytes(footer[12:16], "little")
        return size + (32 if footer[23] & 0x80 else 0)
    if footer[-9:] == b"LYRICS200" and footer[-15:-9].isdigit():
        return int(footer[-15:-9]) + 15
    if footer[-9:] == b"LYRICSEND":
        begin = tail(5120).rfind(b"LYRICSBEGIN")
        return min(end, 5120) - begin if begin >= 0 else 0
    if footer[-10:-7] == b"3DI":  # the footer of an ID3v2.4 tag that was appended
        return id3tag.number(footer[-4:]) + 20 if max(footer[-4:]) < 0x80 else 0
    return 0


GAPLESS = re.compile(rb" 00000000 ([0-9A-F]{8}) ([0-9A-F]{8}) ([0-9A-F]{16})", re.IGNORECASE)
"""iTunes' own gapless information: delay, padding, and the length between them."""
_GAPLESS_UTF16 = re.compile(
    rb" \0(?:0\0){8}(?: \0(?:[0-9A-F]\0){8}){2} \0(?:[0-9A-F]\0){15}[0-9A-F]", re.IGNORECASE
)


def with_gapless(tags: bytes, delay: int, padding: int, frames: int) -> bytes:
    """`tags` with the numbers in iTunes' own gapless information replaced, where there is any: a comment
    called iTunSMPB, in Latin-1, UTF-8 or UTF-16, which keeps its length.

    delay, padding : samples before and behind the sound that a player leaves out. frames : those between.
    """
    new = f" 00000000 {delay:08X} {padding:08X} {frames:016X}".encode()
    tags = GAPLESS.sub(new, tags)
    return _GAPLESS_UTF16.sub(b"\0".join(new[i : i + 1] for i in range(len(new))), tags)

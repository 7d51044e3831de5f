"""What sound and film look like at their beginning."""

from __future__ import annotations

from .source import Source

_BITRATES = {
    # kbit/s by (MPEG-1, layer): ISO/IEC 11172-3 section 2.4.2.3, ISO/IEC 13818-3 section 2.4.2.3.
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_LONGEST = 1 << 12
SEARCHED = 1 << 16
_MANY = 6
_TAGS_BEHIND = (b"TAG", b"APE")

FILMS = ("matroska", "mp4", "quicktime", "threegp")
_PICTURE_BRANDS = (b"avis", b"crx ", b"heic", b"hevc", b"hevx", b"jp2 ", b"jpm ", b"jpx ", b"jxl ", b"msf1")
"""Files of boxes that are no films: sequences of pictures, camera raw, JPEG 2000 and JPEG XL."""
_FIRST_ATOMS = (b"mdat", b"moov", b"pnot")
_SMALL_ATOMS = (b"free", b"skip", b"wide")
"""QuickTime files were once written without a brand. The small ones are words, too."""


def film(head: bytes) -> str | None:
    """The container's name by the first 12 bytes of a file that is no still picture, or None."""
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    kind, brand = head[4:8], head[8:12]
    if kind != b"ftyp":
        is_first = kind in _FIRST_ATOMS or (kind in _SMALL_ATOMS and head[:2] == b"\0\0")
        return "quicktime" if is_first else None
    if brand in _PICTURE_BRANDS:
        return None
    # Makers of players and cameras invent new brands for MP4.
    return "quicktime" if brand == b"qt  " else "threegp" if brand[:3] in (b"3gp", b"3g2") else "mp4"


def sound(data: Source) -> str | None:
    """The container's name from the content alone, or None. ID3v2 tags in front are looked behind."""
    from . import id3 as id3tag  # which pictures and films do without

    head = data[0:12]
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"OggS":
        return "ogg"
    tagged = id3tag.prefix(data)
    body = data[tagged : tagged + SEARCHED]
    if body[:4] == b"fLaC":
        return "flac"
    return None if first_frame(body, tagged=tagged > 0) is None else "mp3"


def first_frame(body: bytes, *, tagged: bool) -> int | None:
    """Where MPEG audio begins in the first `SEARCHED` bytes of a file, or of what stands behind the ID3v2
    tags of one that is `tagged`; None where there is none.

    A recording of a stream may begin within a frame; where nothing else speaks for MP3, more frames must.
    """
    if _frames_at(body, 0, 2):
        return 0
    if tagged:
        return next((at for at in range(1, len(body)) if _frames_at(body, at, 2)), None)
    torn = range(1, min(_LONGEST, len(body)))
    return next((at for at in torn if _frames_at(body, at, _MANY, whole=True)), None)


def _frames_at(body: bytes, at: int, count: int, *, whole: bool = False) -> bool:
    """Whether so many MPEG audio frames of one version, layer II or III and rate follow each other from here;
    unless the `whole` number is asked for, fewer are enough where the sound ends.
    """
    first = body[at : at + 4]
    for _ in range(count):
        header = body[at : at + 4]
        size = _frame_size(header)
        if not size or header[:2] != first[:2] or (header[2] ^ first[2]) & 0x0C:
            return False
        at += size
        if at == len(body) or body[at : at + 3] in _TAGS_BEHIND:
            return not whole
    return at < len(body)


def _frame_size(header: bytes) -> int:
    """The length of the frame with this header in bytes, 0 if there is none (ISO/IEC 11172-3, 2.4.3.1)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer not in (2, 3) or bitrate in (0, 15) or rate == 3:
        return 0
    slots = 144 if version == 3 or layer == 2 else 72
    kbits = _BITRATES[version == 3, layer][bitrate - 1]
    return slots * kbits * 1000 // _RATES[version][rate] + (header[2] >> 1 & 1)

"""The frames of MPEG audio and of AAC without a container: where they begin, and what ends them."""

from __future__ import annotations

from typing import Final

BITRATES: Final = {
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""kbit/s by (MPEG-1, layer): ISO/IEC 11172-3, section 2.4.2.3; ISO/IEC 13818-3, section 2.4.2.3."""
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_LONGEST = 1 << 12
SEARCHED: Final = 1 << 16
"""How many bytes of a file, or behind its ID3v2 tags, are searched for a frame."""
_MANY = 6
_TAGS_BEHIND = (b"TAG", b"APE")


def first_frame(body: bytes, *, tagged: bool) -> int | None:
    """Where MPEG audio begins in the first `SEARCHED` bytes of a file, or of what is behind the ID3v2
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
    kbits = BITRATES[version == 3, layer][bitrate - 1]
    return slots * kbits * 1000 // _RATES[version][rate] + (header[2] >> 1 & 1)


def is_frame(head: bytes) -> bool:
    """Whether `head` begins with the header of an MPEG audio frame of any layer (ISO/IEC 11172-3,
    2.4.1.3).
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return bool(layer) and version != 1 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3


def is_adts(head: bytes) -> bool:
    """Whether `head` begins with an ADTS header of AAC, with one of the 13 sampling rates (ISO/IEC 13818-7,
    6.2).
    """
    return len(head) >= 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13

"""The syntax of an ID3v2 tag: header, extended header, frames, padding, footer.

Specifications: ID3v2.2.0, ID3v2.3.0 and ID3v2.4.0 (id3.org). A frame that is not touched keeps its bytes,
flags and place. Padding is used up by growth and takes back what shrinks, so that a tag keeps its length
where it can. Two habits of writers are read: whole-number frame sizes in v2.4 (iTunes), put right as soon as
the tag is changed, since readers decide on the tag as a whole; and what no reader understands behind the last
frame, which is kept behind it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..core.caching import lru_cached
from ..core.errors import CorruptFile, UnsupportedFormat
from .inflating import inflated
from .source import Source

HEADER: Final = 10
MAX_SIZE: Final = (1 << 28) - 1
PADDING: Final = 1024
"""Zeros behind the frames of a tag that grows: some readers expect them, and the next change finds room."""
MAX_CONTENT: Final = 1 << 26
"""The most that a compressed frame may unpack to, in bytes."""

_MAX_TAGS = 16
_MAX_FRAMES = 20_000
_UNSYNCHRONISED, _EXTENDED, _FOOTER, _COMPRESSED_V22 = 0x80, 0x40, 0x10, 0x40
_ID = {2: re.compile(rb"[A-Z][A-Z0-9]{2}"), 3: re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9 \0]")}


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it is in the tag: its identifier, flags, and bytes after the frame header."""

    name: bytes
    flags: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Tag:
    """A parsed tag. `version` is 2, 3 or 4; `size` the length in bytes, header and footer included;
    `extended` the extended header; `rest` what is behind the frames, `behind` what is behind the tag.
    """

    version: int
    revision: int
    flags: int
    size: int
    extended: bytes
    frames: tuple[Frame, ...]
    rest: bytes
    behind: bytes = b""

    @property
    def unsynchronised(self) -> bool:
        return bool(self.flags & _UNSYNCHRONISED)

    def content(self, frame: Frame) -> bytes | None:
        """The frame's content, unpacked; None where it is encrypted or cannot be unpacked."""
        if self.version == 4:
            return _content4(frame, self.unsynchronised)
        return _content3(frame) if self.version == 3 else frame.data

    def frame(self, name: bytes, content: bytes) -> Frame:
        """A new frame for this tag, with no flags but what the tag itself asks for."""
        if self.version == 4 and self.unsynchronised:
            return Frame(name, 0x02, synchronised_away(content))
        return Frame(name, 0, content)

    def with_frames(self, frames: Sequence[Frame]) -> bytes:
        """The tag's bytes with other frames, as long as before if the padding allows it, else with fresh
        padding. Raises `UnsupportedFormat` above 256 MB.
        """
        body = b"".join(_encoded(self.version, frame) for frame in frames)
        room = self.size - HEADER - len(self.extended) - len(body)
        free = not self.rest.strip(b"\0") and not self.flags & _footer(self.version)
        if self.version < 4 and self.unsynchronised:
            room -= len(synchronised_away(body)) - len(body)
        rest = bytes(room if room > 0 else PADDING) if free else self.rest
        return self._closed(body, rest)

    def _closed(self, body: bytes, rest: bytes) -> bytes:
        extended = self._extended_for(body, rest)
        stored = extended + body + rest
        if self.version < 4 and self.unsynchronised:
            stored = synchronised_away(stored)
        if len(stored) > MAX_SIZE:
            raise UnsupportedFormat("the ID3 tag would grow beyond 256 MB, its greatest size")
        start = bytes((self.version, self.revision, self.flags)) + synchsafe(len(stored))
        footer = b"3DI" + start if self.flags & _footer(self.version) else b""
        return b"ID3" + start + stored + footer + self.behind

    def _extended_for(self, body: bytes, rest: bytes) -> bytes:
        """The extended header with its padding size and checksum made right again."""
        old = self.extended
        if self.version == 3 and len(old) >= 10:
            checksum = struct.pack(">I", zlib.crc32(body)) if len(old) >= 14 and old[4] & 0x80 else old[10:14]
            return old[:6] + struct.pack(">I", len(rest)) + checksum + old[14:]
        if self.version == 4 and len(old) >= 6 and old[5] & 0x20:
            at = 6 + (1 + old[6] if old[5] & 0x40 else 0)
            if old[at : at + 1] == b"\x05" and len(old) >= at + 6:
                return old[: at + 1] + synchsafe(zlib.crc32(body + rest), 5) + old[at + 6 :]
        return old


def new() -> Tag:
    """A tag of v2.4 without frames. ExifTool 13 and MediaInfo 25 read the UTF-8 of v2.4 rightly, and not the
    UTF-16 of v2.3 beyond the basic plane.
    """
    return Tag(4, 0, 0, HEADER, b"", (), b"")


def length(head: bytes) -> int:
    """How long the tag is that begins with these bytes (ten or more), 0 if none does."""
    if head[:3] != b"ID3" or len(head) < HEADER or 0xFF in head[3:5] or max(head[6:10]) >= 0x80:
        return 0
    return HEADER + number(head[6:10]) + (HEADER if head[5] & _footer(head[3]) else 0)


def prefix(data: Source, most: int | None = _MAX_TAGS) -> int:
    """How many bytes of ID3v2 tags are in front of a file: of so many tags at most, of all for None."""
    at = count = 0
    while count != most and (size := length(data[at : at + HEADER])):
        at += size
        count += 1
    return min(at, len(data))


@lru_cached
def parse(block: bytes) -> Tag:
    """The tag that `block` is. Raises `CorruptFile` for damage, `UnsupportedFormat` for another version."""
    size = length(block)
    if not size or size > len(block):
        raise CorruptFile("the ID3 tag is cut off, or its header is damaged")
    version, revision, flags = block[3], block[4], block[5]
    if version not in (2, 3, 4) or (version == 2 and flags & _COMPRESSED_V22):
        raise UnsupportedFormat(f"an ID3 tag of version 2.{version} that no reader knows")
    body = block[HEADER : HEADER + number(block[6:10])]
    if version < 4 and flags & _UNSYNCHRONISED:
        body = synchronised(body)
    start = _extended_length(version, body) if version > 2 and flags & _EXTENDED else 0
    frames, end = _frames(version, body, start)
    return Tag(version, revision, flags, size, body[:start], tuple(frames), body[end:], block[size:])


def synchronised(data: bytes) -> bytes:
    """Takes unsynchronisation back: a zero behind 0xFF goes."""
    return data.replace(b"\xff\0", b"\xff")


def synchronised_away(data: bytes) -> bytes:
    """Unsynchronisation: nothing in the result looks like the start of an MPEG frame (v2.4, section 6.1)."""
    safe = re.sub(rb"\xff(?=[\xe0-\xff\0])", b"\xff\0", data)
    return safe + b"\0" if safe.endswith(b"\xff") else safe


def synchsafe(value: int, digits: int = 4) -> bytes:
    """`value` in `digits` bytes of seven bits."""
    return bytes(value >> 7 * at & 0x7F for at in reversed(range(digits)))


def number(digits: bytes) -> int:
    """The inverse of `synchsafe`."""
    value = 0
    for digit in digits:
        value = value << 7 | digit & 0x7F
    return value


def _footer(version: int) -> int:
    return _FOOTER if version == 4 else 0


def _extended_length(version: int, body: bytes) -> int:
    """Section 3.2 of both: v2.3 does not count the four bytes of the size itself."""
    size = number(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")
    if _ID[3].fullmatch(body[:4]):
        return 0  # some writers set the flag and leave the header out
    if not 6 <= size <= len(body) or (version == 4 and max(body[:4]) >= 0x80):
        raise CorruptFile("the extended header of the ID3 tag does not fit in it")
    return size


def _frames(version: int, body: bytes, start: int) -> tuple[list[Frame], int]:
    """The frames, and where they end. Sizes in v2.4 are seven bits a byte, but for iTunes: the reading counts
    that finds more frames, then the one with nothing but padding behind them, then the specification's.
    """
    readings = [_walked(version, body, start, safe=True)]
    if version == 4:
        readings.append(_walked(version, body, start, safe=False))
    whole = [(frames, end) for frames, end, whole in readings if whole]
    if not whole:
        raise CorruptFile(f"a frame of the ID3 tag does not fit in it (byte {readings[0][1]})")
    return max(whole, key=lambda reading: (len(reading[0]), not body[reading[1] :].strip(b"\0")))


def _walked(version: int, body: bytes, start: int, *, safe: bool) -> tuple[list[Frame], int, bool]:
    """Frames, end, and whether the last one fits."""
    frames: list[Frame] = []
    at = start
    head = 6 if version == 2 else HEADER
    while at + head <= len(body):
        name = body[at : at + (3 if version == 2 else 4)]
        if not _ID[min(version, 3)].fullmatch(name):
            break
        if version == 2:
            size, flags = int.from_bytes(body[at + 3 : at + 6], "big"), 0
        else:
            digits = body[at + 4 : at + 8]
            plain = version == 3 or not safe
            if not plain and max(digits) >= 0x80:
                return frames, at, False
            size = int.from_bytes(digits, "big") if plain else number(digits)
            (flags,) = struct.unpack_from(">H", body, at + 8)
        if at + head + size > len(body):
            return frames, at, False
        frames.append(Frame(name, flags, body[at + head : at + head + size]))
        at += head + size
        if len(frames) > _MAX_FRAMES:
            return frames, at, False
    return frames, at, True


def _encoded(version: int, frame: Frame) -> bytes:
    size = len(frame.data)
    if version == 2:
        if size >= 1 << 24:
            raise UnsupportedFormat("a frame of the ID3v2.2 tag would be above 16 MB, its greatest size")
        return frame.name + size.to_bytes(3, "big") + frame.data
    if size > MAX_SIZE:
        raise UnsupportedFormat("a frame of the ID3 tag would grow beyond 256 MB, its greatest size")
    digits = synchsafe(size) if version == 4 else struct.pack(">I", size)
    return frame.name + digits + struct.pack(">H", frame.flags) + frame.data


def _content3(frame: Frame) -> bytes | None:
    """v2.3, section 3.3.1: unpacked size, method of encryption and group come before the content."""
    if frame.flags & 0x40:
        return None
    data = frame.data[4:] if frame.flags & 0x80 else frame.data
    data = data[1:] if frame.flags & 0x20 else data
    return _unpacked(data) if frame.flags & 0x80 else data


def _content4(frame: Frame, unsynchronised: bool) -> bytes | None:
    """v2.4, section 4.1.2."""
    if frame.flags & 0x04:
        return None
    data = synchronised(frame.data) if frame.flags & 0x02 or unsynchronised else frame.data
    data = data[1:] if frame.flags & 0x40 else data
    data = data[4:] if frame.flags & 0x01 else data
    return _unpacked(data) if frame.flags & 0x08 else data


def _unpacked(data: bytes) -> bytes | None:
    try:
        return inflated(data, MAX_CONTENT)
    except CorruptFile:
        return None

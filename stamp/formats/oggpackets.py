"""Ogg pages (RFC 3533): packets out of them and into them, and a stream whose headers are replaced."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from .ogg import CONTINUED, FIRST, checksum

_HEADER = struct.Struct("<4sBBqIIIB")


@dataclass(frozen=True, slots=True)
class Page:
    """granule : position at its end in samples, -1 where no packet ends in it. lacing : lengths of the
    segments. check : the checksum that was read with it."""

    flags: int
    granule: int
    serial: int
    number: int
    lacing: bytes
    body: bytes
    check: int = 0

    @property
    def intact(self) -> bool:
        """Whether it is as it was written; decoders leave it out otherwise."""
        return self.tobytes()[22:26] == struct.pack("<I", self.check)

    def tobytes(self) -> bytes:
        fields = (b"OggS", 0, self.flags, self.granule, self.serial, self.number, 0, len(self.lacing))
        page = bytearray(_HEADER.pack(*fields) + self.lacing + self.body)
        page[22:26] = checksum(bytes(page))
        return bytes(page)


def parse(data: bytes, at: int = 0) -> tuple[Page, int] | None:
    """The page that begins at byte `at` and the byte behind it; None where it is not whole. Raises ValueError
    for what is no page."""
    if len(data) - at < 27:
        return None
    magic, version, flags, granule, serial, number, check, count = _HEADER.unpack_from(data, at)
    if magic != b"OggS" or version:
        raise ValueError("there is something between its pages")
    lacing = data[at + 27 : at + 27 + count]
    start = at + 27 + count
    end = start + sum(lacing)
    if len(lacing) < count or len(data) < end:
        return None
    return Page(flags, granule, serial, number, lacing, data[start:end], check), end


def read_pages(file: BinaryIO) -> Iterator[Page]:
    """All pages to the end of the file, or to one that is cut off. Raises ValueError."""
    data = b""
    while True:
        found = parse(data)
        if found:
            data = data[found[1] :]
            yield found[0]
            continue
        more = file.read(1 << 16)
        if not more:
            return
        data += more


def packets(pages: Iterator[Page], count: int) -> list[bytes]:
    """The first `count` packets; fewer where there are no more pages."""
    found: list[bytes] = []
    part = b""
    for page in pages:
        whole, part = split(page, part)
        found += whole
        if len(found) >= count:
            return found[:count]
    return found


def split(page: Page, part: bytes = b"") -> tuple[list[bytes], bytes]:
    """The packets that end in a page, of which the first begins with `part`; and the beginning of one that
    does not."""
    found, start, at = [], 0, 0
    for length in page.lacing:
        at += length
        if length < 255:
            found.append(part + page.body[start:at])
            part, start = b"", at
    return found, part + page.body[start:]


def paged(headers: Sequence[bytes], serial: int) -> Iterator[Page]:
    """Header packets as pages: the first has one of its own, and the sound begins on a new one."""
    yield Page(FIRST, 0, serial, 0, _lacing(headers[0]), headers[0])
    body = b"".join(headers[1:])
    lacing = b"".join(map(_lacing, headers[1:]))
    number, start, flags = 1, 0, 0
    for at in range(0, len(lacing), 255):
        part = lacing[at : at + 255]
        length = sum(part)
        ended = any(size < 255 for size in part)
        yield Page(flags, 0 if ended else -1, serial, number, part, body[start : start + length])
        flags = CONTINUED if part[-1] == 255 else 0
        start += length
        number += 1


def _lacing(packet: bytes) -> bytes:
    return b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])


class Grafted:
    """An Ogg stream that a muxer makes, with a comment header of our own in the place of its own."""

    def __init__(self, output: BinaryIO, comment: bytes, count: int, serial: int) -> None:
        """count : header packets of this codec; the comment is the second of them."""
        self._output, self._comment, self._count, self._serial = output, comment, count, serial
        self._data = b""
        self._headers: list[Page] = []
        self._number = 0

    def feed(self, data: bytes) -> None:
        """Take the muxer's next bytes and write the pages that are whole."""
        self._data += data
        at = 0
        while found := parse(self._data, at):
            page, at = found
            if self._number:
                self._put(page)
            else:
                self._headers.append(page)
                self._try_headers()
        self._data = self._data[at:]

    def _try_headers(self) -> None:
        found = packets(iter(self._headers), self._count)
        if len(found) == self._count:
            for page in paged([found[0], self._comment, *found[2:]], self._serial):
                self._put(page)

    def _put(self, page: Page) -> None:
        self._output.write(
            Page(page.flags, page.granule, self._serial, self._number, page.lacing, page.body).tobytes()
        )
        self._number += 1

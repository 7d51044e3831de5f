"""An Ogg stream as a muxer makes it, under the comments of another."""

from __future__ import annotations

from typing import BinaryIO

from ...formats.ogg import FIRST, encoded, packed, pages, split


class Grafted:
    """An Ogg stream that a muxer makes, with a comment header of our own in the place of its own."""

    def __init__(self, output: BinaryIO, comment: bytes, count: int, serial: int) -> None:
        """count : header packets of this codec; the comment is the second of them."""
        self._output, self._comment, self._count, self._serial = output, comment, count, serial
        self._data = self._part = b""
        self._headers: list[bytes] = []
        self._number = 0

    def feed(self, data: bytes) -> None:
        """Take the muxer's next bytes and write the pages that are whole."""
        self._data += data
        at = 0
        for page in pages(self._data, to_cut=True):
            at = page.end
            content = self._data[page.start : at]
            if self._number:
                new = encoded(page.flags, page.granule, self._serial, self._number, page.lacing, content)
                self._put([new])
            else:
                packets, self._part = split(page.lacing, content, self._part)
                self._headers += packets
                if len(self._headers) >= self._count:
                    self._put_headers()
        self._data = self._data[at:]

    def _put_headers(self) -> None:
        """The first header has a page of its own, and the sound begins on a new one."""
        first, _, *others = self._headers[: self._count]
        self._put(packed([first], self._serial, 0, 0, FIRST))
        self._put(packed([self._comment, *others], self._serial, 1, 0))

    def _put(self, new: list[bytes]) -> None:
        self._output.writelines(new)
        self._number += len(new)

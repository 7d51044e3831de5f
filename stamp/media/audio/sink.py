"""Where muxers write to: a part of a file, or memory that is emptied as they go."""

from __future__ import annotations

from typing import BinaryIO


class Shifted:
    """An open file from its byte `start` on, for a muxer that comes back to fill in its header."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        place = offset + self._start if whence == 0 else offset
        return self._file.seek(place, whence) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start


class Pipe:
    """Bytes on their way from a muxer that never goes back to whoever takes them."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._taken = 0

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last call."""
        data = bytes(self._waiting)
        self._taken += len(data)
        self._waiting.clear()
        return data

    def tell(self) -> int:
        return self._taken + len(self._waiting)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Only asks where the end is: libsndfile does when it opens a file."""
        return self.tell()

    def read(self, count: int = -1) -> bytes:
        """There is nothing to be read: libsndfile wants a file that could."""
        return b""

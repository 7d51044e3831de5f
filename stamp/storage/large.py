"""Files too large for memory: read a slice at a time, and written from slices of another."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..core.errors import CorruptFile, UnsupportedFormat
from ..formats.reading import MAX_BYTES, regular_file, unreadable

_WINDOW = 1 << 16
_GLANCE = 1 << 12
_CHUNK = 1 << 20
_CANNOT_COPY = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM}


class LargeFile:
    """A file whose slices are read when asked for; `len` is its size when it was opened.

    It is not mapped into memory: a file that somebody cuts short meanwhile would end the process there. Small
    slices come from a window of 64 KiB, so that walking over many headers costs few system calls, or of 4 KiB
    where what lies between them is passed over. The first window is kept: readers come back to the beginning.
    `memo` is for what readers know of the file already.
    """

    def __init__(self, file: BinaryIO, path: str | os.PathLike[str] | None = None) -> None:
        self.path = path
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._head = b""
        self._start, self._window = 0, b""
        self.memo: dict[object, object] = {}

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, span: slice, /) -> bytes:
        """The bytes, as of a `bytes` object. Raises CorruptFile if the file has become shorter,
        UnsupportedFormat above 2 GB at once, MediaError.
        """
        start, stop, _ = span.indices(self._size)
        if stop <= len(self._head):
            return self._head[start:stop]
        if self._start <= start and stop <= self._start + len(self._window):
            return self._window[start - self._start : stop - self._start]
        if stop - start > MAX_BYTES:
            what = f"{stop - start} bytes is too large to be held in memory"
            raise UnsupportedFormat(what, path=self.path)
        if stop - start >= _WINDOW:
            return self._read(start, stop)
        follows = 0 <= start - self._start <= 2 * len(self._window)
        begin = start
        if follows and len(self._window) <= _GLANCE and start < self._start + len(self._window):
            begin = self._start  # what a glance has seen is asked for again
        length = max(_WINDOW if follows else _GLANCE, stop - begin)
        self._start, self._window = begin, self._read(begin, min(begin + length, self._size))
        if begin == 0:
            self._head = self._window
        return self._window[start - begin : max(stop - begin, 0)]

    def _read(self, start: int, stop: int) -> bytes:
        try:
            self._file.seek(start)
            data = self._file.read(stop - start)
        except (OSError, ValueError) as error:
            raise unreadable(error, self.path) from error
        if len(data) < stop - start:
            raise CorruptFile("became shorter while it was read", path=self.path)
        return data

    def write(self, target: Path, pieces: Iterable[bytes | tuple[int, int]]) -> None:
        """Fill `target` with new bytes and with spans (start, end) of this file, in this order.

        Memory stays flat; where the file system can, it copies, or shares, the spans itself. Raises OSError
        for the target, MediaError for this file.
        """
        with open(target, "wb", buffering=0) as file:
            for piece in pieces:
                if isinstance(piece, bytes):
                    _write(file.fileno(), piece)
                elif piece[0] < piece[1]:
                    self._copy(file.fileno(), *piece)

    def _copy(self, target: int, start: int, end: int) -> None:
        copy_file_range = getattr(os, "copy_file_range", None)
        while copy_file_range and start < end:
            try:
                copied: int = copy_file_range(self._file.fileno(), target, min(end - start, 1 << 30), start)
            except OSError as error:
                if error.errno not in _CANNOT_COPY:
                    raise
                break
            if not copied:
                break
            start += copied
        for at in range(start, end, _CHUNK):
            _write(target, self._read(at, min(at + _CHUNK, end)))


@contextmanager
def open_large(path: str | os.PathLike[str]) -> Iterator[LargeFile]:
    """A regular file of any size. Raises MediaError as `read_source` does."""
    with regular_file(path) as file:
        yield LargeFile(file, path)


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]

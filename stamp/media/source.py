"""What every picture reader shares: bytes from a path, a limit on pixels, errors that name the file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import CorruptFile, MediaError, StampError, UnsupportedFormat

MAX_PIXELS = 300_000_000
"""Pictures above this are refused by their header, before decoding (300 megapixels: 1.2 GB of RGBA)."""

MAX_BYTES = 2_000_000_000


def read_source(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a regular file. Raises MediaError: missing, unreadable, not a file, empty, above 2 GB."""
    with regular_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise UnsupportedFormat(f"{os.fspath(path)}: {size} bytes is too large for a picture", path=path)
        with reading(path):
            return file.read()


@contextmanager
def regular_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A regular file open for reading. Raises MediaError: missing, unreadable, not a file, empty."""
    try:
        file = open(path, "rb", opener=_opened)  # noqa: SIM115  closed below
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnsupportedFormat(
                f"{os.fspath(path)}: not a regular file; copy it to a file first", path=path
            )
        if not status.st_size:
            raise CorruptFile(f"{os.fspath(path)}: the file is empty; fetch a fresh copy", path=path)
        yield file


def _opened(path: str, flags: int) -> int:
    # Without O_NONBLOCK, opening a named pipe waits for somebody to write to it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system says against reading `path` into MediaError."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        if isinstance(error, StampError):
            raise
        raise unreadable(path, error) from error


def unreadable(path: str | os.PathLike[str], error: Exception) -> MediaError:
    """The error to raise when reading `path` failed with `error`."""
    reason = getattr(error, "strerror", None) or str(error)
    message = f"{os.fspath(path)}: cannot be read ({reason}); check the path and its permissions"
    return MediaError(message, path=path)


def check_size(width: int, height: int, path: Path) -> None:
    """Refuse impossible sizes, and sizes above MAX_PIXELS, as told by a header."""
    if width <= 0 or height <= 0:
        raise damaged(path, f"its header tells a size of {width}x{height} pixels")
    if width * height > MAX_PIXELS:
        raise UnsupportedFormat(
            f"{path}: {width}x{height} pixels is above the limit of {MAX_PIXELS // 1_000_000} megapixels; "
            "scale it down first",
            path=path,
        )


def damaged(path: Path, what: str) -> CorruptFile:
    """The error for a file that breaks its own format."""
    return CorruptFile(
        f"{path}: damaged, {what}; fetch a fresh copy, or save it again from an editor", path=path
    )


def refused(path: Path, what: str, remedy: str) -> UnsupportedFormat:
    """The error for a sound file that is not handled: `what` it is, and what to do about it."""
    return UnsupportedFormat(f"{path}: {what}; {remedy}", path=path)


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises into CorruptFile.

    Pillow and PyAV raise some fifteen kinds of exception on hostile files (SyntaxError, struct.error,
    TypeError, EOFError, zlib.error...), so everything that is an Exception counts, except our own errors.
    """
    try:
        yield
    except StampError:
        raise
    except MemoryError as error:
        raise UnsupportedFormat(
            f"{path}: not enough memory to decode it; scale it down first", path=path
        ) from error
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise damaged(path, f"it cannot be decoded ({reason})") from error

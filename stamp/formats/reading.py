"""What every picture reader shares: bytes from a path, a limit on pixels, errors that name the file."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..core.errors import CorruptFile, InternalError, MediaError, StampError, UnsupportedFormat

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
        file = open(path, "rb", opener=without_waiting)  # noqa: SIM115  closed below
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


def without_waiting(path: str, flags: int) -> int:
    """Open a file as the `opener` of `open`: a named pipe would wait for somebody to write to it."""
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
    """Turn what decoders raise on damaged files into CorruptFile, and anything else into InternalError; name
    the file in errors about its bytes."""
    try:
        yield
    except CorruptFile as error:
        if error.path is not None:
            raise
        raise damaged(path, str(error)) from error
    except MediaError as error:
        if error.path is not None:
            raise
        raise type(error)(f"{path}: {error}", path=path) from error
    except StampError:
        raise
    except MemoryError as error:
        raise UnsupportedFormat(
            f"{path}: not enough memory to decode it; scale it down first", path=path
        ) from error
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if of_a_codec(error):
            raise damaged(path, f"it cannot be decoded ({reason})") from error
        raise InternalError.of(error, path) from error


def of_a_codec(error: Exception) -> bool:
    """Whether it is an error that a decoder or an encoder is known to raise for what is wrong with a file."""
    if isinstance(error, _DAMAGE) or any(
        _package(kind.__module__) in _CODECS for kind in type(error).__mro__
    ):
        return True
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    raised_in = last.tb_frame.f_globals.get("__name__", "") if last else ""
    return isinstance(error, _SLIPS.get(_package(raised_in), ()))


def _package(module: str) -> str:
    return module.partition(".")[0]


_DAMAGE = (ValueError, OSError, EOFError, SyntaxError, struct.error, zlib.error)
"""What Python's own modules, and everything built on them, raise for bytes that make no sense."""
_CODECS = ("av", "PIL", "pillow_heif", "soundfile")
"""Packages whose own kinds of exception tell of a file."""
_SLIPS: dict[str, tuple[type[Exception], ...]] = {
    "PIL": (
        ArithmeticError,
        AttributeError,
        IndexError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        TypeError,
    ),
    "pillow_heif": (IndexError, RuntimeError),
}
"""What else is raised for hostile files, but only there: `Image.open` takes IndexError and TypeError of
Pillow's plug-ins for "not this format", and loading a picture lets the like of them through."""

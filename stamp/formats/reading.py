"""What every reader shares: files that are opened, a limit on pixels, errors and the file that they name."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

from ..core.errors import (
    CorruptFile,
    HostError,
    InternalError,
    MediaError,
    MissingDependency,
    StampError,
    UnsupportedFormat,
)
from ..core.limits import check_pixels, note_source

MAX_BYTES = 2_000_000_000
_DAMAGED = "damaged, "
_REMEDY = "; fetch a fresh copy, or save it again from an editor"

StrPath = str | os.PathLike[str]


@contextmanager
def named(path: StrPath | None) -> Iterator[None]:
    """Name the file in errors about its bytes, pixels and samples; to be used where it is opened.

    An error that names a file already stays as it is. None is for bytes that are in no file.
    """
    try:
        yield
    except (HostError, InternalError, MediaError, MissingDependency) as error:
        if error.path is None:
            if isinstance(error, CorruptFile) and ";" not in str(error):
                error.args = (f"{error}{_REMEDY}",)
            error.path = path
        raise


def read_source(path: StrPath) -> bytes:
    """The bytes of a regular file. Raises MediaError: missing, unreadable, not a file, empty, above 2 GB."""
    with regular_file(path) as file, named(path):
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise UnsupportedFormat(f"{size} bytes is too large for a picture")
        note_source(size)
        with reading():
            return file.read()


@contextmanager
def regular_file(path: StrPath) -> Iterator[BufferedReader]:
    """A regular file open for reading. Raises MediaError, which names it: missing, unreadable, not a file,
    empty."""
    with named(path), reading():
        file = open(path, "rb", opener=without_waiting)  # noqa: SIM115  closed below
    with file:
        with named(path):
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnsupportedFormat("not a regular file; copy it to a file first")
            if not status.st_size:
                raise CorruptFile("the file is empty; fetch a fresh copy")
        yield file


def without_waiting(path: str, flags: int) -> int:
    """Open a file as the `opener` of `open`: a named pipe would wait for somebody to write to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@contextmanager
def reading() -> Iterator[None]:
    """Turn what the system says against reading a file into MediaError."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        if isinstance(error, StampError):
            raise
        raise unreadable(error) from error


def unreadable(error: Exception, path: StrPath | None = None) -> MediaError:
    """The error to raise when reading a file failed with `error`."""
    reason = getattr(error, "strerror", None) or str(error)
    return MediaError(f"cannot be read ({reason}); check the path and its permissions", path=path)


def check_size(width: int, height: int) -> None:
    """Refuse impossible sizes, and more pixels than the call may decode, that a header gives."""
    if width <= 0 or height <= 0:
        raise damaged(f"its header tells a size of {width}x{height} pixels")
    check_pixels(width, height)


def damaged(what: str) -> CorruptFile:
    """The error for a file that breaks its own format."""
    return CorruptFile(f"{_DAMAGED}{what}{_REMEDY}")


def refused(what: str, remedy: str) -> UnsupportedFormat:
    """The error for a file that is not handled: `what` it is, and what to do about it."""
    return UnsupportedFormat(f"{what}; {remedy}")


@contextmanager
def decoding() -> Iterator[None]:
    """Turn what decoders raise on damaged files into CorruptFile, and anything else into InternalError."""
    try:
        yield
    except CorruptFile as error:  # of a syntax module, if it does not say so already
        if error.path is not None or str(error).startswith(_DAMAGED):
            raise
        raise damaged(str(error)) from error
    except StampError:
        raise
    except MemoryError as error:
        raise refused("not enough memory to decode it", "scale it down first") from error
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if of_a_codec(error):
            raise damaged(f"it cannot be decoded ({reason})") from error
        raise InternalError.of(error) from error


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
"""Packages whose own kinds of exception are about a file."""
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

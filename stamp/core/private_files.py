"""Small files that are their owner's alone: keys, and their backups."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import log
from .errors import KeyFileError

_MAX_BYTES = 65_536
# What this process was handed already open, as a shell does for `<(gpg -d my.key.gpg)`: it has a writer.
_HANDED_OVER = re.compile(r"/dev/stdin|(/dev|/proc/self)/fd/\d+")


StrPath = str | os.PathLike[str]


@contextmanager
def named(path: StrPath) -> Iterator[None]:
    """Name the file in errors about a key, unless they name one already."""
    try:
        yield
    except KeyFileError as error:
        if error.path is None:
            error.path = path
        raise


def read_private(path: StrPath, what: str, if_missing: str) -> bytes:
    """Read a small file that should be its owner's alone; `what` it is called in errors, `if_missing` what to
    do where there is none. One that other users have access to is reported to the logger `stamp.keys`.

    Nothing is waited for: a named pipe, a device or a socket is refused. Only a pipe that this process was
    handed already open (/dev/fd/N, /dev/stdin) is read to its end.

    Raises
    ------
    KeyFileError : missing, unreadable, neither a regular file nor such a pipe, above 64 kB.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            mode = os.fstat(file.fileno()).st_mode
            handed_over = stat.S_ISFIFO(mode) and _HANDED_OVER.fullmatch(os.fspath(path))
            if not (stat.S_ISREG(mode) or handed_over):
                raise KeyFileError(
                    f"the {what} is a folder, a pipe, a device or a socket, not a file", path=path
                )
            if handed_over:
                os.set_blocking(file.fileno(), True)
            raw = file.read(_MAX_BYTES + 1)
    except KeyFileError:
        raise
    except FileNotFoundError as error:
        raise KeyFileError(f"no {what} here: {if_missing}", path=path) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        reason = getattr(error, "strerror", None) or error
        raise KeyFileError(f"cannot read the {what}: {reason}", path=path) from error
    if len(raw) > _MAX_BYTES:
        raise KeyFileError(f"too large for a {what}: above {_MAX_BYTES // 1024} kB", path=path)
    if os.name == "posix" and stat.S_ISREG(mode) and mode & 0o077:
        message = "%s: other users have access to this %s (mode %03o): chmod 600 %s"
        log.keys.warning(message, path, what, stat.S_IMODE(mode), path)
    return raw


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def write_private(path: StrPath, text: str, what: str) -> None:
    """Write a new file that only its owner may read (mode 0600), to the disk; `what` it is called in errors.

    Raises
    ------
    KeyFileError : the file exists already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyFileError(
            f"exists already, and a {what} is never overwritten; choose another name, or move it away",
            path=path,
        ) from error
    except OSError as error:
        raise KeyFileError(f"cannot write the {what}: {error.strerror or error}", path=path) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        Path(path).unlink(missing_ok=True)
        raise KeyFileError(f"cannot write the {what}: {error.strerror or error}", path=path) from error


def replace_private(path: StrPath, text: str, what: str) -> None:
    """Put a file that only its owner may read in the place of the one at `path`, whole or not at all.

    Raises
    ------
    KeyFileError : it cannot be written.
    """
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{secrets.token_hex(8)}.stamp-tmp")
    write_private(draft, text, what)
    try:
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise KeyFileError(f"cannot write the {what}: {error.strerror or error}", path=path) from error

"""Where the result of a whole-file job goes, and errors that name the file they came from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ..core.errors import AlreadyMarked, CorruptFile, HostError, MediaError, OutputError, UnwritableFile
from ..formats.suffixes import SUFFIXES, same_container, wrong_suffix
from .atomic import write_whole

_REMEDY = "; fetch a fresh copy, or save it again from an editor"


def check_output(src: Path, dst: Path, overwrite: bool) -> None:
    """Fail before the work is done rather than after it."""
    same = is_same(src, dst)
    # A file that is worked on through a link may have another name than the link.
    if not same and dst.suffix.lower() in SUFFIXES and not same_container(src, dst):
        raise OutputError(wrong_suffix(src, dst))
    if overwrite:
        return
    if same:
        raise OutputError(
            f"{dst}: is the source itself, only replaced on purpose (--in-place); name another output"
        )
    if os.path.lexists(dst):
        raise OutputError(f"{dst}: exists already; choose another name, or allow overwriting (--force)")


def is_same(src: Path, dst: Path) -> bool:
    """Whether both are there, and one file."""
    try:
        return os.path.samestat(os.stat(src), os.stat(dst))
    except (OSError, ValueError):  # ValueError: a NUL byte in the path
        return False


def placing(src: Path | None, dst: Path, overwrite: bool) -> AbstractContextManager[Path]:
    """Return a context that yields a draft, a temporary file which becomes `dst` at the end, with the
    permissions of `src`, if there is one; missing folders are made only when the context is entered.

    To be called before `src` is read: raises MediaError at the end if it has changed since, as a file does
    that is still being uploaded, and `dst` does not appear.
    """
    return _placing(src, dst, overwrite, _state(src) if src else None)


@contextmanager
def _placing(src: Path | None, dst: Path, overwrite: bool, state: _State | None) -> Iterator[Path]:
    try:
        if not os.path.isdir(os.path.dirname(dst) or os.curdir):
            dst.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableFile(
            f"{dst.parent}: cannot make this folder: {error.strerror or error}", path=dst
        ) from error
    with write_whole(dst, overwrite=overwrite, mode_from=src) as draft:
        yield draft
        if src and state and _state(src) != state:
            raise MediaError(
                f"{src}: was changed while it was worked on, so nothing is written; run it again", path=src
            )


_State = tuple[int, int, int, int]


def _state(path: Path) -> _State | None:
    """What changes when somebody writes to a file; None where its reader will say what is wrong with it."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Name the file in errors about its bytes and pixels; to be used once, where the file is opened."""
    try:
        yield
    except AlreadyMarked:  # names it
        raise
    except HostError as error:
        raise HostError(f"{path}: {error}") from error
    except MediaError as error:
        if error.path is not None:
            raise
        remedy = _REMEDY if isinstance(error, CorruptFile) and ";" not in str(error) else ""
        raise type(error)(f"{path}: {error}{remedy}", path=path) from error

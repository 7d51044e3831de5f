"""Where the result of a whole-file job goes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ..core.errors import MediaError, OutputError, UnwritableFile
from ..core.options import OutputOptions
from ..formats.suffixes import SUFFIXES, same_container, wrong_suffix
from .atomic import flush_folder, write_whole


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
            f"{dst}: is the source itself, only replaced on purpose (`overwrite=True`); name another output"
        )
    if os.path.lexists(dst):
        raise OutputError(f"{dst}: exists already; choose another name, or allow it (`overwrite=True`)")


def is_same(src: Path, dst: Path) -> bool:
    """Whether both are there, and one file."""
    try:
        return os.path.samestat(os.stat(src), os.stat(dst))
    except (OSError, ValueError):  # ValueError: a NUL byte in the path
        return False


def placing(
    src: Path | None,
    dst: Path,
    overwrite: bool,
    output: OutputOptions | None = None,
    notes: list[str] | None = None,
) -> AbstractContextManager[Path]:
    """Return a context that yields a draft, a temporary file which becomes `dst` at the end, with the
    permissions of `src`, if there is one; missing folders are made only when the context is entered. `notes`
    gets what is to be said of the file that was replaced.

    To be called before `src` is read: raises MediaError at the end if it has changed since, as a file does
    that is still being uploaded, or that another writer was quicker to replace, and `dst` does not appear.
    """
    return _placing(src, dst, overwrite, output or OutputOptions(), _state(src) if src else None, notes)


@contextmanager
def _placing(
    src: Path | None,
    dst: Path,
    overwrite: bool,
    output: OutputOptions,
    state: os.stat_result | None,
    notes: list[str] | None,
) -> Iterator[Path]:
    def check() -> None:
        if src and state and not _is_unchanged(state, _state(src)):
            raise MediaError(
                "was changed while it was worked on, so nothing is written; run it again", path=src
            )

    _make_folder(dst)
    keeps_times = output.preserve_times
    if keeps_times is None:
        keeps_times = src is not None and is_same(src, dst)
    times_from = src if keeps_times else None
    with write_whole(
        dst, overwrite=overwrite, mode_from=src, times_from=times_from, check=check, notes=notes
    ) as draft:
        yield draft


def _make_folder(dst: Path) -> None:
    """Make the folder of an output, and those above it."""
    try:
        if os.path.isdir(os.path.dirname(dst) or os.curdir):
            return
        missing = [folder for folder in (dst.parent, *dst.parent.parents) if not os.path.lexists(folder)]
        dst.parent.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            flush_folder(folder.parent)
    except OSError as error:
        message = f"cannot make this folder: {error.strerror or error}"
        raise UnwritableFile(message, path=dst.parent) from error


def _state(path: Path) -> os.stat_result | None:
    """What changes when somebody writes to a file; None where its reader will say what is wrong with it."""
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def _is_unchanged(before: os.stat_result, now: os.stat_result | None) -> bool:
    """Whether nobody has written to the file, nor put another in its place."""
    if now is None:
        return False

    def state(status: os.stat_result) -> tuple[int, int, int, int]:
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

    # A file that is replaced leaves its number to the next one, which may have its size and, since they are
    # preserved, its times; but not the time at which the system made it. That of a file with further names
    # changes with each of them that goes; its number stays taken.
    alone = before.st_nlink == now.st_nlink == 1
    return state(before) == state(now) and not (alone and before.st_ctime_ns != now.st_ctime_ns)

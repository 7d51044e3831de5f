"""Files that appear whole or not at all: written beside the target, flushed to disk, moved into place."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..core.errors import OutputError, StampError, UnwritableFile

TEMP_SUFFIX = ".stamp-tmp"
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{12}\.stamp-tmp", re.DOTALL)

_PERMISSIONS = 0o777  # what is new does not run with its owner's rights
_NO_HARD_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV}


@contextmanager
def write_whole(
    target: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    mode_from: str | os.PathLike[str] | None = None,
) -> Iterator[Path]:
    """Yield a temporary path beside `target`; move it to `target` if the block ends without an exception.

    The temporary file exists (empty) when the block starts; its name starts with a dot and ends with
    `.stamp-tmp`. Whatever the block raises, KeyboardInterrupt included, the temporary file is removed and
    `target` is as it was.

    The content is on the disk before the name is: after a power cut there is the whole new file, or what was
    there before. The folder is not flushed (ADR 33).

    With `overwrite`, a symbolic link is followed: the file behind it is replaced and the link stays, and so
    do its owner and its extended attributes, as far as the system allows that. The permission bits are those
    of `mode_from` if given, else those of the file replaced, else what the umask leaves.

    Raises OutputError if `target` exists and `overwrite` is false (also if it came into being meanwhile), and
    UnwritableFile with `.path` for what the disk or the folder does not take, also from inside the block, and
    for a target that is a folder, a device or a pipe.
    """
    shown = target if isinstance(target, Path) else Path(target)
    if not overwrite and os.path.lexists(shown):
        raise _exists(shown)
    place = os.path.realpath(shown) if overwrite and os.path.islink(shown) else os.fspath(shown)
    folder, name = os.path.split(place)
    temp = os.path.join(folder, f".{_stem(name)}.{os.urandom(6).hex()}{TEMP_SUFFIX}")
    try:
        with _unwritable(shown, temp):
            mode = _wanted_mode(_replaced(place), mode_from)
            _create(temp, 0o600 if mode is not None else 0o666)
            yield Path(temp)
            _settle(temp, place, mode)
            _move(temp, place, overwrite=overwrite, shown=shown)
    except BaseException:
        with suppress(OSError):
            os.unlink(temp)
        raise


def _replaced(place: str) -> os.stat_result | None:
    """The file that is there, None where there is none. Raises OSError for what is no file."""
    try:
        status = os.stat(place)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), place)
    if not stat.S_ISREG(status.st_mode):  # whoever may write to /dev could replace /dev/null
        raise OSError(errno.EINVAL, "it is a device, a pipe or a socket", place)
    return status


def _settle(temp: str, place: str, mode: int | None) -> None:
    """Give the finished file its owner, attributes and permissions, and flush all of it."""
    # Opened first: once it is read-only, nobody but root may open it for writing, as flushing needs it on
    # some systems.
    descriptor = os.open(temp, os.O_RDWR)
    try:
        _inherit(temp, place)
        if mode is not None:
            os.chmod(temp, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _inherit(temp: str, place: str) -> None:
    """Give `temp` what belongs to the file that it replaces and not to its content: a job that runs as root
    must not take somebody's photos from him."""
    try:
        status = os.stat(place)
    except OSError:
        return
    if hasattr(os, "chown"):
        for owner in (status.st_uid, -1):  # the group may be kept where the owner cannot
            with suppress(OSError):
                os.chown(temp, owner, status.st_gid)
                break
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(place):
                with suppress(OSError):
                    os.setxattr(temp, name, os.getxattr(place, name))


def _wanted_mode(replaced: os.stat_result | None, mode_from: str | os.PathLike[str] | None) -> int | None:
    status = replaced if mode_from is None else os.stat(mode_from)
    return status.st_mode & _PERMISSIONS if status else None


def _create(temp: str, mode: int) -> None:
    os.close(os.open(temp, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))


def _stem(name: str) -> str:
    # Room is left for what we add: most filesystems take names of 255 bytes.
    return os.fsdecode(os.fsencode(name)[:200])


def discard_leftovers(folder: Path, *, target: Path | None = None, older_than_s: float = 0.0) -> None:
    """Remove what writers that were killed have left in `folder`, or only what those of `target` have.

    A writer that is still at work, on a file that has been still for `older_than_s` seconds, would fail as if
    somebody had taken the disk from it; nothing else would come to harm.
    """
    begins = f".{_stem(target.name)}." if target else "."
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not (entry.name.startswith(begins) and _TEMPORARY.fullmatch(entry.name)):
                continue
            with suppress(OSError):
                if time.time() - entry.stat(follow_symlinks=False).st_mtime >= older_than_s:
                    os.unlink(entry)


def _move(temp: str, place: str, *, overwrite: bool, shown: Path) -> None:
    if overwrite:
        os.replace(temp, place)
        return
    # A hard link refuses an existing name in one step, so two writers cannot both believe they made the file.
    try:
        os.link(temp, place)
    except FileExistsError:
        raise _exists(shown) from None
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(place):
            raise _exists(shown) from None
        os.replace(temp, place)
    else:
        with suppress(OSError):
            os.unlink(temp)


@contextmanager
def _unwritable(shown: Path, temp: str) -> Iterator[None]:
    """Turn an OSError into UnwritableFile for `shown`, the name the user knows."""
    try:
        yield
    except UnwritableFile as error:
        if error.path is None or os.fspath(error.path) != temp:
            raise
        raise UnwritableFile(str(error).replace(temp, str(shown)), path=shown) from error
    except StampError:
        raise
    except OSError as error:
        raise unwritable(shown, error) from error


def unwritable(path: str | os.PathLike[str], error: OSError) -> UnwritableFile:
    """The error to raise when writing to `path` failed with `error`; says what to do."""
    reason = error.strerror or str(error) or type(error).__name__
    remedy = {
        errno.ENOSPC: "free some space or choose another disk",
        errno.EDQUOT: "free some space or choose another disk",
        errno.EFBIG: "choose a disk or a limit that takes larger files",
        errno.ENOENT: "make the folder first",
        errno.ENOTDIR: "choose a folder that exists",
        errno.EISDIR: "name a file, not a folder",
        errno.EROFS: "choose a folder that can be written",
        errno.EINVAL: "name a file",
        errno.ENAMETOOLONG: "choose a shorter name",
    }.get(error.errno or 0, "check the folder and its permissions")
    return UnwritableFile(f"{os.fspath(path)}: cannot be written ({reason}); {remedy}", path=path)


def _exists(path: Path) -> OutputError:
    return OutputError(f"{path}: exists already; choose another name, or allow overwriting (--force)")

"""Files that appear whole or not at all: written beside the target, flushed to disk, moved into place."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from ..core.errors import OutputError, StampError, UnwritableFile
from .locks import Outcome, locked, try_lock

TEMP_SUFFIX = ".stamp-tmp"
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{12}\.stamp-tmp", re.DOTALL)

_PERMISSIONS = 0o777  # what is new does not run with its owner's rights
_NO_HARD_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV}
_NO_FLUSHING = {errno.EINVAL, errno.EBADF, errno.ENOSYS, errno.EOPNOTSUPP, errno.EACCES, errno.EPERM}

_drafts: dict[str, int] = {}
"""Drafts that this process is writing -> the descriptor that holds the lock on each, which says so."""


@contextmanager
def write_whole(
    target: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    mode_from: str | os.PathLike[str] | None = None,
    times_from: str | os.PathLike[str] | None = None,
    check: Callable[[], None] = lambda: None,
    notes: list[str] | None = None,
) -> Iterator[Path]:
    """Yield a temporary path beside `target`; move it to `target` if the block ends without an exception.

    The temporary file exists (empty) when the block starts; its name starts with a dot and ends with
    `.stamp-tmp`. Whatever the block raises, KeyboardInterrupt included, the temporary file is removed and
    `target` is as it was.

    The content is on the disk before the name is, and the name is before this returns: after a power cut
    there is the whole new file, or, before that, what was there.

    With `overwrite`, a symbolic link is followed: the file behind it is replaced and the link stays, and so
    do its owner and its extended attributes; `notes` gets a sentence on what the system does not let us keep,
    and on other names (hard links) of the file replaced, which keep the old content. The permission bits are
    those of `mode_from` if given, else those of the file replaced, else what the umask leaves; the time of
    the last change is that of `times_from`, if given.

    `check` is called right before the move; what it raises is raised. From the check to the move, a file that
    is replaced is locked: of two writers that have read it, one replaces it, and the other's check finds
    that out. What a program that knows nothing of the lock writes in this moment is lost.

    Raises OutputError if `target` exists and `overwrite` is false (also if it came into being meanwhile), and
    UnwritableFile with `.path` for what the disk or the folder does not take, also from inside the block, and
    for a target that is a folder, a device or a pipe.
    """
    shown = target if isinstance(target, Path) else Path(target)
    if not overwrite and os.path.lexists(shown):
        raise _exists(shown)
    place = os.path.realpath(shown) if overwrite and os.path.islink(shown) else os.fspath(shown)
    is_draft = place in _drafts  # which is flushed when its own turn comes, and nobody else's to write
    temp = ""
    try:
        with _unwritable(shown, lambda: temp):
            mode = _wanted_mode(_replaced(place), mode_from)
            temp = _create(place, 0o600 if mode is not None else 0o666)
            yield Path(temp)
            kept = _settle(temp, place, mode, times_from, flush=not is_draft)
            with locked(place) if overwrite and not is_draft else nullcontext():
                check()
                _move(temp, place, overwrite=overwrite, shown=shown)
            _let_go(temp, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(temp)
        _let_go(temp)
        raise
    if not is_draft:
        _flush_folder_of(place, shown)
    if notes is not None:
        notes += kept


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


def _settle(
    temp: str, place: str, mode: int | None, times_from: str | os.PathLike[str] | None, *, flush: bool
) -> list[str]:
    """Give the finished file its owner, attributes, permissions and times, flush all of it, and return what
    is to be said of them."""
    # Opened first: once it is read-only, nobody but root may open it for writing, as flushing needs it on
    # some systems.
    descriptor = os.open(temp, os.O_RDWR)
    try:
        notes = _inherit(temp, place)
        if mode is not None:
            os.chmod(temp, mode)
        if times_from is not None:
            status = os.stat(times_from)
            os.utime(temp, ns=(status.st_atime_ns, status.st_mtime_ns))
        if flush:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return notes


def _inherit(temp: str, place: str) -> list[str]:
    """Give `temp` what belongs to the file that it replaces and not to its content: a job that runs as root
    must not take somebody's photos from him. Return what could not be kept, in sentences."""
    try:
        status = os.stat(place)
    except OSError:
        return []
    notes = []
    if status.st_nlink > 1:
        others = "another name (a hard link)" if status.st_nlink == 2 else "other names (hard links)"
        notes.append(f"the file had {others}, under which it is as it was")
    if hasattr(os, "chown"):
        for owner in (status.st_uid, -1):  # the group may be kept where the owner cannot
            with suppress(OSError):
                os.chown(temp, owner, status.st_gid)
                break
        if os.stat(temp).st_uid != status.st_uid:
            notes.append("its owner could not be kept: it belongs to you now")
    if lost := _lost_attributes(temp, place):
        notes.append(f"extended attributes could not be kept: {', '.join(lost)}")
    return notes


def _lost_attributes(temp: str, place: str) -> list[str]:
    """Give `temp` the extended attributes of `place`, and return those of a user's that it does not take."""
    lost: list[str] = []
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(place):
                try:
                    os.setxattr(temp, name, os.getxattr(place, name))
                except OSError:
                    if name.startswith(("user.", "system.posix_acl")):  # others are the system's own
                        lost.append(name)
    return lost


def _wanted_mode(replaced: os.stat_result | None, mode_from: str | os.PathLike[str] | None) -> int | None:
    status = replaced if mode_from is None else os.stat(mode_from)
    return status.st_mode & _PERMISSIONS if status else None


def _create(place: str, mode: int) -> str:
    """Make an empty draft beside `place`, locked for as long as it is written, and return its path."""
    folder, name = os.path.split(place)
    while True:
        temp = os.path.join(folder, f".{_stem(name)}.{os.urandom(6).hex()}{TEMP_SUFFIX}")
        descriptor = os.open(temp, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode)
        outcome = try_lock(descriptor)
        if outcome is Outcome.ABSENT:
            os.close(descriptor)
            return temp
        if outcome is Outcome.GOT and os.path.lexists(temp):
            _drafts[temp] = descriptor
            return temp
        os.close(descriptor)  # somebody who tidies up was quicker


def _let_go(temp: str, place: str | None = None) -> None:
    """End the lock on a draft; where it has become another draft, `place`, it is that one's from now on."""
    descriptor = _drafts.pop(temp, None)
    if place in _drafts and descriptor is not None:
        _drafts[place], descriptor = descriptor, _drafts[place]
    if descriptor is not None:
        os.close(descriptor)


def _stem(name: str) -> str:
    # Room is left for what we add: most filesystems take names of 255 bytes.
    return os.fsdecode(os.fsencode(name)[:200])


def discard_leftovers(folder: Path, *, target: Path | None = None, grace_s: float = 0.0) -> None:
    """Remove what writers that were killed have left in `folder`, or only what those of `target` have: drafts
    that nobody holds the lock of.

    Where there are no locks, those that have been still for `grace_s` seconds. A writer that is still at
    work on one would fail as if somebody had taken the disk from it; nothing else would come to harm.
    """
    begins = f".{_stem(target.name)}." if target else "."
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(begins) and _TEMPORARY.fullmatch(entry.name):
                with suppress(OSError):
                    _discard(entry, grace_s)


def _discard(entry: os.DirEntry[str], grace_s: float) -> None:
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(entry, os.O_RDONLY | flags)
    try:
        outcome = try_lock(descriptor)
        is_still = time.time() - os.fstat(descriptor).st_mtime >= grace_s
        if outcome is Outcome.GOT or (outcome is Outcome.ABSENT and is_still):
            os.unlink(entry)
    finally:
        os.close(descriptor)


def flush_folder(folder: str | os.PathLike[str]) -> None:
    """Bring the names in a folder to the disk, where the system can. Raises OSError."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    try:
        descriptor = os.open(folder or os.curdir, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # into some folders one may write, and not look
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FLUSHING:
            raise
    finally:
        os.close(descriptor)


def _flush_folder_of(place: str, shown: Path) -> None:
    try:
        flush_folder(os.path.dirname(place))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnwritableFile(
            f"{shown}: is written, but the disk does not confirm its name ({reason}): after a power cut it "
            "may be as before; check the disk",
            path=shown,
        ) from error


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
def _unwritable(shown: Path, temp: Callable[[], str]) -> Iterator[None]:
    """Turn an OSError into UnwritableFile for `shown`, the name the user knows, not for its draft `temp`."""
    try:
        yield
    except UnwritableFile as error:
        if error.path is None or os.fspath(error.path) != temp():
            raise
        error.path = shown
        raise
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
        errno.EBUSY: "close that program, and run it again",
    }.get(error.errno or 0, "check the folder and its permissions")
    return UnwritableFile(f"cannot be written ({reason}); {remedy}", path=path)


def _exists(path: Path) -> OutputError:
    return OutputError(f"{path}: exists already; choose another name, or allow it (`overwrite=True`)")

"""Folders for what is worked on and is nobody else's business; those of killed processes are swept."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .locks import Outcome, try_lock

_PREFIX = "stamp-work-"
_DAY = 24 * 60 * 60.0  # seconds


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a folder that only this user can look into; at the end it is gone. Raises OSError."""
    folder, descriptor = _make()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def _make() -> tuple[Path, int | None]:
    """A new folder, with the descriptor that holds the lock on it, which says that somebody is at work."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        if not hasattr(os, "O_DIRECTORY"):
            return folder, None
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # somebody who sweeps was quicker
            continue
        if try_lock(descriptor) is not Outcome.HELD and folder.exists():
            return folder, descriptor
        os.close(descriptor)


def sweep() -> None:
    """Remove the private folders that processes of this user have left when they were killed: those that
    nobody holds the lock of; where there are no locks, those that have been still for a day."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX):
                with suppress(OSError):
                    _sweep(entry)


def _sweep(entry: os.DirEntry[str]) -> None:
    status = entry.stat(follow_symlinks=False)
    is_mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    if not is_mine or not entry.is_dir(follow_symlinks=False):
        return
    is_still = time.time() - status.st_mtime >= _DAY
    if not hasattr(os, "O_DIRECTORY"):
        if is_still:
            shutil.rmtree(entry.path, ignore_errors=True)
        return
    descriptor = os.open(entry.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        outcome = try_lock(descriptor)
        if outcome is Outcome.GOT or (outcome is Outcome.ABSENT and is_still):
            shutil.rmtree(entry.path, ignore_errors=True)
    finally:
        os.close(descriptor)

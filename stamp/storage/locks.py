"""Advisory locks on open files. Other processes and threads see them, and they end with their holder, however
that ends.

They are `flock`'s: programs that do not ask for them are not kept from anything. Windows has none that a file
can be renamed under, and some network disks have none at all; there, what asks for a lock goes on without it.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

if sys.platform != "win32":
    import fcntl

_SECONDS = 10.0
"""Ours are held for as long as it takes to rename a file, or to write a line."""
_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}


class Outcome(Enum):
    """What came of trying to lock a file; ABSENT: there are no locks for it."""

    GOT = "got"
    HELD = "held"
    ABSENT = "absent"


def try_lock(descriptor: int) -> Outcome:
    """Lock an open file, for as long as the descriptor is open, unless somebody else holds the lock."""
    if sys.platform == "win32":
        return Outcome.ABSENT
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return Outcome.HELD if error.errno in _HELD else Outcome.ABSENT
    return Outcome.GOT


@contextmanager
def holding(descriptor: int) -> Iterator[None]:
    """Hold the lock on an open file; wait for whoever has it. Without one where there are none.

    Raises OSError (EBUSY) where it is held for more than ten seconds.
    """
    deadline = time.monotonic() + _SECONDS
    while try_lock(descriptor) is Outcome.HELD:
        if time.monotonic() > deadline:
            raise OSError(errno.EBUSY, "another program keeps it locked")
        time.sleep(0.002)
    try:
        yield
    finally:
        if sys.platform != "win32":
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the lock on the file that has this name now; without one where it cannot be opened.

    Raises OSError like `holding`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        yield
        return
    try:
        with holding(descriptor):
            yield
    finally:
        os.close(descriptor)

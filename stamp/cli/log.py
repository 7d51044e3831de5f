"""The log of a run: a file to which lines are added, for those who look in the morning."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from datetime import UTC, datetime

from ..core.errors import OutputError
from ..core.reports import iso
from ..storage.atomic import unwritable

_BEGINNING = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")


class Log:
    """A file that gets lines such as `2026-11-03T04:05:06Z INFO photo.jpg: marked`, each as soon as it is
    known. What it has already stays; several runs may write to one file.

    What it does not take later, because a disk is full, is lost: the works matter more.

    Raises
    ------
    OutputError : `path` is no file, or one that is no log: a work, a key.
    UnwritableFile : it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        try:
            if os.path.lexists(path):
                _check(path)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(path, flags, 0o666)
        except OutputError:
            raise
        except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
            raise unwritable(path, error if isinstance(error, OSError) else OSError(str(error))) from error

    def add(self, level: str, text: str) -> None:
        """Add a line, whole, even while others write: `text` has no line breaks."""
        line = f"{iso(datetime.now(UTC))} {level} {text}\n"
        with suppress(OSError):
            os.write(self._descriptor, line.encode("utf-8", "backslashreplace"))


def _check(path: str) -> None:
    mode = os.stat(path).st_mode
    if stat.S_ISCHR(mode):  # a terminal, /dev/null
        return
    if not stat.S_ISREG(mode):
        raise OutputError("is no file to which a log could be added; give another name", path=path)
    with open(path, "rb") as file:
        head = file.read(32)
    if head and not _BEGINNING.match(head):
        raise OutputError("is there already and is no log of stamp; give another name", path=path)

"""The log of a run: a file to which lines are added, for those who look in the morning, and for programs."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from ..core.errors import OutputError
from ..core.reports import iso
from ..storage.atomic import unwritable

SCHEMA: Final = "stamp.log/1"
_BEGINNING = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
_JSON_BEGINNING = re.compile(rb'\{"schema": "stamp\.log/1"')
_HEAD = 32  # bytes, in which a beginning is seen
_STDERR = "-"


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
        self._descriptor = _opened(path, _BEGINNING)

    def add(self, level: str, text: str) -> None:
        """Add a line, whole, even while others write: `text` has no line breaks."""
        _append(self._descriptor, f"{iso(datetime.now(UTC))} {level} {text}\n")


class JsonLog:
    """The same for programs: a JSON object a line. No names, payloads, scores or tokens are given to it.

    path : "-" is stderr. Raises like `Log`.
    """

    def __init__(self, path: str) -> None:
        self._run, self._count = secrets.token_hex(8), 0
        self._descriptor = None if path == _STDERR else _opened(path, _JSON_BEGINNING)

    def next_id(self) -> str:
        """Return a name for the next file of a run that nothing else has."""
        self._count += 1
        return f"{self._run}-{self._count}"

    def add(self, said: Mapping[str, Any]) -> None:
        """Add a line, whole, even while others write."""
        line = json.dumps({"schema": SCHEMA, "date": iso(datetime.now(UTC)), **said}) + "\n"
        if self._descriptor is not None:
            _append(self._descriptor, line)
            return
        with suppress(OSError):
            sys.stderr.write(line)
            sys.stderr.flush()


def _append(descriptor: int, line: str) -> None:
    with suppress(OSError):
        os.write(descriptor, line.encode("utf-8", "backslashreplace"))


def _opened(path: str, beginning: re.Pattern[bytes]) -> int:
    try:
        if os.path.lexists(path):
            _check(path, beginning)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return os.open(path, flags, 0o666)
    except OutputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        raise unwritable(path, error if isinstance(error, OSError) else OSError(str(error))) from error


def _check(path: str, beginning: re.Pattern[bytes]) -> None:
    mode = os.stat(path).st_mode
    if stat.S_ISCHR(mode):  # a terminal, /dev/null
        return
    if not stat.S_ISREG(mode):
        raise OutputError("is no file to which a log could be added; give another name", path=path)
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    if head and not beginning.match(head):
        raise OutputError("is there already and is no such log of stamp; give another name", path=path)

"""Journals: files of lines, each of which is on the disk before what it speaks of is done.

Lines are only ever added, by any number of processes at once, and nothing is taken back: what a full disk or
a kill leaves of a line stays, and the next one begins on a line of its own. Readers pass over such a piece;
what it was to speak of was not done.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .atomic import unwritable, write_whole
from .locks import holding


def begin(path: Path, line: str) -> None:
    """Make a journal with a first line. Raises OutputError where the file exists, UnwritableFile."""
    with write_whole(path) as draft:
        draft.write_text(f"{line}\n", encoding="ascii")


def append(path: Path, line: str) -> None:
    """Add a line of ASCII to a journal that is there, and bring it to the disk. Raises UnwritableFile."""
    data = line.encode("ascii") + b"\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
        try:
            with holding(descriptor):
                _write(descriptor, data if _ends_a_line(descriptor) else b"\n" + data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unwritable(path, error) from error


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a journal, the end of one that was broken off among them. Raises OSError,
    UnicodeDecodeError for what is no text."""
    with open(path, encoding="utf-8", newline="\n") as file:
        yield from file


def _ends_a_line(descriptor: int) -> bool:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if not size:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]

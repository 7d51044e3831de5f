"""How far a run is, whoever shows it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

SCHEMA: Final = "stamp.progress/1"
_NEWS_SECONDS = 0.2  # between two lines on one file


class Bar:
    """Progress that nobody sees, and what the one that is seen must offer."""

    def advance(self, index: int) -> None:
        """Count a file as done."""

    def news(self, index: int, done: int, total: int) -> None:
        """Take how many frames of a file are done, and how many there are (0 where unknown)."""


@contextmanager
def lines(
    names: Sequence[str] | Mapping[int, str], command: str, unit: str, total: int | None
) -> Iterator[Bar]:
    """A JSON object a line on stderr, for programs that call this one: at the beginning, whenever there is
    news of a file, when it is done, and at the end, however it comes. `names` has at least those that are
    worked on, `total` is how many there are, None where nobody knows."""
    shown = _Lines(names, command, unit, total)
    shown.tell("begin")
    try:
        yield shown
    finally:
        shown.tell("end")


class _Lines(Bar):
    def __init__(
        self, names: Sequence[str] | Mapping[int, str], command: str, unit: str, total: int | None
    ) -> None:
        self._names, self._files, self._files_done = names, total, 0
        self._command, self._unit = command, unit
        self._told: dict[int, float] = {}

    def advance(self, index: int) -> None:
        self._files_done += 1
        self._told.pop(index, None)
        self.tell("file", index)

    def news(self, index: int, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told.get(index, -_NEWS_SECONDS) >= _NEWS_SECONDS:
            self._told[index] = now
            self.tell("news", index, done, total)

    def tell(self, event: str, index: int | None = None, done: int | None = None, total: int = 0) -> None:
        """Print a line; where stderr takes nothing, the work goes on."""
        said = {
            "schema": SCHEMA,
            "event": event,
            "command": self._command,
            "files": self._files,
            "files_done": self._files_done,
            "file": None if index is None else index + 1,
            "name": None if index is None else self._names[index],
            "done": done,
            "total": total or None,
            "unit": self._unit,
        }
        with suppress(OSError):
            print(json.dumps(said), file=sys.stderr, flush=True)

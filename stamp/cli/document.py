"""JSON, written entry by entry: a run over a night of files needs no memory for them, and what is done can
be read before the rest is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from .._version import __version__
from ..storage.outputs import placing

Write = Callable[[str], object]
Section = Literal["passed_over", "results"]


class Document:
    """One document on one line: `schema`, `stamp`, what `head` has, the entries of each section, those of
    `passed_over` before `results`, and what is said at the end.

    ASCII only: a file name that is not UTF-8 survives as an escaped lone surrogate instead of breaking the
    output.
    """

    def __init__(self, write: Write, schema: str, **head: Any) -> None:
        self._write = write
        self._section: Section | None = None
        self._separator = ""
        write(_json({"schema": schema, "stamp": __version__, **head})[:-1])

    def begin(self, section: Section) -> None:
        """Begin the next section, unless it has begun."""
        if section != self._section:
            end = ", " if self._section is None else "], "
            self._section, self._separator = section, ""
            self._write(f'{end}"{section}": [')

    def add(self, entry: dict[str, Any], section: Section = "results") -> None:
        self.begin(section)
        separator, self._separator = self._separator, ", "
        self._write(separator + _json(entry))

    def close(self, **tail: Any) -> None:
        self.begin("results")
        self._write("]" + "".join(f', "{name}": {_json(value)}' for name, value in tail.items()) + "}\n")


class Lines:
    """A JSON object a line: first `schema` and `stamp`, then the entries, those of `passed_over` in an object
    with this key, and last what is said at the end."""

    def __init__(self, write: Write, schema: str) -> None:
        self._write = write
        self._line({"schema": schema, "stamp": __version__})

    def begin(self, section: Section) -> None:
        """Lines have no sections."""

    def add(self, entry: dict[str, Any], section: Section = "results") -> None:
        self._line(entry if section == "results" else {section: entry})

    def close(self, **tail: Any) -> None:
        self._line(tail)

    def _line(self, value: dict[str, Any]) -> None:
        self._write(_json(value) + "\n")


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


@contextmanager
def receipt_file(path: Path, *, overwrite: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A file of receipts (`stamp.receipt/1`); yields what adds an entry. It appears at the end, also where
    the block is interrupted: what was done by then was done.

    Raises OutputError, UnwritableFile.
    """
    interrupt: BaseException | None = None
    with placing(None, path, overwrite) as draft, open(draft, "w", encoding="ascii") as file:
        document = Document(file.write, "stamp.receipt/1", folder=os.getcwd())
        try:
            yield document.add
        except BaseException as error:
            interrupt = error
        document.close()
    if interrupt is not None:
        raise interrupt

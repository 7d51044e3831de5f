"""JSON, written entry by entry: a run over a night of files needs no memory for them, and what is done can
be read before the rest is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from .._version import __version__

Write = Callable[[str], object]
Section = Literal["passed_over", "results"]


class Document:
    """One document on one line: `schema`, `stamp`, the entries of each section, those of `passed_over` before
    `results`, and what is said at the end.

    ASCII only: a file name that is not UTF-8 survives as an escaped lone surrogate instead of breaking the
    output.
    """

    def __init__(self, write: Write, schema: str) -> None:
        self._write = write
        self._section: Section | None = None
        self._separator = ""
        write(_json({"schema": schema, "stamp": __version__})[:-1])

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

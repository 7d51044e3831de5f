"""JSON documents, written entry by entry: a run over a night of files needs no memory for them, and what is
done can be read before the rest is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .._version import __version__

Write = Callable[[str], object]


class Document:
    """One document on one line: `schema`, `stamp`, the entries as `results`, and what is said at the end.

    ASCII only: a file name that is not UTF-8 survives as an escaped lone surrogate instead of breaking the
    output.
    """

    def __init__(self, write: Write, schema: str) -> None:
        self._write = write
        self._separator = ""
        write(_json({"schema": schema, "stamp": __version__})[:-1] + ', "results": [')

    def add(self, entry: dict[str, Any]) -> None:
        separator, self._separator = self._separator, ", "
        self._write(separator + _json(entry))

    def close(self, **tail: Any) -> None:
        self._write("]" + "".join(f', "{name}": {_json(value)}' for name, value in tail.items()) + "}\n")


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)

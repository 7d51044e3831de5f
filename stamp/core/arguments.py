"""Checks of what is handed to the public functions: an error at the door, not deep inside."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TypeVar

from .errors import ArgumentError

Kind = TypeVar("Kind")


def strength(value: object, *, zero: bool = False) -> float:
    """Return a strength: finite and above 0, or 0 where that is allowed. Raises ArgumentError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArgumentError(f"a strength is a number, not {value!r}")
    if not (0 < value < math.inf or (zero and value == 0)):
        least = "from 0" if zero else "above 0"
        raise ArgumentError(f"a strength is a finite number {least}, not {value}")
    return float(value)


def path(value: object, name: str) -> Path:
    """Return a path. Raises ArgumentError for what is none, such as a file object."""
    if not isinstance(value, str | os.PathLike):
        raise ArgumentError(f"`{name}` is a path, not a {type(value).__name__}")
    return Path(value)


def instance(value: object, kind: type[Kind], name: str) -> Kind:
    """Return `value` if it is a `kind`. Raises ArgumentError."""
    if not isinstance(value, kind):
        raise ArgumentError(f"`{name}` is a {kind.__name__}, not a {type(value).__name__}")
    return value

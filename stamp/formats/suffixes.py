"""What the names of files say: which suffixes are picked up, and which may name the same container."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .table import FORMATS

SUFFIXES: Final = frozenset(
    suffix for each in FORMATS.values() if each.marked or each.notice for suffix in each.suffixes
)
"""What a walk through a folder picks up; a file that is named itself is tried whatever its name."""

_SAME_CONTAINER = tuple(frozenset(names.split()) for each in FORMATS.values() for names in each.names)


def wrong_suffix(path: Path, output: Path) -> str:
    return f"{output}: the container is kept, so the output of {path} must end in {path.suffix}"


def same_container(path: Path, other: Path) -> bool:
    """Whether the suffixes of a source and its output may name the same kind of file."""
    one, two = path.suffix.lower(), other.suffix.lower()
    return one == two or one not in SUFFIXES or any({one, two} <= same for same in _SAME_CONTAINER)

"""What the names of files say: which suffixes are picked up, and which may name the same container."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .table import FORMATS

KNOWN: Final = frozenset(suffix for each in FORMATS.values() for suffix in each.suffixes)
"""Every suffix of a format that is handled."""
RAW: Final = frozenset(suffix for each in FORMATS.values() if each.is_raw for suffix in each.suffixes)
"""Those of raw photographs, which can be read, but not marked."""
NOTED: Final = frozenset(suffix for each in FORMATS.values() if each.notice for suffix in each.suffixes)
"""Those of files that a notice can be written into."""
SUFFIXES: Final = (
    frozenset(suffix for each in FORMATS.values() if each.marked for suffix in each.suffixes) | NOTED
) - RAW
"""What a walk through a folder picks up, unless it is about notices alone; a file that is named itself is
tried whatever its name."""
SEARCHED: Final = SUFFIXES | frozenset(
    suffix for each in FORMATS.values() if each.is_searchable for suffix in each.suffixes
)
"""What a walk picks up where marks are looked for: also what cannot be marked."""

_SAME_CONTAINER = tuple(frozenset(names.split()) for each in FORMATS.values() for names in each.names)


def wrong_suffix(path: Path, output: Path) -> str:
    return f"{output}: the container is kept, so the output of {path} must end in {path.suffix}"


def same_container(path: Path, other: Path) -> bool:
    """Whether the suffixes of a source and its output may name the same kind of file."""
    one, two = path.suffix.lower(), other.suffix.lower()
    return one == two or one not in SUFFIXES | RAW or any({one, two} <= same for same in _SAME_CONTAINER)

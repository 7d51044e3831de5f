"""What mutations begin with: a small file of every format that carries a notice."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stamp.formats.table import FORMATS, NOTICES
from tests.media.small_files import sample

LARGEST = 200_000
"""Bytes; of larger files, mutations hardly ever hit what a parser reads."""


def seeds(folders: Iterable[Path] = ()) -> dict[str, bytes]:
    """Return name -> content, of our own small files and of those in `folders` that are no larger."""
    found = {f"{name}{FORMATS[name].suffixes[0]}": sample(name) for name in NOTICES}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.stat().st_size <= LARGEST:
                found[f"{len(found)}-{path.name}"] = path.read_bytes()
    return found

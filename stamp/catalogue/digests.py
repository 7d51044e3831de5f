"""Hashes of files."""

from __future__ import annotations

import hashlib
import os

from ..formats.reading import regular_file

_PIECE = 1 << 20


def sha256_of(path: str | os.PathLike[str]) -> bytes:
    """Return the SHA-256 of a file's bytes. Raises MediaError where it cannot be read."""
    digest = hashlib.sha256()
    with regular_file(path) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.digest()

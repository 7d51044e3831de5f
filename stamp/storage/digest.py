"""Which file is this? Its size and the hash of its bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from ..formats.reading import regular_file


class Digest(NamedTuple):
    """sha256 : 64 hexadecimal digits. size : bytes."""

    sha256: str
    size: int


def digest(path: Path) -> Digest:
    """Return the digest of a file, which is read in slices. Raises MediaError as `read_source` does."""
    with regular_file(path) as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())


def traces(source: Path, made: Path) -> dict[str, Any]:
    """Return what a report (`Written`) has of a file and of what was `made` of it, which may be itself.
    Raises MediaError as `read_source` does."""
    before = digest(source)
    after = before if made == source else digest(made)
    return {
        "sha256_before": before.sha256,
        "sha256_after": after.sha256,
        "bytes_before": before.size,
        "bytes_after": after.size,
    }

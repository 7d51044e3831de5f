"""The essence of a file, by which a copy with other metadata is recognised."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import CorruptFile, UnsupportedFormat
from ..formats.reading import named
from ..metadata.document import Document
from ..metadata.essence import essence_digest
from ..storage.large import open_large


def essence_of(path: Path) -> bytes | None:
    """Return the SHA-256 of the essence, None for a file whose format has none, or that is damaged. Raises
    MediaError where it cannot be read."""
    try:
        with open_large(path) as file, named(path):
            return bytes.fromhex(essence_digest(Document(file)))
    except (CorruptFile, UnsupportedFormat):
        return None

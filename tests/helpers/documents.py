"""What is done with the notice of a whole file in memory, each in one call."""

from __future__ import annotations

from typing import TypeVar

from stamp.core.rights import Rights
from stamp.formats.sniff import sniff
from stamp.formats.source import Source
from stamp.metadata import essence
from stamp.metadata.document import Document, RightsFound
from stamp.metadata.revert import Changes

Data = TypeVar("Data", bound=Source)


def identify(data: Source) -> str | None:
    """The name of the format, None for one that can carry no notice."""
    found = sniff(data)
    return found.name if found and found.notice else None


def read_rights(data: Source) -> RightsFound:
    return Document(data).found


def write_rights(data: Data, rights: Rights) -> Data:
    """`data` with a notice in it; `data` itself where nothing differs. Bytes give bytes; another `Source` may
    give a `Patched`, which refers to it.
    """
    file = Document(data)
    return _like(data, file, file.with_rights(rights))


def remove_rights(data: Data, rights: Rights) -> Data:
    """`data` without a notice, as `write_rights` gives it."""
    file = Document(data)
    return _like(data, file, file.without_rights(rights))


def undo_rights(data: Data, changes: Changes) -> Data:
    """`data` with what was there before the changes, as `write_rights` gives it."""
    file = Document(data)
    return _like(data, file, file.undone(changes))


def _like(given: Data, before: Document, after: Document) -> Data:
    if after is before:
        return given
    return after.data[0 : len(after.data)] if isinstance(given, bytes) else after.data  # type: ignore


def essence_digest(data: Source) -> str:
    """SHA-256 (hex) of the picture, sound or film, the part that writing rights never changes."""
    return essence.essence_digest(Document(data))


def same_essence(before: Source, after: Source) -> bool:
    return essence.same_essence(Document(before), Document(after))

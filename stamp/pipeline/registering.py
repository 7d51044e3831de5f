"""What the catalogue writes down of a file that is marked: row first, file last."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..core.errors import CatalogueError
from ..core.known import KnownMark
from ..core.options import CopyOptions
from ..core.url import Place, Url, is_url
from ..storage.digest import digest
from .essences import essence_of

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue, ReservedCopy
    from ..catalogue.copies import Reservation
    from ..core.key import Key
    from ..core.payload import Payload
    from ..formats.table import Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """Which catalogue a file is written down in, and as what."""

    catalogue: Catalogue
    options: CopyOptions


class Registration:
    """One file on its way through the catalogue; without an `Entry`, nothing happens.

    Left by an exception, a copy that was reserved is brought to its end: its file is there or it is not.
    """

    def __init__(self, entry: Entry | None) -> None:
        self._entry = entry
        self._copy: ReservedCopy | None = None
        self.known: KnownMark | None = None

    def reserve(
        self,
        src: Path,
        dst: Path,
        kind: Kind,
        payload: Payload,
        key: Key,
        creators: tuple[str, ...] = (),
    ) -> None:
        """Write down that the payload belongs to the work, which these have made where nothing is known of
        it. Raises CatalogueError."""
        if self._entry:
            wanted = reservation(src, dst, kind, payload, key, self._entry.options)
            wanted = replace(wanted, creators=creators)
            self._copy = self._entry.catalogue.reserve(wanted)
            self.known = self._entry.catalogue.lookup(payload, key)

    def complete(self, draft: Path, sha256: str, size: int) -> None:
        """Write down the finished draft. Raises CatalogueError."""
        if self._copy:
            self._copy.complete(bytes.fromhex(sha256), size, essence_of(draft))

    def keep_manifest(self, file: Path, identifier: str) -> None:
        """Keep the manifest of the copy, as it was signed. Raises CatalogueError."""
        if self._entry and self.known:
            self._entry.catalogue.keep_manifest(file, identifier, self.known)

    def placed(self) -> str | None:
        """Write down that the file has appeared. Return what is to be said where that was not possible: the
        file is whole and known."""
        if self._copy:
            try:
                self._copy.placed()
            except CatalogueError as error:
                return (
                    f"{error}; the file is whole and registered, `stamp works recover` notes that it is there"
                )
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._copy:
            with suppress(CatalogueError):  # what went wrong first is what counts; `recover` does the rest
                self._copy.settle()


def reservation(
    src: Path, dst: Path, kind: Kind, payload: Payload, key: Key, options: CopyOptions
) -> Reservation:
    """Return what is reserved for a copy. Raises MediaError where the source cannot be read."""
    from ..catalogue.copies import Reservation

    return Reservation(
        kind=kind,
        source=_place(options.source, os.path.abspath(src)),
        output=_place(options.output, os.path.realpath(dst)),
        source_sha256=bytes.fromhex(digest(src).sha256),
        source_essence=essence_of(src),
        key_name=key.name,
        key_fingerprint=key.fingerprint,
        payload=payload,
        options=options,
    )


def _place(meant: str | None, path: str) -> Place:
    return Url(meant) if meant and is_url(meant) else Path(path)


def adopted(entry: Entry, src: Path, dst: Path, kind: Kind, payload: Payload, key: Key) -> KnownMark:
    """Return what the catalogue says of a marked file that is there already; where it knows nothing, write it
    down. Raises CatalogueError."""
    if known := entry.catalogue.lookup(payload, key):
        return known
    wanted = reservation(src, dst, kind, payload, key, entry.options)
    there = digest(dst)
    return entry.catalogue.adopt(wanted, bytes.fromhex(there.sha256), there.size, essence_of(dst))

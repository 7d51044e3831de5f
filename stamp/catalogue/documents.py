"""Documents: files that the catalogue keeps beside it, named by their hashes, such as captures of finds.

Whoever keeps the same bytes twice has them once. A document is read-only to its owner and closed to
others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..core.errors import CatalogueError
from ..storage.atomic import write_whole
from ..storage.digest import digest
from . import identity
from .database import Database
from .find_records import DocumentRecord
from .place import data_folder

DOCUMENTS_VARIABLE: Final = "STAMP_DOCUMENTS"
_COLUMNS = "id, sha256, media_type, size, name, added_at"


class Documents:
    """The documents of a catalogue. `connect` gives the connection of the thread that asks."""

    def __init__(self, connect: Callable[[], Database]) -> None:
        self._connect = connect

    @property
    def folder(self) -> Path:
        """Where they are: `$STAMP_DOCUMENTS`, else beside an SQLite catalogue (`catalogue.sqlite.documents`),
        else, for PostgreSQL, in the user's data folder. Raises CatalogueError where there is no such
        place."""
        database = self._connect()
        if given := os.environ.get(DOCUMENTS_VARIABLE):
            return Path(given).expanduser()
        if database.path is not None:
            return database.path.with_name(f"{database.path.name}.documents")
        if (folder := data_folder()) is not None:
            return folder / "documents"
        raise CatalogueError(f"no folder for documents: set {DOCUMENTS_VARIABLE}")

    def keep(self, path: Path, media_type: str, *, name: str | None = None) -> DocumentRecord:
        """Copy a file into the catalogue, and return its record, which may be there already.

        media_type : such as "image/jpeg". name : for people; the file's own unless given. Raises MediaError
        where the file cannot be read, UnwritableFile where the folder takes nothing.
        """
        sha256, size = digest(path)
        target = self._place(sha256)
        if not target.is_file():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            with write_whole(target, overwrite=True) as draft:
                shutil.copyfile(path, draft)
                draft.chmod(0o400)
                if digest(draft).sha256 != sha256:
                    raise CatalogueError(f"{path}: it changes while it is read; copy it first")
            target.chmod(0o400)
        database = self._connect()
        with database.writing():
            found = database.execute("SELECT id FROM document WHERE sha256 = ?", (bytes.fromhex(sha256),))
            number = found[0][0] if found else None
            if number is None:
                number = database.insert(
                    "document",
                    sha256=bytes.fromhex(sha256),
                    media_type=media_type,
                    size=size,
                    name=name or path.name,
                    added_at=identity.now(),
                )
                database.log("document.added", sha256, {"media_type": media_type, "size": size})
        return self.of(number)

    def of(self, number: int) -> DocumentRecord:
        """Return the record of a document by its number."""
        ((number, sha256, media_type, size, name, added),) = self._connect().execute(
            f"SELECT {_COLUMNS} FROM document WHERE id = ?", (number,)
        )
        added_at = identity.text(added) or ""
        return DocumentRecord(number, bytes(sha256).hex(), media_type, int(size), name, added_at)

    def path(self, document: DocumentRecord) -> Path:
        """Return the file of a document, as it was when it was kept. Raises CatalogueError where it is gone,
        or was changed."""
        return self.file(document.sha256)

    def file(self, sha256: str) -> Path:
        """Return the file with this SHA-256, in hexadecimal digits. Raises like `path`."""
        place = self._place(sha256)
        if not place.is_file():
            raise CatalogueError(f"{place}: the document is gone; restore the folder from a backup")
        if digest(place).sha256 != sha256:
            raise CatalogueError(f"{place}: the document was changed; restore it from a backup")
        return place

    def _place(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

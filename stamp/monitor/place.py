"""Where the fingerprints of a catalogue are, and the index of them that each process opens once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..catalogue.place import data_folder, sqlite_path
from ..core.errors import CatalogueError
from .store import Prints

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from .search import Index

FINGERPRINTS_VARIABLE: Final = "STAMP_FINGERPRINTS"


def prints_for(catalogue: Catalogue) -> Prints:
    """Return the fingerprints of a catalogue: in `$STAMP_FINGERPRINTS`, else beside an SQLite catalogue
    (`catalogue.sqlite.fingerprints`), else, for PostgreSQL, in the user's data folder. Raises CatalogueError
    where there is no such place."""
    if given := os.environ.get(FINGERPRINTS_VARIABLE):
        return Prints(Path(given).expanduser())
    if "://" not in catalogue.url or catalogue.url.startswith("sqlite:"):
        path = sqlite_path(catalogue.url)
        return Prints(path.with_name(f"{path.name}.fingerprints"))
    if (folder := data_folder()) is not None:
        return Prints(folder / "fingerprints")
    raise CatalogueError(f"no folder for fingerprints: set {FINGERPRINTS_VARIABLE}")


def beside(prints: Prints) -> Prints:
    """Return an empty place for fingerprints that are to replace others."""
    made = Prints(prints.folder.with_name(f"{prints.folder.name}.new"))
    made.clear()
    return made


def index_of(prints: Prints) -> Index:
    """Return the index of fingerprints as they are now, made once for as long as they do not change."""
    from .search import Index

    state = prints.state()
    known = _opened.get(prints.folder)
    if known is None or known[0] != state:
        known = state, Index(prints.view())
        _opened[prints.folder] = known
    return known[1]


_opened: dict[Path, tuple[int, Index]] = {}

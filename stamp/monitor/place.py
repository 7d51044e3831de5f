"""Where the fingerprints of a catalogue are, the index of them that each process opens once, and where
pictures of matches go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..catalogue.place import data_folder, sqlite_path
from ..core.errors import CatalogueError
from .shards import Shards
from .store import Prints

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from .search import Index

FINGERPRINTS_VARIABLE: Final = "STAMP_FINGERPRINTS"


AllPrints = Prints | Shards


def picture_in(folder: Path, suspect: Path, work: int) -> Path:
    """Return where the picture of a suspect and the work of this number goes: files of one name in several
    folders have several, and one file that is looked at again has the same."""
    where = sha256(os.fsencode(suspect.absolute().parent)).hexdigest()[:6]
    return folder / f"{suspect.name}.{where}.{work}.jpg"


def prints_for(catalogue: Catalogue) -> AllPrints:
    """Return the fingerprints of a catalogue: in `$STAMP_FINGERPRINTS`, which may name several folders as
    `$PATH` does, else beside an SQLite catalogue (`catalogue.sqlite.fingerprints`), else, for PostgreSQL, in
    the user's data folder. Raises CatalogueError where there is no such place."""
    given = os.environ.get(FINGERPRINTS_VARIABLE, "")
    folders = [Path(each).expanduser() for each in given.split(os.pathsep) if each]
    if folders:
        return _in(folders)
    if "://" not in catalogue.url or catalogue.url.startswith("sqlite:"):
        path = sqlite_path(catalogue.url)
        return Prints(path.with_name(f"{path.name}.fingerprints"))
    if (folder := data_folder()) is not None:
        return Prints(folder / "fingerprints")
    raise CatalogueError(f"no folder for fingerprints: set {FINGERPRINTS_VARIABLE}")


def _in(folders: list[Path]) -> AllPrints:
    return Prints(folders[0]) if len(folders) == 1 else Shards(folders)


@contextmanager
def renewing(prints: AllPrints) -> Iterator[AllPrints]:
    """Give an empty place for fingerprints that at the end replace others. Raises UnwritableFile."""
    made = _in([part.folder.with_name(f"{part.folder.name}.new") for part in prints.parts])
    made.clear()
    yield made
    for new, old in zip(made.parts, prints.parts, strict=True):
        new.replace(old)


def index_of(prints: AllPrints) -> Index:
    """Return the index of fingerprints as they are now, made once for as long as they do not change."""
    from .search import Index

    state = prints.state()
    known = _opened.get(prints.folder)
    if known is None or known[0] != state:
        known = state, Index(prints.view())
        _opened[prints.folder] = known
    return known[1]


_opened: dict[Path, tuple[int, Index]] = {}

"""Which catalogue is used, and how a task names it: by its place, for each process opens its own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalogue.place import CATALOGUE_VARIABLE, NONE, default_place
from ..core.errors import CatalogueError
from ..core.options import CopyOptions
from ..pipeline.registering import Entry
from .config import catalogue_setting

if TYPE_CHECKING:
    from ..pipeline.cataloguing import Catalogue


def catalogue_place(given: str | None = None) -> str | None:
    """Return the catalogue that is used: `given`, else `$STAMP_CATALOGUE`, else what stamp.toml names, else
    the one in the user's data folder, which need not exist. None where it is switched off, or there is no
    home.

    Raises RightsError where stamp.toml cannot be read.
    """
    place = given or os.environ.get(CATALOGUE_VARIABLE) or catalogue_setting() or default_place()
    if place is None or place == NONE:
        return None
    return place if "://" in place else os.path.abspath(os.path.expanduser(place))


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """Where the copies of a run are written down, and as what."""

    place: str
    options: CopyOptions = field(default_factory=CopyOptions)

    def open(self) -> Entry:
        """Return the same with the catalogue, which each process opens once. Raises CatalogueError."""
        return Entry(opened(self.place), self.options)


def opened(place: str) -> Catalogue:
    """Return the catalogue there, which each process opens once; it is made where there is none. Raises
    CatalogueError."""
    from ..pipeline.cataloguing import Catalogue

    if place not in _opened:
        _opened[place] = Catalogue(place)
    return _opened[place]


_opened: dict[str, Catalogue] = {}


def is_there(place: str) -> bool:
    """Whether there may be a catalogue: a server has to be asked."""
    return "://" in place or Path(place).is_file()


def place_to_read(given: str | None = None) -> str | None:
    """Return the catalogue that is asked what a payload means; None where there is none.

    Raises CatalogueError where the one that was given is not there, or it cannot be used.
    """
    place = catalogue_place(given)
    if place is None or (given is None and not is_there(place)):
        return None
    from ..pipeline.cataloguing import Catalogue

    try:
        Catalogue(place, make=False).close()
    except CatalogueError as error:
        raise CatalogueError(f"{error} (`{CATALOGUE_VARIABLE}={NONE}` does without)") from error
    return place


def catalogue_of(given: str | None = None, *, make: bool = True) -> Catalogue:
    """Return the catalogue of a command that is about it; the caller closes it. Raises CatalogueError where
    there is none."""
    place = catalogue_place(given)
    if place is None:
        raise CatalogueError(
            f"no catalogue: {CATALOGUE_VARIABLE} or stamp.toml switches it off, or there is no home to keep"
            " it in; give --catalogue FILE"
        )
    from ..pipeline.cataloguing import Catalogue

    return Catalogue(place, make=make)

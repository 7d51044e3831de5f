"""The catalogue, with fingerprints of what comes into it."""

from __future__ import annotations

from pathlib import Path

from ..core import log
from ..core.errors import UnwritableFile
from ..pipeline import cataloguing


class Catalogue(cataloguing.Catalogue):
    """The record of works, marked copies, parties and licences.

        with stamp.Catalogue.open() as catalogue:
            known = catalogue.lookup(payload, key)

    Any thread may use it, each by a connection of its own; so may a process that was handed it, for it
    pickles as its place. Errors are CatalogueError.

    url : the place, a path or a database URL. works, parties, licences : what is in it. fingerprints :
        whether works get those by which `stamp match` finds them, of their files before they are marked,
        where the extra `match` is installed.
    """

    fingerprints: bool = True

    def _added(self, work: str, source: Path) -> None:
        if not self.fingerprints:
            return
        from .indexing import add_prints, prints_if_possible
        from .place import prints_for

        try:
            if not prints_for(self).has(work) and (made := prints_if_possible(source)) is not None:
                add_prints(self, work, made)
        except UnwritableFile as error:  # the work is there; `stamp works index` makes them later
            log.files.warning("%s", error)

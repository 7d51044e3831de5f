"""Works taken into the index of fingerprints, and suspects matched with it, as tasks for processes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import CatalogueError
from ..core.matches import MatchReport
from .catalogues import opened
from .config import fingerprints_setting
from .keys import KeyFile
from .matched import Matched
from .plan import Job

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..monitor.place import AllPrints
    from ..monitor.prints import Made


@dataclass(frozen=True, slots=True)
class MatchTask:
    """Find out which works of a catalogue a suspect shows; see `match_file`. keep : add what is found to the
    ledger of finds. journal : where it is written down what came of it."""

    catalogue: str
    keys: tuple[KeyFile, ...] = ()
    blind: bool = False
    pictures: Path | None = None
    keep: bool = False
    journal: Matched | None = None

    def __call__(self, job: Job) -> MatchReport:
        from ..monitor.keeping import keep
        from ..monitor.matching import match_file

        catalogue = opened(self.catalogue)
        report = match_file(
            catalogue,
            job.path,
            keys=[file.load() for file in self.keys],
            blind=self.blind,
            pictures=self.pictures,
        )
        report = keep(catalogue, report) if self.keep else report
        if self.journal:
            self.journal.add(job, report.to_dict())
        return report


def what_no_match_finds(place: str) -> tuple[int, int]:
    """Return how many works of a catalogue have no fingerprint, and how many works it has. Raises
    CatalogueError."""
    from ..monitor.indexing import count_unindexed

    return count_unindexed(opened(place))


class Fingerprints:
    """The fingerprints of one file on its way into the catalogue: taken before it is marked, as its original
    may be replaced, added when its work is known. Nothing happens where they are switched off."""

    def __init__(self, path: Path, *, wanted: bool = True) -> None:
        self._made: Made | None = None
        if wanted and fingerprints_setting():
            from ..monitor.indexing import prints_if_possible

            self._made = prints_if_possible(path)

    def add(self, catalogue: Catalogue, work: str) -> None:
        """Add them, unless the work has some. Raises UnwritableFile."""
        if self._made is not None:
            from ..monitor.indexing import add_prints

            add_prints(catalogue, work, self._made)


@dataclass(frozen=True, slots=True)
class Indexed:
    """A work that was to be indexed. prints : how many fingerprints were made; None where there is an
    `error`."""

    work: str
    path: Path | None
    prints: int | None = None
    error: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return an entry of `stamp.works/1`."""
        path = str(self.path) if self.path else None
        return {"work": self.work, "path": path, "prints": self.prints, "error": self.error}


@dataclass(frozen=True, slots=True)
class IndexTask:
    """Make and add the fingerprints of a work, (uid, file); to `prints` if these are to replace what there
    is."""

    catalogue: str
    prints: AllPrints | None = None

    def __call__(self, item: tuple[str, Path | None]) -> Indexed:
        from ..core.errors import StampError
        from ..monitor.indexing import remedy
        from ..monitor.place import prints_for
        from ..monitor.prints import add_made, prints_of

        work, path = item
        catalogue = opened(self.catalogue)
        try:
            if path is None:
                raise remedy(work, catalogue)
            count = add_made(self.prints or prints_for(catalogue), work, prints_of(path))
        except (StampError, OSError) as error:
            return Indexed(work, path, error=str(error))
        return Indexed(work, path, count)


def rebuilding(place: str) -> AbstractContextManager[AllPrints]:
    """Give a place for the fingerprints of a catalogue that are made anew; see `renewing`."""
    from ..monitor.place import prints_for, renewing

    return renewing(prints_for(opened(place)))


def to_index(
    place: str, works: tuple[str, ...], *, again: bool, shard: tuple[int, int] | None = None
) -> list[tuple[str, Path | None]]:
    """Return which works are to be indexed, and their files; see `files_to_index`. Raises CatalogueError."""
    from ..monitor.indexing import files_to_index
    from ..monitor.place import prints_for

    for part in prints_for(opened(place)).parts:
        part.make()  # also one that gets no work: one that is gone is an error
    return list(files_to_index(opened(place), works, again=again, shard=shard))


def place_of(given: str | None) -> str:
    """Return the catalogue that suspects are matched with. Raises CatalogueError where there is none."""
    from .catalogues import catalogue_of, catalogue_place

    catalogue_of(given, make=False).close()
    place = catalogue_place(given)
    if place is None:
        raise CatalogueError("no catalogue; give --catalogue FILE")
    return place

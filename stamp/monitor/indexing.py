"""Take works into the index: when they are added or marked, and those that were there before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import CatalogueError, MediaError, MissingDependency
from ..storage.digest import digest
from .place import prints_for
from .shards import shard_of

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from .prints import Made


def prints_if_possible(path: Path) -> Made | None:
    """Return the fingerprints of a file, as it is now; None where it has none, or OpenCV is not installed."""
    with suppress(MissingDependency, MediaError):
        from .prints import prints_of

        return prints_of(path)
    return None


def add_prints(catalogue: Catalogue, work: str, made: Made) -> None:
    """Add fingerprints of a work, unless it has some. Raises UnwritableFile."""
    from .prints import add_made

    prints = prints_for(catalogue)
    if not prints.has(work):
        add_made(prints, work, made)


def file_of(catalogue: Catalogue, work: str) -> Path | None:
    """Return the file of a work of this uid that is where it was, unchanged: an original, else a marked copy;
    None where there is none."""
    for path, sha256 in catalogue.finds.originals_of(work):
        if path.is_file() and (sha256 is None or digest(path).sha256 == sha256.hex()):
            return path
    return None


def files_to_index(
    catalogue: Catalogue,
    works: Sequence[str] = (),
    *,
    again: bool = False,
    shard: tuple[int, int] | None = None,
) -> Iterator[tuple[str, Path | None]]:
    """Yield the uid of each work that has no fingerprint yet, and its file, None where that is not at hand.

    works : only these, by whatever names them. again : also those that have one. shard : only those of this
    part, (0, 2) is the first of two. Raises CatalogueError.
    """
    known = set[str]() if again else prints_for(catalogue).works()
    for uid in [catalogue.works.show(each, limit=1).work for each in works] or all_works(catalogue):
        if uid not in known and (shard is None or shard_of(uid, shard[1]) == shard[0]):
            yield uid, file_of(catalogue, uid)


def count_unindexed(catalogue: Catalogue) -> tuple[int, int]:
    """Return how many works have no fingerprint, and how many works there are. Raises CatalogueError."""
    works = catalogue.works.count()
    return max(0, works - len(prints_for(catalogue).works())), works


def all_works(catalogue: Catalogue) -> Iterator[str]:
    """Yield the uids of all works, the newest first."""
    after: str | None = None
    while page := catalogue.works.list(limit=1000, after=after):
        yield from (work.work for work in page)
        after = page[-1].work


def remedy(work: str, catalogue: Catalogue) -> CatalogueError:
    """Return what to say of a work whose file is not at hand."""
    shown = catalogue.works.show(work, limit=1)
    return CatalogueError(
        f"the original of work #{shown.number} '{shown.title}' is not where it was, or was changed; put it"
        " back, and run this again"
    )

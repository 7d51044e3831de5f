"""Fingerprints in several folders, each with its part of the works: for disks that hold no more than that.
They are searched as one, for how alike two things have to be depends on how many there are in all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np

from ..core.errors import CatalogueError
from ..matching.constellation import Tones
from .runs import Run
from .stacked import Stacked
from .store import Print, Prints, View


def shard_of(work: str, count: int) -> int:
    """Return in which of so many parts, from 0 on, the work of this uid is."""
    return UUID(work).int % count  # the last bits of a uid are random


class Shards:
    """The fingerprints in several folders. A work is in that of its uid: their order and number stay as they
    are for as long as something is in them."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.parts = tuple(Prints(folder) for folder in folders)

    @property
    def folder(self) -> Path:
        """What they are known by: all their names."""
        return Path(os.pathsep.join(os.fspath(part.folder) for part in self.parts))

    def add(self, work: str, prints: Sequence[Print]) -> None:
        """Append the fingerprints of the work of this uid. Raises UnwritableFile."""
        self._part(work).add(work, prints)

    def add_tones(self, work: str, tones: Tones) -> None:
        """Append the fingerprint of a song, the work of this uid. Raises UnwritableFile."""
        self._part(work).add_tones(work, tones)

    def works(self) -> set[str]:
        """Return the uids of all works that have a fingerprint."""
        return set[str]().union(*(part.works() for part in self.parts))

    def has(self, work: str) -> bool:
        """Return whether the work of this uid has a fingerprint."""
        return self._part(work).has(work)

    def state(self) -> int:
        """Return a number that changes when something is added or removed."""
        return sum(part.state() for part in self.parts)

    def view(self) -> View:
        """Return what is there now. Raises CatalogueError where one of the folders is gone: nobody would see
        that works are missing."""
        gone = [part.folder for part in self.parts if not part.folder.is_dir()]
        if gone and len(gone) < len(self.parts):
            raise CatalogueError(f"the fingerprints in {gone[0]} are not there; bring them back")
        return joined([part.view() for part in self.parts])

    def clear(self) -> None:
        """Remove all of them."""
        for part in self.parts:
            part.clear()

    def _part(self, work: str) -> Prints:
        """The folder of a work; all of them are there as soon as one is."""
        for part in self.parts:
            part.make()
        return self.parts[shard_of(work, len(self.parts))]


def joined(views: Sequence[View]) -> View:
    """Return several views as one, the works of the first one first."""
    codes, places, tones = (
        Stacked([getattr(view, name) for view in views]) for name in ("codes", "places", "tones")
    )
    heads = np.concatenate([view.heads for view in views])
    songs = np.concatenate([view.songs for view in views])
    for records, rows, parts in (
        (heads, codes, [len(view.heads) for view in views]),
        (songs, tones, [len(view.songs) for view in views]),
    ):
        records["first"] += np.repeat(rows.starts[:-1], parts).astype(np.uint64)
    return View(
        heads,
        codes,
        places,
        _moved([view.runs for view in views], codes),
        songs,
        tones,
        _moved([view.tone_runs for view in views], tones),
    )


def _moved(runs: Sequence[tuple[Run, ...]], rows: Stacked) -> tuple[Run, ...]:
    """Runs of parts as those of the whole."""
    return tuple(
        replace(run, start=run.start + int(start))
        for start, own in zip(rows.starts[:-1], runs, strict=True)
        for run in own
    )

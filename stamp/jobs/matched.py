"""What an unfinished run of `stamp match` has found out: a journal that is there until the run is done to its
end, so that one that was broken off can go on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..catalogue.place import data_folder
from ..core.errors import UnwritableFile
from ..storage import journal
from ..storage.atomic import write_whole
from .plan import Job

_SCHEMA = "stamp.match-journal/1"


@dataclass(frozen=True, slots=True)
class Matched:
    """A journal of entries of `stamp.match/1`, to which any number of processes may add. A suspect is the
    same as long as its path, size and time are."""

    path: Path

    @classmethod
    def of(cls, *what: object) -> Matched | None:
        """Return the journal of a run that is asked for with just this, here; None where there is no place
        for it."""
        folder = data_folder()
        if folder is None:
            return None
        name = hashlib.sha256(json.dumps([os.getcwd(), *map(str, what)]).encode()).hexdigest()[:32]
        return cls(folder / "unfinished" / f"match-{name}.jsonl")

    def begin(self) -> None:
        """Make the journal anew. Where that cannot be done a run cannot be resumed, and goes on."""
        with suppress(OSError, UnwritableFile):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with write_whole(self.path, overwrite=True) as draft:
                draft.write_text(json.dumps({"schema": _SCHEMA}) + "\n", encoding="ascii")

    def add(self, job: Job, entry: dict[str, Any]) -> None:
        """Write down what came of a suspect. What a full disk does not take is looked at again; the answers
        matter more."""
        with suppress(OSError, UnwritableFile):
            journal.append(self.path, json.dumps({"suspect": _state(job.path), "entry": entry}))

    def entries(self, jobs: Iterable[Job]) -> dict[Job, dict[str, Any]]:
        """Return what is known of those that are done already."""
        known: dict[str, dict[str, Any]] = {}
        with suppress(OSError, UnicodeDecodeError):
            for line in journal.lines(self.path):
                with suppress(ValueError, KeyError, TypeError):  # the end of a line that was cut off
                    read = json.loads(line)
                    known[json.dumps(read["suspect"])] = read["entry"]
        found = {}
        for job in jobs:
            with suppress(OSError):
                if job.error is None and (entry := known.get(json.dumps(_state(job.path)))):
                    found[job] = entry
        return found

    def end(self) -> None:
        """Remove the journal of a run that is done."""
        with suppress(OSError):
            self.path.unlink()


def _state(path: Path) -> list[str | int]:
    found = path.stat()
    return [os.path.abspath(path), found.st_size, found.st_mtime_ns]

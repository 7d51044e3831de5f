"""Folders that are looked at again and again, for files that come into them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .plan import Job

_State = tuple[int, int, int]
"""Size, time of the last change and number of a file; another one is another file, or it was changed."""


@dataclass(slots=True)
class _Seen:
    state: _State
    since: float
    taken: bool = False


class Inbox:
    """Which of the jobs of a look are to be done: those whose file has stopped changing, once for each state
    of it.

    settle : seconds for which a file must have had the same size and time of change. Whoever copies a file
        to where it is looked for does not say when it is whole.
    """

    def __init__(self, settle: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._settle, self._clock = settle, clock
        self._seen: dict[Path, _Seen] = {}
        self._said: set[Path] = set()

    def ready(self, jobs: Iterable[Job]) -> list[Job]:
        """Return those of all `jobs` of a look that are to be done now. What cannot be done is among them
        once; a folder with nothing in it is not."""
        seen: dict[Path, _Seen] = {}
        said: set[Path] = set()
        found = []
        for job in jobs:
            state = None if job.error else _state(job.path)
            if state is not None:
                file = self._look(job.path, state)
                seen[job.path] = file
                if not file.taken and self._clock() - file.since >= self._settle:
                    file.taken = True
                    found.append(job)
            elif job.error and not _is_open_folder(job.path):
                said.add(job.path)
                if job.path not in self._said:
                    found.append(job)
        self._seen, self._said = seen, said
        return found

    def _look(self, path: Path, state: _State) -> _Seen:
        before = self._seen.get(path)
        return before if before and before.state == state else _Seen(state, self._clock())


def _state(path: Path) -> _State | None:
    """None for a file that has gone, or has nothing in it yet."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino) if found.st_size else None


def _is_open_folder(path: Path) -> bool:
    try:
        os.scandir(path).close()
    except OSError:
        return False
    return True

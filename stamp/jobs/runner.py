"""The run over many files: one answer for each, whatever becomes of the others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import StampError
from ..core.key import Key
from ..core.limits import StampLimits, limited
from ..core.reports import Failure
from ..formats.sniff import known_kind
from ..storage.atomic import discard_leftovers
from .keys import KeyFile, adopt, keys_without_file
from .plan import Job
from .pool import Crash, News, run
from .tasks import Entry, Task

_DAY = 24 * 60 * 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Cost:
    """What a file was and took: its kind, bytes, and the seconds of work on it; None where it was not read,
    or its process ended with it."""

    kind: str | None = None
    bytes: int | None = None
    seconds: float | None = None


def run_jobs(
    task: Task,
    jobs: Sequence[Job],
    processes: int,
    news: News = lambda index, done, total: None,
    limits: StampLimits | None = None,
    costs: Callable[[int, Cost], None] = lambda index, cost: None,
) -> Iterator[tuple[int, Entry]]:
    """Yield `(index, entry)` for each job as it is done, in any order. Nothing that is wrong with one file
    stops the others. `news` is called with a job's index while it is worked on: see `pool.run`.
    `limits` are what each file may cost, `costs` is called with what it did cost right before its entry."""
    doable = []
    for index, job in enumerate(jobs):
        if job.error is None:
            doable.append(index)
        else:
            costs(index, Cost())
            yield index, _failure(job.path, job.error)

    def on_news(position: int, done: int, total: int) -> None:
        news(doable[position], done, total)

    def on_broken_off(position: int) -> None:
        if output := jobs[doable[position]].output:
            target = output.resolve()  # beside the file behind a link is where its writer worked
            discard_leftovers(target.parent, target=target)

    doable_jobs = [jobs[index] for index in doable]
    guarded = _Guarded(task, keys_without_file(), limits)
    for position, result in run(guarded, doable_jobs, processes, on_news, on_broken_off):
        index = doable[position]
        if isinstance(result, Crash):
            path = jobs[index].path
            costs(index, Cost())
            yield index, Failure(path, result.type, f"{path}: {result.message}", result.details)
        else:
            costs(index, result.cost)
            yield index, result.entry


def tidy(jobs: Iterable[Job]) -> None:
    """Remove from the folders of the outputs what runs that were killed have left there; where there are no
    locks that tell, a day ago or more."""
    for folder in {job.output.parent for job in jobs if job.output}:
        discard_leftovers(folder, grace_s=_DAY)


@dataclass(frozen=True, slots=True)
class _Done:
    """What a worker gives back."""

    entry: Entry
    cost: Cost


@dataclass(frozen=True, slots=True)
class _Guarded:
    """The task, with what may well happen to a file turned into a `Failure`; `keys` are those that a worker
    cannot read itself."""

    task: Task
    keys: Mapping[KeyFile, Key]
    limits: StampLimits | None = None

    def __call__(self, job: Job) -> _Done:
        began, kind, size = time.monotonic(), known_kind(job.path), _size(job.path)
        entry = self._entry(job)
        return _Done(entry, Cost(kind, size, time.monotonic() - began))

    def _entry(self, job: Job) -> Entry:
        adopt(self.keys)
        try:
            with limited(self.limits or StampLimits()):
                return self.task(job)
        except (StampError, OSError) as error:
            return _failure(job.path, error)


def _size(path: Path) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def _failure(path: Path, error: Exception) -> Failure:
    message = str(error)
    if isinstance(error, OSError) and not isinstance(error, StampError):
        message = error.strerror or message
    return Failure(path, type(error).__name__, message if str(path) in message else f"{path}: {message}")

"""The run over many files: one answer for each, whatever becomes of the others."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Generic, TypeVar

from ..core.errors import ClusterError, KeyFileError, StampError
from ..core.key import Key
from ..core.limits import StampLimits, limited
from ..core.reports import Failure, Report
from ..core.url import Place, Url
from ..formats.sniff import known_kind
from ..storage.atomic import discard_leftovers
from .keys import KeyFile, adopt, keys_without_file
from .plan import Job
from .pool import Crash, News, run
from .remote import RemoteJob
from .tasks import Entry

AnyJob = TypeVar("AnyJob", Job, RemoteJob)

WINDOW = 64


@dataclass(frozen=True, slots=True)
class Cost:
    """What a file was and took: its kind, bytes, and the seconds of work on it; None where it was not read,
    or its process ended with it. Of what is in a store only the seconds are known."""

    kind: str | None = None
    bytes: int | None = None
    seconds: float | None = None


def run_jobs(
    task: Callable[[AnyJob], Report],
    jobs: Iterable[AnyJob],
    processes: int = 1,
    news: News = lambda index, done, total: None,
    limits: StampLimits | None = None,
    *,
    executor: Executor | None = None,
    window: int = WINDOW,
    costs: Callable[[int, Cost], None] = lambda index, cost: None,
) -> Iterator[tuple[int, Entry]]:
    """Yield `(index, entry)` for each job as it is done, in any order. Nothing that is wrong with one file
    stops the others. Jobs are taken from `jobs` as they can be worked on: there may be millions.

    Parameters
    ----------
    task : called with each job, such as an `EmbedTask`. It goes to other processes.
    jobs : what is to be done, such as `Job(Path("in.jpg"), Path("out.jpg"))`.
    processes : how many of this machine work; one job alone is done in this process.
    news : called with a job's index, with what is done of it, and how much there is to do, while processes
        of this machine work on it.
    limits : what each file may cost.
    executor : what works instead of processes of this machine: anything that has the `submit` of
        `concurrent.futures` and gives its futures. It stays open.
    window : how many jobs the executor has at most, at work and waiting.
    costs : called with a job's index and what it did cost, before it is yielded.

    Returns
    -------
    Iterator of the job's index and its report, a `Failure` where it could not be done.

    Raises
    ------
    KeyFileError : a key came from a pipe, which an `executor` cannot read.
    ClusterError : the executor has given up on what it had.
    """
    refused: deque[tuple[int, Failure]] = deque()
    out: dict[int, tuple[int, AnyJob]] = {}  # position among those that can be done -> index and job

    def doable() -> Iterator[AnyJob]:
        positions = count()
        for index, job in enumerate(jobs):
            if job.error is None:
                out[next(positions)] = index, job
                yield job
            else:
                costs(index, Cost())
                refused.append((index, _failure(job.path, job.error)))

    def on_news(position: int, done: int, total: int) -> None:
        news(out[position][0], done, total)

    def on_broken_off(position: int) -> None:
        output = out[position][1].output
        if isinstance(output, Path):
            target = output.resolve()  # beside the file behind a link is where its writer worked
            discard_leftovers(target.parent, target=target)

    keys = keys_without_file()
    results: Iterator[tuple[int, Done | Crash]]
    if executor is None:
        results = run(_Guarded(task, keys, limits), doable(), processes, on_news, on_broken_off)
    elif any(file in keys for file in _keys_in(task)):
        raise KeyFileError(
            "a key that is in no file, as one from a pipe, cannot be read by other machines; give a key file"
        )
    else:
        results = _executed(executor, _Guarded(task, {}, limits), doable(), window)
    for position, result in results:
        index, job = out.pop(position)
        while refused:
            yield refused.popleft()
        if isinstance(result, Crash):
            costs(index, Cost())
            yield index, Failure(job.path, result.type, f"{job.path}: {result.message}", result.details)
        else:
            costs(index, result.cost)
            yield index, result.entry
    yield from refused


def _executed(
    executor: Executor, function: Callable[[AnyJob], Done], jobs: Iterator[AnyJob], window: int
) -> Iterator[tuple[int, Done | Crash]]:
    """Yield the position and the result of each job that an executor has done; it has at most `window`."""
    out: dict[Future[Done | Crash], int] = {}
    waiting = enumerate(jobs)
    try:
        while True:
            for position, job in islice(waiting, window - len(out)):
                out[executor.submit(function, job)] = position
            if not out:
                return
            for future in wait(out, return_when=FIRST_COMPLETED).done:
                yield out.pop(future), _result(future)
    finally:
        for future in out:
            future.cancel()


def _keys_in(value: object) -> Iterator[KeyFile]:
    """The keys that a task names."""
    if isinstance(value, KeyFile):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _keys_in(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _keys_in(getattr(value, each.name))


def _result(future: Future[Done | Crash]) -> Done | Crash:
    try:
        return future.result()
    except CancelledError as error:
        raise ClusterError(
            "the executor has lost what it was given: its scheduler has ended, or was restarted; what is"
            " finished is whole. Run the same command with --resume"
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # a worker that has died, too often for its executor
        return Crash("WorkerDied", f"no worker could finish it: {type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True)
class Done:
    """What a worker gives back."""

    entry: Entry
    cost: Cost


@dataclass(frozen=True, slots=True)
class _Guarded(Generic[AnyJob]):
    """The task, with what may well happen to a file turned into a `Failure`; `keys` are those that a worker
    cannot read itself."""

    task: Callable[[AnyJob], Report]
    keys: Mapping[KeyFile, Key]
    limits: StampLimits | None = None

    def __call__(self, job: AnyJob) -> Done:
        began, before = time.monotonic(), _looked_at(job.path)
        entry = self._entry(job)
        return Done(entry, replace(before, seconds=time.monotonic() - began))

    def _entry(self, job: AnyJob) -> Entry:
        adopt(self.keys)
        try:
            with limited(self.limits or StampLimits()):
                return self.task(job)
        except (StampError, OSError) as error:
            return _failure(job.path, error)


def _looked_at(path: Place) -> Cost:
    """What a source is before it is worked on, which may replace it; nothing is asked of a store for that."""
    if isinstance(path, Url):
        return Cost()
    try:
        return Cost(known_kind(path), os.stat(path).st_size)
    except OSError:
        return Cost()


def _failure(path: Place, error: Exception) -> Failure:
    message = str(error)
    if isinstance(error, OSError) and not isinstance(error, StampError):
        message = error.strerror or message
    return Failure(path, type(error).__name__, message if str(path) in message else f"{path}: {message}")

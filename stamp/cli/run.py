"""The loop over files that the commands share: work, show progress, print each file in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..core.reports import Failure
from ..jobs.plan import Job, Others
from ..jobs.runner import run_jobs
from ..jobs.tasks import Entry, Task
from .document import receipt_file
from .options import Results
from .screen import Screen

Record = Callable[[dict[str, Any]], None]


def run(
    screen: Screen,
    command: str,
    task: Task,
    jobs: Sequence[Job],
    processes: int,
    show: Callable[[Entry], None],
    record: Record = lambda entry: None,
) -> int:
    """Do all jobs, and return how many could not be done. `show` prints an entry that is no failure; `record`
    gets all, as they stand in the JSON documents. Both come in the order of the jobs, however many processes
    there are, and nothing is kept.
    """
    ready: dict[int, Entry] = {}
    shown = failed = 0
    with screen.progress([job.path.name for job in jobs], command) as bar:
        for index, entry in run_jobs(task, jobs, processes, bar.news):
            ready[index] = entry
            bar.advance(index)
            while shown in ready:
                entry = ready.pop(shown)
                shown += 1
                if isinstance(entry, Failure):
                    failed += 1
                    screen.complain(entry.message, entry.details)
                else:
                    show(entry)
                told = entry.to_dict(command) if isinstance(entry, Failure) else entry.to_dict()
                screen.entry(told)
                record(told)
    return failed


def run_with_receipt(
    screen: Screen,
    command: str,
    task: Task,
    jobs: Sequence[Job],
    processes: int,
    show: Callable[[Entry], None],
    results: Results,
) -> int:
    """Do all jobs like `run`, and write what was done into the receipt, if one was asked for."""
    if results.receipt is None:
        return run(screen, command, task, jobs, processes, show)
    with receipt_file(Path(results.receipt), overwrite=results.force) as record:
        return run(screen, command, task, jobs, processes, show, record)


def say_passed_over(screen: Screen, others: Others) -> None:
    """What a walk has left out: a folder that was looked through must not be taken for one of which every
    file was looked at."""
    if others:
        kinds = ", ".join(
            f"{count} {suffix or 'without a suffix'}" for suffix, count in others.most_common(6)
        )
        more = "" if len(others) <= 6 else ", ..."
        screen.say(f"stamp: passed over because of their names: {kinds}{more}; name them to have them tried")

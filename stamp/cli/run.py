"""The loop that `embed`, `detect` and `show` share: work, show progress, print each file in order, sum up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..batch import Entry, run_jobs
from ..folders import Job
from ..reports import Failure
from .screen import Screen


def run(
    screen: Screen,
    command: str,
    task: Callable[[Job], Entry],
    jobs: Sequence[Job],
    processes: int,
    show: Callable[[Entry], None],
) -> list[Entry]:
    """Do all jobs; `show` prints an entry that is no failure. The entries come back, and are printed, in the
    order of the jobs, however many processes there are."""
    ready: dict[int, Entry] = {}
    entries: list[Entry] = []
    with screen.progress([job.path.name for job in jobs], command) as bar:
        for index, entry in run_jobs(task, jobs, processes, bar.news):
            ready[index] = entry
            bar.advance(index)
            while len(entries) in ready:
                entry = ready.pop(len(entries))
                entries.append(entry)
                if isinstance(entry, Failure):
                    screen.complain(entry.message, entry.details)
                else:
                    show(entry)
    screen.document(documents(entries, command))
    return entries


def documents(entries: Sequence[Entry], command: str = "embed") -> list[dict[str, Any]]:
    """The entries as they stand in the JSON documents of a command."""
    return [entry.to_dict(command) if isinstance(entry, Failure) else entry.to_dict() for entry in entries]

"""The loop over files that the commands share: work, show progress, print each file in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..core.reports import EmbedReport, Failure, RemovalReport
from ..jobs.plan import Job, Others, plan
from ..jobs.runner import run_jobs, tidy
from ..jobs.tasks import Entry, Task
from . import ERROR, OK
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
    gets all, as they are in the JSON documents. Both come in the order of the jobs, however many processes
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


def run_writing(
    screen: Screen,
    command: str,
    task: Task,
    sources: Sequence[str],
    results: Results,
    processes: int,
    describe: Callable[[Any], str],
    *,
    again: bool = False,
    resume: bool = False,
) -> int:
    """Do a task that writes works, with a receipt if one was asked for, and return the exit code. `describe`
    makes a line of a report; `again` and `resume` : earlier outputs are sources, or are left as they are.
    """

    def show(entry: Entry) -> None:
        assert isinstance(entry, EmbedReport | RemovalReport)
        screen.line(describe(entry))
        for note in entry.notes:
            screen.say(f"{entry.path}: {note}")

    passed_over = Others()
    jobs = plan(sources, output=results.output, in_place=results.in_place, again=again, others=passed_over)
    if screen.verbose:
        say_passed_over(screen, passed_over)
    if resume:
        tidy(jobs)
    if results.receipt is None:
        failed = run(screen, command, task, jobs, processes, show)
    else:
        with receipt_file(Path(results.receipt), overwrite=results.force) as record:
            failed = run(screen, command, task, jobs, processes, show, record)
    return ERROR if failed else OK


def say_passed_over(screen: Screen, others: Others) -> None:
    """What a walk has left out: a folder that was looked through must not be taken for one of which every
    file was looked at."""
    if others:
        kinds = ", ".join(
            f"{count} {suffix or 'without a suffix'}" for suffix, count in others.most_common(6)
        )
        more = "" if len(others) <= 6 else ", ..."
        screen.say(f"stamp: passed over because of their names: {kinds}{more}; name them to have them tried")

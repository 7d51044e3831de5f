"""The loop over files that the commands share: work, show progress, print each file in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.limits import StampLimits
from ..core.reports import EmbedReport, Failure, RemovalReport
from ..jobs.plan import Job, Others, plan
from ..jobs.runner import run_jobs, tidy
from ..jobs.tasks import Entry, Task
from . import ERROR, OK
from .options import Results
from .screen import Screen
from .spoken import spoken


def run(
    screen: Screen,
    command: str,
    task: Task,
    jobs: Sequence[Job],
    processes: int,
    show: Callable[[Entry], None],
    limits: StampLimits | None = None,
) -> int:
    """Do all jobs, and return how many could not be done. `show` prints an entry that is no failure, in the
    order of the jobs, however many processes there are, and nothing is kept.
    """
    ready: dict[int, Entry] = {}
    shown = failed = 0
    with screen.progress([job.path.name for job in jobs], command) as bar:
        for index, entry in run_jobs(task, jobs, processes, bar.news, limits):
            ready[index] = entry
            bar.advance(index)
            while shown in ready:
                entry = ready.pop(shown)
                shown += 1
                if isinstance(entry, Failure):
                    entry = replace(entry, message=spoken(entry.message))
                    failed += 1
                    screen.complain(entry.message, entry.details)
                else:
                    show(entry)
                screen.entry(entry.to_dict(command) if isinstance(entry, Failure) else entry.to_dict())
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
    limits: StampLimits | None = None,
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
    links: list[Path] = []
    jobs = plan(
        sources,
        output=results.output,
        in_place=results.in_place,
        again=again,
        others=passed_over,
        links=None if results.follow_links else links,
    )
    if screen.verbose:
        say_passed_over(screen, passed_over)
    for link in links:
        screen.say(f"{link}: passed over: a link out of the folder; --follow-links follows it")
    if resume:
        tidy(jobs)
    if results.journal:
        results.journal.begin(more=results.force or resume)
    failed = run(screen, command, task, jobs, processes, show, limits=limits)
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

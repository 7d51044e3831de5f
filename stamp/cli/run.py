"""The loop over files that the commands share: find them, work, show progress, print each file in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from secrets import token_bytes
from typing import Any

import click

from ..core.credentials import CredentialsReport
from ..core.reports import AuditReport, EmbedReport, Failure, RemovalReport, RightsReport
from ..core.url import Place, path_text, place
from ..jobs.cluster import Cluster
from ..jobs.inbox import Inbox
from ..jobs.plan import Job, Jobs, Takes, inputs, plan, works
from ..jobs.remote import RemoteTask
from ..jobs.remote_plan import Planner
from ..jobs.runner import WINDOW, Cost, run_jobs
from ..jobs.selection import PassedOver, Selection
from ..jobs.tasks import Entry, Task, taken_by
from . import ERROR, OK
from .far import check_writing
from .options import Results, Run
from .screen import Screen, printable
from .spoken import spoken

_WAITING = 10_000
"""Entries that wait for an earlier one; more are printed before it, or a long clip would keep all photos
behind it in memory."""

Found = Jobs | Planner
Find = Callable[[Sequence[str], Selection], Found]


def run_over(
    screen: Screen,
    command: str,
    task: Task,
    sources: Sequence[str],
    options: Run,
    show: Callable[[Entry], None],
    find: Find | None = None,
    *,
    takes: Takes = works,
) -> int:
    """Do a task with all files that are found in `sources`, and return how many could not be done. `show`
    prints an entry that is no failure, in the order of the jobs, however many processes there are, and
    nothing is kept. JSON lines come as the files are done. `takes` says which files of folders are read,
    unless `find` finds the jobs.
    """
    screen.begin(command)
    selection = options.selection(screen.pass_over)
    jobs = find(sources, selection) if find else find_inputs(sources, selection, options, takes)
    # A store may take an hour to list; only a document must have what is passed over before the rest.
    total = jobs.survey() if isinstance(jobs, Jobs) or screen.in_document else None
    files = f"files of {', '.join(sources)}" if total is None else f"{total} files"
    screen.write_down("INFO", f"{command}: {files}")
    only = _work_on(screen, command, task, jobs, options, show, total)
    named_alone = only is not None and [only] == [place(source) for source in sources]
    if not named_alone or screen.summary.failed or screen.summary.has_passed_over:
        screen.say(f"stamp: {screen.summary.line()}")
    return screen.summary.failed


def _work_on(
    screen: Screen,
    command: str,
    task: Task,
    jobs: Found,
    options: Run,
    show: Callable[[Entry], None],
    total: int | None,
) -> Place | None:
    """Do a task with these files, within a run that has begun; see `run_over`. `total` is how many there are,
    None where nobody knows. Return where the only one of them is, None where there were others.
    """
    names: dict[int, str] = {}
    ready: dict[int, Entry] = {}
    costs: dict[int, Cost] = {}
    shown = 0
    only: Place | None = None

    def named(jobs: Iterable[Any]) -> Iterator[Any]:
        nonlocal only
        for index, job in enumerate(jobs):
            names[index] = printable(job.path.name)
            only = None if index else job.path
            yield job

    with (
        _executor(options) as executor,
        screen.progress(names, command, total=total) as bar,
    ):
        done = run_jobs(
            _doing(task, jobs, options),
            named(jobs),
            options.jobs,
            bar.news,
            options.limits,
            executor=executor,
            window=executor.window if executor else WINDOW,
            costs=costs.__setitem__,
        )
        for index, each in done:
            ready[index] = entry = _in_words(each)
            _log(screen, command, entry, costs.pop(index))
            bar.advance(index)
            del names[index]
            if screen.in_lines:
                screen.entry(_told(entry, command))
            while ready and (shown in ready or len(ready) > _WAITING or min(ready) < shown):
                first = min(ready)
                _take(screen, ready.pop(first), command, show)
                shown = max(shown, first + 1)
    return only


def _watch_over(
    screen: Screen,
    command: str,
    task: Task,
    sources: Sequence[str],
    options: Run,
    show: Callable[[Entry], None],
    seek: Callable[[Sequence[str], Selection], Jobs],
    prepared: Callable[[Jobs], Jobs],
) -> None:
    """Do a task with files as they come into folders, until somebody ends it. `seek` finds all that are
    there, `prepared` is called with those that are about to be done. The rest is as of `run_over`.
    """
    screen.begin(command)
    inbox, told = Inbox(options.settle), set[Place]()

    def pass_over(left_out: PassedOver) -> None:
        if left_out.path not in told:
            told.add(left_out.path)
            screen.pass_over(left_out)

    selection = options.selection(pass_over)
    screen.say(f"stamp: watching {' and '.join(sources)}; Ctrl-C ends it")
    with suppress(KeyboardInterrupt):  # which is how it ends
        while True:
            if ready := inbox.ready(seek(sources, selection)):
                screen.write_down("INFO", f"{command}: {len(ready)} files")
                _work_on(screen, command, task, prepared(_listed(ready)), options, show, len(ready))
            time.sleep(options.settle / 2)
    screen.say(f"stamp: {screen.summary.line()}; what is not done yet is done next time")


def _listed(jobs: Sequence[Job]) -> Jobs:
    return Jobs(lambda selection: iter(jobs))


def find_inputs(sources: Sequence[str], selection: Selection, options: Run, takes: Takes = works) -> Found:
    """Return a job for each file to be read."""
    if options.is_far(*sources):
        return Planner(sources, selection=selection, takes=takes)
    return inputs(map(path_text, sources), selection, takes)


def _doing(task: Task, jobs: Found, options: Run) -> Task | RemoteTask:
    """What is called with each of the jobs."""
    if isinstance(jobs, Planner):
        return RemoteTask(task, read=options.read_back, prints=options.scheduler is None)
    return task


@contextmanager
def _executor(options: Run) -> Iterator[Cluster | None]:
    """What works instead of this machine."""
    if options.scheduler is None:
        yield None
        return
    if options.jobs != 1:
        raise click.UsageError("-j is for processes of this machine: leave it out with --scheduler")
    with Cluster(options.scheduler) as cluster:
        yield cluster


def _in_words(entry: Entry) -> Entry:
    """The entry, with the options of the command line where its message names those of Python."""
    return replace(entry, message=spoken(entry.message)) if isinstance(entry, Failure) else entry


def _log(screen: Screen, command: str, entry: Entry, cost: Cost) -> None:
    """Add a file to the log for programs: what it was and took, and what became of it; never which it was."""
    if log := screen.json_log:
        verdict, error = ("failed", entry.type) if isinstance(entry, Failure) else (entry.outcome, None)
        log.add(
            {
                "event": "file",
                "id": log.next_id(),
                "command": command,
                "kind": cost.kind,
                "bytes": cost.bytes,
                "seconds": None if cost.seconds is None else round(cost.seconds, 3),
                "verdict": verdict,
                "error": error,
            }
        )


def _take(screen: Screen, entry: Entry, command: str, show: Callable[[Entry], None]) -> None:
    """Print one entry, and count it."""
    told = _told(entry, command)
    if isinstance(entry, Failure):
        screen.summary.add("failed")
        screen.complain(entry.message, entry.details)
    else:
        screen.summary.add(entry.outcome)
        screen.write_down("INFO", _account(entry.outcome, told))
        show(entry)
    if not screen.in_lines:
        screen.entry(told)


def _told(entry: Entry, command: str) -> dict[str, Any]:
    return entry.to_dict(command) if isinstance(entry, Failure) else entry.to_dict()


def _account(outcome: str, told: dict[str, Any]) -> str:
    """What became of a file, in a line of the log."""
    words = [f"{told['path']}: {outcome.replace('_', ' ')}"]
    if told.get("output"):
        words.append(f"as {told['output']}")
    if payload := told.get("payload") or (told.get("watermark") or {}).get("payload"):
        words.append(f"with payload {payload}")
    return " ".join(words)


def run_writing(
    screen: Screen,
    command: str,
    task: Task,
    sources: Sequence[str],
    results: Results,
    options: Run,
    describe: Callable[[Any], str],
    *,
    again: bool = False,
) -> int:
    """Do a task that writes works, with a receipt if one was asked for, and return the exit code. `describe`
    makes a line of a report; with `again` earlier outputs are sources.
    """
    takes = taken_by(task)

    def show(entry: Entry) -> None:
        assert isinstance(entry, EmbedReport | RemovalReport)
        screen.line(describe(entry))
        say_notes(screen, entry)

    def seek(sources: Sequence[str], selection: Selection) -> Jobs:
        return plan(
            [path_text(source) for source in sources],
            output=results.output and path_text(results.output),
            in_place=results.in_place,
            again=again,
            selection=selection,
            takes=takes,
            follow_links=results.follow_links,
        )

    def prepared(jobs: Jobs) -> Jobs:
        if results.journal:
            results.journal.begin(more=results.force or options.resumes)
        return jobs.tidied() if options.resumes else jobs

    def find(sources: Sequence[str], selection: Selection) -> Found:
        if options.is_far(*sources, results.output):
            return Planner(
                sources,
                results.output,
                secret=token_bytes(32),
                selection=selection,
                takes=takes,
                again=again,
                follow_links=results.follow_links,
            )
        jobs = seek(sources, selection)
        return jobs if options.dry_run else prepared(jobs)

    check_writing(task, sources, results, options)
    if options.watch:
        _watch_over(screen, command, task, sources, options, show, seek, prepared)
        return OK
    failed = run_over(screen, command, task, sources, options, show, find)
    return ERROR if failed else OK


def say_notes(
    screen: Screen, entry: EmbedReport | RemovalReport | RightsReport | AuditReport | CredentialsReport
) -> None:
    """What a person should know about a file."""
    for note in entry.notes:
        screen.say(f"{entry.path}: {spoken(note)}", "WARNING")

"""The loop over files that the commands share: find them, work, show progress, print each file in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.credentials import CredentialsReport
from ..core.reports import AuditReport, EmbedReport, Failure, RemovalReport, RightsReport
from ..jobs.inbox import Inbox
from ..jobs.plan import Job, inputs, plan
from ..jobs.runner import Cost, run_jobs, tidy
from ..jobs.selection import PassedOver, Selection
from ..jobs.tasks import Entry, Task, taken_by
from . import ERROR, OK
from .options import Results, Run
from .screen import Screen
from .spoken import spoken

Find = Callable[[Sequence[str], Selection], list[Job]]


def run_over(
    screen: Screen,
    command: str,
    task: Task,
    sources: Sequence[str],
    options: Run,
    show: Callable[[Entry], None],
    find: Find = inputs,
) -> int:
    """Do a task with all files that are found in `sources`, and return how many could not be done. `show`
    prints an entry that is no failure, in the order of the jobs, however many processes there are, and
    nothing is kept. JSON lines come as the files are done.
    """
    screen.begin(command)
    jobs = find(sources, Selection(options.include, options.exclude, screen.pass_over))
    work_on(screen, command, task, jobs, options, show)
    named = len(jobs) == 1 and [job.path for job in jobs] == [Path(source) for source in sources]
    if not named or screen.summary.failed or screen.summary.has_passed_over:
        screen.say(f"stamp: {screen.summary.line()}")
    return screen.summary.failed


def work_on(
    screen: Screen,
    command: str,
    task: Task,
    jobs: Sequence[Job],
    options: Run,
    show: Callable[[Entry], None],
) -> None:
    """Do a task with these files, within a run that has begun; see `run_over`."""
    screen.write_down("INFO", f"{command}: {len(jobs)} files")
    ready: dict[int, Entry] = {}
    costs: dict[int, Cost] = {}
    shown = 0
    with screen.progress([job.path.name for job in jobs], command) as bar:
        for index, done in run_jobs(task, jobs, options.jobs, bar.news, options.limits, costs.__setitem__):
            ready[index] = entry = _in_words(done)
            _log(screen, command, entry, costs.pop(index))
            bar.advance(index)
            if screen.in_lines:
                screen.entry(_told(entry, command))
            while shown in ready:
                _take(screen, ready.pop(shown), command, show)
                shown += 1


def _watch_over(
    screen: Screen,
    command: str,
    task: Task,
    sources: Sequence[str],
    options: Run,
    show: Callable[[Entry], None],
    seek: Find,
    prepare: Callable[[Sequence[Job]], None],
) -> None:
    """Do a task with files as they come into folders, until somebody ends it. `seek` finds all that are
    there, `prepare` is called with those that are about to be done. The rest is as of `run_over`.
    """
    screen.begin(command)
    inbox, told = Inbox(options.settle), set[Path]()

    def pass_over(left_out: PassedOver) -> None:
        if left_out.path not in told:
            told.add(left_out.path)
            screen.pass_over(left_out)

    selection = Selection(options.include, options.exclude, pass_over)
    screen.say(f"stamp: watching {' and '.join(sources)}; Ctrl-C ends it")
    with suppress(KeyboardInterrupt):  # which is how it ends
        while True:
            if jobs := inbox.ready(seek(sources, selection)):
                prepare(jobs)
                work_on(screen, command, task, jobs, options, show)
            time.sleep(options.settle / 2)
    screen.say(f"stamp: {screen.summary.line()}; what is not done yet is done next time")


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

    def show(entry: Entry) -> None:
        assert isinstance(entry, EmbedReport | RemovalReport)
        screen.line(describe(entry))
        say_notes(screen, entry)

    def seek(sources: Sequence[str], selection: Selection) -> list[Job]:
        return plan(
            sources,
            output=results.output,
            in_place=results.in_place,
            again=again,
            selection=selection,
            takes=taken_by(task),
            follow_links=results.follow_links,
        )

    def prepare(jobs: Sequence[Job]) -> None:
        if options.resume:
            tidy(jobs)
        if results.journal:
            results.journal.begin(more=results.force or options.resume)

    def find(sources: Sequence[str], selection: Selection) -> list[Job]:
        jobs = seek(sources, selection)
        if not options.dry_run:
            prepare(jobs)
        return jobs

    if options.watch:
        _watch_over(screen, command, task, sources, options, show, seek, prepare)
        return OK
    failed = run_over(screen, command, task, sources, options, show, find)
    return ERROR if failed else OK


def say_notes(
    screen: Screen, entry: EmbedReport | RemovalReport | RightsReport | AuditReport | CredentialsReport
) -> None:
    """What a person should know about a file."""
    for note in entry.notes:
        screen.say(f"{entry.path}: {spoken(note)}", "WARNING")

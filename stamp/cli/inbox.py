"""`stamp embed --watch`: the loop over folders that files come into."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import click

from ..jobs.inbox import Inbox
from ..jobs.plan import Job
from ..jobs.selection import PassedOver, Selection
from ..jobs.tasks import Entry, Task
from .options import Results, Run
from .run import Find, work_on
from .screen import Screen


def check_watch(screen: Screen, sources: Sequence[str], results: Results, run: Run) -> None:
    """Raise UsageError where folders cannot be watched so."""
    for source in sources:
        if not os.path.isdir(source):
            raise click.UsageError(f"--watch is for folders, and {source} is none")
    if results.in_place:
        raise click.UsageError("--watch and --in-place exclude each other: what is watched stays as it comes")
    if run.dry_run:
        raise click.UsageError("--watch and --dry-run exclude each other")
    if screen.schema and not screen.in_lines:
        raise click.UsageError("--json would print nothing before the watch ends: --json-lines")


def watch_over(
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

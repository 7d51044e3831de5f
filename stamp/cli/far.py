"""What cannot be asked of stores and of other machines; said before anything is begun."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import click

from ..core.url import is_url
from ..jobs.tasks import EmbedTask, NoticeTask, Task
from .options import Results, Run

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def check_writing(task: Task, sources: Sequence[str], results: Results, run: Run) -> None:
    """Raise UsageError for what a task that writes works cannot do there."""
    if not run.is_far(*sources, results.output):
        return
    if not isinstance(task, EmbedTask | NoticeTask):
        raise click.UsageError("this works on files of this machine: fetch them first")
    if results.output is None:
        raise click.UsageError("works in stores, and --scheduler, need -o: say where results go")
    idle = {
        "--receipt": results.receipt,
        "--preserve-times": results.keeps_times,
        "--sidecar": task.notice.sidecar,
        "--sign": isinstance(task, EmbedTask) and task.sign,
    }
    for name, given in idle.items():
        if given:
            raise click.UsageError(f"{name} is for files of this machine, not for stores and --scheduler")
    if results.force and len(sources) > 1 and is_url(results.output):
        # Without --force the store itself refuses the second of two of one name.
        raise click.UsageError(
            "--force with several sources might replace one by another: name them one by one"
        )
    check_catalogue(task.entry.place if isinstance(task, EmbedTask) and task.entry else None, run)


def check_catalogue(place: str | None, run: Run) -> None:
    """Raise UsageError for a catalogue that the workers of a scheduler would not find, or whose password
    would go with every job."""
    if run.scheduler is None or place is None:
        return
    url = urlsplit(place) if is_url(place) else None
    if url is None:
        if urlsplit(run.scheduler).hostname not in _LOOPBACK:
            raise click.UsageError(
                f"{place}: workers on other machines have no such catalogue; give one that all reach "
                "(--catalogue postgresql://host/name)"
            )
    elif url.password is not None or "password" in parse_qs(url.query):
        raise click.UsageError(
            "the password of the catalogue would go with every job: leave it out of the URL, and put it into"
            " ~/.pgpass or PGPASSWORD on each machine"
        )


def check_reading(run: Run, **given: object) -> None:
    """Raise UsageError for options whose files workers on other machines do not have."""
    for name, value in given.items():
        if run.scheduler and value:
            raise click.UsageError(f"--{name} is for files of this machine: leave out --scheduler")

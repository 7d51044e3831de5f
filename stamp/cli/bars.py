"""Progress bars on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from .progress import Bar

_LONGEST_NAME = 30


@contextmanager
def bars(names: Sequence[str] | Mapping[int, str], what: str, unit: str, total: int | None) -> Iterator[Bar]:
    """A bar over the files where there are several, or nobody knows how many (`total` None), and one for each
    file that reports how far it is, in `unit`. `names` has at least those that are worked on."""
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        # Results that go to the same terminal are printed above the bar; results in a pipe stay in the pipe.
        redirect_stdout=sys.stdout.isatty(),
        transient=True,
    )
    with progress:
        yield _Bars(progress, names, what, unit, total)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> str:
        return f"{task.completed / task.elapsed:.1f} {task.fields['unit']}/s" if task.elapsed else ""


class _Bars(Bar):
    def __init__(
        self,
        progress: Progress,
        names: Sequence[str] | Mapping[int, str],
        what: str,
        unit: str,
        total: int | None,
    ) -> None:
        self._progress, self._names, self._unit = progress, names, unit
        self._files: TaskID | None = None
        if total is None or total > 1:
            self._files = progress.add_task(what, total=total, unit="files")
        self._running: dict[int, TaskID] = {}

    def advance(self, index: int) -> None:
        if index in self._running:
            self._progress.remove_task(self._running.pop(index))
        if self._files is not None:
            self._progress.advance(self._files)

    def news(self, index: int, done: int, total: int) -> None:
        if index not in self._running:
            name = self._names[index]
            short = name if len(name) <= _LONGEST_NAME else f"...{name[3 - _LONGEST_NAME :]}"
            self._running[index] = self._progress.add_task(short, total=total or None, unit=self._unit)
        self._progress.update(self._running[index], completed=done, total=total or None)

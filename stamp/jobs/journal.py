"""What a run writes down of each file before the file is there: the journal of `--receipt`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from .._version import __version__
from ..core.errors import OutputError
from ..core.options import OutputOptions
from ..core.reports import EmbedReport, RemovalReport
from ..pipeline.receipts import SCHEMA, is_journal, receipt_of
from ..storage import journal
from .plan import Job

Changed = TypeVar("Changed", EmbedReport, RemovalReport)


@dataclass(frozen=True, slots=True)
class Journal:
    """A file of receipts, to which any number of processes may add."""

    path: Path

    def begin(self, *, more: bool) -> None:
        """Write the line with which a run begins: into a new file or, with `more`, into that of an earlier
        run, of which nothing is lost. A journal in which no file was written down is as good as none.

        Raises OutputError where a file is there that is no journal, or without `more` the journal of an
        earlier run; UnwritableFile.
        """
        head = _line({"schema": SCHEMA, "stamp": __version__, "folder": os.getcwd()})
        if not os.path.lexists(self.path):
            journal.begin(self.path, head)
            return
        is_ours, is_bare = self._look()
        if not is_ours:  # a photo, say: nothing allows to replace that by receipts
            raise OutputError(f"{self.path}: exists already, is no journal of receipts; choose another name")
        if not (more or is_bare):
            remedy = "name another file, or add to them (--force)"
            raise OutputError(f"{self.path}: has the receipts of an earlier run; {remedy}")
        journal.append(self.path, head)

    def _look(self) -> tuple[bool, bool]:
        """Whether the file is a journal, and whether it says nothing of any file."""
        try:
            lines = journal.lines(self.path) if self.path.is_file() else iter(())
            return is_journal(next(lines, "")), all(is_journal(line) for line in lines)
        except (OSError, UnicodeDecodeError):
            return False, False

    def add(self, entry: dict[str, Any]) -> None:
        """Bring an entry to the disk. Raises UnwritableFile."""
        journal.append(self.path, _line(entry))


def _line(value: dict[str, Any]) -> str:
    # ASCII: a file name that is not UTF-8 survives as an escaped lone surrogate.
    return json.dumps(value, allow_nan=False)


class Placing:
    """How the output of a job appears, and what is written down of it before.

    payload : of the mark, to be set before that; None without one. receipt : what was written down.
    """

    def __init__(
        self, job: Job, journal: Journal | None, preserve_times: bool | None, dry_run: bool = False
    ) -> None:
        assert job.output is not None, "a job without an output is not given to a task that writes"
        self.job, self.output = job, job.output
        self.payload: bytes | None = None
        self.receipt: dict[str, Any] | None = None
        self._journal = journal
        self._sidecars: Mapping[str, bytes] | None = None
        self.options = (
            OutputOptions(preserve_times, self._register, self._note_sidecars)
            if (journal or job.sending) and not dry_run
            else OutputOptions(preserve_times, dry_run=dry_run)
        )

    def _note_sidecars(self, sidecars: Mapping[str, bytes] | None) -> None:
        self._sidecars = sidecars

    def _register(self, draft: Path) -> None:
        if self._journal:
            self._write_down(self._journal, draft)
        if self.job.sending:
            self.job.sending.send(draft, self.payload)

    def _write_down(self, journal: Journal, draft: Path) -> None:
        made = receipt_of(self.job.path, draft, self._sidecars)
        journal.add(
            {
                "path": os.fspath(self.job.path),
                "output": os.fspath(self.output),
                "payload": self.payload.hex() if self.payload else None,
                "receipt": made,
            }
        )
        self.receipt = made


def written_down(
    work: Callable[[Job, Placing], Changed],
    job: Job,
    journal: Journal | None,
    preserve_times: bool | None,
    dry_run: bool,
) -> Changed:
    """Do the work, and return its report with the receipt, if there is one."""
    placing = Placing(job, journal, preserve_times, dry_run)
    report = work(job, placing)
    made = placing.receipt
    if made and made["essence_unchanged"] and made["file"] is None:
        report = report.with_note(
            "the receipt can undo this, though not byte for byte: too much of the file has moved"
        )
    return replace(report, receipt=made)

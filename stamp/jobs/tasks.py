"""What is done with one file: a task a verb.

A task is plain data, for it goes to other processes: it names files, key files among them, and holds no
secret. Calling it with a `Job` does the work and returns the report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from ..core.errors import CorruptFile, OutputError, UnsupportedFormat
from ..core.key import Key
from ..core.options import EmbedOptions, NoticeOptions, OutputOptions
from ..core.reports import (
    AuditReport,
    DetectReport,
    EmbedReport,
    Failure,
    Mark,
    RemovalReport,
    Report,
    RightsReport,
)
from ..core.rights import Rights
from ..pipeline.files import (
    audit_rights,
    detect_file,
    embed_file,
    note_earlier_mark,
    noticed,
    read_rights,
    remove_rights,
    write_rights,
)
from ..pipeline.notice import check_owners, write_notice
from ..pipeline.receipts import Receipts, receipt, snapshot
from ..pipeline.removals import undo_rights
from ..storage.digest import digest, traces
from .keys import KeyFile
from .plan import Job
from .pool import report_progress
from .resume import check_whole, lacks_rights, lacks_sound, mark_in

Entry = Report | Failure
Task = Callable[[Job], Report]

_Changed = TypeVar("_Changed", EmbedReport, RemovalReport)


@dataclass(frozen=True, slots=True)
class EmbedTask:
    """Mark a work, and write its notice.

    key : what it is marked with. former : other keys whose marks `resume` takes for done.
    payload : 8 bytes; drawn at random for each file where None.
    rights : the notice, which may say `{year}`; None leaves the metadata as it is.
    notice : what may be done to a notice that is there already.
    strength, options : see `embed_file`.
    overwrite : allow outputs to exist. in_place : the outputs are the sources.
    resume : leave outputs alone that carry the mark and the notice.
    receipt : write down what was changed.
    dry_run : say what would be done, and write nothing.
    """

    key: KeyFile
    payload: bytes | None = None
    rights: Rights | None = None
    strength: float = 1.0
    options: EmbedOptions | None = None
    overwrite: bool = False
    in_place: bool = False
    resume: bool = False
    receipt: bool = False
    dry_run: bool = False
    former: tuple[KeyFile, ...] = ()
    notice: NoticeOptions = field(default_factory=NoticeOptions)

    def __call__(self, job: Job) -> EmbedReport:
        return _with_receipt(self._embed, job) if self.receipt else self._embed(job, _output(job))

    def _embed(self, job: Job, output: Path) -> EmbedReport:
        overwrite = self.overwrite or self.in_place
        key = self.key.load()
        found = None
        if self.resume and output.exists():
            try:
                found = mark_in(output, (key, *(file.load() for file in self.former)))
                if done := self._done(job, output, found):
                    return done
            except CorruptFile:
                # In place, the source is what cannot be read, and embed_file says so. Elsewhere it is an
                # output that somebody else cut short: ours appear whole.
                overwrite = True
            except UnsupportedFormat as error:
                _refuse_unless(overwrite, output, f"is no work that can be read ({error})")
        report = embed_file(
            job.path,
            output,
            self.payload or (found and found[0]),
            key=key,
            notice=self.notice,
            rights=self.rights and self.rights.claimed(),
            strength=self.strength,
            overwrite=overwrite,
            options=self.options,
            progress=report_progress,
            output=OutputOptions(self.dry_run),
        )
        return note_earlier_mark(report, found[0].hex()) if found and self.in_place else report

    def _done(self, job: Job, output: Path, found: tuple[bytes, Key] | None) -> EmbedReport | None:
        """Return the report on an output of an earlier run, in which this mark was found; None where it is to
        be made anew.

        A notice that a marked output lacks is written into it, where overwriting is allowed: the mark and its
        payload stay as they are.
        """
        overwrite = self.overwrite or self.in_place
        if found is None:
            what = "carries no mark of this key (a former one goes into another --key-file)"
            _refuse_unless(overwrite, output, what)
            return None
        payload, key = found
        if self.payload not in (None, payload):
            _refuse_unless(overwrite, output, f"carries {payload.hex()}, another payload")
            return None
        if self.options and self.options.audio and lacks_sound(output, payload, key):
            pictures = f"carries {payload.hex()} in its pictures alone"
            if self.in_place:
                raise OutputError(f"{output}: {pictures}; for a mark in its sound, begin with the original")
            _refuse_unless(overwrite, output, pictures)
            return None
        if self.rights is None:
            check_whole(output, job.path)
            return _done_before(job, self.dry_run, payload, key)
        rights, lacking = lacks_rights(output, self.rights, payload)
        if not lacking:
            return _done_before(job, self.dry_run, payload, key)
        _refuse_unless(overwrite, output, f"has another notice, or none: {', '.join(lacking)}")
        # The notice of an output is ours, or the source's.
        check_owners(job.path, rights, self.notice)
        allowed = replace(self.notice, replace_rights=True)
        how = OutputOptions(self.dry_run)
        report = write_notice(output, output, rights, overwrite=True, options=allowed, output=how)
        return _with_key(noticed(job.path, report, payload), key)


@dataclass(frozen=True, slots=True)
class NoticeTask:
    """Write a notice and no mark. The fields are those of `EmbedTask`."""

    rights: Rights
    overwrite: bool = False
    in_place: bool = False
    resume: bool = False
    receipt: bool = False
    dry_run: bool = False
    notice: NoticeOptions = field(default_factory=NoticeOptions)

    def __call__(self, job: Job) -> EmbedReport:
        return _with_receipt(self._write, job) if self.receipt else self._write(job, _output(job))

    def _write(self, job: Job, output: Path) -> EmbedReport:
        overwrite = self.overwrite or self.in_place
        if self.resume and output.exists():
            try:
                _, lacking = lacks_rights(output, self.rights, None)
                if not lacking:
                    return _done_before(job, self.dry_run)
                _refuse_unless(overwrite, output, f"has another notice, or none: {', '.join(lacking)}")
            except CorruptFile:
                overwrite = True  # see EmbedTask
            except UnsupportedFormat as error:
                _refuse_unless(overwrite, output, f"is no work that can be read ({error})")
        rights = self.rights.claimed()
        how = OutputOptions(self.dry_run)
        report = write_rights(job.path, output, rights, overwrite=overwrite, options=self.notice, output=how)
        return noticed(job.path, report)


@dataclass(frozen=True, slots=True)
class RemoveTask:
    """Take out of a file what says exactly what `rights` say."""

    rights: Rights
    overwrite: bool = False
    receipt: bool = False
    dry_run: bool = False

    def __call__(self, job: Job) -> RemovalReport:
        return _with_receipt(self._remove, job) if self.receipt else self._remove(job, _output(job))

    def _remove(self, job: Job, output: Path) -> RemovalReport:
        how = OutputOptions(self.dry_run)
        removed = remove_rights(job.path, output, self.rights, overwrite=self.overwrite, output=how)
        return RemovalReport(job.path, output, "removed", removed, **removed.trace())


@dataclass(frozen=True, slots=True)
class UndoTask:
    """Bring back the notice that a file had before the run of its receipt, which is one of `receipts`."""

    receipts: Receipts
    overwrite: bool = False
    receipt: bool = False
    dry_run: bool = False

    def __call__(self, job: Job) -> RemovalReport:
        return _with_receipt(self._undo, job) if self.receipt else self._undo(job, _output(job))

    def _undo(self, job: Job, output: Path) -> RemovalReport:
        entry = self.receipts.receipt_for(job.path)
        how = OutputOptions(self.dry_run)
        undone = undo_rights(job.path, output, **entry, overwrite=self.overwrite, output=how)
        return RemovalReport(job.path, output, "undone", undone, **undone.trace())


@dataclass(frozen=True, slots=True)
class DetectTask:
    """Look for a mark of any of `keys`; that of the payload `expected` comes before all others."""

    keys: tuple[KeyFile, ...]
    first: bool = False
    expected: bytes | None = None

    def __call__(self, job: Job) -> DetectReport:
        keys = [file.load() for file in self.keys]
        found = detect_file(job.path, keys=keys, first=self.first, progress=report_progress)
        if self.expected is None or found.payload is None or found.carries(self.expected):
            return found
        # A picture that was marked with two keys is told by the first; the second may be the one that is
        # asked for.
        for key in keys:
            if key.name != found.key_name:
                other = detect_file(job.path, keys=key, first=self.first, progress=report_progress)
                if other.carries(self.expected):
                    mark = Mark(found.payload, found.key_name, found.log10_p, found.spans)
                    return replace(other, others=(*other.others, mark))
        return found


@dataclass(frozen=True, slots=True)
class ShowTask:
    """Read the notice of a file."""

    def __call__(self, job: Job) -> RightsReport:
        return read_rights(job.path)


@dataclass(frozen=True, slots=True)
class AuditTask:
    """Compare the notice of a copy with that of `original`."""

    original: Path

    def __call__(self, job: Job) -> AuditReport:
        return audit_rights(self.original, job.path)


def _output(job: Job) -> Path:
    assert job.output is not None, "a job without an output is not given to a task that writes"
    return job.output


def _done_before(
    job: Job, dry_run: bool, payload: bytes | None = None, key: Key | None = None
) -> EmbedReport:
    """The report on an output of an earlier run that is left as it is."""
    output = _output(job)
    traced = {} if dry_run else traces(digest(job.path), digest(output))
    report = EmbedReport(job.path, output, payload, action="skip", planned=dry_run, **traced)
    return _with_key(report, key) if key else report


def _with_key(report: EmbedReport, key: Key) -> EmbedReport:
    return replace(report, key_name=key.name, key_fingerprint=key.fingerprint)


def _with_receipt(work: Callable[[Job, Path], _Changed], job: Job) -> _Changed:
    """Do the work, and return its report with what it has changed."""
    output = _output(job)
    before = snapshot(job.path)
    report = work(job, output)
    return replace(report, receipt=receipt(before, snapshot(output)))


def _refuse_unless(overwrite: bool, output: Path, what: str) -> None:
    """Raise OutputError unless overwriting is allowed."""
    if not overwrite:
        raise OutputError(f"{output}: exists and {what}; move it away, or allow overwriting (--force)")

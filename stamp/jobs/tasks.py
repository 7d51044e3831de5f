"""Many files at once: what is done with each, as a task that can be sent to another process, and the run over
all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import CorruptFile, OutputError, StampError, UnsupportedFormat
from ..core.options import EmbedOptions
from ..core.reports import DetectReport, EmbedReport, Failure, Mark, RightsReport
from ..core.rights import Rights
from ..pipeline.audit import AuditReport
from ..pipeline.files import (
    audit_rights,
    detect_file,
    embed_file,
    marked_over,
    read_rights,
    remove_rights,
    write_rights,
)
from ..pipeline.receipts import Receipts, receipt, snapshot
from ..pipeline.removals import undo_rights
from ..storage.atomic import discard_leftovers
from .plan import Job
from .pool import Crash, News, report_progress, run
from .resume import check_whole, lacks_rights, lacks_sound, mark_in

if TYPE_CHECKING:
    from ..core.key import Key

_DAY = 24 * 60 * 60.0  # seconds

Entry = EmbedReport | DetectReport | RightsReport | AuditReport | Failure


def run_jobs(
    task: Callable[[Job], Entry],
    jobs: Sequence[Job],
    processes: int,
    news: News = lambda index, done, total: None,
) -> Iterator[tuple[int, Entry]]:
    """Yield `(index, entry)` for each job as it is done, in any order. Nothing that is wrong with one file
    stops the others. `news` is called with a job's index while it is worked on: see `workers.run`."""
    doable = []
    for index, job in enumerate(jobs):
        if job.error is None:
            doable.append(index)
        else:
            yield index, _failure(job.path, job.error)

    def on_news(position: int, done: int, total: int) -> None:
        news(doable[position], done, total)

    def on_broken_off(position: int) -> None:
        if output := jobs[doable[position]].output:
            target = output.resolve()  # beside the file behind a link is where its writer worked
            discard_leftovers(target.parent, target=target)

    doable_jobs = [jobs[index] for index in doable]
    for position, result in run(_Guarded(task), doable_jobs, processes, on_news, on_broken_off):
        index = doable[position]
        if isinstance(result, Crash):
            path = jobs[index].path
            result = Failure(path, result.type, f"{path}: {result.message}", result.details)
        yield index, result


def tidy(jobs: Iterable[Job]) -> None:
    """Remove from the folders of the outputs what runs that were killed a day ago or more have left there."""
    for folder in {job.output.parent for job in jobs if job.output}:
        discard_leftovers(folder, older_than_s=_DAY)


@dataclass(frozen=True, slots=True)
class _Guarded:
    """The task, with what may well happen to a file turned into a `Failure`."""

    task: Callable[[Job], Entry]

    def __call__(self, job: Job) -> Entry:
        try:
            return self.task(job)
        except (StampError, OSError) as error:
            return _failure(job.path, error)


def _failure(path: Path, error: Exception) -> Failure:
    message = str(error)
    if isinstance(error, OSError) and not isinstance(error, StampError):
        message = error.strerror or message
    return Failure(path, type(error).__name__, message if str(path) in message else f"{path}: {message}")


@dataclass(frozen=True, slots=True)
class EmbedTask:
    """`embed_file`, `remove_rights` or `undo_rights`, with the options of a run; see `stamp embed --help`.
    `former` are keys whose marks `resume` takes for done, too."""

    key: Key | None
    payload: bytes | None = None
    rights: Rights | None = None
    strength: float = 1.0
    watermark: bool = True
    force: bool = False
    resume: bool = False
    in_place: bool = False
    options: EmbedOptions | None = None
    remove: bool = False
    undo: Receipts | None = None
    receipt: bool = False
    former: tuple[Key, ...] = ()

    def __call__(self, job: Job) -> EmbedReport:
        assert job.output is not None
        if not self.receipt:
            return self._embed(job, job.output)
        before = snapshot(job.path)
        report = self._embed(job, job.output)
        return replace(report, receipt=receipt(before, snapshot(job.output)))

    def _embed(self, job: Job, output: Path) -> EmbedReport:
        overwrite = self.force or self.in_place
        if self.undo:
            undone = undo_rights(job.path, output, **self.undo.told_of(job.path), overwrite=overwrite)
            return EmbedReport(job.path, output, metadata=undone, notes=undone.notes)
        if self.remove:
            assert self.rights is not None
            removed = remove_rights(job.path, output, self.rights, overwrite=overwrite)
            return EmbedReport(job.path, output, metadata=removed, notes=removed.notes)
        found = None
        if self.resume and output.exists():
            try:
                if self.watermark and self.key:
                    found = mark_in(output, (self.key, *self.former))
                if done := self._done(job, output, found):
                    return done
            except CorruptFile:
                # In place, the source is what cannot be read, and embed_file says so. Elsewhere it is an
                # output that somebody else cut short: ours appear whole.
                overwrite = True
            except UnsupportedFormat as error:
                self._refuse(output, f"is no work that can be read ({error})")
        report = embed_file(
            job.path,
            output,
            self.payload or (found and found[0]),
            key=self.key,
            rights=self.rights and self.rights.for_writing(date.today().year),
            strength=self.strength,
            overwrite=overwrite,
            watermark=self.watermark,
            options=self.options,
            progress=report_progress,
        )
        return marked_over(report, found[0].hex()) if found and self.in_place else report

    def _done(self, job: Job, output: Path, found: tuple[bytes, Key] | None) -> EmbedReport | None:
        """The report on an output of an earlier run, in which this mark was found; None where it is to be
        made anew.

        A notice that a marked output lacks is written into it, where overwriting is allowed: the mark and its
        payload stay as they are.
        """
        payload = None
        if self.watermark:
            if found is None:
                self._refuse(
                    output, "carries no mark of this key (a former one goes into another --key-file)"
                )
                return None
            payload, key = found
            if self.payload not in (None, payload):
                self._refuse(output, f"carries {payload.hex()}, another payload")
                return None
            if self.options and self.options.audio and lacks_sound(output, payload, key):
                pictures = f"carries {payload.hex()} in its pictures alone"
                if self.in_place:
                    raise OutputError(
                        f"{output}: {pictures}; for a mark in its sound, begin with the original"
                    )
                self._refuse(output, pictures)
                return None
        if self.rights is None:
            check_whole(output, job.path)
            return EmbedReport(job.path, output, payload, resumed=True)
        rights, lacking = lacks_rights(output, self.rights, payload)
        if not lacking:
            return EmbedReport(job.path, output, payload, resumed=True)
        self._refuse(output, f"has another notice, or none: {', '.join(lacking)}")
        if payload is None:
            return None
        report = write_rights(output, output, rights, overwrite=True)
        return EmbedReport(job.path, output, payload, metadata=report, notes=report.notes)

    def _refuse(self, output: Path, what: str) -> None:
        """Raises OutputError unless overwriting is allowed."""
        if not (self.force or self.in_place):
            raise OutputError(f"{output}: exists and {what}; move it away, or allow overwriting (--force)")


@dataclass(frozen=True, slots=True)
class DetectTask:
    """`detect_file` with the keys of a run; the mark of the payload `expected` comes before all others."""

    keys: tuple[Key, ...]
    first: bool = False
    expected: bytes | None = None

    def __call__(self, job: Job) -> DetectReport:
        found = detect_file(job.path, keys=self.keys, first=self.first, progress=report_progress)
        if self.expected is None or found.payload is None or found.carries(self.expected):
            return found
        # A picture that was marked with two keys is told by the first; the second may be the one that is
        # asked for.
        for key in self.keys:
            if key.name != found.key_name:
                other = detect_file(job.path, keys=key, first=self.first, progress=report_progress)
                if other.carries(self.expected):
                    mark = Mark(found.payload, found.key_name, found.log10_p, found.spans)
                    return replace(other, others=(*other.others, mark))
        return found


@dataclass(frozen=True, slots=True)
class AuditTask:
    """`audit_rights` of copies against one original."""

    original: Path

    def __call__(self, job: Job) -> AuditReport:
        return audit_rights(self.original, job.path)


@dataclass(frozen=True, slots=True)
class ShowTask:
    """`read_rights`."""

    def __call__(self, job: Job) -> RightsReport:
        return read_rights(job.path)

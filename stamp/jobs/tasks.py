"""What is done with one file: a task a verb.

A task is plain data, for it goes to other processes: it names files, key files among them, and holds no
secret. Calling it with a `Job` does the work and returns the report.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ..catalogue.policy import Policy
from ..catalogue.terms import Use
from ..core import words
from ..core.credentials import CredentialsReport
from ..core.detection import Mark
from ..core.errors import CorruptFile, NoticeNotWritten, OutputError, UnsupportedFormat, UnwritableFile
from ..core.key import Key
from ..core.options import CopyOptions, EmbedOptions, NoticeOptions, SignOptions
from ..core.payload import Payload
from ..core.reports import (
    AuditReport,
    DetectReport,
    EmbedReport,
    Failure,
    RemovalReport,
    Report,
    RightsReport,
)
from ..core.rights import Rights
from ..core.verdict import CheckRecord
from ..core.visible import VisibleNotice
from ..formats.sniff import kind_of, known_kind
from ..pipeline.checking import check_file
from ..pipeline.credentials import is_signed, read_credentials, sign_file
from ..pipeline.drawing import draw_marks
from ..pipeline.files import (
    audit_rights,
    detect_file,
    embed_file,
    note_earlier_mark,
    noticed,
    payload_in,
    read_rights,
    remove_rights,
    write_rights,
)
from ..pipeline.notice import check_notice, write_notice
from ..pipeline.receipts import Receipts
from ..pipeline.registering import Entry as InCatalogue
from ..pipeline.registering import adopted
from ..pipeline.removals import undo_rights
from ..storage.digest import digest, traces
from .catalogues import CatalogueEntry, opened
from .journal import Journal, Placing, written_down
from .keys import KeyFile
from .monitoring import Fingerprints
from .plan import Job, Sending, Takes, known, noted, searchable, works, writable
from .pool import report_progress
from .resume import check_whole, lacks_rights, lacks_sound, mark_in

Entry = Report | Failure
Task = Callable[[Job], Report]


@dataclass(frozen=True, slots=True)
class EmbedTask:
    """Mark a work, and write its notice.

    key : what it is marked with. former : other keys whose marks `resume` takes for done.
    payload : 8 bytes; drawn at random for each file where None.
    rights : the notice, which may say `{year}`; None leaves the metadata as it is.
    notice : what may be done to a notice that is there already.
    strength, options : see `embed_file`; of the options, each work takes those that do something for it.
    overwrite : allow outputs to exist, and works to be marked again. in_place : the outputs are the sources.
    resume : leave outputs alone that carry the mark and the notice.
    journal : where what is changed is written down.
    preserve_times, dry_run : see `OutputOptions`.
    entry : where the copies are written down; None for nowhere.
    visible : what is drawn into photos and clips; `resume` does not look for it.
    sign : who signs them; None for nobody. `resume` takes none for done that are not signed.
    """

    key: KeyFile
    payload: bytes | None = None
    rights: Rights | None = None
    strength: float = 1.0
    options: EmbedOptions | None = None
    overwrite: bool = False
    in_place: bool = False
    resume: bool = False
    journal: Journal | None = None
    preserve_times: bool | None = None
    dry_run: bool = False
    former: tuple[KeyFile, ...] = ()
    notice: NoticeOptions = field(default_factory=NoticeOptions)
    entry: CatalogueEntry | None = None
    visible: VisibleNotice | None = None
    sign: SignOptions | None = None

    def __call__(self, job: Job) -> EmbedReport:
        return written_down(self._embed, job, self.journal, self.preserve_times, self.dry_run)

    def _embed(self, job: Job, placing: Placing) -> EmbedReport:
        overwrite, output = self.overwrite or self.in_place, placing.output
        key = self.key.load()
        found = None
        if self.resume and output.exists():
            try:
                found = mark_in(output, (key, *(file.load() for file in self.former)))
                if done := self._done(job, placing, found):
                    return self._adopted(done, found, job.sending)
            except NoticeNotWritten:
                raise
            except CorruptFile:
                # In place, the source is what cannot be read, and embed_file says so. Elsewhere it is an
                # output that somebody else cut short: ours appear whole.
                overwrite = True
            except UnsupportedFormat as error:
                _refuse_unless(overwrite, output, f"is no work that can be read ({error})")
        payload = self.payload or (found and found[0])
        placing.payload = payload or (job.sending and job.sending.payload) or os.urandom(8)
        entry = self.entry.open() if self.entry else None
        wanted = entry is not None and not self.dry_run and (job.sending is None or job.sending.prints)
        prints = Fingerprints(job.path, wanted=wanted)
        is_song = known_kind(job.path) == "audio"
        report = embed_file(
            job.path,
            output,
            payload if self.dry_run else placing.payload,
            key=key,
            notice=self.notice,
            rights=self.rights and self.rights.claimed(),
            strength=self.strength,
            overwrite=overwrite,
            remark=self.overwrite,
            options=self.options and self.options.fitting(kind_of(job.path)),
            progress=report_progress,
            output=placing.options,
            catalogue=entry.catalogue if entry else None,
            copy=self._copy_of(entry, found, job.sending) if entry else None,
            visible=None if is_song else self.visible,
            sign=self.sign,
        )
        if entry and report.known:
            try:
                prints.add(entry.catalogue, report.known.work)
            except UnwritableFile as error:  # the file is whole and known
                report = report.with_note(f"{error}; `stamp works index` adds it later")
        if is_song and self.visible:
            report = report.with_note("a song shows nothing: there is no visible notice")
        return note_earlier_mark(report, found[0].hex()) if found and self.in_place else report

    def _copy_of(
        self, entry: InCatalogue, found: tuple[Payload, Key] | None, sending: Sending | None
    ) -> CopyOptions:
        """What is written down of the copy. One that was made before, and is made anew with the same payload,
        stays one of the same work."""
        known = entry.catalogue.lookup(*found) if found and self.payload in (None, found[0]) else None
        options = _meant(entry.options, sending)
        return replace(options, work=known.work) if known else options

    def _adopted(
        self, done: EmbedReport, found: tuple[Payload, Key] | None, sending: Sending | None
    ) -> EmbedReport:
        """The report on an output of an earlier run, which the catalogue knows of from now on."""
        if self.entry is None or found is None:
            return done
        assert isinstance(done.path, Path)
        assert isinstance(done.output, Path)
        entry = self.entry.open()
        meant = replace(entry, options=_meant(entry.options, sending))
        known = adopted(meant, done.path, done.output, kind_of(done.output), *found)
        return replace(done, known=known)

    def _done(self, job: Job, placing: Placing, found: tuple[Payload, Key] | None) -> EmbedReport | None:
        """Return the report on an output of an earlier run, in which this mark was found; None where it is to
        be made anew.

        A notice that a marked output lacks is written into it, where overwriting is allowed: the mark and its
        payload stay as they are.
        """
        overwrite, output = self.overwrite or self.in_place, placing.output
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
        if self.sign and not is_signed(output):
            _refuse_unless(overwrite, output, "is not signed")
            return None
        if self.rights is None:
            check_whole(output, job.path)
            return _done_before(job, self.dry_run, payload, key)
        rights, lacking = lacks_rights(output, self.rights, payload, self.notice)
        if not lacking:
            return _done_before(job, self.dry_run, payload, key)
        _refuse_unless(overwrite, output, f"has another notice, or none: {', '.join(lacking)}")
        if self.sign:  # whose signature another notice would break
            return None
        # The notice of an output is ours, or the source's.
        check_notice(job.path, rights, self.notice)
        allowed = replace(self.notice, replace_rights=True)
        placing.payload = payload
        report = write_notice(output, output, rights, overwrite=True, options=allowed, output=placing.options)
        done = _with_key(noticed(job.path, report, payload), key)
        if self.dry_run:
            return done
        source = digest(job.path)  # and not what the output was before
        return replace(done, sha256_before=source.sha256, bytes_before=source.size)


@dataclass(frozen=True, slots=True)
class NoticeTask:
    """Write a notice and no mark. The fields are those of `EmbedTask`."""

    rights: Rights
    overwrite: bool = False
    in_place: bool = False
    resume: bool = False
    journal: Journal | None = None
    preserve_times: bool | None = None
    dry_run: bool = False
    notice: NoticeOptions = field(default_factory=NoticeOptions)

    def __call__(self, job: Job) -> EmbedReport:
        return written_down(self._write, job, self.journal, self.preserve_times, self.dry_run)

    def _write(self, job: Job, placing: Placing) -> EmbedReport:
        overwrite, output = self.overwrite or self.in_place, placing.output
        if self.resume and output.exists():
            try:
                _, lacking = lacks_rights(output, self.rights, None, self.notice)
                if not lacking:
                    return _done_before(job, self.dry_run)
                _refuse_unless(overwrite, output, f"has another notice, or none: {', '.join(lacking)}")
            except CorruptFile:
                overwrite = True  # see EmbedTask
            except NoticeNotWritten:
                raise
            except UnsupportedFormat as error:
                _refuse_unless(overwrite, output, f"is no work that can be read ({error})")
        rights = self.rights.claimed()
        report = write_rights(
            job.path, output, rights, overwrite=overwrite, options=self.notice, output=placing.options
        )
        return noticed(job.path, report)


@dataclass(frozen=True, slots=True)
class RemoveTask:
    """Take out of a file what says exactly what `rights` say."""

    rights: Rights
    overwrite: bool = False
    journal: Journal | None = None
    preserve_times: bool | None = None
    dry_run: bool = False

    def __call__(self, job: Job) -> RemovalReport:
        return written_down(self._remove, job, self.journal, self.preserve_times, self.dry_run)

    def _remove(self, job: Job, placing: Placing) -> RemovalReport:
        removed = remove_rights(
            job.path, placing.output, self.rights, overwrite=self.overwrite, output=placing.options
        )
        return RemovalReport(job.path, placing.output, "removed", removed, **removed.trace())


@dataclass(frozen=True, slots=True)
class UndoTask:
    """Bring back the notice that a file had before the run of its receipt, which is one of `receipts`."""

    receipts: Receipts
    overwrite: bool = False
    journal: Journal | None = None
    preserve_times: bool | None = None
    dry_run: bool = False

    def __call__(self, job: Job) -> RemovalReport:
        return written_down(self._undo, job, self.journal, self.preserve_times, self.dry_run)

    def _undo(self, job: Job, placing: Placing) -> RemovalReport:
        entry = self.receipts.receipt_for(job.path)
        undone = undo_rights(
            job.path, placing.output, **entry, overwrite=self.overwrite, output=placing.options
        )
        return RemovalReport(job.path, placing.output, "undone", undone, **undone.trace())


@dataclass(frozen=True, slots=True)
class DetectTask:
    """Look for a mark of any of `keys`; that of the payload `expected` comes before all others. `catalogue`
    is asked what it means. `original` is the work before it was marked. `picture` : where a photo is drawn
    with the places of its marks, in a folder under its own name."""

    keys: tuple[KeyFile, ...]
    first: bool = False
    expected: bytes | None = None
    catalogue: str | None = None
    original: Path | None = None
    picture: Path | None = None

    def __call__(self, job: Job) -> DetectReport:
        keys = [file.load() for file in self.keys]
        found = self._found(job, keys)
        if self.picture is not None and found.size is not None and found.present:
            draw_marks(
                found, self.picture / f"{job.path.name}.png" if self.picture.is_dir() else self.picture
            )
        if self.catalogue is None or found.payload is None:
            return found
        key = next(key for key in keys if key.name == found.key_name)
        known = opened(self.catalogue).lookup(found.payload, key)
        return replace(found, known=known, is_unknown=known is None)

    def _found(self, job: Job, keys: list[Key]) -> DetectReport:
        look = partial(detect_file, first=self.first, progress=report_progress, original=self.original)
        found = look(job.path, keys=keys)
        if self.expected is None or found.payload is None or found.carries(self.expected):
            return found
        # A picture that was marked with two keys is reported by the first; the second may be the one that is
        # asked for.
        for key in keys:
            if key.name != found.key_name:
                other = look(job.path, keys=key)
                if other.carries(self.expected):
                    mark = Mark(
                        found.payload, found.key_name, found.log10_p, found.spans, found.region, found.seen
                    )
                    return replace(other, others=(*other.others, mark))
        return found


@dataclass(frozen=True, slots=True)
class ShowTask:
    """Read the notice of a file. `catalogue` is asked what the payload in it means."""

    catalogue: str | None = None

    def __call__(self, job: Job) -> RightsReport:
        report = read_rights(job.path)
        payload = payload_in(report.rights.identifier)
        if self.catalogue is None or payload is None:
            return report
        if known := opened(self.catalogue).lookup(payload):
            return replace(report, known=known)
        return replace(report, notes=(*report.notes, words.without_record(payload)))


@dataclass(frozen=True, slots=True)
class AuditTask:
    """Compare the notice of a copy with that of `original`."""

    original: Path

    def __call__(self, job: Job) -> AuditReport:
        return audit_rights(self.original, job.path)


@dataclass(frozen=True, slots=True)
class CheckTask:
    """Ask the catalogue whether a file may be used so.

    keys : marks of these are looked for. use : what is asked; its action is that of the kind of work where
        `usual` is true: photos are displayed, clips and songs played.
    """

    catalogue: str
    use: Use
    usual: bool
    policy: Policy
    keys: tuple[KeyFile, ...] = ()

    def __call__(self, job: Job) -> CheckRecord:
        action = "display" if kind_of(job.path) == "image" else "play"
        return check_file(
            opened(self.catalogue),
            job.path,
            replace(self.use, action=action) if self.usual else self.use,
            keys=[file.load() for file in self.keys],
            policy=self.policy,
            progress=report_progress,
        )


@dataclass(frozen=True, slots=True)
class SignTask:
    """Sign a work as it is.

    keys : the mark of one of them becomes the soft binding. parent : what the work was made of; None for
    itself. catalogue : keeps the manifest of what it knows. The rest is as in `EmbedTask`.
    """

    sign: SignOptions
    keys: tuple[KeyFile, ...] = ()
    parent: Path | None = None
    catalogue: str | None = None
    overwrite: bool = False
    in_place: bool = False
    journal: Journal | None = None
    preserve_times: bool | None = None
    dry_run: bool = False

    def __call__(self, job: Job) -> EmbedReport:
        return written_down(self._sign, job, self.journal, self.preserve_times, self.dry_run)

    def _sign(self, job: Job, placing: Placing) -> EmbedReport:
        return sign_file(
            job.path,
            placing.output,
            self.sign,
            keys=[file.load() for file in self.keys],
            parent=self.parent,
            catalogue=opened(self.catalogue) if self.catalogue else None,
            overwrite=self.overwrite or self.in_place,
            output=placing.options,
        )


@dataclass(frozen=True, slots=True)
class CredentialsTask:
    """Read the Content Credentials of a file. The fields are arguments of `read_credentials`."""

    trust: Path | None = None
    store: Path | None = None
    keys: tuple[KeyFile, ...] = ()
    catalogue: str | None = None

    def __call__(self, job: Job) -> CredentialsReport:
        keys = [file.load() for file in self.keys]
        catalogue = opened(self.catalogue) if self.catalogue else None
        return read_credentials(job.path, trust=self.trust, store=self.store, catalogue=catalogue, keys=keys)


def taken_by(task: Task) -> Takes:
    """Return which files a walk picks up for a task; what it can do nothing with is passed over."""
    if isinstance(task, NoticeTask):
        return known if task.notice.sidecar else writable
    if isinstance(task, DetectTask):
        return searchable
    return works if isinstance(task, EmbedTask | SignTask) else noted


def _done_before(
    job: Job, dry_run: bool, payload: Payload | None = None, key: Key | None = None
) -> EmbedReport:
    """The report on an output of an earlier run that is left as it is."""
    assert job.output is not None
    traced = {} if dry_run else traces(job.path, job.output)
    report = EmbedReport(job.path, job.output, payload, action="skip", planned=dry_run, **traced)
    return _with_key(report, key) if key else report


def _meant(options: CopyOptions, sending: Sending | None) -> CopyOptions:
    """What is written down of a copy, with the places that are meant where files are copies of objects."""
    if sending is None:
        return options
    return replace(options, source=str(sending.source), output=str(sending.output))


def _with_key(report: EmbedReport, key: Key) -> EmbedReport:
    return replace(report, key_name=key.name, key_fingerprint=key.fingerprint)


def _refuse_unless(overwrite: bool, output: Path, what: str) -> None:
    """Raise OutputError unless overwriting is allowed."""
    if not overwrite:
        raise OutputError(f"{output}: exists and {what}; move it away, or allow overwriting (--force)")

"""Works in stores: which there are, and how a task for files is done with one of them.

A source is fetched into a private folder and worked on there; the result is put into the store in the moment
in which a file would get its name: row first, object last. What is said of each object that is made is enough
for `--resume` to know it again without fetching it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from ..core.errors import OutputError, StampError
from ..core.key import Key
from ..core.reports import EmbedReport, Report
from ..core.url import Place, Url
from ..storage import remote as store
from ..storage.digest import digest
from ..storage.private import private_folder, sweep
from ..storage.remote import Stored
from .plan import Job, Sending
from .tasks import EmbedTask, NoticeTask, Task

_SCHEMA = "stamp.remote/1"
_LONGEST = 180  # bytes of a name in the private folder; those of keys may be longer than a file's
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_WRONG = {
    "stampsource": "was made of another source, or of this one before it was changed",
    "stampkey": "carries the mark of another key",
    "stamppayload": "carries another payload",
    "stampnotice": "has another notice",
}


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """One input with its output, in stores or on a disk that all workers share.

    error : why it cannot be done. version : of the source when it was listed; see `Stored`. payload : of the
    mark, if the task has none: drawn by who plans, so that one who tries again marks with the same.
    """

    path: Place
    output: Place | None = None
    error: StampError | None = None
    version: str | None = None
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class RemoteTask:
    """A task for files, done with copies of what is in stores.

    task : what is done. read : believe nothing that is said of outputs that are there: look into them, as
        into files. prints : whether the fingerprints of works are to be taken here.
    """

    task: Task
    read: bool = False
    prints: bool = True

    def __call__(self, job: RemoteJob) -> Report:
        _sweep_once()
        output = job.output
        there = store.look(output) if isinstance(output, Url) else None
        if there is not None and not self.read:
            if done := self._done(job, there):
                return done
            if not self._overwrite:
                raise store.exists(there.url)
        with private_folder() as folder:
            return self._worked(job, folder, there)

    def _worked(self, job: RemoteJob, folder: Path, there: Stored | None) -> Report:
        source, output = job.path, job.output
        local = {
            place: self._local(place, folder / side)
            for side, place in (("in", source), ("out", output))
            if place
        }
        version = store.fetch(source, local[source]).version if isinstance(source, Url) else _version(source)
        if there is not None and self.read:
            store.fetch(there.url, local[there.url])

        def send(draft: Path, payload: bytes | None) -> None:
            if isinstance(output, Url):
                said = self._said(version, payload) | {"stampsha256": digest(draft).sha256}
                _put(draft, output, said, overwrite=there is not None or self._overwrite)

        sending = Sending(source, output, job.payload, send, self.prints)
        with _naming(local):
            report = self.task(Job(local[source], local[output] if output else None, sending=sending))
        return _named(report, local)

    @staticmethod
    def _local(meant: Place, folder: Path) -> Path:
        if isinstance(meant, Path):
            return meant
        folder.mkdir(exist_ok=True)
        stem = _UNSAFE.sub("_", meant.stem).encode(errors="replace")[:_LONGEST].decode(errors="ignore")
        return folder / f"{stem.lstrip('.') or 'object'}{_UNSAFE.sub('_', meant.suffix)}"

    @property
    def _overwrite(self) -> bool:
        return isinstance(self.task, EmbedTask | NoticeTask) and self.task.overwrite

    def _said(self, version: str, payload: bytes | None) -> dict[str, str]:
        """What is said of an object that this task makes of a source of this version. The payload is in it as
        a hash under the key: who may list objects need not know whose copy is whose."""
        task = self.task
        said = {"stampschema": _SCHEMA, "stampsource": version}
        if isinstance(task, EmbedTask) and payload is not None:
            key = task.key.load()
            said |= {"stampkey": key.fingerprint, "stamppayload": hashed(payload, key)}
        rights = task.rights if isinstance(task, EmbedTask | NoticeTask) else None
        notice = json.dumps(rights.to_dict() if rights else None, sort_keys=True)
        return said | {"stampnotice": hashlib.sha256(notice.encode()).hexdigest()}

    def _done(self, job: RemoteJob, there: Stored) -> Report | None:
        """Return the report on an output of an earlier run, by what was said of it; None where it is to be
        made anew.

        Raises OutputError where it is not what this run would make, and must not be replaced.
        """
        task = self.task
        if not isinstance(task, EmbedTask | NoticeTask) or not task.resume:
            return None
        keys = [file.load() for file in (task.key, *task.former)] if isinstance(task, EmbedTask) else []
        said = there.said
        key = next((each for each in keys if each.fingerprint == said.get("stampkey")), None)
        wanted = {**self._said(job.version or _version(job.path), None)}
        if keys:
            wanted["stampkey"] = (key or keys[0]).fingerprint
        if key and isinstance(task, EmbedTask) and task.payload is not None:
            wanted["stamppayload"] = hashed(task.payload, key)
        wrong = [name for name in wanted if said.get(name) != wanted[name]]
        if not wrong:
            return _done_before(job, there, key, planned=task.dry_run)
        if self._overwrite:
            return None
        what = "says nothing of how it was made" if "stampschema" in wrong else _WRONG[wrong[0]]
        remedies = "have it read (--resume-read), move it away, or allow overwriting (--force)"
        raise OutputError(f"{there.url}: exists and {what}; {remedies}")


def _done_before(job: RemoteJob, there: Stored, key: Key | None, *, planned: bool) -> EmbedReport:
    return EmbedReport(
        job.path,
        job.output,
        action="skip",
        planned=planned,
        key_name=key.name if key else None,
        key_fingerprint=key.fingerprint if key else None,
        sha256_after=there.said.get("stampsha256"),
        bytes_after=there.size,
    )


def hashed(payload: bytes, key: Key) -> str:
    """Return what is said of the payload of an object: 64 hexadecimal digits that only the key's holder can
    tell from others."""
    return hmac.digest(key.stream("stamp.remote/1/payload", 32), payload, "sha256").hex()


def _version(source: Place) -> str:
    """Another text whenever the source was changed; empty where it is not there."""
    if isinstance(source, Url):
        found = store.look(source)
        return found.version if found else ""
    try:
        status = source.stat()
    except OSError:  # its reader will say why
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def _put(draft: Path, url: Url, said: Mapping[str, str], *, overwrite: bool) -> None:
    """Put a finished draft. One that is there is as good where it was made of the same by the same run: by a
    worker that was taken for dead."""
    try:
        store.put(draft, url, said, overwrite=overwrite)
    except OutputError:
        there = store.look(url)
        if there is None or not said.items() <= there.said.items():
            raise


@contextmanager
def _naming(local: Mapping[Place, Path]) -> Iterator[None]:
    """Name in errors what is meant, and not its copy."""
    try:
        yield
    except StampError as error:
        error.args = tuple(_meant(each, local) if isinstance(each, str) else each for each in error.args)
        if error.path is not None:
            error.path = _meant(os.fspath(error.path), local)
        raise


def _named(report: Report, local: Mapping[Place, Path]) -> Report:
    """The report, with the places that are meant."""
    meant = {copy: place for place, copy in local.items()}
    changed: dict[str, Any] = {}
    for name in ("path", "output"):
        place = getattr(report, name, None)
        if place in meant:
            changed[name] = meant[place]
    if notes := getattr(report, "notes", ()):
        changed["notes"] = tuple(_meant(note, local) for note in notes)
    if isinstance(report, EmbedReport) and report.metadata:
        metadata = report.metadata
        changed["metadata"] = replace(metadata, path=meant.get(cast(Path, metadata.path), metadata.path))
    return cast(Report, replace(cast(Any, report), **changed))


def _meant(text: str, local: Mapping[Place, Path]) -> str:
    for place, copy in local.items():
        text = text.replace(str(copy), str(place))
    return text


@cache
def _sweep_once() -> None:
    sweep()

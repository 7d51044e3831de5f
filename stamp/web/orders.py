"""What the workers do: an order a route, plain data for other processes, called there. What decodes files is
imported there, too: the service itself needs none of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..catalogue.policy import Policy
from ..catalogue.terms import Use
from ..core.errors import CatalogueError, StampError, UnsupportedFormat
from ..core.key import Key
from ..core.limits import StampLimits, limited
from ..core.options import CopyOptions
from ..core.reports import DetectReport, EmbedReport, Failure
from ..core.rights import Rights
from ..core.verdict import CheckRecord
from ..evidence.options import PacketOptions
from ..formats.sniff import sniff_path
from ..jobs.catalogues import CatalogueEntry, opened
from ..jobs.keys import KeyFile, adopt
from ..jobs.plan import Job
from ..pipeline.finding import Seen, add_find, media_type

SCHEMAS = {"detect": "stamp.detect/1", "embed": "stamp.embed/1", "check": "stamp.check/1"}
_SHOWN = "the file"


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an order.

    entry : of the JSON document. failed : whether it says what is wrong. picture : a JPEG, drawn anew.
    output, media_type : the file that was made. name : what it is called, if not after the upload.
    """

    entry: dict[str, Any]
    failed: bool = False
    picture: bytes | None = None
    output: Path | None = None
    media_type: str = ""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Detect:
    """Look for a mark. path : the upload. catalogue : its place, None for none. picture : whether to draw
    what was looked at."""

    path: Path
    keys: tuple[KeyFile, ...]
    catalogue: str | None = None
    picture: bool = False

    def __call__(self) -> Done:
        from ..jobs.tasks import DetectTask
        from ..pipeline.glimpse import glimpse

        _known(self.path)
        report: DetectReport = DetectTask(self.keys, catalogue=self.catalogue)(Job(self.path))
        drawn = glimpse(self.path, report) if self.picture else None
        return Done(report.to_dict() | {"path": None}, picture=drawn)

    def failure(self, kind: str, message: str) -> dict[str, Any]:
        """Return the entry that says what is wrong."""
        return _failed("detect", kind, message)


@dataclass(frozen=True, slots=True)
class Check:
    """Ask the catalogue whether a file may be used so. usual : the action is that of its kind of work."""

    path: Path
    keys: tuple[KeyFile, ...]
    catalogue: str
    use: Use
    usual: bool

    def __call__(self) -> Done:
        from ..jobs.tasks import CheckTask

        _known(self.path)
        task = CheckTask(self.catalogue, self.use, self.usual, Policy(), self.keys)
        record: CheckRecord = task(Job(self.path))
        return Done(record.to_dict() | {"path": None})

    def failure(self, kind: str, message: str) -> dict[str, Any]:
        """Return the entry that says what is wrong."""
        return _failed("check", kind, message)


@dataclass(frozen=True, slots=True)
class Embed:
    """Mark a file. name : what the browser called it, for the title. The original is kept among the documents
    of the catalogue: else a find could be compared with nothing."""

    path: Path
    key: KeyFile
    catalogue: str | None
    name: str
    copy: CopyOptions
    rights: Rights | None

    def __call__(self) -> Done:
        from ..jobs.tasks import EmbedTask

        kind = media_type(self.path)
        output = self.path.with_name(f"marked{_known(self.path)}")
        source, entry = self.path, None
        if self.catalogue is not None:
            catalogue = opened(self.catalogue)
            copy = replace(
                self.copy, title=self.copy.title or (None if self.copy.work else Path(self.name).stem)
            )
            if copy.recipient and not _is_party(self.catalogue, copy.recipient):
                catalogue.parties.add(copy.recipient)
            entry = CatalogueEntry(self.catalogue, catalogue.resolved(copy))
            kept = catalogue.documents.keep(self.path, kind, name=self.name)
            source = catalogue.documents.path(kept)
        report: EmbedReport = EmbedTask(self.key, rights=self.rights, entry=entry)(Job(source, output))
        return Done(report.to_dict() | {"path": None, "output": None}, output=output, media_type=kind)

    def failure(self, kind: str, message: str) -> dict[str, Any]:
        """Return the entry that says what is wrong."""
        return _failed("embed", kind, message)


@dataclass(frozen=True, slots=True)
class AddFind:
    """Keep a file that was found elsewhere. work : named by hand."""

    path: Path
    keys: tuple[KeyFile, ...]
    catalogue: str
    name: str
    seen: Seen
    work: str | None

    def __call__(self) -> Done:
        keys = [file.load() for file in self.keys]
        found = add_find(
            opened(self.catalogue), self.path, keys=keys, seen=self.seen, work=self.work, name=self.name
        )
        return Done(found.to_dict())

    def failure(self, kind: str, message: str) -> dict[str, Any]:
        """Return the entry that says what is wrong."""
        return {"find": None, "error": {"type": kind, "message": message}}


@dataclass(frozen=True, slots=True)
class CompareFind:
    """Compare a find with the original of its work, and draw the two. folder : for the picture meanwhile."""

    reference: str
    catalogue: str
    folder: Path

    def __call__(self) -> Done:
        from ..pipeline.comparing import compare_find, covering, draw

        catalogue, target = opened(self.catalogue), self.folder / "drawn.jpg"
        done = compare_find(catalogue, self.reference, draw=True)
        draw(done, target)
        picture = target.read_bytes() if done.picture is not None else None
        return Done(done.find.to_dict() | {"licences": covering(catalogue, done.find)}, picture=picture)

    def failure(self, kind: str, message: str) -> dict[str, Any]:
        """Return the entry that says what is wrong."""
        return {"find": None, "error": {"type": kind, "message": message}}


@dataclass(frozen=True, slots=True)
class Match:
    """Find which works of the catalogue a file shows or plays. blind : look for a mark also where no work was
    found."""

    path: Path
    keys: tuple[KeyFile, ...]
    catalogue: str
    blind: bool = False

    def __call__(self) -> Done:
        from ..jobs.monitoring import MatchTask

        _known(self.path)
        report = MatchTask(self.catalogue, self.keys, self.blind)(Job(self.path))
        return Done(report.to_dict() | {"path": None})

    def failure(self, kind: str, message: str) -> dict[str, Any]:
        """Return the entry that says what is wrong."""
        return _failed("match", kind, message)


@dataclass(frozen=True, slots=True)
class MakePacket:
    """Make a packet of evidence on a find. folder : for it. name : what it is called."""

    find: str
    catalogue: str
    folder: Path
    language: str
    name: str

    def __call__(self) -> Done:
        from ..evidence.packet import make_packet

        target = self.folder / self.name
        made = make_packet(opened(self.catalogue), self.find, target, PacketOptions(self.language))
        entry = made.to_dict() | {"path": None}
        return Done(entry, output=target, media_type="application/zip", name=self.name)

    def failure(self, kind: str, message: str) -> dict[str, Any]:
        """Return the entry that says what is wrong."""
        empty = dict.fromkeys(("path", "sha256", "size", "evidence"))
        return empty | {"status": "error", "error": {"type": kind, "message": message}}


@dataclass(frozen=True, slots=True)
class VerifyPacket:
    """Check a packet of evidence, all of it."""

    path: Path

    def __call__(self) -> Done:
        from ..evidence.verify import verify_packet

        found = verify_packet(self.path)
        checks = [
            {"name": each.name, "state": each.state, "detail": _without_places(each.detail, self.path)}
            for each in found.checks
        ]
        return Done(found.to_dict() | {"path": None, "checks": checks})

    def failure(self, kind: str, message: str) -> dict[str, Any]:
        """Return the entry that says what is wrong."""
        return {
            "path": None,
            "status": "error",
            "checks": [],
            "error": {"type": kind, "message": message},
        }


Order = Detect | Check | Embed | AddFind | CompareFind | Match | MakePacket | VerifyPacket


@dataclass(frozen=True, slots=True)
class Worker:
    """What a process of the pool is given: the keys that it cannot read itself, and what a file may cost."""

    keys: Mapping[KeyFile, Key] = field(default_factory=dict)
    limits: StampLimits = field(default_factory=StampLimits)

    def __call__(self, order: Order) -> Done:
        """Do it; what may well be wrong with a file is an answer."""
        adopt(self.keys)
        try:
            with limited(self.limits):
                return order()
        except (StampError, OSError) as error:
            return refusal(order, error)


def refusal(order: Order, error: StampError | OSError) -> Done:
    """Return what is answered where an order cannot be done. No place on this computer is in it."""
    message = str(error)
    if isinstance(error, OSError) and not isinstance(error, StampError):
        message = error.strerror or type(error).__name__
    path = getattr(order, "path", None)
    message = _without_places(message, getattr(error, "path", None), path, path and path.parent)
    return Done(order.failure(type(error).__name__, message), failed=True)


def _without_places(message: str, *places: Path | None) -> str:
    for place in filter(None, places):
        message = message.replace(str(place), _SHOWN)
    return message.removeprefix(f"{_SHOWN}: ")


def _known(path: Path) -> str:
    """The suffix of a file's format. Raises UnsupportedFormat for what is no photo, clip or song."""
    found = sniff_path(path)
    if found is None or not found.names:
        raise UnsupportedFormat("is no photo, clip or song", path=path)
    return found.names[0].split()[0]


def _failed(command: str, kind: str, message: str) -> dict[str, Any]:
    return Failure(Path(), kind, message).to_dict(command) | {"path": None}


def _is_party(place: str, reference: str) -> bool:
    try:
        opened(place).resolved(CopyOptions(recipient=reference))
    except CatalogueError:
        return False
    return True

"""What the whole-file jobs report: frozen records, and their form in the JSON documents of the command line.

Within a schema version keys are only ever added. Numbers are in base units; what does not exist is null,
never a stand-in.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from .credentials import CredentialsReport, Signed
from .detection import Detection, Mark, Quad
from .known import KnownMark, entries_of
from .margin import Margin
from .matches import MatchReport, WatchReport
from .payload import Payload
from .rights import Rights, Value, plain
from .url import Place
from .verdict import CheckRecord
from .visible import VisibleReport

Action = Literal["mark", "notice", "sign", "skip"]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Which file was made of which, and when.

    date : when, in UTC. planned : nothing was written, this was a dry run.
    sha256_before, bytes_before : of the source, as it was read; 64 hexadecimal digits.
    sha256_after, bytes_after : of what was made of it. All four are None where nothing was written.
    """

    date: datetime = field(default_factory=_now, compare=False)
    planned: bool = False
    sha256_before: str | None = None
    sha256_after: str | None = None
    bytes_before: int | None = None
    bytes_after: int | None = None

    def trace(self) -> dict[str, Any]:
        """Return these fields by name, for another report on the same file."""
        return {each.name: getattr(self, each.name) for each in fields(Written)}

    def _traced(self) -> dict[str, Any]:
        """Return these fields as entries have them."""
        trace = self.trace() | {"date": iso(self.date)}
        return {name: value for name, value in trace.items() if name != "planned"}


def iso(date: datetime) -> str:
    """Return a date in UTC after ISO 8601, such as 2026-11-03T04:05:06Z."""
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class RightsReport(Written):
    """The rights notice of one file, read or written.

    path : the file that carries it; None where that was a file object.
    rights : what stands in the file.
    sources : field -> the stores that hold it ("exif", "xmp", ...).
    values : store -> field -> the value as it is there.
    conflicts : field -> the stores that contradict the first of `sources`, whose value is in `rights`.
    written, unchanged : fields that a write changed or an undo brought back; those that were there already.
    removed : fields that were taken out; `unchanged` are then those that say something else and stay.
    unsupported : field -> why this container has no place for it.
    notes : what else a person should know, such as a manifest that the change makes invalid.
    sidecars : the stores that are XMP sidecars -> their files.
    known : what the catalogue says of the payload in the notice; None where it was not asked, or knows
        nothing.
    The rest is that of `Written`.
    """

    OUTCOMES: ClassVar = ("read",)

    path: Place | None
    rights: Rights
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    values: dict[str, dict[str, Value]] = field(default_factory=dict)
    conflicts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    written: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unsupported: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sidecars: dict[str, Path] = field(default_factory=dict)
    known: KnownMark | None = None

    @property
    def outcome(self) -> str:
        """What became of the file, one of OUTCOMES."""
        return "read"

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.show/1`."""
        return {
            "path": _path(self.path),
            "status": "read",
            "rights": self.rights.to_dict(),
            "sources": {name: list(stores) for name, stores in self.sources.items()},
            "values": {
                store: {name: plain(value) for name, value in fields.items()}
                for store, fields in self.values.items()
            },
            "conflicts": {name: list(stores) for name, stores in self.conflicts.items()},
            "notes": list(self.notes),
            "sidecars": _paths(self.sidecars),
            **entries_of(self.known),
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class EmbedReport(Written):
    """One stamped file.

    path, output : the source and what was made of it; None where they were file objects.
    payload : the 8 bytes of the mark; None where no watermark was asked for.
    psnr_db, ssim : fidelity of the marked luma against the source's; None without a watermark. 0 <= ssim <=
        1.
    metadata : None where no rights notice was asked for.
    notes : what a person should know, such as a raised JPEG quality.
    action : "mark"; "notice": the notice alone was written; "sign": it was signed and nothing else; "skip":
        it was there already, with this mark and this notice, and was left as it is.
    receipt : see `receipts.receipt_of`; None where none was asked for, or nothing was written.
    marked_share : the part of a song that carries the mark, 0 to 1; None for other works.
    former_payload : the 8 bytes of a mark of the same key that was read before the work was marked again.
    kind : what was marked, "image", "audio" or "video"; None where nothing was.
    key_name, key_fingerprint : the key of the mark; None without one. See `Key`.
    known : the work and the copy in the catalogue; None where none was handed over.
    margin : what is left of the mark after a reference rung; None where that was not measured.
    visible : the notice that was drawn; None without one.
    credentials : how it was signed; None where nobody did.
    The rest is that of `Written`.
    """

    OUTCOMES: ClassVar = ("marked", "noticed", "signed", "done_before", "planned")

    path: Place | None
    output: Place | None
    payload: Payload | None = None
    psnr_db: float | None = None
    ssim: float | None = None
    metadata: RightsReport | None = None
    notes: tuple[str, ...] = ()
    action: Action = "mark"
    receipt: dict[str, Any] | None = None
    marked_share: float | None = None
    former_payload: Payload | None = None
    kind: str | None = None
    key_name: str | None = None
    key_fingerprint: str | None = None
    known: KnownMark | None = None
    margin: Margin | None = None
    visible: VisibleReport | None = None
    credentials: Signed | None = None

    @property
    def growth(self) -> float | None:
        """How many times the bytes of its source the file has; None where nothing was written."""
        return self.bytes_after / self.bytes_before if self.bytes_before and self.bytes_after else None

    @property
    def resumed(self) -> bool:
        """Whether it was done before, and nothing was written."""
        return self.action == "skip"

    @property
    def outcome(self) -> str:
        """What became of the file, one of OUTCOMES."""
        if self.action == "skip":
            return "done_before"
        done = {"mark": "marked", "notice": "noticed", "sign": "signed"}
        return "planned" if self.planned else done[self.action]

    def with_note(self, note: str) -> EmbedReport:
        """Return the report with one more note."""
        return replace(self, notes=(*self.notes, note))

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.embed/1`."""
        return {
            "path": _path(self.path),
            "output": _path(self.output),
            "status": "planned" if self.planned else "stamped",
            "action": self.action,
            **self._traced(),
            "kind": self.kind,
            "key": self.key_name,
            "key_fingerprint": self.key_fingerprint,
            "payload": self.payload.hex() if self.payload else None,
            "psnr_db": _number(self.psnr_db),
            "ssim": _number(self.ssim),
            "metadata": _changes(self.metadata),
            "notes": list(self.notes),
            "resumed": self.resumed,
            "receipt": self.receipt,
            "marked_share": self.marked_share,
            "former_payload": self.former_payload.hex() if self.former_payload else None,
            "margin": self.margin.to_dict() if self.margin else None,
            "visible": self.visible.to_dict() if self.visible else None,
            "credentials": self.credentials.to_dict() if self.credentials else None,
            **entries_of(self.known),
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class RemovalReport(Written):
    """One file whose notice was taken out ("removed"), or put back to what it was ("undone").

    path, output : the source and what was made of it.
    metadata : what was changed.
    receipt : see `receipts.receipt_of`; None where none was asked for, or nothing was written.
    The rest is that of `Written`.
    """

    OUTCOMES: ClassVar = ("removed", "undone", "planned")

    path: Path
    output: Path
    status: Literal["removed", "undone"]
    metadata: RightsReport
    receipt: dict[str, Any] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        return self.metadata.notes

    @property
    def outcome(self) -> str:
        """What became of the file, one of OUTCOMES."""
        return "planned" if self.planned else self.status

    def with_note(self, note: str) -> RemovalReport:
        """Return the report with one more note."""
        return replace(self, metadata=replace(self.metadata, notes=(*self.notes, note)))

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.rights/1`."""
        return {
            "path": os.fspath(self.path),
            "output": os.fspath(self.output),
            "status": self.outcome,
            **self._traced(),
            "metadata": _changes(self.metadata),
            "notes": list(self.notes),
            "receipt": self.receipt,
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class DetectReport(Detection):
    """What the detector found in one file: the surest mark, with the key that reads it, or comes nearest.

    path : the file; None where it was a file object.
    noticed : the payload that its notice names, where none could be read from the work; the key that it was
        marked with may be another one. Anybody can write a notice.
    known : what the catalogue says of the payload; None where it was not asked, or knows nothing.
    is_unknown : it was asked, and knows nothing.
    """

    OUTCOMES: ClassVar = ("detected", "not_detected")

    path: Place | None = None
    noticed: Payload | None = None
    known: KnownMark | None = None
    is_unknown: bool = False

    @classmethod
    def of(cls, path: Path | None, found: Detection, others: Iterable[Mark] = ()) -> DetectReport:
        """The report on a file in which `found` is the surest mark, and `others` are beside its own."""
        known = {each.name: getattr(found, each.name) for each in fields(Detection)}
        known |= {name: float(known[name]) for name in ("score", "threshold", "log10_p")}
        known["others"] = (*found.others, *others)
        return cls(**known, path=path)

    def carries(self, payload: bytes) -> bool:
        """Was this payload found, be it beside a surer one?"""
        return payload == self.payload or any(payload == other.payload for other in self.others)

    @property
    def outcome(self) -> str:
        """What was found, one of OUTCOMES."""
        return "detected" if self.present else "not_detected"

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.detect/1`."""
        turn = self.transform
        return {
            "path": _path(self.path),
            "status": self.outcome,
            "watermark": {
                "scheme": self.scheme,
                "payload": self.payload.hex() if self.payload else None,
                "key": self.key_name,
                "score": _number(self.score),
                "threshold": _number(self.threshold),
                "log10_p": _number(self.log10_p),
                "bits_corrected": self.bits_corrected,
                "transform": {
                    "scale": round(turn.scale, 4),
                    "rotation_deg": round(turn.rotation_deg, 2),
                    "mirrored": turn.mirrored,
                    "aspect": round(turn.aspect, 4),
                }
                if turn
                else None,
                "spans": [[round(start, 3), round(end, 3)] for start, end in self.spans],
                "decided_after_s": self.decided_after_s,
                "others": [_other(mark) for mark in self.others],
                "tempo": self.tempo,
                "pitch": self.pitch,
                "size": self.size and list(self.size),
                "seen": _points(self.seen),
                "region": _points(self.region),
                "share": None if self.share is None else round(self.share, 4),
                "whole_pixels": self.whole_pixels,
                "marked_pixels": self.marked_pixels and list(self.marked_pixels),
                "correlation": None if self.correlation is None else round(self.correlation, 4),
                "original_payload": self.original_payload.hex() if self.original_payload else None,
            },
            "notice_payload": self.noticed.hex() if self.noticed else None,
            **entries_of(self.known),
            "error": None,
        }


def _other(mark: Mark) -> dict[str, Any]:
    return {
        "payload": mark.payload.hex(),
        "key": mark.key_name,
        "log10_p": _number(mark.log10_p),
        "spans": [list(span) for span in mark.spans],
        "region": _points(mark.region),
        "seen": _points(mark.seen),
    }


Outcome = Literal["kept", "partly", "changed", "lost", "added"]


@dataclass(frozen=True, slots=True)
class FieldAudit:
    """What became of one field.

    outcome : "kept" in each of the original's places that the copy's container has; "partly": it can still be
        read, but is gone from some of them; "changed": it says something else; "lost"; "added": only the copy
        has it.
    before, after : the values, None where there is none.
    stores_before, stores_after : the stores that hold it.
    """

    outcome: Outcome
    before: Value | None
    after: Value | None
    stores_before: tuple[str, ...]
    stores_after: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "before": None if self.before is None else plain(self.before),
            "after": None if self.after is None else plain(self.after),
            "stores_before": list(self.stores_before),
            "stores_after": list(self.stores_after),
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The fields of `original` and of `path`, its copy, compared; `notes` are for people."""

    original: Path
    path: Path
    fields: dict[str, FieldAudit]
    notes: tuple[str, ...] = ()

    OUTCOMES: ClassVar = ("intact", "damaged")

    @property
    def intact(self) -> bool:
        """Whether every field of the original can still be read from the copy, unchanged."""
        return all(field.outcome not in ("changed", "lost") for field in self.fields.values())

    @property
    def outcome(self) -> str:
        """What became of the notice, one of OUTCOMES."""
        return "intact" if self.intact else "damaged"

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.rights/1`."""
        return {
            "original": os.fspath(self.original),
            "path": os.fspath(self.path),
            "status": self.outcome,
            "fields": {name: field.to_dict() for name, field in self.fields.items()},
            "notes": list(self.notes),
            "error": None,
        }


Report = (
    EmbedReport
    | RemovalReport
    | DetectReport
    | RightsReport
    | AuditReport
    | CheckRecord
    | CredentialsReport
    | MatchReport
    | WatchReport
)

_NOWHERE = Path()
_NO_NOTICE = RightsReport(_NOWHERE, Rights())
# Command -> a report of it, for the keys that its entries have.
_REPORTS: dict[str, Report] = {
    "embed": EmbedReport(_NOWHERE, _NOWHERE),
    "detect": DetectReport(False, None, 0, 0, 0, None, None, "", ""),
    "show": _NO_NOTICE,
    "remove": RemovalReport(_NOWHERE, _NOWHERE, "removed", _NO_NOTICE),
    "undo": RemovalReport(_NOWHERE, _NOWHERE, "undone", _NO_NOTICE),
    "audit": AuditReport(_NOWHERE, _NOWHERE, {}),
    "check": CheckRecord("unknown", False),
    "match": MatchReport(_NOWHERE),
    "watch": WatchReport(""),
    "sign": EmbedReport(_NOWHERE, _NOWHERE, action="sign"),
    "credentials": CredentialsReport(_NOWHERE, "none"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One input that could not be done; `details` is a traceback where it is our own fault."""

    path: Place
    type: str
    message: str
    details: str = field(default="", repr=False)
    date: datetime = field(default_factory=_now, compare=False)

    def to_dict(self, command: str) -> dict[str, Any]:
        """Return an entry of `stamp.embed/1`, `stamp.detect/1`, `stamp.show/1`, `stamp.check/1`,
        `stamp.sign/1`, `stamp.credentials/1` or `stamp.rights/1`, the last for "remove", "undo" and
        "audit". It has every key that the entry of a report has."""
        known: dict[str, Any] = {"path": os.fspath(self.path), "status": "error", "date": iso(self.date)}
        known["error"] = {"type": self.type, "message": self.message}
        return {
            name: known[name] if name in known else _empty(value)
            for name, value in _REPORTS[command].to_dict().items()
        }


def outcomes(command: str) -> tuple[str, ...]:
    """Return what may become of a file, beside failing: the words that `outcome` has in its reports."""
    found: tuple[str, ...] = _REPORTS[command].OUTCOMES
    return found


def _empty(value: Any) -> Any:
    return type(value)() if isinstance(value, list | bool) else None


def _changes(metadata: RightsReport | None) -> dict[str, Any]:
    """The fields that a change of the notice was about, by what became of them."""
    return {
        "written": list(metadata.written) if metadata else [],
        "unchanged": list(metadata.unchanged) if metadata else [],
        "removed": list(metadata.removed) if metadata else [],
        "unsupported": metadata.unsupported if metadata else {},
        "sidecars": _paths(metadata.sidecars) if metadata else {},
    }


def _paths(sidecars: Mapping[str, Path]) -> dict[str, str]:
    return {store: os.fspath(path) for store, path in sidecars.items()}


def _points(quad: Quad | None) -> list[list[float]] | None:
    return None if quad is None else [[round(x, 4), round(y, 4)] for x, y in quad]


def _path(path: Place | None) -> str | None:
    return os.fspath(path) if path else None


def _number(value: float | None) -> float | None:
    """JSON knows no infinity: the PSNR of identical pictures is null there."""
    return value if value is not None and math.isfinite(value) else None

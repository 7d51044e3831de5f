"""What the whole-file jobs report: frozen records, and their form in the JSON documents of the command line.

Within a schema version keys are only ever added. Numbers are in base units; what does not exist is null,
never a stand-in.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from .detection import Detection, Quad
from .payload import Payload
from .rights import Rights, Value, plain


@dataclass(frozen=True, slots=True)
class RightsReport:
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
    """

    path: Path | None
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
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class EmbedReport:
    """One stamped file.

    path, output : the source and what was made of it; None where they were file objects.
    payload : the 8 bytes of the mark; None where no watermark was asked for.
    psnr_db, ssim : fidelity of the marked luma against the source's; None without a watermark. 0 <= ssim <=
        1.
    metadata : None where no rights notice was asked for.
    notes : what a person should know, such as a raised JPEG quality.
    resumed : it was there already, with this mark and this notice, and was left as it is.
    receipt : see `receipts.receipt_of`; None where none was asked for, or nothing was written.
    marked_share : the part of a song that carries the mark, 0 to 1; None for other works.
    former_payload : the 8 bytes of a mark of the same key that was read before the work was marked again.
    """

    path: Path | None
    output: Path | None
    payload: Payload | None = None
    psnr_db: float | None = None
    ssim: float | None = None
    metadata: RightsReport | None = None
    notes: tuple[str, ...] = ()
    resumed: bool = False
    receipt: dict[str, Any] | None = None
    marked_share: float | None = None
    former_payload: Payload | None = None

    def with_note(self, note: str) -> EmbedReport:
        """Return the report with one more note."""
        return replace(self, notes=(*self.notes, note))

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.embed/1`."""
        return {
            "path": _path(self.path),
            "output": _path(self.output),
            "status": "stamped",
            "payload": self.payload.hex() if self.payload else None,
            "psnr_db": _number(self.psnr_db),
            "ssim": _number(self.ssim),
            "metadata": _changes(self.metadata),
            "notes": list(self.notes),
            "resumed": self.resumed,
            "receipt": self.receipt,
            "marked_share": self.marked_share,
            "former_payload": self.former_payload.hex() if self.former_payload else None,
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class RemovalReport:
    """One file whose notice was taken out ("removed"), or put back to what it was ("undone").

    path, output : the source and what was made of it.
    metadata : what was changed.
    receipt : see `receipts.receipt_of`; None where none was asked for, or nothing was written.
    """

    path: Path
    output: Path
    status: Literal["removed", "undone"]
    metadata: RightsReport
    receipt: dict[str, Any] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        return self.metadata.notes

    def with_note(self, note: str) -> RemovalReport:
        """Return the report with one more note."""
        return replace(self, metadata=replace(self.metadata, notes=(*self.notes, note)))

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.rights/1`."""
        return {
            "path": os.fspath(self.path),
            "output": os.fspath(self.output),
            "status": self.status,
            "metadata": _changes(self.metadata),
            "notes": list(self.notes),
            "receipt": self.receipt,
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that was found in a file beside the surest one; spans are (start, end) in seconds."""

    payload: Payload
    key_name: str
    log10_p: float
    spans: tuple[tuple[float, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "payload": self.payload.hex(),
            "key": self.key_name,
            "log10_p": _number(self.log10_p),
            "spans": [list(span) for span in self.spans],
        }


@dataclass(frozen=True, slots=True)
class DetectReport(Detection):
    """What the detector found in one file: the surest mark, with the key that reads it, or comes nearest.

    path : the file; None where it was a file object.
    others : other marks in the same file.
    noticed : the payload that its notice names, where none could be read from the work; the key that it was
        marked with may be another one. Anybody can write a notice.
    """

    path: Path | None = None
    others: tuple[Mark, ...] = ()
    noticed: Payload | None = None

    @classmethod
    def of(cls, path: Path | None, found: Detection, others: Iterable[Mark] = ()) -> DetectReport:
        """The report on a file in which `found` is the surest mark."""
        known = {each.name: getattr(found, each.name) for each in fields(Detection)}
        known |= {name: float(known[name]) for name in ("score", "threshold", "log10_p")}
        return cls(**known, path=path, others=tuple(others))

    def carries(self, payload: bytes) -> bool:
        """Was this payload found, be it beside a surer one?"""
        return payload == self.payload or any(payload == other.payload for other in self.others)

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.detect/1`."""
        turn = self.transform
        return {
            "path": _path(self.path),
            "status": "detected" if self.present else "not_detected",
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
                "others": [mark.to_dict() for mark in self.others],
                "tempo": self.tempo,
                "pitch": self.pitch,
                "size": self.size and list(self.size),
                "seen": _points(self.seen),
                "region": _points(self.region),
                "share": None if self.share is None else round(self.share, 4),
                "whole_pixels": self.whole_pixels,
                "marked_pixels": self.marked_pixels and list(self.marked_pixels),
            },
            "notice_payload": self.noticed.hex() if self.noticed else None,
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """One input that could not be done; `details` is a traceback where it is our own fault."""

    path: Path
    type: str
    message: str
    details: str = field(default="", repr=False)

    # The keys of the schemas, so that a reader of the JSON finds every key in every entry.
    _EMPTY: ClassVar[dict[str, dict[str, Any]]] = {
        "embed": {
            "output": None,
            "payload": None,
            "psnr_db": None,
            "ssim": None,
            "metadata": None,
            "notes": [],
            "resumed": False,
            "receipt": None,
            "marked_share": None,
            "former_payload": None,
        },
        "detect": {"watermark": None, "notice_payload": None},
        "show": {
            "rights": None,
            "sources": None,
            "values": None,
            "conflicts": None,
            "notes": [],
            "sidecars": {},
        },
        "remove": {"output": None, "metadata": None, "notes": [], "receipt": None},
        "undo": {"output": None, "metadata": None, "notes": [], "receipt": None},
        "audit": {"original": None, "fields": None, "notes": []},
    }

    def to_dict(self, command: str) -> dict[str, Any]:
        """Return an entry of `stamp.embed/1`, `stamp.detect/1`, `stamp.show/1` or `stamp.rights/1`, the last
        for "remove", "undo" and "audit"."""
        error = {"type": self.type, "message": self.message}
        return {"path": os.fspath(self.path), "status": "error", **self._EMPTY[command], "error": error}


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


def _path(path: Path | None) -> str | None:
    return os.fspath(path) if path else None


def _number(value: float | None) -> float | None:
    """JSON knows no infinity: the PSNR of identical pictures is null there."""
    return value if value is not None and math.isfinite(value) else None

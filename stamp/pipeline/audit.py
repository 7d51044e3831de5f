"""Which rights of a file a copy of it still has: what a platform or an editor kept, changed and lost."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..core import arguments
from ..core.limits import one_account
from .notice import find_rights

if TYPE_CHECKING:
    from ..core.checks import Value
    from ..metadata.document import RightsFound

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
        from ..core.rights import plain

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

    @property
    def intact(self) -> bool:
        """Whether every field of the original can still be read from the copy, unchanged."""
        return all(field.outcome not in ("changed", "lost") for field in self.fields.values())

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.rights/1`."""
        return {
            "original": os.fspath(self.original),
            "path": os.fspath(self.path),
            "status": "intact" if self.intact else "damaged",
            "fields": {name: field.to_dict() for name, field in self.fields.items()},
            "notes": list(self.notes),
            "error": None,
        }


@one_account
def audit_rights(original: str | os.PathLike[str], copy: str | os.PathLike[str]) -> AuditReport:
    """Compare the rights notice of `copy` with that of `original`; the containers may differ.

    Raises
    ------
    ArgumentError : one of them is no path.
    UnsupportedFormat, CorruptFile, MediaError : one of them cannot be read, or is no container that can hold
        a notice.
    """
    original, copy = arguments.path(original, "original"), arguments.path(copy, "copy")
    before, after = find_rights(original), find_rights(copy)
    names = (*before.sources, *after.sources)
    fields = {name: _compared(name, before, after) for name in dict.fromkeys(names)}
    notes = [f"original: {warning}" for warning in before.warnings] + after.warnings
    if not before.sources:
        notes.append("the original has no rights notice: there is none that could be lost")
    if before.has_c2pa and not after.has_c2pa:
        notes.append("the original's C2PA manifest (Content Credentials) is gone")
    return AuditReport(original, copy, fields, tuple(notes))


def _compared(name: str, before: RightsFound, after: RightsFound) -> FieldAudit:
    from ..metadata import containers
    from ..metadata.mapping.fields import agree

    old, new = before.sources.get(name, []), after.sources.get(name, [])
    was = before.values[old[0]][name] if old else None
    now = after.values[new[0]][name] if new else None
    outcome: Outcome
    if was is None:
        outcome = "added"
    elif now is None:
        outcome = "lost"
    elif not agree(name, new[0], now, was):
        outcome = "changed"
    else:
        possible = containers.load(after.container).STORES
        outcome = "kept" if set(old) & set(possible) <= set(new) else "partly"
    return FieldAudit(outcome, was, now, tuple(old), tuple(new))

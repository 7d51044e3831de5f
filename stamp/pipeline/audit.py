"""Which rights of a file a copy of it still has: what a platform or an editor kept, changed and lost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core import arguments
from ..core.limits import one_account
from ..core.reports import AuditReport, FieldAudit, Outcome
from .notice import find_rights

if TYPE_CHECKING:
    from ..metadata.document import RightsFound


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

"""All that a packet on a find is made of, gathered from the catalogue and from the files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalogue import timestamps
from ..core.errors import CatalogueError, MissingDependency
from ..core.reports import AuditReport
from ..pipeline.audit import audit_rights
from ..pipeline.finding import original_of
from ..storage.digest import digest
from . import log, sums
from .likeness import Likeness, compare

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.dossiers import Dossier
    from ..catalogue.find_records import FindRecord
    from ..catalogue.records import LicenceRecord, MarkRecord, SealRecord, WorkRecord


@dataclass(frozen=True, slots=True)
class SealState:
    """A seal over the log. is_checked : whether its time stamp was checked against a trusted certificate."""

    seal: SealRecord
    is_checked: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a find and its work.

    captures : name in the packet -> the file. original : what the find was compared with. rights : of the
    marked copy, against the find; None where that copy is not at hand. seals : by the number of the last
    event under each.
    """

    find: FindRecord
    work: WorkRecord
    dossier: Dossier
    licences: list[LicenceRecord]
    mark: MarkRecord | None
    captures: Mapping[str, Path]
    original: Path
    likeness: Likeness
    rights: AuditReport | None
    lines: list[log.Line]
    seals: Mapping[int, SealState]

    @property
    def first_seen(self) -> str:
        """When the find was seen first; when it came into the catalogue, if nobody saw it before."""
        return min([self.find.added_at, *(each.seen_at for each in self.find.sightings)])

    @property
    def assignment(self) -> log.Line | None:
        """The first event that gives the mark to the work."""
        given = (line for line in self.lines if line.gives(self.find.payload, self.find.work))
        return next(given, None) if self.find.payload else None


def gather(
    catalogue: Catalogue,
    reference: str,
    *,
    original: Path | None = None,
    roots: timestamps.Roots | None = None,
) -> Facts:
    """Return all that a packet on a find is made of.

    original : the file of the work, where the catalogue does not know where it is. roots : whose time stamps
    are trusted, as in `timestamps.verify_token`.

    Raises CatalogueError where the find has no work, a file is not at hand or the log does not hold.
    """
    find = catalogue.finds.show(reference)
    if find.work is None:
        raise CatalogueError(f"find #{find.number} has no work: add it again with `work`")
    work = catalogue.works.show(find.work)
    capture = catalogue.documents.path(find.capture)
    name = sums.entry_name("captures", "find", Path(find.capture.name))
    pages = list(dict.fromkeys(sighting.page for sighting in find.sightings if sighting.page is not None))
    captures = {name: capture}
    for number, page in enumerate(pages, 1):
        place = catalogue.documents.path(page)
        captures[sums.entry_name("captures", f"page-{number}", Path(page.name))] = place
    source = original or original_of(catalogue, find)
    known = catalogue.dossier(find.work, find.payload)
    kept = [document.sha256 for document in (find.capture, *pages)]
    lines, seals = log.lines_of(catalogue, [find.work, find.find, *known.copies, *kept])
    return Facts(
        find=find,
        work=work,
        dossier=known,
        licences=catalogue.licences.of_work(work.number),
        mark=next((each for each in work.marks or () if each.payload == find.payload), None),
        captures=captures,
        original=source,
        likeness=compare(find, source, capture),
        rights=_rights(work, find, capture),
        lines=lines,
        seals={seal.seq: SealState(seal, is_checked(seal, roots)) for seal in seals},
    )


def is_checked(seal: SealRecord, roots: timestamps.Roots | None) -> bool:
    """Return whether a seal has a time stamp that holds, of the instant that the seal says."""
    if seal.token is None:
        return False
    try:
        token = timestamps.verify_token(seal.token, bytes.fromhex(seal.root), roots)
    except (CatalogueError, MissingDependency):
        return False
    return token.at == datetime.fromisoformat(seal.at)


def _rights(work: WorkRecord, find: FindRecord, capture: Path) -> AuditReport | None:
    """What became of the notice of the copy that was found, if it is where it was written, unchanged."""
    for copy in work.copies or ():
        path = Path(copy.output)
        if copy.copy == find.copy and path.is_file() and digest(path).sha256 == copy.sha256_after:
            return audit_rights(path, capture)
    return None


def audit_entries(rights: AuditReport | None) -> list[dict[str, Any]] | None:
    """Return the fields of an audit that the marked copy had, without paths."""
    if rights is None:
        return None
    return [{"field": name} | field.to_dict() for name, field in rights.fields.items()]


def shown_name(path: Path) -> str:
    """Return a file's name, and nothing of where it is."""
    return os.fsencode(path.name).decode(errors="backslashreplace")

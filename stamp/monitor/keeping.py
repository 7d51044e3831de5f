"""Put what was matched into the ledger of finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..core.matches import MatchReport
from ..core.payload import Payload
from ..pipeline.finding import Seen, media_type

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.find_records import SightingRecord


def keep(
    catalogue: Catalogue,
    report: MatchReport,
    seen: Seen | None = None,
    *,
    page: Path | None = None,
    name: str | None = None,
) -> MatchReport:
    """Add a suspect that shows or plays a work to the finds, with what matched; the same bytes are one find.
    Return the report with its uid; one that found nothing as it is.

    page : a capture of the page, or of what the server sent: a WARC. name : of the file, for people; its own
    unless given.

    Raises CatalogueError where the file is a find of another work already.
    """
    if report.outcome != "found" or report.kind is None:
        return report
    assert isinstance(report.path, Path), "what is matched is a file"
    sighting = sighting_of(catalogue, seen or Seen(), page)
    first = report.found[0] if report.found else None
    mark = report.watermark or (first.watermark if first and first.verdict == "mark" else None)
    read = {"watermark": mark.to_dict()} if mark else {}
    matches = [match.to_dict() for match in report.matches]
    find = catalogue.finds.add(
        catalogue.documents.keep(report.path, media_type(report.path), name=name),
        report.kind,
        sighting,
        report={"path": name or report.path.name, "matches": matches, **read},
        payload=Payload.fromhex(mark.payload) if mark else None,
        key_fingerprint=mark.key_fingerprint if mark else None,
        work=first.work if first else None,
        by="fingerprint",
    )
    return report.kept(find.find)


def sighting_of(catalogue: Catalogue, seen: Seen, page: Path | None) -> SightingRecord:
    """Return where and when something was seen, with the capture of the page, which is kept. Raises
    ArgumentError, CatalogueError."""
    from ..catalogue.events import current_actor
    from ..catalogue.find_records import SightingRecord
    from ..catalogue.finds import instant

    kept = catalogue.documents.keep(page, media_type(page)) if page else None
    by = seen.by or current_actor()
    return SightingRecord(seen.url, seen.media_url, seen.account, instant(seen.at), by, kept)

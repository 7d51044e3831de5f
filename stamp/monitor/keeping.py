"""Put what was matched into the ledger of finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.matches import MatchReport
from ..core.payload import Payload
from ..pipeline.finding import Seen, media_type

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue


def keep(catalogue: Catalogue, report: MatchReport, seen: Seen | None = None) -> MatchReport:
    """Add a suspect that shows or plays a work to the finds, with what matched; the same bytes are one find.
    Return the report with its uid; one that found nothing as it is.

    Raises CatalogueError where the file is a find of another work already.
    """
    from ..catalogue.events import current_actor
    from ..catalogue.find_records import SightingRecord
    from ..catalogue.finds import instant

    if report.outcome != "found" or report.kind is None:
        return report
    seen = seen or Seen()
    sighting = SightingRecord(
        seen.url, seen.media_url, seen.account, instant(seen.at), seen.by or current_actor()
    )
    first = report.found[0] if report.found else None
    mark = report.watermark or (first.watermark if first and first.verdict == "mark" else None)
    entry = report.to_dict()
    find = catalogue.finds.add(
        catalogue.documents.keep(report.path, media_type(report.path)),
        report.kind,
        sighting,
        report={"path": report.path.name, "watermark": entry["watermark"], "matches": entry["matches"]},
        payload=Payload.fromhex(mark.payload) if mark else None,
        key_fingerprint=mark.key_fingerprint if mark else None,
        work=first.work if first else None,
    )
    return report.kept(find.find)

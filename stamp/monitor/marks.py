"""Marks that were read in a suspect, and what the catalogue says they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.detection import Detection
from ..core.key import Key
from ..core.matches import FOUND, FoundMark, MatchedWork, MatchReport, MatchVerdict
from ..pipeline.files import detect_file

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue

ORDER: tuple[MatchVerdict, ...] = (*FOUND, "candidate", "none")
"""Verdicts, the surest first."""


def meaning(catalogue: Catalogue, found: Detection, key: Key) -> FoundMark:
    """Return a mark whose payload was read, and what it means."""
    assert found.payload is not None
    known = catalogue.lookup(found.payload, key)
    work = known.work if known else None
    return FoundMark(found.payload.hex(), key.name, key.fingerprint, found.log10_p, work)


def with_mark(match: MatchedWork, mark: FoundMark) -> MatchedWork:
    """Return a match with a mark that was read where it is; only that of the work itself decides."""
    return replace(match, watermark=mark, verdict="mark" if mark.work == match.work else match.verdict)


def read(catalogue: Catalogue, path: Path, keys: Sequence[Key]) -> FoundMark | None:
    """Return the mark that a search of a whole file finds. Raises MediaError."""
    if not keys:
        return None
    found = detect_file(path, keys=keys, first=True)
    if found.payload is None:
        return None
    return meaning(catalogue, found, next(key for key in keys if key.name == found.key_name))


def read_blindly(catalogue: Catalogue, report: MatchReport, keys: Sequence[Key]) -> MatchReport:
    """Return the report with the mark that a search of the whole suspect finds. Raises MediaError."""
    assert isinstance(report.path, Path), "what is matched is a file"
    mark = read(catalogue, report.path, keys)
    if mark is None:
        return report
    if mark.work is None:
        return replace(report, watermark=mark)
    known = catalogue.works.show(mark.work, limit=1)
    match = MatchedWork(known.work, known.number, known.title, "mark", "mark", watermark=mark)
    others = tuple(each for each in report.matches if each.work != known.work)
    return replace(report, matches=(match, *others))

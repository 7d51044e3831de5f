"""Which copy of its work a find is, where no mark was read in it: read or confirmed with the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.confirmation import Confirmation
from ..core.key import Key
from ..core.payload import Payload
from ..core.reports import DetectReport
from .pairing import Pairing
from .pairs import pairing_of

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.find_records import FindRecord


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """The mark that a find has. report : of the detector, where it was read; else `confirmation` has how sure
    it is. copy : the uid of the newest copy with this mark; None where only the mark is known."""

    payload: Payload
    key: Key
    copy: str | None
    report: DetectReport | None = None
    confirmation: Confirmation | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return `confirmed` of a comparison. The recipient is not in it: what is erased of a party in the
        catalogue must not stay in the log."""
        sure = self.confirmation.to_dict() if self.confirmation else {}
        log10_p = self.report.log10_p if self.report else sure["log10_p"]
        return {
            "payload": self.payload.hex(),
            "key": self.key.name,
            "method": "read" if self.report else "confirmed",
            "z": sure.get("z"),
            "log10_p": log10_p,
            "log10_p_permuted": sure.get("log10_p_permuted"),
            "candidates": sure.get("candidates"),
            "copy": self.copy,
        }


def known_copy(
    catalogue: Catalogue, find: FindRecord, original: Path, capture: Path, keys: Sequence[Key]
) -> KnownCopy | None:
    """Return the mark of a find whose work is known; None where it was read before, or cannot be told.

    original : the file of the work; of one that is marked itself nothing can be told. keys : that it may be
    marked with. Raises MediaError, MissingDependency.
    """
    if find.work is None or find.basis == "mark":
        return None
    asked = {
        key: candidates for key in keys if (candidates := catalogue.finds.candidates(find, key.fingerprint))
    }
    if not asked:
        return None
    pair = pairing_of(capture, original)
    told = (_with_key(find, pair, key, candidates, len(asked)) for key, candidates in asked.items())
    return next((each for each in told if each), None)


def _with_key(
    find: FindRecord, pair: Pairing, key: Key, candidates: Mapping[Payload, str | None], keys: int
) -> KnownCopy | None:
    """As `known_copy`, by the marks of one key of `keys`. candidates : payload -> uid of the copy."""
    if pair.marked(key) is not None:
        return None
    found = pair.detect(key, search=False)
    if found.payload is not None:
        if found.payload not in candidates:
            return None  # the mark of another work, on the same page
        report = DetectReport.of(Path(find.capture.name), found)
        return KnownCopy(found.payload, key, candidates[found.payload], report)
    best = max(pair.confirm(key, list(candidates), keys=keys), key=lambda each: each.z)
    if not best.confirmed:
        return None
    return KnownCopy(best.payload, key, candidates[best.payload], confirmation=best)

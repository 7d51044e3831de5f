"""What comes out of the ledger of finds and of cases: frozen records, and their form in JSON.

Within a schema version keys are only ever added. Instants are ISO 8601 in UTC."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A file that the catalogue keeps. sha256 : hexadecimal digits. size : bytes. name : for people."""

    number: int
    sha256: str
    media_type: str
    size: int
    name: str
    added_at: str


@dataclass(frozen=True, slots=True)
class SightingRecord:
    """Where and when a find was seen. url : of the page. media_url : of the file in it. account : whose page.
    seen_at : an instant."""

    url: str | None
    media_url: str | None
    account: str | None
    seen_at: str
    seen_by: str
    page: DocumentRecord | None = None


@dataclass(frozen=True, slots=True)
class FindRecord:
    """Something that was found elsewhere.

    find : its uid. number : short, of this catalogue alone. work, title, copy, recipient, licensee : what its
        mark means, what its fingerprint was recognised as, or what somebody said of it by hand; None where
        nothing is known. basis : "mark", "mark_without_record", "fingerprint", "hand" or "none". payload : 16
        hexadecimal digits. report : as in `stamp.detect/1`, with `matches` as in `stamp.match/1` where it
        was recognised. comparison : with the original; None before the first; its `confirmed` is how the
        copy was told by the original, where no mark had been read. verdict : "open", "ours", "licensed",
        "not_ours", "unclear". licence : the one that covers it, if the verdict is "licensed".
        sightings : where it was seen, the first one first.
    """

    find: str
    number: int
    kind: str
    work: str | None
    work_number: int | None
    title: str | None
    copy: str | None
    recipient: str | None
    basis: str
    payload: str | None
    log10_p: float | None
    report: dict[str, Any] | None
    comparison: dict[str, Any] | None
    verdict: str
    compared_at: str | None
    compared_by: str | None
    note: str | None
    licence: str | None
    added_at: str
    capture: DocumentRecord
    sightings: tuple[SightingRecord, ...]

    @property
    def url(self) -> str | None:
        """The first page that it was seen on."""
        return next((sighting.url for sighting in self.sightings if sighting.url), None)

    @property
    def matched(self) -> dict[str, Any] | None:
        """How its fingerprint matched that of its work, as in `matches` of `stamp.match/1`; None where it was
        not looked for by that."""
        matches = (self.report or {}).get("matches") or ()
        return next((match for match in matches if match["work"] == self.work), None)

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.find/1`."""
        entry = asdict(self) | {"url": self.url, "sha256": self.capture.sha256, "error": None}
        entry |= {"matched": self.matched}
        if self.comparison and (confirmed := self.comparison.get("confirmed")):
            whose = {"confirmed": {**confirmed, "recipient": self.recipient}}
            entry["comparison"] = self.comparison | whose
        return entry | {"sightings": [asdict(sighting) for sighting in self.sightings]}


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """A notice in a case.

    notice : its uid. kind : whom it is for. state : "draft", "approved", "sent", then "acknowledged",
        "complied", "rejected", "countered", "retracted" or "lapsed". sent_on, due_on : days, ISO 8601; what
        is due is said by the state.
    """

    notice: str
    number: int
    find: str | None
    kind: str
    language: str
    text: str
    state: str
    sent_on: str | None
    due_on: str | None
    added_at: str


@dataclass(frozen=True, slots=True)
class ReplyRecord:
    """What came back in a case, or was noted. kind : as the states of notices, or "note"."""

    kind: str
    notice: str | None
    text: str | None
    received_on: str
    document: DocumentRecord | None


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What is done about some finds.

    case : its uid. respondent : who is asked to act. outcome : None while it is open. due_on : the first day
        by which something has to be done. finds : uids.
    """

    case: str
    number: int
    title: str
    respondent: str | None
    opened_at: str
    closed_at: str | None
    outcome: str | None
    due_on: str | None
    finds: tuple[str, ...]
    notices: tuple[NoticeRecord, ...]
    replies: tuple[ReplyRecord, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.case/1`."""
        entry = asdict(self) | {"finds": list(self.finds)}
        for name in ("notices", "replies"):
            entry[name] = [asdict(each) for each in getattr(self, name)]
        return entry | {"error": None}

"""What comes out of the catalogue: frozen records, and their form in JSON.

Within a schema version keys are only ever added. Instants are ISO 8601 in UTC."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, dataclass, field
from typing import Any

from .terms import Terms


@dataclass(frozen=True, slots=True)
class MarkRecord:
    """A payload that means a work. payload : 16 hexadecimal digits. key, key_fingerprint : under which
    key."""

    payload: str
    key: str
    key_fingerprint: str


@dataclass(frozen=True, slots=True)
class CopyRecord:
    """A marked file.

    copy : its uid. state : "reserved" (not made yet), "ready", "published", "abandoned" (its file never
        appeared), "withdrawn". source, output : the files, where they were. sha256_before, sha256_after : of
        their bytes, in hexadecimal digits.
    """

    copy: str
    state: str
    payload: str
    source: str
    output: str
    sha256_before: str | None
    sha256_after: str | None
    recipient: str | None
    channel: str | None
    licence: str | None
    reserved_at: str


@dataclass(frozen=True, slots=True)
class WorkRecord:
    """A work.

    work : its uid, the same in every catalogue. number : short, of this catalogue alone. kind : "image",
        "video" or "audio". origin : "own" or "third_party". identifiers : (scheme, value), such as ("isrc",
        "KZAB12600001"). copy_count : of marked files, without those that never appeared. marks, copies : None
        in lists.
    """

    work: str
    number: int
    title: str
    kind: str
    origin: str
    added_at: str
    withdrawn_at: str | None
    creators: tuple[str, ...]
    identifiers: tuple[tuple[str, str], ...]
    copy_count: int
    marks: tuple[MarkRecord, ...] | None = None
    copies: tuple[CopyRecord, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.works/1`."""
        entry = asdict(self) | {
            "creators": list(self.creators),
            "identifiers": [{"scheme": scheme, "value": value} for scheme, value in self.identifiers],
            "marks": None if self.marks is None else [asdict(mark) for mark in self.marks],
            "copies": None if self.copies is None else [asdict(copy) for copy in self.copies],
        }
        return entry | {"error": None}


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """A person, an organisation, a platform or an authority.

    country : ISO 3166-1, two letters. work_count : of works that it has made or has rights in. copy_count :
        of copies that were made for it. Both are None in lists.
    """

    party: str
    number: int
    name: str
    kind: str
    email: str | None
    country: str | None
    work_count: int | None = None
    copy_count: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.party/1`."""
        return asdict(self) | {"error": None}


@dataclass(frozen=True, slots=True)
class LicenceRecord:
    """A licence.

    licence : its uid. terms : what it says, with the names of parties and the uids of works. odrl : the same
        as a policy of ODRL 2.2; None in lists.
    """

    licence: str
    number: int
    terms: Terms
    added_at: str
    odrl: dict[str, Any] | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.licence/1`: days are ISO 8601, the amount is a decimal number in text."""
        terms = self.terms
        days = ("signed_on", "valid_from", "valid_until", "terminated_on")
        entry = {"licence": self.licence, "number": self.number} | asdict(terms)
        entry |= {day: said.isoformat() if (said := getattr(terms, day)) else None for day in days}
        return entry | {
            "amount": None if terms.amount is None else str(terms.amount),
            "works": list(terms.works),
            "uses": [asdict(use) for use in terms.uses],
            "territories": [asdict(place) for place in terms.territories],
            "added_at": self.added_at,
            "odrl": self.odrl,
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class Erased:
    """What was taken out. party : its uid. events : how many bodies of the log were blanked. works : how many
    are searched without the name. is_gone : whether the file has no trace left of it; False where somebody
    else used it, and for PostgreSQL, which tidies up when it is vacuumed."""

    party: str
    events: int
    works: int
    is_gone: bool

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.party/1`."""
        counts = {"events": self.events, "works": self.works}
        return {"party": self.party, **counts, "is_gone": self.is_gone, "error": None}


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many copies that an interrupted run had left half-way were brought to their end. finished : their
    files are there. abandoned : their files never appeared. open : what is under their names now is something
    else; they are left as they are."""

    finished: int = 0
    abandoned: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What the log and its seals say of themselves.

    events : how many hold, from the first. fault : what is wrong with the one after them or with a seal; None
        where all hold. seals : how many there are. sealed : the number of the last event under one, 0 where
        none is. stamps : how many time stamps were checked. unchecked : how many could not be, since the
        extra `evidence` or a certificate that is trusted is not at hand.
    """

    events: int
    fault: str | None
    seals: int = 0
    sealed: int = 0
    stamps: int = 0
    unchecked: int = 0


@dataclass(frozen=True, slots=True)
class SealRecord:
    """The root over all events up to one.

    seq : that event. root : the Merkle root (RFC 6962) over the hashes of events 1 to `seq`, 64 hexadecimal
        digits. at : when, by the clock of the authority, else by that of this computer. authority : who has
        signed root and time; None without time stamp. token : what was signed, a TimeStampToken of RFC 3161
        in DER.
    """

    seq: int
    root: str
    at: str
    authority: str | None
    token: bytes | None

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.works/1`; the token in Base64."""
        return asdict(self) | {"token": b64encode(self.token).decode() if self.token else None, "error": None}


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that an event is under a seal, and nothing of other events but hashes.

    seq : the event. leaf : SHA-256 of a zero byte and the event's hash. path : the hashes beside the way from
        it to the root of the seal, from the leaf up. All in hexadecimal digits.
    """

    seq: int
    leaf: str
    path: tuple[str, ...]
    seal: SealRecord

    def to_dict(self) -> dict[str, Any]:
        """Return its form in JSON."""
        own = {"seq": self.seq, "leaf": self.leaf, "path": list(self.path)}
        return own | {"seal": {name: said for name, said in self.seal.to_dict().items() if name != "error"}}

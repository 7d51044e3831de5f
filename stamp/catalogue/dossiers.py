"""Dossiers: what the catalogue has on one work and one find of it, for strangers; nothing of other works, nor
who got copies or licences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .database import Database
from .events import Event
from .references import find_id


@dataclass(frozen=True, slots=True)
class Contribution:
    """What somebody has to do with a work. share_ppm : of the rights, in parts per million."""

    name: str
    role: str
    share_ppm: int | None
    basis: str | None


@dataclass(frozen=True, slots=True)
class Registration:
    """An entry in a register of works. registered_on : a day, ISO 8601."""

    authority: str
    number: str
    registered_on: str | None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event, and the hash of the one before it: with it, its own can be computed anew."""

    event: Event
    before: bytes


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of a work beside its record.

    created_on, first_published_on : days, ISO 8601, the former also reduced (2026, 2026-05).
    first_published_in : a country. sha256 : of the file that the work was added with.
    copies : uids of the copies that carry the mark that was asked for.
    """

    contributions: tuple[Contribution, ...]
    registrations: tuple[Registration, ...]
    created_on: str | None
    first_published_on: str | None
    first_published_in: str | None
    sha256: str | None
    copies: tuple[str, ...]


def dossier_of(database: Database, work: str, payload: str | None = None) -> Dossier:
    """Return what is known of a work; payload : of the mark whose copies are meant, in hexadecimal digits.
    Raises CatalogueError where there is no such work."""
    number = find_id(database, "work", work)
    ((created, published, country, sha256),) = database.execute(
        "SELECT created_on, first_published_on, first_published_in, source_sha256 FROM work WHERE id = ?",
        (number,),
    )
    people = database.execute(
        "SELECT party.name, contribution.role, contribution.share_ppm, contribution.basis FROM contribution"
        " JOIN party ON party.id = contribution.party_id WHERE contribution.work_id = ?"
        " ORDER BY contribution.id",
        (number,),
    )
    entries = database.execute(
        "SELECT authority, number, registered_on FROM registration WHERE work_id = ? ORDER BY id", (number,)
    )
    copies = database.execute(
        "SELECT copy.uid FROM copy JOIN mark ON mark.id = copy.mark_id WHERE mark.work_id = ?"
        " AND mark.payload = ? AND copy.state <> 'abandoned' ORDER BY copy.id",
        (number, bytes.fromhex(payload or "")),
    )
    return Dossier(
        contributions=tuple(Contribution(*row) for row in people),
        registrations=tuple(Registration(who, entry, _day(on)) for who, entry, on in entries),
        created_on=created,
        first_published_on=_day(published),
        first_published_in=country,
        sha256=bytes(sha256).hex() if sha256 else None,
        copies=tuple(uid for (uid,) in copies),
    )


def excerpt_of(database: Database, subjects: Sequence[str]) -> list[LoggedEvent]:
    """Return the events of these subjects, in order."""
    places = ", ".join("?" * len(subjects))
    rows = database.execute(
        "SELECT event.seq, event.at, event.actor, event.verb, event.subject, event.salt, event.body,"
        " event.body_sha256, event.hash, former.hash FROM event"
        " LEFT JOIN event former ON former.seq = event.seq - 1"
        f" WHERE event.subject IN ({places}) ORDER BY event.seq",
        tuple(subjects),
    )
    return [
        LoggedEvent(
            Event(
                seq, at, actor, verb, subject, bytes(salt) if salt else None, body, bytes(digest), bytes(own)
            ),
            bytes(before) if before else bytes(32),
        )
        for seq, at, actor, verb, subject, salt, body, digest, own, before in rows
    ]


def _day(day: object) -> str | None:
    return None if day is None else str(day)

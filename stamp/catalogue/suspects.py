"""Suspects: what `stamp watch` has looked at already, and what came of it. Not of the log: what was found is
there as a find."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from . import identity
from .database import Database, Row
from .references import find_id

SuspectOutcome = Literal["found", "not_found", "unreadable"]
_COLUMNS: Final = (
    "suspect.id, suspect.place, suspect.version, suspect.sha256, suspect.signs, suspect.outcome, find.uid,"
    " work.uid, suspect.prints FROM suspect LEFT JOIN find ON find.id = suspect.find_id"
    " LEFT JOIN work ON work.id = find.work_id"
)


@dataclass(frozen=True, slots=True)
class SuspectRecord:
    """Something that was looked at.

    place : a URL or a path. version : what the server, or the disk, calls this state of it. sha256 :
        hexadecimal digits. signs : 32 bytes, of photos. find, work : uids, of what was found. prints : bytes
        of fingerprints that it was compared with; None where that is not known.
    """

    number: int
    place: str
    version: str | None
    sha256: str
    signs: bytes | None
    outcome: SuspectOutcome
    find: str | None
    work: str | None
    prints: int | None = None


class Suspects:
    """The suspects of a catalogue. `connect` gives the connection of the thread that asks."""

    def __init__(self, connect: Callable[[], Database]) -> None:
        self._connect = connect

    def at(self, place: str) -> SuspectRecord | None:
        """Return what was looked at there last; None where that never was."""
        return next(iter(self._where("suspect.place_sha256 = ?", _hashed(place))), None)

    def of_file(self, sha256: str) -> SuspectRecord | None:
        """Return one with these bytes, a find if there is one, else what was compared with most; None where
        nobody has looked at them."""
        order = " ORDER BY suspect.find_id IS NULL, coalesce(suspect.prints, -1) DESC, suspect.id LIMIT 1"
        return next(iter(self._where(f"suspect.sha256 = ?{order}", bytes.fromhex(sha256))), None)

    def found_on(self, page: str) -> list[SuspectRecord]:
        """Return what was found on the page of this URL."""
        return self._where("suspect.page_sha256 = ? AND suspect.find_id IS NOT NULL", _hashed(page))

    def unlike(self, prints: int, after: int = 0) -> list[tuple[int, bytes]]:
        """Return number and signs of the photos after this one in which nothing was found, of those that were
        compared with so many bytes of fingerprints or more."""
        rows = self._connect().execute(
            "SELECT id, signs FROM suspect WHERE id > ? AND signs IS NOT NULL AND outcome = 'not_found'"
            " AND prints >= ? ORDER BY id",
            (after, prints),
        )
        return [(int(number), bytes(signs)) for number, signs in rows]

    def looked_at(
        self,
        place: str,
        sha256: str,
        outcome: SuspectOutcome,
        *,
        version: str | None = None,
        page: str | None = None,
        signs: bytes | None = None,
        find: str | None = None,
        prints: int | None = None,
    ) -> None:
        """Write down what came of a suspect, in the place of what was known of this place. `find` is that of
        one that was found, `prints` as in `SuspectRecord`. Raises CatalogueError."""
        database = self._connect()
        values = {
            "place": place,
            "page_sha256": _hashed(page) if page else None,
            "version": version,
            "sha256": bytes.fromhex(sha256),
            "signs": signs,
            "outcome": outcome,
            "find_id": None if find is None else find_id(database, "find", find),
            "looked_at": identity.now(),
            "prints": prints,
        }
        columns = ", ".join(values)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        with database.writing():
            database.execute(
                f"INSERT INTO suspect (place_sha256, {columns}) VALUES ({', '.join('?' * (1 + len(values)))})"
                f" ON CONFLICT (place_sha256) DO UPDATE SET {changes}",
                (_hashed(place), *values.values()),
            )

    def _where(self, condition: str, *values: bytes) -> list[SuspectRecord]:
        rows: Sequence[Row] = self._connect().execute(f"SELECT {_COLUMNS} WHERE {condition}", values)
        return [
            SuspectRecord(
                int(number),
                place,
                version,
                bytes(sha256).hex(),
                bytes(signs) if signs else None,
                outcome,
                find,
                work,
                prints,
            )
            for number, place, version, sha256, signs, outcome, find, work, prints in rows
        ]


def _hashed(place: str) -> bytes:
    return hashlib.sha256(place.encode()).digest()

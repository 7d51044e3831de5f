"""Parties: persons, organisations, platforms and authorities."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from ..core.errors import ArgumentError, CatalogueError
from . import identity
from .database import Database, Row
from .records import PartyRecord
from .references import find_id

KINDS: Final = ("person", "organisation", "platform", "authority")
ERASED: Final = "erased party"
"""The name of a party whose data were taken out."""
_COLUMNS = "id, uid, name, kind, email, country"


class Parties:
    """The parties of a catalogue. `connect` gives the connection of the thread that asks."""

    def __init__(self, connect: Callable[[], Database]) -> None:
        self._connect = connect

    def add(
        self, name: str, *, kind: str = "person", email: str | None = None, country: str | None = None
    ) -> PartyRecord:
        """Add a party, and return it. country : ISO 3166-1, two letters.

        Raises ArgumentError where something has no such value, CatalogueError where one has this name.
        """
        name = name.strip()
        if not name:
            raise ArgumentError("a party has a name")
        if kind not in KINDS:
            raise ArgumentError(f"a party is one of {', '.join(KINDS)}, not {kind!r}")
        if country is not None and not re.fullmatch("[A-Z]{2}", country):
            raise ArgumentError(f"a country is two capital letters, such as KZ, not {country!r}")
        database = self._connect()
        with database.writing():
            if rows := database.execute("SELECT id FROM party WHERE name = ?", (name,)):
                raise CatalogueError(f"{name}: party #{rows[0][0]} is called so already")
            number = insert(database, name, kind, email=email, country=country)
        return _record(database.execute(f"SELECT {_COLUMNS} FROM party WHERE id = ?", (number,))[0])

    def ensure(self, name: str) -> PartyRecord:
        """Return the party of this name, which is added where there is none. Raises ArgumentError."""
        found = self._connect().execute(f"SELECT {_COLUMNS} FROM party WHERE name = ?", (name.strip(),))
        return _record(found[0]) if found else self.add(name)

    def list(self, *, limit: int = 50, after: str | None = None) -> list[PartyRecord]:
        """Return parties, the newest first; `after` is the last one of the page before. Raises
        CatalogueError."""
        database = self._connect()
        before = 2**62 if after is None else find_id(database, "party", after)
        rows = database.execute(
            f"SELECT {_COLUMNS} FROM party WHERE id < ? ORDER BY id DESC LIMIT ?", (before, limit)
        )
        return list(map(_record, rows))

    def show(self, reference: str) -> PartyRecord:
        """Return a party, with how many works and copies it has to do with. Raises CatalogueError where there
        is none of this name."""
        database = self._connect()
        number = find_id(database, "party", reference)
        (row,) = database.execute(f"SELECT {_COLUMNS} FROM party WHERE id = ?", (number,))
        ((works, copies),) = database.execute(
            "SELECT (SELECT count(DISTINCT work_id) FROM contribution WHERE party_id = party.id),"
            " (SELECT count(*) FROM copy WHERE recipient_id = party.id AND state <> 'abandoned')"
            " FROM party WHERE id = ?",
            (number,),
        )
        return replace(_record(row), work_count=works, copy_count=copies)


def find_or_insert(database: Database, name: str) -> int:
    """Return the id of the first party of this name, which is added where there is none; within `writing`."""
    rows = database.execute("SELECT id FROM party WHERE name = ? ORDER BY id LIMIT 1", (name,))
    return int(rows[0][0]) if rows else insert(database, name, "person")


def insert(
    database: Database,
    name: str,
    kind: str,
    *,
    country: str | None = None,
    uid: str | None = None,
    **more: Any,
) -> int:
    """Add a party within `writing`, and return its id. more : other columns of `party`."""
    uid = uid or identity.uid7()
    number = database.insert("party", uid=uid, kind=kind, name=name, country=country, **more)
    said = {"name": name, "kind": kind, "email": more.get("email"), "country": country}
    database.log("party.added", uid, said)
    return number


def _record(row: Row) -> PartyRecord:
    number, uid, name, kind, email, country = row
    return PartyRecord(uid, number, name, kind, email, country)

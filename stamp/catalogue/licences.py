"""Licences: what was granted to others, or acquired from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ..core.errors import ArgumentError, CatalogueError
from . import identity, odrl
from .database import Database, Row
from .records import LicenceRecord
from .references import find_id
from .terms import Terms, Territory, UseRule
from .terms_checks import checked
from .uses import clash

_PLAIN: Final = tuple(
    each.name
    for each in fields(Terms)
    if each.name not in ("licensor", "licensee", "works", "uses", "territories")
)
"""Columns that are called like the field of `Terms` that is in them."""
_DATES: Final = ("signed_on", "valid_from", "valid_until", "terminated_on")
_SELECT: Final = (
    "SELECT licence.id, licence.uid, licence.added_at, licensor.name, licensee.name,"
    f" {', '.join(f'licence.{name}' for name in _PLAIN)} FROM licence"
    " JOIN party licensor ON licensor.id = licence.licensor_id"
    " JOIN party licensee ON licensee.id = licence.licensee_id"
)

Found = list[LicenceRecord]


class Licences:
    """The licences of a catalogue. `connect` gives the connection of the thread that asks."""

    def __init__(self, connect: Callable[[], Database]) -> None:
        self._connect = connect

    def add(self, terms: Terms) -> LicenceRecord:
        """Add a licence, and return it.

        Raises ArgumentError where the terms contradict each other, CatalogueError where they name a party or
        a work that is not there.
        """
        database, wanted = self._connect(), checked(terms)
        with database.writing():
            number = _insert(database, wanted)
        return self.show(f"#{number}")

    def show(self, reference: str) -> LicenceRecord:
        """Return one licence with its policy. Raises CatalogueError where there is none of this name."""
        database = self._connect()
        number = find_id(database, "licence", reference)
        (record,) = _records(database, database.execute(f"{_SELECT} WHERE licence.id = ?", (number,)))
        ((licensor, licensee),) = database.execute(
            "SELECT licensor.uid, licensee.uid FROM licence"
            " JOIN party licensor ON licensor.id = licence.licensor_id"
            " JOIN party licensee ON licensee.id = licence.licensee_id WHERE licence.id = ?",
            (number,),
        )
        return replace(record, odrl=odrl.policy(record.licence, record.terms, licensor, licensee))

    def clashes(self, reference: str) -> Found:
        """Return the other licences that grant what only this one or they can: they have a work, a place, a
        day and a use in common, and one of both is exclusive or sole. Raises CatalogueError."""
        record = self.show(reference)
        database = self._connect()
        near = {
            each.number: each
            for work in record.terms.works
            for each in self.of_work(find_id(database, "work", work))
        }
        near.pop(record.number)
        return [each for _, each in sorted(near.items()) if clash(record.terms, each.terms)]

    def list(self, *, work: str | None = None, limit: int = 50, after: str | None = None) -> Found:
        """Return licences, of one work if it is given, the newest first; `after` is the last one of the page
        before. Raises CatalogueError."""
        if not 1 <= limit <= 10_000:
            raise ArgumentError(f"a page has 1 to 10000 entries, not {limit}")
        database = self._connect()
        sql, parameters = f"{_SELECT} WHERE licence.id < ?", [_before(database, after)]
        if work is not None:
            sql += " AND licence.id IN (SELECT licence_id FROM licence_work WHERE work_id = ?)"
            parameters.append(find_id(database, "work", work))
        rows = database.execute(f"{sql} ORDER BY licence.id DESC LIMIT ?", (*parameters, limit))
        return _records(database, rows)

    def of_work(self, work_id: int) -> Found:
        """Return all licences of the work of this number, the oldest first, those that ended, too."""
        database = self._connect()
        rows = database.execute(
            f"{_SELECT} JOIN licence_work ON licence_work.licence_id = licence.id"
            " WHERE licence_work.work_id = ? ORDER BY licence.id",
            (work_id,),
        )
        return _records(database, rows)

    def end(self, reference: str, on: date | None = None, reason: str | None = None) -> LicenceRecord:
        """End a licence before its time, and return it. on : the first day on which it holds no longer, today
        unless given. reason : for the log.

        Raises CatalogueError where there is none of this name, or it has ended before.
        """
        database, last = self._connect(), on or date.today()
        with database.writing():
            record = self.show(reference)
            terms = record.terms
            if terms.terminated_on is not None:
                raise CatalogueError(f"licence #{record.number} was ended on {terms.terminated_on} already")
            if terms.valid_until is not None and terms.valid_until < last:
                raise CatalogueError(f"licence #{record.number} ends on {terms.valid_until} by itself")
            database.execute(
                "UPDATE licence SET terminated_on = ? WHERE id = ?", (last.isoformat(), record.number)
            )
            body = {"terminated_on": last.isoformat(), "reason": reason}
            database.log(
                "licence.ended", record.licence, {key: value for key, value in body.items() if value}
            )
        return self.show(f"#{record.number}")


def _before(database: Database, after: str | None) -> int:
    return 2**62 if after is None else find_id(database, "licence", after)


def _insert(database: Database, terms: Terms) -> int:
    """Add a licence within `writing`, and return its id."""
    works = list(dict.fromkeys(find_id(database, "work", work) for work in terms.works))
    licensor, licensee = (find_id(database, "party", each) for each in (terms.licensor, terms.licensee))
    if licensor == licensee:
        raise ArgumentError(f"{terms.licensee}: nobody grants a licence to himself; name two parties")
    uid, plain = identity.uid7(), {name: _stored(getattr(terms, name)) for name in _PLAIN}
    number = database.insert(
        "licence",
        uid=uid,
        licensor_id=licensor,
        licensee_id=licensee,
        added_at=identity.now(),
        **plain,
    )
    for work_id in works:
        database.execute("INSERT INTO licence_work (licence_id, work_id) VALUES (?, ?)", (number, work_id))
    for use in dict.fromkeys(terms.uses):
        database.insert("licence_use", licence_id=number, **asdict(use))
    for place in dict.fromkeys(terms.territories):
        database.execute(
            "INSERT INTO licence_territory (licence_id, territory, excluded) VALUES (?, ?, ?)",
            (number, place.code, place.excluded),
        )
    (record,) = _records(database, database.execute(f"{_SELECT} WHERE licence.id = ?", (number,)))
    said = record.to_dict()
    passing = ("licence", "number", "added_at", "odrl", "error")
    database.log("licence.added", uid, {key: said[key] for key in said if key not in passing})
    return number


def _stored(value: Any) -> Any:
    """A value as both databases take it."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _records(database: Database, rows: Sequence[Row]) -> Found:
    ids = [row[0] for row in rows]
    works = _grouped(
        database,
        "SELECT licence_work.licence_id, work.uid FROM licence_work JOIN work ON work.id = work_id"
        " WHERE licence_id IN ({}) ORDER BY work.id",
        ids,
    )
    uses = _grouped(
        database,
        "SELECT licence_id, rule, action, channel FROM licence_use WHERE licence_id IN ({}) ORDER BY id",
        ids,
    )
    places = _grouped(
        database,
        "SELECT licence_id, territory, excluded FROM licence_territory WHERE licence_id IN ({})"
        " ORDER BY excluded, territory",
        ids,
    )
    found = []
    for number, uid, added, licensor, licensee, *values in rows:
        terms = Terms(
            licensor=licensor,
            licensee=licensee,
            works=tuple(work for (work,) in works[number]),
            uses=tuple(UseRule(*use) for use in uses[number]),
            territories=tuple(Territory(code, bool(excluded)) for code, excluded in places[number]),
            **{name: _read(name, value) for name, value in zip(_PLAIN, values, strict=True)},
        )
        found.append(LicenceRecord(uid, number, terms, identity.text(added) or ""))
    return found


def _read(name: str, value: Any) -> Any:
    """A value of a column: SQLite gives dates as text, both of them numbers with zeros of their own."""
    if value is None:
        return None
    if name in ("online", "sublicensable"):
        return bool(value)
    if name in _DATES:
        return date.fromisoformat(value) if isinstance(value, str) else value
    if name == "amount":
        return Decimal(f"{Decimal(str(value)).normalize():f}")
    return value


def _grouped(database: Database, sql: str, ids: Iterable[int]) -> defaultdict[int, list[Row]]:
    """What `sql` says of each of these licences; `{}` in it becomes their ids."""
    found: defaultdict[int, list[Row]] = defaultdict(list)
    every = list(ids)
    for start in range(0, len(every), 500):  # databases limit how many parameters there are
        some = every[start : start + 500]
        for licence_id, *values in database.execute(sql.format(", ".join("?" * len(some))), some):
            found[licence_id].append(tuple(values))
    return found

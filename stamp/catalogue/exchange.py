"""Works as others get them: each with its marks and copies, as values of JSON (`stamp.work/1`).

What is only of this computer stays: folders, its name, who is logged in. So do e-mail addresses, telephone
numbers, postal addresses and tax numbers of parties. `intake` is the way back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from . import identity
from .database import Database, Row
from .works import grouped

SCHEMA: Final = "stamp.work/1"
WORK: Final = (
    "uid",
    "title",
    "kind",
    "origin",
    "language",
    "created_on",
    "first_published_on",
    "first_published_in",
    "source",
    "source_sha256",
    "essence_sha256",
    "rights",
    "added_at",
    "withdrawn_at",
)
PARTY: Final = ("uid", "name", "kind", "country", "isni", "ipi")
COPY: Final = (
    "uid",
    "state",
    "source",
    "output",
    "source_sha256",
    "output_sha256",
    "essence_sha256",
    "size",
    "scheme",
    "program",
    "psnr_db",
    "channel",
    "url",
    "reserved_at",
    "placed_at",
    "published_at",
)
_PAGE = 200  # works that are in memory at once


def entries(database: Database) -> Iterator[dict[str, Any]]:
    """Yield all works, the oldest first. Raises CatalogueError."""
    after, columns = 0, ", ".join(WORK)
    with database.reading():
        while rows := database.execute(
            f"SELECT id, {columns} FROM work WHERE id > ? ORDER BY id LIMIT ?", (after, _PAGE)
        ):
            yield from _page(database, rows)
            after = rows[-1][0]


def file_name(path: str) -> str:
    """Return a file's name without its folder, as systems of either kind write paths."""
    parts = r"[\\/]" if re.match(r"[A-Za-z]:|\\\\", path) else "/"
    return re.split(parts, path)[-1]


def _page(database: Database, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    ids = [row[0] for row in rows]
    party = ", ".join(f"party.{column}" for column in PARTY)
    identifiers = grouped(
        database,
        "SELECT work_id, scheme, value FROM work_identifier WHERE work_id IN ({}) ORDER BY id",
        ids,
    )
    contributions = grouped(
        database,
        f"SELECT work_id, role, share_ppm, basis, {party} FROM contribution"
        " JOIN party ON party.id = contribution.party_id WHERE work_id IN ({}) ORDER BY contribution.id",
        ids,
    )
    registrations = grouped(
        database,
        "SELECT work_id, authority, number, registered_on FROM registration"
        " WHERE work_id IN ({}) ORDER BY id",
        ids,
    )
    marks = grouped(
        database,
        "SELECT work_id, mark.id, payload, key.fingerprint, key.name FROM mark"
        " JOIN key ON key.id = mark.key_id WHERE work_id IN ({}) ORDER BY mark.id",
        ids,
    )
    copies = _copies(database, [mark[0] for each in marks.values() for mark in each])
    for number, *values in rows:
        work = {name: _plain(value) for name, value in zip(WORK, values, strict=True)}
        uid, rights = work.pop("uid"), work.pop("rights")
        yield {
            "schema": SCHEMA,
            "work": uid,
            **work,
            "source": file_name(work["source"]) if work["source"] else None,
            "rights": json.loads(rights) if isinstance(rights, str) else rights,
            "identifiers": [":".join(each) for each in identifiers[number]],
            "contributions": [
                {"role": role, "share_ppm": share, "basis": basis, "party": _party(who)}
                for role, share, basis, *who in contributions[number]
            ],
            "registrations": [
                {"authority": authority, "number": entry, "registered_on": _plain(day)}
                for authority, entry, day in registrations[number]
            ],
            "marks": [
                {
                    "payload": _plain(payload),
                    "key": key,
                    "key_name": name,
                    # The hash of a copy's source is written down only where it is not that of the work.
                    "copies": [
                        copy | {"source_sha256": copy["source_sha256"] or work["source_sha256"]}
                        for copy in copies.get(mark, [])
                    ],
                }
                for mark, payload, key, name in marks[number]
            ],
        }


def _copies(database: Database, marks: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    columns = ", ".join(f"copy.{column}" for column in COPY)
    party = ", ".join(f"party.{column}" for column in PARTY)
    found = grouped(
        database,
        f"SELECT copy.mark_id, {columns}, licence.uid, {party} FROM copy"
        " LEFT JOIN licence ON licence.id = copy.licence_id"
        " LEFT JOIN party ON party.id = copy.recipient_id WHERE copy.mark_id IN ({}) ORDER BY copy.id",
        marks,
    )
    return {mark: [_copy(row) for row in rows] for mark, rows in found.items()}


def _copy(row: Row) -> dict[str, Any]:
    copy = {name: _plain(value) for name, value in zip(COPY, row, strict=False)}
    url, licence, *recipient = copy["url"], *row[len(COPY) :]
    return {
        "copy": copy.pop("uid"),
        **copy,
        "source": file_name(copy["source"]),
        "output": file_name(copy["output"]),
        "url": url if url and not url.lower().startswith("file:") else None,
        "licence": licence,
        "recipient": _party(recipient) if recipient[0] else None,
    }


def _party(row: Sequence[Any]) -> dict[str, Any]:
    party = dict(zip(PARTY, row, strict=True))
    return {"party": party.pop("uid"), **party}


def _plain(value: Any) -> Any:
    """A value of a database as JSON has it, the same from each."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return identity.written(value)
    return value.isoformat() if isinstance(value, date) else value

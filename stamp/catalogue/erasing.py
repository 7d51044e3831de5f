"""Taking a party's data out, for good: from its row, from what is searched, and from the log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import rfc8785

from ..core.errors import CatalogueError
from . import identity
from .database import Database
from .parties import ERASED
from .records import Erased
from .references import find_id

_COLUMNS: Final = ("email", "phone", "address", "country", "isni", "ipi", "tax_id")
_TELLING: Final = ("name", "email", "phone", "address", "isni", "ipi", "tax_id")
"""What tells who somebody is; a country does not."""
_NOT_PERSONAL: Final = ("title", "kind", "origin")
"""Values of the log that may have the same word without naming anybody."""
_PAGE = 1000  # events that are in memory at once


def erase(database: Database, reference: str) -> Erased:
    """Blank a party's row, and the bodies of the events that name it. A second time does what is left to do.

    Raises CatalogueError where there is no such party.
    """
    with database.writing():
        number = find_id(database, "party", reference)
        columns = ", ".join(_TELLING)
        ((uid, *values),) = database.execute(f"SELECT uid, {columns} FROM party WHERE id = ?", (number,))
        words = [value for value in values if value and value != ERASED]
        blanks = ", ".join(f"{column} = NULL" for column in _COLUMNS)
        database.execute(f"UPDATE party SET name = ?, {blanks} WHERE id = ?", (ERASED, number))
        works = _fold_again(database, number) if words else 0
        seqs = list(_naming(database, uid, words))
        for seq in seqs:
            database.execute("UPDATE event SET body = NULL, salt = NULL WHERE seq = ?", (seq,))
        if words:
            database.log("party.erased", uid, {"events": len(seqs)})
    return Erased(uid, len(seqs), works, _tidy(database))


def _naming(database: Database, uid: str, words: list[str]) -> Iterator[int]:
    """The numbers of the events whose bodies name the party: those about it, and those with one of `words` in
    a value that is no title."""
    place = "strpos" if database.is_postgres else "instr"
    written = [rfc8785.dumps(word)[1:-1].decode() for word in words]  # as they are in canonical JSON
    either = " OR ".join(["subject = ?", *(f"{place}(body, ?) > 0" for _ in words)])
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words)) if words else None
    after = 0
    while rows := database.execute(
        f"SELECT seq, subject, verb, body FROM event WHERE seq > ? AND body IS NOT NULL AND ({either})"
        " ORDER BY seq LIMIT ?",
        (after, uid, *written, _PAGE),
    ):
        for seq, subject, verb, body in rows:
            about = subject == uid and verb != "party.erased"
            if about or (pattern and any(map(pattern.search, _texts(json.loads(body))))):
                yield seq
        after = rows[-1][0]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in _NOT_PERSONAL:
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _fold_again(database: Database, number: int) -> int:
    """Write anew what is searched of the works that the party has to do with, and return how many."""
    works = database.execute(
        "SELECT DISTINCT work.id, work.title FROM contribution JOIN work ON work.id = contribution.work_id"
        " WHERE contribution.party_id = ?",
        (number,),
    )
    for work, title in works:
        names = database.execute(
            "SELECT party.name FROM contribution JOIN party ON party.id = contribution.party_id"
            " WHERE contribution.work_id = ? ORDER BY contribution.id",
            (work,),
        )
        values = database.execute("SELECT value FROM work_identifier WHERE work_id = ? ORDER BY id", (work,))
        texts = [text for (text,) in (*dict.fromkeys(names), *values)]
        database.execute("UPDATE work SET folded = ? WHERE id = ?", (identity.folded(title, *texts), work))
    return len(works)


def _tidy(database: Database) -> bool:
    """Write the file anew, without what was deleted in it; say whether that was done."""
    if database.is_postgres:
        return False
    try:
        database.execute("INSERT INTO work_text(work_text) VALUES ('optimize')")
        database.execute("VACUUM")
        return bool(database.execute("PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0)
    except CatalogueError:  # somebody else has it open, or there is no room for a second file
        return False

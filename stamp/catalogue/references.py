"""What names a row for people: a uid, the beginning of one, or a number."""

from __future__ import annotations

import re

from ..core.errors import CatalogueError
from .database import Database

_COMMAND = {"work": "works", "case_file": "case"}
_NOUN = {"case_file": "case"}


def find_id(database: Database, table: str, reference: str) -> int:
    """Return the id of the row of `work`, `party`, `licence`, `find`, `case_file` or `notice` that is meant
    by a uid, a unique beginning of one, "#12" or "12" (which a shell needs no quotes for), or, of a party,
    its name.

    Raises CatalogueError where there is none, or several.
    """
    rows: list[tuple[int]] = []
    if number := re.fullmatch("#?([1-9][0-9]{0,17})", reference):
        rows = database.execute(f"SELECT id FROM {table} WHERE id = ?", (int(number[1]),))
    elif re.fullmatch("[0-9a-f-]{4,36}", reference):
        rows = _by_uid(database, table, reference)
    if not rows and table == "party":
        rows = database.execute("SELECT id FROM party WHERE name = ? LIMIT 2", (reference,))
    if len(rows) == 1:
        return int(rows[0][0])
    command = f"stamp {_COMMAND.get(table, table)}"
    if rows:
        raise CatalogueError(f"{reference}: several are called so; `{command} list` shows their numbers")
    remedy = f"`{command} list` shows what there is, `{command} add` adds one"
    raise CatalogueError(f"{reference}: there is no such {_NOUN.get(table, table)}; {remedy}")


def uid_of(database: Database, table: str, number: int) -> str:
    """Return the uid of the row of `table` with this id, which is there."""
    return str(database.execute(f"SELECT uid FROM {table} WHERE id = ?", (number,))[0][0])


def _by_uid(database: Database, table: str, beginning: str) -> list[tuple[int]]:
    if len(beginning) == 36:
        return database.execute(f"SELECT id FROM {table} WHERE uid = ?", (beginning,))
    if database.is_postgres:
        return database.execute(f"SELECT id FROM {table} WHERE uid LIKE ? LIMIT 2", (f"{beginning}%",))
    # SQLite has its index for a range, and not for a LIKE.
    return database.execute(
        f"SELECT id FROM {table} WHERE uid >= ? AND uid < ? LIMIT 2", (beginning, f"{beginning}g")
    )

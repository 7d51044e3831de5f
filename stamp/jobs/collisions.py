"""Outputs that several jobs would make, or that are somebody's source, found without keeping all names.

Eight bytes of a hash stand for a name; a database in a temporary file, which nobody else sees, sorts them on
the disk. What shares a hash is only suspected: `plan` compares the names themselves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from hashlib import blake2b
from itertools import islice

_BATCH = 10_000


def suspects(ends: Iterable[tuple[str, str | None]], *, sources: bool) -> tuple[int, frozenset[int]]:
    """Return how many `ends` there are, source and output of each job (None where it has none), and the
    `short` names of the outputs that come more than once; with `sources` also of those that are a source."""
    count = 0
    pairs = iter(ends)
    with closing(sqlite3.connect("")) as names:  # a file of its own, gone when it is closed
        names.execute("PRAGMA journal_mode = OFF")
        names.execute("CREATE TABLE output (name INTEGER)")
        names.execute("CREATE TABLE source (name INTEGER)")
        while batch := list(islice(pairs, _BATCH)):
            count += len(batch)
            made = [(short(output),) for _, output in batch if output is not None]
            names.executemany("INSERT INTO output VALUES (?)", made)
            if sources:
                names.executemany("INSERT INTO source VALUES (?)", [(short(source),) for source, _ in batch])
        found = {
            name for (name,) in names.execute("SELECT name FROM output GROUP BY name HAVING count(*) > 1")
        }
        found |= {
            name for (name,) in names.execute("SELECT name FROM output INTERSECT SELECT name FROM source")
        }
    return count, frozenset(found)


def short(name: str) -> int:
    """Return 64 bits that stand for a name."""
    digest = blake2b(name.encode(errors="surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)

"""Empty catalogues for tests: an SQLite file, and a schema of the server that STAMP_TEST_POSTGRESQL names."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = os.environ.get("STAMP_TEST_POSTGRESQL")
DATABASES = ["sqlite", *(["postgresql"] if SERVER else [])]
SERVERS = DATABASES[1:]


@contextmanager
def empty_place(database: str, folder: Path) -> Iterator[str]:
    """The URL or path of a catalogue that is not there yet."""
    if database == "sqlite":
        yield str(folder / "catalogue.sqlite")
        return
    import psycopg

    assert SERVER
    schema = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{SERVER}?options=-csearch_path%3D{schema}"
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")

"""The schema of a catalogue: made, and brought up from earlier versions by the migrations beside it
(Alembic)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from ..core.errors import CatalogueError
from .locks import WRITERS
from .place import sqlite_path
from .remedies import said

_MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(url: str, revision: str | None, *, shown: str) -> None:
    """Bring the catalogue at `url`, which is at `revision` (None: empty), to the schema of this version. Of
    several processes one does it, and the others wait.

    Raises CatalogueError where it was made by a later version, or cannot be written to; then it is as it was.
    """
    configuration = Config()
    configuration.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()}
    if revision is not None and revision not in known:
        raise CatalogueError(
            f"{shown}: written by a later version of stamp (schema {revision}); update stamp"
        )
    engine = engine_of(url)
    with said(shown):
        try:
            with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    connection.exec_driver_sql(WRITERS)
                configuration.attributes["connection"] = connection
                command.upgrade(configuration, "head")
        except sa.exc.DBAPIError as error:
            raise error.orig or error from error
        finally:
            engine.dispose()


def engine_of(url: str) -> sa.Engine:
    """Return an engine for a catalogue; `url` may be a plain path of an SQLite file."""
    if url.startswith(("postgres://", "postgresql://")):
        url = f"postgresql+psycopg://{url.partition('://')[2]}"
    is_file = not url.startswith("postgresql")
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(sqlite_path(url))) if is_file else url)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, record: object) -> None:
            connection.isolation_level = None  # else sqlite3 begins transactions of its own, and too late
            for pragma in ("busy_timeout=30000", "foreign_keys=ON", "trusted_schema=OFF"):
                connection.execute(f"PRAGMA {pragma}")

        @sa.event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine

"""A whole catalogue to another database: all tables, row by row, as `models` describes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from ..core.errors import CatalogueError
from .database import Database
from .locks import WRITERS
from .models import Base
from .place import sqlite_path
from .schema import engine_of

_PAGE: Final = 1000  # rows that are in memory at once
Seen = Callable[[int, int], None]


def copy_to(source: Database, url: str, *, seen: Seen) -> int:
    """Copy the catalogue `source` to an empty database, which is made where there is none, and return how
    many rows it has: ids, uids and the log stay what they are. Others cannot write to `source` meanwhile.
    `seen` is called with how many rows are done, and how many there are.

    Raises CatalogueError where the target has something in it; then, and after any other error, there is
    nothing of it in the target.
    """
    was_there = "://" in url or sqlite_path(url).exists()
    target = Database(url)
    try:
        if target.execute("SELECT 1 FROM event LIMIT 1"):
            raise _not_empty(target.shown)
    finally:
        target.close()
    try:
        with _reaching(source.shown), _reading(source.url) as reader, _writing(target.url) as writer:
            _check_empty(writer, target.shown)
            done = _copy(reader, writer, seen)
            if writer.dialect.name == "postgresql":
                _reset_sequences(writer)
    except BaseException:
        if not was_there:
            for suffix in ("", "-wal", "-shm"):
                with suppress(OSError):
                    Path(f"{target.path}{suffix}").unlink()
        raise
    return done


def _copy(reader: sa.Connection, writer: sa.Connection, seen: Seen) -> int:
    tables, done = Base.metadata.sorted_tables, 0
    total = sum(reader.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables)
    for table in tables:
        columns = list(table.columns)
        # By their order, for rows that name others of their table.
        rows = reader.execution_options(yield_per=_PAGE).execute(
            sa.select(*columns).order_by(*table.primary_key.columns)
        )
        with rows:
            for page in rows.mappings().partitions(_PAGE):
                writer.execute(table.insert(), [dict(row) for row in page])
                done += len(page)
                seen(done, total)
    return done


def _check_empty(writer: sa.Connection, shown: str) -> None:
    for table in Base.metadata.sorted_tables:
        if writer.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise _not_empty(shown)


def _not_empty(shown: str) -> CatalogueError:
    return CatalogueError(f"{shown}: has a catalogue with something in it; a copy needs an empty database")


def _reset_sequences(writer: sa.Connection) -> None:
    """Let the next row of each table get the id after the last one."""
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = writer.scalar(sa.func.pg_get_serial_sequence(table.name, column.name))
        last = writer.scalar(sa.select(sa.func.max(column)))
        if sequence and last is not None:
            writer.execute(sa.select(sa.func.setval(sequence, last)))


@contextmanager
def _reading(url: str) -> Iterator[sa.Connection]:
    """A connection to what nobody else writes to until it is closed."""
    engine = engine_of(url)
    try:
        with engine.connect() as connection, connection.begin():  # SQLite: BEGIN IMMEDIATE
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(WRITERS)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _writing(url: str) -> Iterator[sa.Connection]:
    """A connection whose one transaction is whole or not at all."""
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                # Not the lock of writers: the source may hold it, in another schema of this database.
                connection.exec_driver_sql("LOCK TABLE event IN EXCLUSIVE MODE")
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _reaching(shown: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise CatalogueError(f"{shown}: cannot be copied ({reason}); the copy has nothing in it") from error

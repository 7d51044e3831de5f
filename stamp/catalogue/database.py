"""A connection to the catalogue in plain SQL: SQLite in a file, or PostgreSQL.

Importing SQLAlchemy takes longer than marking a small photo (ADR 91), so whatever happens with every photo
is written here and in `copies`, with `?` for parameters on both databases."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from ..core.errors import CatalogueError, MissingDependency
from . import events, identity
from .locks import WRITERS
from .place import sqlite_path
from .remedies import said

HEAD: Final = "0005"
"""The revision of the schema that this version writes; see `migrations`."""
_STEP: Final = 1000  # pages that are copied between two looks at how far it is
_BUSY: Final = 30.0  # seconds that a writer waits for others
_SAVEPOINT = ("SAVEPOINT inside", "RELEASE SAVEPOINT inside", "ROLLBACK TO SAVEPOINT inside")
_POSTGRES: Final = ("postgresql://", "postgres://", "postgresql+psycopg://")

Row = tuple[Any, ...]


class Database:
    """One connection. Not for several threads at once; each opens its own.

    url : as `sqlalchemy.create_engine` takes it, or a path. path : the file of an SQLite catalogue, None for
    PostgreSQL.
    """

    def __init__(self, url: str, *, make: bool = True) -> None:
        """Raises CatalogueError where it cannot be reached, is no catalogue or one of a later version, and
        MissingDependency where psycopg is needed. A catalogue that is not there is made, unless `make` is
        False; an SQLite file with mode 0600."""
        self.url = url
        self.is_postgres = url.startswith(_POSTGRES)
        self.path = None if self.is_postgres else sqlite_path(url)
        self._depth = 0
        self._connection: Any = self._postgres() if self.is_postgres else self._sqlite(make)
        try:
            self._check_schema(make)
        except BaseException:
            self.close()
            raise

    @property
    def is_lost(self) -> bool:
        """Whether a server has ended the connection."""
        return self.is_postgres and bool(self._connection.closed)

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run one statement, and return its rows. Raises CatalogueError."""
        with said(self.shown):
            sql = sql.replace("%", "%%").replace("?", "%s") if self.is_postgres else sql
            cursor = self._connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold a transaction as the only writer, from its first statement: nothing is read that another
        writer changes before it ends, and the log does not fork. One inside of another is a part of it, which
        is written or not by itself. Raises CatalogueError; then nothing of it was written."""
        inside = self._depth > 0
        begin, end, undo = _SAVEPOINT if inside else (self._begin, "COMMIT", "ROLLBACK")
        try:
            self.execute(begin)
        except CatalogueError:
            if inside or not self.is_lost:
                raise
            self._connection = (
                self._postgres()
            )  # ended by the server while it was idle: nothing was under way
            self.execute(begin)
        self._depth += 1
        try:
            if self.is_postgres and not inside:
                self.execute(WRITERS)
            yield
            self.execute(end)
        except BaseException:
            with suppress(CatalogueError):
                self.execute(undo)
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the catalogue as it is now: what others write meanwhile is not seen, and they need not wait.
        Raises CatalogueError."""
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if self.is_postgres else "BEGIN")
        try:
            yield
        finally:
            with suppress(CatalogueError):
                self.execute("ROLLBACK")

    @property
    def _begin(self) -> str:
        # Deferred, a transaction that reads first cannot always become a writer, however long it waits.
        return "BEGIN" if self.is_postgres else "BEGIN IMMEDIATE"

    def insert(self, table: str, **values: Any) -> int:
        """Insert a row, and return its id."""
        columns, places = ", ".join(values), ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING id"
        return int(self.execute(sql, tuple(values.values()))[0][0])

    def log(self, verb: str, subject: str, body: Mapping[str, Any], actor: str | None = None) -> None:
        """Append an event; within `writing`. actor : the user of this computer unless given."""
        last = self.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
        seq, before = (last[0][0] + 1, bytes(last[0][1])) if last else (1, events.FIRST)
        event = events.following(seq, before, identity.now(), verb, subject, body, actor)
        self.execute(
            "INSERT INTO event (seq, at, actor, verb, subject, salt, body, body_sha256, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seq,
                event.at,
                event.actor,
                verb,
                subject,
                event.salt,
                event.body,
                event.body_sha256,
                event.hash,
            ),
        )

    def copy_to(self, target: sqlite3.Connection, seen: Callable[[int, int], None]) -> None:
        """Copy an SQLite catalogue as it is now, while others may keep writing; `seen` is called with how
        many of its pages are done, and how many there are. Raises CatalogueError."""
        # In one transaction: else SQLite begins anew with each writer that comes in between.
        with self.reading(), said(self.shown):
            self._connection.execute("SELECT count(*) FROM alembic_version")
            self._connection.backup(
                target, pages=_STEP, progress=lambda status, left, total: seen(total - left, total)
            )

    @property
    def shown(self) -> str:
        """The catalogue's name for people, without a password."""
        return str(self.path) if self.path else self.url.rpartition("@")[2]

    def _sqlite(self, make: bool) -> sqlite3.Connection:
        assert self.path is not None
        with said(self.shown):
            if not self.path.exists():
                if not make:
                    raise _none_here(self.shown)
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            # One thread at a time uses it; another one may close it.
            connection = sqlite3.connect(
                self.path, timeout=_BUSY, isolation_level=None, check_same_thread=False
            )
            try:
                for pragma in ("synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
                    connection.execute(f"PRAGMA {pragma}")
            except sqlite3.Error:
                connection.close()
                raise
        return connection

    def _postgres(self) -> Any:
        try:
            import psycopg
        except ImportError as error:
            message = "a catalogue in PostgreSQL needs psycopg: pip install 'stamp-media[postgresql]'"
            raise MissingDependency(message, extra="postgresql") from error
        with said(self.shown):
            return psycopg.connect(self.url.replace("+psycopg", "", 1), autocommit=True)

    def _check_schema(self, make: bool) -> None:
        revision = self._revision()
        if revision == HEAD:
            return
        if revision is None and not make:
            raise _none_here(self.shown)
        if self.path and revision is None:
            self.execute("PRAGMA journal_mode=WAL")  # for good; readers need not wait for writers
        from .schema import upgrade

        upgrade(self.url, revision, shown=self.shown)

    def _revision(self) -> str | None:
        """The revision of the schema that is there; None for an empty database. Raises CatalogueError for
        another one."""
        tables = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
            if self.is_postgres
            else "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        names = {name for (name,) in self.execute(tables)}
        if not names:
            return None
        if "alembic_version" not in names or "copy" not in names:
            raise CatalogueError(f"{self.shown}: this is another program's database; name another one")
        return str(self.execute("SELECT version_num FROM alembic_version")[0][0])


def _none_here(shown: str) -> CatalogueError:
    return CatalogueError(f"{shown}: there is no catalogue; `stamp embed` and `stamp works add` make one")

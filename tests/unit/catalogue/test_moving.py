"""A catalogue is copied to another database, and nothing of it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from stamp.catalogue import identity
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.database import Database
from stamp.catalogue.models import Base, Instant
from stamp.core.errors import CatalogueError
from tests.helpers.catalogues import DATABASES, empty_place

WAYS = [(source, target) for source in DATABASES for target in DATABASES]
TABLES = [table.name for table in Base.metadata.sorted_tables]


@pytest.fixture(params=WAYS, ids="-".join)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Two places of catalogues that are not there yet."""
    with ExitStack() as stack:
        found = []
        for name, database in zip("ab", request.param, strict=True):
            (tmp_path / name).mkdir()
            found.append(stack.enter_context(empty_place(database, tmp_path / name)))
        yield found


def a_row_in_each_table(catalogue: Catalogue) -> None:
    """Rows with a value in each column, of each type, as the commands and as hands write them."""
    catalogue.works.add(
        title="Көл «таңы» \U0001f30a\n'\"", kind="image", creators=["Ada"], identifiers=["isrc:KZAB12600001"]
    )
    catalogue.seal()
    database = catalogue._database()
    values: dict[Any, Any] = {
        datetime: "2026-05-01T12:00:00.000001Z", date: "2026-05-01", bytes: bytes(range(32)),
        int: 2**31 - 1, float: 41.25, bool: True, Decimal: "1234.5600",
        dict: json.dumps({"a": "ә"}),
    }  # fmt: skip
    special = {"payload": bytes(range(8)), "size": 2**40, "valid_until": "2027-01-01", "salt": bytes(16)}
    database.execute("PRAGMA ignore_check_constraints=ON" if database.path else "SELECT 1")
    with database.writing():
        for table in Base.metadata.sorted_tables:
            if database.execute(f"SELECT 1 FROM {table.name} LIMIT 1"):
                continue
            row: dict[str, Any] = {}
            for column in table.columns:
                if column.foreign_keys or column.name == "id":
                    row[column.name] = 1
                elif column.name in special:
                    row[column.name] = special[column.name]
                elif kind_of(column) is str:
                    row[column.name] = _word(table, column)
                else:
                    row[column.name] = values[kind_of(column)]
            database.execute(
                f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                tuple(row.values()),
            )
    catalogue.parties.add("After", country="KZ")


def kind_of(column: Any) -> type:
    """The type of a column's values in Python, which SQLAlchemy does not say of all."""
    if isinstance(column.type, Instant):
        return datetime
    return dict if isinstance(column.type, sa.JSON) else column.type.python_type  # type: ignore[no-any-return]


def _word(table: Any, column: Any) -> str:
    """A text that the constraints of the column let in."""
    for check in table.constraints:
        text = str(getattr(check, "sqltext", ""))
        if text.startswith(f"{column.name} IN ("):
            return text.split("'")[1]
    return "KZT"[: min(column.type.length or 3, 3)] if column.name != "uid" else identity.uid7()


def everything(place: str) -> dict[str, list[tuple[Any, ...]]]:
    with closing(Database(place, make=False)) as database:
        return {
            table.name: [
                tuple(_same(value, column) for value, column in zip(row, table.columns, strict=True))
                for row in database.execute(
                    f"SELECT {', '.join(column.name for column in table.columns)} FROM {table.name}"
                    f" ORDER BY {', '.join(column.name for column in table.primary_key)}"
                )
            ]
            for table in Base.metadata.sorted_tables
        }


def _same(value: Any, column: Any) -> Any:
    """A value as it is in either database."""
    if isinstance(value, datetime):
        return identity.written(value)
    if isinstance(value, date):
        return value.isoformat()
    kind = kind_of(column)
    if value is not None and kind in (Decimal, bool):
        return kind(str(value)).normalize() if kind is Decimal else bool(value)
    return json.loads(value) if kind is dict and isinstance(value, str) else value


def test_every_table_is_copied(places: list[str]) -> None:
    source, target = places
    with Catalogue.open(source) as one:
        a_row_in_each_table(one)
        before, fault = everything(source), one.verify()
        assert fault.fault is None
        assert all(before.values()), [name for name, rows in before.items() if not rows]
        news: list[tuple[int, int]] = []
        rows = one.copy_to(target, seen=lambda *seen: news.append(seen))
        assert news[-1] == (rows, rows) == (sum(map(len, before.values())),) * 2
        assert everything(source) == everything(target) == before
    with Catalogue.open(target, make=False) as two:
        assert two.verify() == fault
        assert [work.number for work in two.works.search("кол тан")] == [1]
        assert two.works.add(title="Next", kind="image", creators=["New"]).number == 2
        assert two.parties.list()[0].number == len(before["party"]) + 1
        assert two.verify().fault is None


def test_a_target_with_something_in_it(places: list[str]) -> None:
    source, target = places
    with Catalogue.open(source) as one, Catalogue.open(target) as two:
        one.works.add(title="Lake", kind="image")
        two.works.add(title="Sea", kind="image")
        before = everything(target)
        with pytest.raises(CatalogueError, match="needs an empty database"):
            one.copy_to(target)
        assert everything(target) == before


def test_nothing_is_left_of_a_copy_that_fails(places: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = places
    with Catalogue.open(source) as one:
        one.works.add(title="Lake", kind="image", creators=["Ada"])

        def stop(done: int, total: int) -> None:
            if done > 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            one.copy_to(target, seen=stop)
        assert "://" in target or not list(Path(target).parent.iterdir())
        assert one.copy_to(target) == sum(map(len, everything(source).values()))
        one.works.add(title="Sea", kind="image")  # nothing holds it any longer


def test_the_target_is_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Catalogue.open(tmp_path / "a.sqlite") as one:
        one.works.add(title="Lake", kind="image")
        with pytest.raises(CatalogueError, match="needs an empty database"):
            one.copy_to(str(tmp_path / "a.sqlite"))
        (tmp_path / "text").write_text("no database" * 100)
        with pytest.raises(CatalogueError, match="no catalogue"):
            one.copy_to(str(tmp_path / "text"))
        assert (tmp_path / "text").exists()
        assert one.copy_to(str(tmp_path / "b.sqlite")) == 3 - 1
        assert (tmp_path / "b.sqlite").stat().st_mode & 0o777 == 0o600

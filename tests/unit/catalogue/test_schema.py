"""The tables: what the migrations make is what the models say, once, whoever comes first, and events stay."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.database import HEAD, Database
from stamp.catalogue.models import Base
from stamp.catalogue.schema import engine_of
from stamp.core.errors import CatalogueError

INDEXES = {"work_text", "work_text_config", "work_text_data", "work_text_docsize", "work_text_idx"}


def test_the_models_are_what_the_migrations_make(place: str) -> None:
    Database(place).close()
    engine = engine_of(place)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda found, name, kind, *rest: name not in INDEXES | {"ix_work_text"},
            },
        )
        differences = compare_metadata(context, Base.metadata)
        assert context.get_current_revision() == HEAD
    engine.dispose()
    assert differences == []


@pytest.mark.slow
def test_several_processes_make_it_once(place: str) -> None:
    with get_context("spawn").Pool(4) as pool:
        assert pool.map(_make, [place] * 4) == [HEAD] * 4
    with Catalogue.open(place) as catalogue:
        assert catalogue.verify().fault is None


def _make(place: str) -> str:
    database = Database(place)
    try:
        return str(database.execute("SELECT version_num FROM alembic_version")[0][0])
    finally:
        database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET verb = 'x' WHERE seq = 1",
        "UPDATE event SET hash = NULL WHERE seq = 1",
        "UPDATE event SET body = '{}', salt = NULL WHERE seq = 1",
        "DELETE FROM event WHERE seq = 1",
    ],
)
def test_no_event_is_changed(statement: str, catalogue: Catalogue, place: str) -> None:
    catalogue.works.add(title="Lake", kind="image")
    database = Database(place)
    with pytest.raises(CatalogueError):
        database.execute(statement)
    database.close()
    assert catalogue.verify().fault is None


def test_a_body_can_be_blanked_and_the_chain_holds(catalogue: Catalogue, place: str) -> None:
    for title in ("Lake", "River"):
        catalogue.works.add(title=title, kind="image")
    database = Database(place)
    database.execute("UPDATE event SET body = NULL, salt = NULL WHERE seq = 1")
    database.close()
    assert (catalogue.verify().events, catalogue.verify().fault) == (2, None)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE event SET verb = 'work.sold' WHERE seq = 2", "event 2: it was changed"),
        ("UPDATE event SET body = '{}' WHERE seq = 2", "event 2: its body was changed"),
        ("DELETE FROM event WHERE seq = 2", "event 2 is missing"),
    ],
)
def test_what_somebody_alters_behind_its_back_is_named(change: str, fault: str, tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for title in ("Lake", "River", "Sea"):
            catalogue.works.add(title=title, kind="image")
        with sqlite3.connect(tmp_path / "c.sqlite") as connection:
            connection.execute("DROP TRIGGER event_stays")
            connection.execute("DROP TRIGGER event_is_not_changed")
            connection.execute(change)
        connection.close()
        found = catalogue.verify()
        assert found.events == 1
        assert found.fault
        assert found.fault.startswith(fault)


def test_a_catalogue_of_a_later_version(place: str) -> None:
    database = Database(place)
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(CatalogueError, match="later version of stamp"):
        Catalogue.open(place)


def test_files_that_are_no_catalogue(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("no database " * 100)
    with pytest.raises(CatalogueError, match="damaged or no catalogue"):
        Catalogue.open(tmp_path / "text.sqlite")
    connection = sqlite3.connect(tmp_path / "other.sqlite")
    connection.execute("CREATE TABLE a (b)")
    connection.close()
    before = (tmp_path / "other.sqlite").read_bytes()
    with pytest.raises(CatalogueError, match="another program"):
        Catalogue.open(tmp_path / "other.sqlite")
    assert (tmp_path / "other.sqlite").read_bytes() == before
    with pytest.raises(CatalogueError, match="there is no catalogue"):
        Catalogue.open(tmp_path / "none.sqlite", make=False)
    assert not (tmp_path / "none.sqlite").exists()
    with pytest.raises(CatalogueError, match="check the file, its folder"):
        Catalogue.open(tmp_path / "other.sqlite" / "below.sqlite")


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "n%w é?#" / "c?.sqlite") as catalogue:
        catalogue.works.add(title="Lake", kind="image")
        files = list((tmp_path / "n%w é?#").iterdir())
        assert len(files) == 3  # and what SQLite has beside it
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(CatalogueError, match="can be reached") as caught:
        Catalogue.open("postgresql://me:secret@127.0.0.1:9/none")
    assert "secret" not in str(caught.value)


@pytest.mark.slow
def test_writers_of_many_threads_make_one_chain(catalogue: Catalogue) -> None:
    with ThreadPoolExecutor(8) as pool:
        works = list(pool.map(lambda n: catalogue.works.add(title=f"{n}", kind="image"), range(40)))
    assert len({work.work for work in works}) == 40
    assert (catalogue.verify().events, catalogue.verify().fault) == (40, None)

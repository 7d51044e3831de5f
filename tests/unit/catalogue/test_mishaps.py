"""Full disks, lost connections, damaged and foreign databases: the error names the catalogue and the remedy,
nothing that was written is lost, and marked files are whole or not there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import stamp
from stamp.catalogue import copies
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.database import Database
from stamp.core.errors import CatalogueError
from stamp.core.payload import Payload
from stamp.jobs.demo import paint
from stamp.pipeline import stages
from stamp.pipeline.stages import Passage
from tests.helpers.catalogues import SERVER, SERVERS, empty_place
from tests.helpers.earlier_catalogues import make_earlier

KEY = stamp.Key(bytes(range(32)), "mishaps")
PAYLOAD = Payload(bytes(range(8)))
Mishap = Callable[[], None]


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paint(path := tmp_path_factory.mktemp("painted") / "lake.jpg", size=(320, 240))
    return path


@pytest.fixture
def photo(painted: Path, tmp_path: Path) -> Path:
    (path := tmp_path / "lake.jpg").write_bytes(painted.read_bytes())
    return path


@pytest.fixture
def file(tmp_path: Path, made: Path) -> Path:
    (path := tmp_path / "c.sqlite").write_bytes(made.read_bytes())
    return path


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a catalogue can be made on PostgreSQL."""
    with empty_place(request.param, tmp_path) as place:
        yield place


def happen_after(stage: str, mishap: Mishap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have something happen to the catalogue when each file has passed a stage."""
    index = [getattr(each, "__name__", "") for each in stages.STAGES].index(stage) + 1

    def step(passage: Passage) -> None:
        mishap()

    monkeypatch.setattr(stages, "STAGES", (*stages.STAGES[:index], step, *stages.STAGES[index:]))


@contextmanager
def full(database: Database) -> Iterator[None]:
    """A disk without room for one event more."""
    database.execute("PRAGMA max_page_count = 1")  # SQLite takes as many as there are
    with suppress(CatalogueError):
        while True:
            with database.writing():
                database.log("test", "", {})
    yield
    database.execute("PRAGMA max_page_count = 1000000")


def test_a_full_disk_before_a_photo_is_marked(file: Path, photo: Path, tmp_path: Path) -> None:
    with Catalogue.open(file) as catalogue:
        catalogue.works.add(title="River", kind="image")
        with full(catalogue._database()):
            with pytest.raises(CatalogueError, match=r"c\.sqlite: .*full.*free some space"):
                stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
            assert [work.title for work in catalogue.works.list()] == ["River"]
            assert catalogue.lookup(PAYLOAD, KEY) is None
        assert sorted(path.suffix for path in tmp_path.iterdir()) == [".jpg", *_beside(file)]
        stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
        assert catalogue.lookup(PAYLOAD, KEY)
        assert catalogue.verify().fault is None


def test_a_disk_that_fills_up_while_a_photo_is_marked(
    file: Path, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue.open(file) as catalogue:
        disk = full(catalogue._database())
        happen_after("reserve", disk.__enter__, monkeypatch)
        with pytest.raises(CatalogueError, match="free some space"):
            stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
        disk.__exit__(None, None, None)
        assert not (tmp_path / "a.jpg").exists()
        assert catalogue.lookup(PAYLOAD, KEY)
        assert catalogue.recover() == stamp.Recovered(abandoned=1)
        assert catalogue.verify().fault is None


def test_a_disk_that_takes_nothing_more(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(CatalogueError, match=r"c\.sqlite: .*(disk is full|free some space)"):
            Catalogue.open(tmp_path / "c.sqlite")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        assert catalogue.works.add(title="River", kind="image").number == 1


def test_a_damaged_file(file: Path, photo: Path, tmp_path: Path) -> None:
    with Catalogue.open(file) as catalogue:
        for number in range(50):
            catalogue.works.add(title=f"Lake {number}", kind="image")
        backup = catalogue.backup(tmp_path / "b.sqlite")
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:4096] + bytes(len(whole) - 4096)):
        file.write_bytes(damaged)
        with (
            pytest.raises(CatalogueError, match=r"c\.sqlite: .*restore a backup"),
            Catalogue.open(file) as catalogue,
        ):
            stamp.embed_file(photo, tmp_path / "a.jpg", key=KEY, catalogue=catalogue)
        assert not (tmp_path / "a.jpg").exists()
    file.write_bytes(backup.read_bytes())
    with Catalogue.open(file) as catalogue:
        assert len(catalogue.works.list()) == 50


def test_an_earlier_catalogue_that_cannot_be_brought_up_is_as_it_was(place: str) -> None:
    make_earlier(place, "0001")
    _run(place, "DROP INDEX ix_copy_essence_sha256")
    before = _state(place)
    with pytest.raises(CatalogueError, match=r"cannot be used.*ix_copy_essence_sha256.*restore a backup"):
        Catalogue.open(place)
    assert _state(place) == before
    _run(place, "CREATE INDEX ix_copy_essence_sha256 ON copy (essence_sha256)")
    with Catalogue.open(place) as catalogue:
        assert len(catalogue.works.list()) == 5


def test_a_later_catalogue_is_not_touched(place: str) -> None:
    Catalogue.open(place).close()
    _run(place, "UPDATE alembic_version SET version_num = '9999'")
    before = _state(place)
    with pytest.raises(CatalogueError, match=r"later version of stamp \(schema 9999\); update stamp"):
        Catalogue.open(place)
    assert _state(place) == before


def test_a_database_of_another_program(place: str) -> None:
    _run(place, "CREATE TABLE customers (name text)")
    before = _state(place)
    with pytest.raises(CatalogueError, match="another program's database; name another one"):
        Catalogue.open(place)
    assert _state(place) == before


def test_a_connection_that_is_lost_in_the_middle_of_an_entry(
    server: str, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = copies._body
    with Catalogue.open(server) as catalogue:
        monkeypatch.setattr(copies, "_body", lambda *arguments: _cut(catalogue) or body(*arguments))
        with pytest.raises(CatalogueError, match=r"localhost/.*run it again") as caught:
            stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
        assert "stamp_test:" not in str(caught.value)
        assert not (tmp_path / "a.jpg").exists()
        monkeypatch.undo()
        assert stamp.embed_file(photo, tmp_path / "b.jpg", key=KEY, catalogue=catalogue).known
        assert catalogue.lookup(PAYLOAD, KEY)
        assert catalogue.recover() == stamp.Recovered()
        found = catalogue.works.show("1").copies or ()
        assert [copy.state for copy in found] == ["ready", "abandoned"]
        assert catalogue.verify().fault is None


def test_a_connection_that_is_lost_as_a_file_appears(
    server: str, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue.open(server) as catalogue:
        happen_after("register", lambda: _cut(catalogue), monkeypatch)
        report = stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
        assert any("localhost/" in note and "stamp works recover" in note for note in report.notes)
        assert stamp.detect_file(tmp_path / "a.jpg", keys=KEY).payload == PAYLOAD
        assert catalogue.recover() == stamp.Recovered(finished=1)


def test_a_connection_that_is_lost_while_it_is_idle(
    server: str, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue.open(server) as catalogue:
        happen_after("reserve", lambda: _cut(catalogue), monkeypatch)
        _cut(catalogue)
        report = stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
        assert report.notes == ()
        assert catalogue.recover() == stamp.Recovered()
        assert catalogue.verify() == stamp.Verification(3, None)


def _cut(catalogue: Catalogue) -> None:
    """End the connection of a catalogue from the server's side, as a restart does."""
    import psycopg

    assert SERVER
    process = catalogue._database()._connection.info.backend_pid
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (process,))


def _run(place: str, sql: str) -> list[tuple[object, ...]]:
    """Run a statement behind the catalogue's back."""
    if "://" in place:
        import psycopg

        with psycopg.connect(place, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []
    connection = sqlite3.connect(place, isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _state(place: str) -> list[tuple[object, ...]]:
    """What the tables of a database are."""
    if "://" not in place:
        return _run(place, "SELECT name, sql FROM sqlite_master ORDER BY 1")
    return _run(
        place,
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() ORDER BY 1, 2",
    )


def _beside(file: Path) -> list[str]:
    return sorted(path.suffix for path in file.parent.glob(f"{file.name}*"))

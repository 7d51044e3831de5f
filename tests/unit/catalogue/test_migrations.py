"""Catalogues of each earlier schema come up to this one with all that is in them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from stamp.catalogue import copies
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.database import HEAD, Database
from stamp.core.errors import CatalogueError
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload
from tests.helpers.earlier_catalogues import make_earlier

HASHES = {
    "ix_work_source_sha256",
    "ix_work_essence_sha256",
    "ix_copy_source_sha256",
    "ix_copy_output_sha256",
    "ix_copy_essence_sha256",
}


@pytest.fixture
def earlier(place: str) -> str:
    """A catalogue of the first schema: works by their files and without, copies in each state."""
    make_earlier(place, "0001")
    return place


def test_all_that_the_first_schema_had_is_read_back(earlier: str) -> None:
    with Catalogue.open(earlier) as catalogue:
        assert _one(earlier, "SELECT version_num FROM alembic_version") == HEAD
        assert [(work.number, work.title, work.copy_count) for work in catalogue.works.list()] == [
            (5, "Brought in", 1),
            (4, "Unknown", 0),
            (3, "Sea", 1),
            (2, "Ёлка у озера", 3),
            (1, "Қазақ даласы", 0),
        ]
        hashes = {
            copy.payload[:2]: (copy.state, copy.sha256_before, copy.sha256_after)
            for number in range(1, 6)
            for copy in catalogue.works.show(str(number)).copies or ()
        }
        assert hashes == {
            "01": ("ready", "11" * 32, "a1" * 32),
            "02": ("ready", "22" * 32, "a2" * 32),
            "03": ("ready", "11" * 32, "a3" * 32),
            "04": ("reserved", "33" * 32, None),
            "06": ("ready", None, "a6" * 32),
        }
        known = catalogue.lookup(bytes([1]) * 8)
        assert str(known) == "work #2 'Ёлка у озера', copy for ACME Press, channel press"
        assert [work.number for work in catalogue.works.search("елк")] == [2]
        assert [work.number for work in catalogue.works.search("казак lovel")] == [1]
        assert catalogue.works.show("1").identifiers == (("isrc", "KZAB12600001"),)
        log = catalogue.verify()
        assert (log.events, log.fault) == (_one(earlier, "SELECT count(*) FROM event"), None)
    assert _one(earlier, "SELECT count(*) FROM licence_use") == 1
    assert _one(earlier, "SELECT count(*) FROM copy WHERE source_sha256 IS NOT NULL") == 1


def test_a_migrated_catalogue_is_written_to(earlier: str) -> None:
    with Catalogue.open(earlier) as catalogue:
        for source, work in ((b"\x11", 2), (b"\x22", 2), (b"\xa3", 2), (b"\x33", 3), (b"\x44", 6)):
            wanted = copies.Reservation(
                kind="image",
                source=Path("/photos/again.jpg"),
                output=Path("/photos/out/again.jpg"),
                source_sha256=source * 32,
                key_name="2026-11",
                key_fingerprint="00112233aabbccdd",
                payload=Payload(b"\xff" * 7 + source),
                options=CopyOptions(),
            )
            copy = catalogue.reserve(wanted)
            known = catalogue.lookup(wanted.payload)
            assert known
            assert known.number == work
            copy.complete(b"\xbb" * 32, 10)
            (newest, *_) = catalogue.works.show(known.work).copies or ()
            assert newest.sha256_before == (source * 32).hex()
        assert [work.title for work in catalogue.works.search("aga")] == ["again"]
        assert catalogue.verify().fault is None


@pytest.mark.parametrize(
    "statement", ["UPDATE event SET verb = 'x' WHERE seq = 2", "DELETE FROM event WHERE seq = 2"]
)
def test_events_stay_after_a_migration(statement: str, earlier: str) -> None:
    database = Database(earlier)
    with pytest.raises(CatalogueError, match="events"):
        database.execute(statement)
    database.close()


def test_indexes_have_what_is_known(place: str) -> None:
    database = Database(place)
    sql = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
        if database.is_postgres
        else "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
    )
    partial = {name for name, text in database.execute(sql) if "IS NOT NULL" in (text or "")}
    database.close()
    assert partial == HASHES


def test_every_word_is_one_in_the_index(tmp_path: Path) -> None:
    """Of any alphabet, also one that is newer than SQLite's table of letters."""
    letters = [chr(code) for code in range(0x80, 0x32000) if unicodedata.category(chr(code))[0] in "LN"]
    some = [*letters[::97], "\u1c90", "\U0001e900", "\U00010d50", "\U0002b820", "\U00031350", "½"]
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        with catalogue.writing():
            for letter in some:
                catalogue.works.add(title=f"x{letter}y", kind="image")
        for number, letter in enumerate(some, 1):
            found = catalogue.works.search(f"x{letter}y", limit=1000)
            assert number in [work.number for work in found], ascii(letter)


def test_finds_that_were_matched_are_told_from_those_that_were_named(place: str) -> None:
    make_earlier(place, "0004")
    with Catalogue.open(place) as catalogue:
        found = {find.number: find for find in catalogue.finds.list()}
        assert {number: find.basis for number, find in found.items()} == {
            1: "fingerprint",
            2: "hand",
            3: "hand",
            4: "none",
        }
        assert (found[1].matched or {})["correlation"] == 0.91
        assert (found[1].verdict, found[1].compared_by, found[1].title) == ("ours", "Ada", "Lake")
        assert [each.url for each in found[1].sightings] == ["https://a.example/1", "https://b.example/2"]
        assert catalogue.cases.show("1").finds == (found[1].find,)
        assert [each.find for each in catalogue.suspects.found_on("https://a.example/1")] == [found[1].find]
        assert catalogue.verify().fault is None
    database = Database(place)
    with pytest.raises(CatalogueError, match=r"(?i)foreign key"):
        database.execute("DELETE FROM find WHERE id = 1")
    with pytest.raises(CatalogueError, match="ck_find_basis_known"):
        database.execute("UPDATE find SET basis = 'guess' WHERE id = 1")
    database.close()


def _one(place: str, sql: str) -> object:
    database = Database(place)
    try:
        return database.execute(sql)[0][0]
    finally:
        database.close()

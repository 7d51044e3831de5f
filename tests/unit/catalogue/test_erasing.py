"""A party's data are taken out, the chain holds, and nothing of them is left in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.copies import Reservation
from stamp.catalogue.parties import ERASED
from stamp.core.errors import CatalogueError
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload

NAME = 'Äda "Көл" O\'Neil'
EMAIL = "ada@example.org"


def fill(catalogue: Catalogue) -> str:
    """A party that made a work, got a copy of another, and is in many events; return its uid."""
    party = catalogue.parties.add(NAME, email=EMAIL, country="KZ")
    catalogue.works.add(title="Lake", kind="image", creators=["Bob", NAME], identifiers=["local:A-17"])
    catalogue.works.add(title=f"Portrait of {NAME}", kind="image", creators=["Bob", f"{NAME}sen"])
    wanted = Reservation(
        "image", Path("/a/b.jpg"), Path("/a/c.jpg"), None, "k", "ab" * 8, Payload(b"abcdefgh"),
        CopyOptions(work="2", recipient=NAME),
    )  # fmt: skip
    catalogue.adopt(wanted, bytes(32), 1)
    database = catalogue._database()
    with database.writing():
        database.log("note", "x", {"deep": [{"text": f"by {NAME}, <{EMAIL}>"}], "title": "T"})
        database.log("note", "y", {"text": "nobody"})
    return party.party


def test_a_party_is_taken_out(catalogue: Catalogue, place: str) -> None:
    uid = fill(catalogue)
    before = [(event.seq, event.hash) for event in catalogue._events()]
    bodies = {event.seq: event.body for event in catalogue._events()}
    done = catalogue.erase_party(NAME)
    assert (done.party, done.works, done.is_gone) == (uid, 1, "://" not in place)
    events = list(catalogue._events())
    assert [(event.seq, event.hash) for event in events[:-1]] == before
    blank = [event for event in events if event.body is None]
    assert [(event.verb, event.salt) for event in blank] == [
        ("party.added", None),
        ("work.added", None),
        ("note", None),
    ]
    assert done.events == 3
    assert all(event.body == bodies[event.seq] for event in events[:-1] if event.body is not None)
    assert (events[-1].verb, events[-1].subject, events[-1].body) == ("party.erased", uid, '{"events":3}')
    assert catalogue.verify().fault is None

    party = catalogue.parties.show(uid)
    assert (party.name, party.email, party.country, party.number) == (ERASED, None, None, 1)
    assert (party.work_count, party.copy_count) == (1, 1)
    assert catalogue.works.show("1").creators == ("Bob", ERASED)
    assert catalogue.works.show("2").copies[0].recipient == ERASED  # type: ignore[index]
    assert [work.number for work in catalogue.works.search("ада")] == []
    assert [work.number for work in catalogue.works.search("neil lake")] == []
    assert [work.number for work in catalogue.works.search("bob lake 17 erased")] == [1]
    with pytest.raises(CatalogueError, match="no such party"):
        catalogue.erase_party(NAME)


def test_nothing_is_left_in_the_file(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for number in range(300):
            creators = ["Zyxwvu Qrstup"] if number % 3 == 0 else ["Bob"]
            catalogue.works.add(title=f"Lake {number}", kind="image", creators=creators)
        assert b"Zyxwvu Qrstup" in b"".join(map(Path.read_bytes, tmp_path.iterdir()))
        assert catalogue.erase_party("Zyxwvu Qrstup").is_gone
        left = b"".join(map(Path.read_bytes, tmp_path.iterdir())).lower()
        assert b"zyxwvu" not in left
        assert b"qrstup" not in left
        assert catalogue.verify().fault is None


def test_a_second_time_does_what_was_left(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        uid = fill(catalogue)
        with Catalogue.open(tmp_path / "c.sqlite") as other, other._database().reading():
            other.works.list()
            other._database()._connection.execute("PRAGMA busy_timeout=0")
            catalogue._database()._connection.execute("PRAGMA busy_timeout=50")
            assert not catalogue.erase_party(NAME).is_gone
        again = catalogue.erase_party(uid)
        assert (again.events, again.works, again.is_gone) == (0, 0, True)
        assert [event.verb for event in catalogue._events()].count("party.erased") == 1
        assert catalogue.verify().fault is None


def test_words_that_are_names_too(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        catalogue.works.add(title="image", kind="image", creators=["Bob"])
        catalogue.parties.add("image")
        assert catalogue.erase_party("image").events == 1  # its own


def test_an_erased_party_comes_in_as_one(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "a.sqlite") as one, Catalogue.open(tmp_path / "b.sqlite") as two:
        fill(one)
        one.erase_party(NAME)
        one.erase_party("Bob")
        entries = list(one.exported())
        for entry in entries:
            two.take_in(entry)
        assert list(two.exported()) == entries

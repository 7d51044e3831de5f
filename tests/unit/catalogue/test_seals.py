"""Seals: what was cut off or written anew after one is seen, and a proof shows one event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from stamp.catalogue import events, seals
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.database import Database
from stamp.catalogue.merkle import Tree, leaf_hash
from stamp.core.errors import CatalogueError


def fill(catalogue: Catalogue, *titles: str) -> None:
    for title in titles:
        catalogue.works.add(title=title, kind="image")


@pytest.fixture
def altered(place: str) -> Iterator[Database]:
    """A connection to the catalogue of somebody who has taken the triggers off."""
    database = Database(place)
    for name in ("event_stays",) if database.is_postgres else ("event_stays", "event_is_not_changed"):
        database.execute(f"DROP TRIGGER {name}" + (" ON event" if database.is_postgres else ""))
    yield database
    database.close()


def hashes(database: Database) -> list[bytes]:
    return [bytes(own) for (own,) in database.execute("SELECT hash FROM event ORDER BY seq")]


def test_a_seal_is_the_root_over_all_events(catalogue: Catalogue, place: str) -> None:
    with pytest.raises(CatalogueError, match="nothing is in the log"):
        catalogue.seal()
    assert catalogue.last_seal() is None
    fill(catalogue, "Lake", "River", "Sea")
    made = catalogue.seal()
    database = Database(place)
    assert made.root == Tree(hashes(database)).root().hex()
    database.close()
    assert (made.seq, made.authority, made.token) == (3, None, None)
    assert made == catalogue.last_seal() == catalogue.seal()  # nothing is new
    fill(catalogue, "Glacier")
    assert catalogue.seal().seq == 4
    found = catalogue.verify()
    assert (found.events, found.fault, found.seals, found.sealed, found.stamps) == (4, None, 2, 4, 0)


def test_a_log_that_does_not_hold_is_not_sealed(catalogue: Catalogue, altered: Database) -> None:
    fill(catalogue, "Lake", "River")
    altered.execute("UPDATE event SET verb = 'work.sold' WHERE seq = 2")
    with pytest.raises(CatalogueError, match="nothing is sealed, for event 2: it was changed"):
        catalogue.seal()
    assert catalogue.last_seal() is None


def test_what_was_cut_off_after_a_seal_is_seen(catalogue: Catalogue, altered: Database) -> None:
    fill(catalogue, "Lake", "River", "Sea")
    catalogue.seal()
    altered.execute("DELETE FROM event WHERE seq = 3")
    found = catalogue.verify()
    assert found.events == 2
    assert found.fault
    assert found.fault.startswith("event 3 is missing, which was sealed on")
    with pytest.raises(CatalogueError, match="the log was cut off at its end"):
        catalogue.seal()
    with pytest.raises(CatalogueError, match="`stamp works verify` says where"):
        catalogue.proof(1)


def test_a_log_that_was_written_anew_after_a_seal_is_seen(catalogue: Catalogue, altered: Database) -> None:
    fill(catalogue, "Lake", "River", "Sea")
    made = catalogue.seal()
    fill(catalogue, "Glacier")
    altered.execute("DELETE FROM event")
    before = events.FIRST
    for seq in range(1, 5):
        one = events.following(
            seq, before, "2026-01-01T00:00:00.000000Z", "work.added", "x", {"title": "Mine"}
        )
        altered.execute(
            "INSERT INTO event (seq, at, actor, verb, subject, salt, body, body_sha256, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, one.at, one.actor, one.verb, one.subject, one.salt, one.body, one.body_sha256, one.hash),
        )
        before = one.hash
    fault = catalogue.verify().fault
    assert fault
    assert "event 3, which was sealed on" in fault
    assert "written anew" in fault
    altered.execute("DELETE FROM seal")  # and the seal, too: then only what was kept elsewhere knows
    assert catalogue.verify().fault is None
    fault = catalogue.verify(kept=[(made.seq, bytes.fromhex(made.root))]).fault
    assert (
        fault
        == "event 3, which has a root that was kept elsewhere, has another root: the log was written anew"
    )


def test_a_root_that_was_kept_elsewhere(catalogue: Catalogue) -> None:
    fill(catalogue, "Lake", "River")
    root = bytes.fromhex(catalogue.seal().root)
    fill(catalogue, "Sea")
    assert catalogue.verify(kept=[(2, root)]).fault is None
    for seq in (1, 3):
        assert "has another root" in (catalogue.verify(kept=[(seq, root)]).fault or "")
    assert "event 9 is missing" in (catalogue.verify(kept=[(9, root)]).fault or "")


def test_a_body_that_is_blanked_leaves_seals_whole(catalogue: Catalogue, place: str) -> None:
    fill(catalogue, "Lake", "River")
    catalogue.seal()
    database = Database(place)
    database.execute("UPDATE event SET body = NULL, salt = NULL WHERE seq = 1")
    database.close()
    assert catalogue.verify().fault is None
    assert seals.holds(catalogue.proof(1))


def test_a_proof_is_that_of_one_event(catalogue: Catalogue, place: str) -> None:
    fill(catalogue, *(f"Work {number}" for number in range(1, 8)))
    first = catalogue.seal()
    fill(catalogue, "Later")
    database = Database(place)
    own = hashes(database)
    database.close()
    for seq in range(1, 8):
        proof = catalogue.proof(seq)
        assert seals.holds(proof)
        assert proof.seal == first
        assert proof.leaf == leaf_hash(own[seq - 1]).hex()
        assert not seals.holds(replace(proof, seq=seq % 7 + 1))
        assert not seals.holds(replace(proof, leaf="00" * 32))
        assert not seals.holds(replace(proof, path=proof.path[:-1]))
        assert not seals.holds(replace(proof, seal=replace(first, root="00" * 32)))
        text = json.dumps(proof.to_dict())
        assert "Work" not in text
        assert not any(other.hex() in text for other in own)  # hashes of hashes, but for leaves beside it
    for seq in (0, -1, 8):
        with pytest.raises(CatalogueError, match=f"no seal is over event {seq}"):
            catalogue.proof(seq)

"""`stamp evidence` and `stamp works deposit`: from the command line to a packet, and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import PAYLOAD, Runner


@pytest.fixture(autouse=True)
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAMP_CATALOGUE", str(tmp_path / "catalogue.sqlite"))


@pytest.fixture
def find(stamp: Runner, media: Path, key_file: Path, photo: Path) -> str:
    """A find of the marked photo, whose work is known."""
    assert stamp("works", "add", photo, "--title", "Lake").code == 0
    assert stamp("embed", photo, "-o", "own.jpg", "--work", "1", "--payload", PAYLOAD).code == 0
    assert stamp("find", "add", "own.jpg", "--url", "https://site.example/page").code == 0
    return "1"


@pytest.mark.slow
def test_a_packet_and_its_check(stamp: Runner, find: str) -> None:
    made = stamp("evidence", find, "-o", "packet.zip", "--lang", "kk", "--json")
    assert made.code == 0
    assert made.document["schema"] == "stamp.evidence/1"
    (entry,) = made.entries
    assert (entry["path"], entry["status"], entry["error"]) == ("packet.zip", "made", None)
    assert entry["evidence"]["mark"]["payload"] == PAYLOAD
    assert stamp("evidence", find, "-o", "packet.zip").code == 3  # it is there already
    checked = stamp("evidence", "verify", "packet.zip", "--json")
    assert checked.code == 0
    assert checked.entries[0]["status"] == "verified"
    assert {each["state"] for each in checked.entries[0]["checks"]} == {"ok", "absent"}
    Path("packet.zip").write_bytes(Path("packet.zip").read_bytes() + b"x")
    failed = stamp("evidence", "verify", "packet.zip")
    assert failed.code == 1
    assert "NOT VERIFIED" in failed.out


@pytest.mark.slow
def test_a_deposit(stamp: Runner, photo: Path) -> None:
    assert stamp("works", "add", photo, "--title", "Lake").code == 0
    assert stamp("works", "deposit", "1", "-o", "bundle.zip", "--date", "2026-11-27T10:00+05:00").code == 0
    assert stamp("evidence", "verify", "bundle.zip").code == 0


def test_errors(stamp: Runner, photo: Path) -> None:
    assert stamp("evidence").code == 2
    assert stamp("evidence", "1").code == 2  # no -o
    assert stamp("evidence", "1", "-o", "p.zip", "--date", "soon").code == 2
    assert stamp("works", "add", photo).code == 0
    missing = stamp("evidence", "1", "-o", "p.zip")
    assert missing.code == 3
    assert "find" in missing.err
    assert stamp("evidence", "verify", "none.zip").code == 3
    assert not Path("p.zip").exists()

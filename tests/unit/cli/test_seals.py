"""`stamp works seal` and what `stamp works verify` says of seals."""

from __future__ import annotations

import base64
import re
import sqlite3
from pathlib import Path

import pytest

from tests.helpers import tsa

from .conftest import Runner

PLACE = Path("../data/stamp/catalogue.sqlite")


@pytest.fixture(autouse=True)
def lake(elsewhere: Path, monkeypatch: pytest.MonkeyPatch, stamp: Runner) -> None:
    """The catalogue is switched on, and has one work."""
    monkeypatch.delenv("STAMP_CATALOGUE")
    assert stamp("works", "add", "--title", "Lake", "--kind", "image").code == 0


def test_a_seal_on_paper(stamp: Runner) -> None:
    made = stamp("works", "seal")
    assert made.code == 0
    assert "keep seq and root elsewhere" in made.err
    found = re.fullmatch(r"seq   1\nroot  ([0-9a-f]{64})\n", made.out)
    assert found
    root = found[1]
    again = stamp("works", "seal")
    assert (again.code, again.out) == (0, made.out)
    assert "nothing is new since the last seal" in again.err
    stamp("works", "add", "--title", "Sea", "--kind", "image")
    groups = " ".join(root[start : start + 8] for start in range(0, 64, 8))
    checked = stamp("works", "verify", "--root", groups.upper(), "--seq", "1")
    assert checked.code == 0
    assert checked.out == "2 events hold; 1 seal, up to event 1; event 1 has the root that you kept\n"
    wrong = stamp("works", "verify", "--root", root, "--seq", "2")
    assert (wrong.code, "has another root" in wrong.out) == (1, True)


def test_what_was_cut_off(stamp: Runner) -> None:
    stamp("works", "add", "--title", "Sea", "--kind", "image")
    stamp("works", "seal")
    with sqlite3.connect(PLACE) as connection:
        connection.execute("DROP TRIGGER event_stays")
        connection.execute("DELETE FROM event WHERE seq = 2")
    connection.close()
    found = stamp("works", "verify")
    assert found.code == 1
    assert "event 2 is missing, which was sealed on" in found.out
    refused = stamp("works", "seal")
    assert (refused.code, "nothing is sealed" in refused.err) == (3, True)


def test_a_seal_with_a_time_stamp(stamp: Runner, tmp_path: Path) -> None:
    with tsa.serving(tsa.make(tmp_path / "tsa")) as authority:
        untrusted = stamp("works", "seal", "--tsa", authority.url)
        assert untrusted.code == 3
        assert "--tsa-root FILE.pem" in untrusted.err
        made = stamp("works", "seal", "--tsa", authority.url, "--tsa-root", authority.root, "--json")
        (entry,) = made.entries
        assert (entry["seq"], entry["new"], entry["error"]) == (1, True, None)
        assert tsa.SIGNER in entry["authority"].replace("\\", "")
        token = base64.b64decode(entry["token"])
        asked = len(authority.asked)
        found = stamp("works", "verify", "--tsa-root", authority.root)
        assert (found.code, found.out) == (0, "1 event holds; 1 seal, up to event 1; 1 time stamp checked\n")
        (again,) = stamp("works", "seal", "--tsa", authority.url, "--json").entries
        assert (again["new"], base64.b64decode(again["token"])) == (False, token)
        assert len(authority.asked) == asked  # nothing was new: nobody was asked
    alone = stamp("works", "verify")
    assert alone.code == 0
    assert "1 time stamp not checked: --tsa-root" in alone.err
    assert authority.holds(token, bytes.fromhex(entry["root"]))  # openssl says so, too


@pytest.mark.parametrize(
    "options",
    [
        ("verify", "--root", "00" * 32),
        ("verify", "--seq", "1"),
        ("verify", "--root", "00", "--seq", "1"),
        ("verify", "--root", "x" * 64, "--seq", "1"),
        ("verify", "--root", "00" * 32, "--seq", "0"),
        ("seal", "--tsa-root", "ca.pem"),
    ],
)
def test_options_that_mean_nothing(options: tuple[str, ...], stamp: Runner) -> None:
    assert stamp("works", *options).code == 2

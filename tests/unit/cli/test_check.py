"""`stamp check`: exit codes, lines, JSON, what is asked where nothing is said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from stamp.catalogue.terms import Terms, Territory, UseRule
from stamp.jobs import catalogues
from stamp.jobs.demo import paint
from stamp.pipeline.cataloguing import Catalogue

from .conftest import Runner


@pytest.fixture(autouse=True)
def on(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With a catalogue in which lake.jpg is ours, and sea.jpg licensed for some things."""
    monkeypatch.setenv("STAMP_CATALOGUE", str(elsewhere / "c.sqlite"))
    paint(Path("lake.jpg"), size=(512, 384))
    paint(Path("sea.jpg"), size=(256, 256), seed=2)
    with Catalogue.open(elsewhere / "c.sqlite") as opened:
        opened.works.add("lake.jpg")
        opened.works.add("sea.jpg", origin="third_party")
        opened.parties.ensure("A")
        opened.parties.ensure("B")
        opened.licences.add(
            Terms(
                direction="acquired",
                licensor="A",
                licensee="B",
                exclusivity="non_exclusive",
                online=True,
                valid_from=date(2026, 1, 1),
                valid_until=date(2030, 12, 31),
                works=("2",),
                uses=(UseRule("permission", "display", "web"),),
                territories=(Territory("KZ"),),
                attribution="Photo: A",
            )
        )
    yield
    while catalogues._opened:
        catalogues._opened.popitem()[1].close()


ASKED = ("--channel", "web", "--territory", "KZ", "--from", "2027-01-01")


@pytest.mark.slow
def test_exit_codes(stamp: Runner) -> None:
    assert stamp("check", "lake.jpg").code == 0
    assert stamp("check", "lake.jpg", "sea.jpg", *ASKED).code == 0
    assert stamp("check", "lake.jpg", "sea.jpg").code == 1
    Path("a.txt").write_text("no photo")
    wrong = stamp("check", "a.txt", "sea.jpg")
    assert (wrong.code, "a.txt" in wrong.err) == (3, True)
    for arguments in (
        ["--from", "soon"],
        ["--until", "2020-01-01"],
        ["--territory", "UK"],
        ["--action", "eat"],
    ):
        assert stamp("check", "lake.jpg", *arguments).code in (2, 3)
    assert stamp("check", "lake.jpg", "--catalogue", "none.sqlite").code == 3
    assert not os.path.exists("none.sqlite")
    assert stamp("check", "lake.jpg", "--policy", "none.toml").code == 3


def test_lines(stamp: Runner) -> None:
    clear = stamp("check", "sea.jpg", *ASKED).out
    assert clear == "sea.jpg: clear: licensed, work #2 'sea' by its file\n  say beside it: Photo: A\n"
    refused = stamp("check", "sea.jpg", "--from", "2027-01-01").out
    assert (
        "territory:001: the licence does not cover 001; all of the world was asked for, --territory"
        in refused
    )
    assert "not_permitted:display@*: the licence does not permit display@*; every channel" in refused
    said = stamp("check", "sea.jpg", "--channel", "tiktok", "--territory", "US", "--until", "2031-01-01").out
    assert "asked for" not in said
    assert "expires:2030-12-31: the licence ends on 2030-12-31" in said


@pytest.mark.slow
def test_json(stamp: Runner) -> None:
    found = stamp("check", ".", "--json", *ASKED)
    assert found.document["schema"] == "stamp.check/1"
    lake, sea = found.entries
    assert (lake["path"], lake["verdict"], lake["clear"], lake["reasons"]) == ("lake.jpg", "ours", True, [])
    assert (sea["verdict"], sea["attribution"], sea["recognised_by"]) == ("licensed", "Photo: A", "source")
    Path("broken.jpg").write_bytes(b"")
    entries = stamp("check", ".", "--json", "-j", "2").entries
    assert [entry["status"] for entry in entries] == ["error", "clear", "refused"]
    assert entries[0].keys() == entries[1].keys()
    assert (entries[0]["clear"], entries[0]["verdict"]) == (False, None)
    summary = stamp("check", ".", "--json").document["summary"]
    assert (summary["clear"], summary["refused"], summary["failed"]) == (1, 1, 1)


def test_clips_and_songs_play(stamp: Runner) -> None:
    from tests.media import audio_files

    song = audio_files.made(Path(), "mp3")
    stamp("works", "add", song, "--third-party")
    with Catalogue.open("c.sqlite") as opened:
        opened.licences.add(
            Terms(
                "acquired",
                "A",
                "B",
                "sole",
                True,
                date(2026, 1, 1),
                ("3",),
                (UseRule("permission", "display", "*"),),
                (Territory("001"),),
            )
        )
    (entry,) = stamp("check", song, "--json").entries
    assert entry["reasons"] == ["not_permitted:play@*"]
    (entry,) = stamp("check", song, "--json", "--action", "sell").entries
    assert entry["reasons"] == ["not_permitted:sell@*"]


def test_the_policy_fills_in_and_asks_for_more(stamp: Runner) -> None:
    Path("policy.toml").write_text('channel = "web"\nterritories = ["KZ"]\nchannels = ["web"]\n')
    assert stamp("check", "sea.jpg", "--policy", "policy.toml").code == 0
    other = stamp("check", "lake.jpg", "--policy", "policy.toml", "--channel", "tiktok")
    assert (other.code, "channel_not_allowed:tiktok: the policy" in other.out) == (1, True)


@pytest.mark.slow
def test_a_copy_is_known_by_its_mark(stamp: Runner, media: Path) -> None:
    from PIL import Image

    assert stamp("embed", "lake.jpg").code == 0
    with Image.open("lake.stamped.jpg") as picture:
        picture.save("anew.jpg", quality=90)
    (entry,) = stamp("check", "anew.jpg", "--json").entries
    assert (entry["recognised_by"], entry["work"] is None) == ("mark", False)
    (entry,) = stamp("check", "anew.jpg", "--json", "--key-file", media / "mark.key").entries
    assert (entry["recognised_by"], entry["reasons"]) == (None, ["unknown"])

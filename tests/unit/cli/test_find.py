"""`stamp find` and `stamp case`: from a file that was found elsewhere to a case that is closed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.key import Key
from stamp.jobs.demo import paint

from .conftest import PAYLOAD, Runner


@pytest.fixture(autouse=True)
def on(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a catalogue in the working folder."""
    monkeypatch.setenv("STAMP_CATALOGUE", "c.sqlite")


def pixels(path: Path) -> NDArray[np.int64]:
    with Image.open(path) as picture:
        return np.asarray(picture).astype(np.int64)


@pytest.fixture
def recorded(stamp: Runner, media: Path, key_file: Path) -> None:
    """The catalogue knows what the payload of marked.jpg means."""
    table = f"payload,title,kind,recipient\n{PAYLOAD},Lake,photo,ACME\n"
    Path("works.csv").write_text(table)
    assert stamp("works", "import", "works.csv").code == 0


def test_a_find_by_its_mark(stamp: Runner, media: Path, recorded: None) -> None:
    added = stamp(
        *("find", "add", media / "marked.jpg", "--url", "https://a.example/1", "--account", "@thief"),
        *("--seen-at", "2026-11-27T12:00+05:00", "--seen-by", "Ada", "--json"),
    )
    assert added.code == 0
    (entry,) = added.entries
    assert added.document["schema"] == "stamp.find/1"
    assert (entry["title"], entry["payload"], entry["verdict"]) == ("Lake", PAYLOAD, "open")
    assert (entry["url"], entry["basis"]) == ("https://a.example/1", "mark")
    assert entry["sightings"][0]["seen_at"] == "2026-11-27T07:00:00.000000Z"
    assert entry["report"]["path"] == "marked.jpg"
    assert str(media) not in json.dumps(entry)
    shown = stamp("find", "show", "1")
    assert "#1  marked.jpg  work #1 'Lake'  open  https://a.example/1" in shown.out
    assert "seen      https://a.example/1  @thief  seen 2026-11-27 07:00 by Ada" in shown.out
    assert "`stamp find compare 1`" in shown.out
    assert "#1  marked.jpg" in stamp("find", "list", "--verdict", "open").out
    assert stamp("find", "list", "--verdict", "ours", "--json").entries == []


def test_a_mark_without_record_gets_one_later(stamp: Runner, media: Path, key_file: Path) -> None:
    found = stamp("find", "add", media / "marked.jpg", "--json").entries[0]
    assert (found["basis"], found["work"], found["payload"]) == ("mark_without_record", None, PAYLOAD)
    Path("works.csv").write_text(f"payload,title,kind\n{PAYLOAD},Lake,photo\n")
    assert stamp("works", "import", "works.csv").code == 0
    again = stamp("find", "add", media / "marked.jpg", "--json").entries[0]
    assert (again["find"], again["basis"], again["title"]) == (found["find"], "mark", "Lake")


def test_by_hand_where_there_is_no_mark(stamp: Runner, elsewhere: Path) -> None:
    paint(Path("lake.jpg"), size=(64, 48))
    assert stamp("works", "add", "lake.jpg").code == 0
    paint(Path("found.jpg"), size=(64, 48), seed=3)
    assert stamp("find", "add", "found.jpg").code == 3  # no key, and no work is named
    found = stamp("find", "add", "found.jpg", "--work", "1")
    assert found.code == 0
    assert "the work was named by hand" in found.out


def test_what_cannot_be_kept(stamp: Runner, key_file: Path) -> None:
    Path("text.jpg").write_text("no photo")
    done = stamp("find", "add", "text.jpg", "nothing.jpg", "--json")
    assert done.code == 3
    assert [entry["error"]["type"] for entry in done.entries] == ["UnsupportedFormat", "MediaError"]
    assert "find show" not in stamp("find", "show", "7").out
    assert "there is no such find" in stamp("find", "show", "7").err
    assert not list(Path("c.sqlite.documents").rglob("*/*")) if Path("c.sqlite.documents").exists() else True


def test_a_case(stamp: Runner, media: Path, recorded: None) -> None:
    stamp("find", "add", media / "marked.jpg", "--url", "https://a.example/1")
    opened = stamp("case", "open", "1", "--respondent", "A. Example", "--json")
    assert opened.document["schema"] == "stamp.case/1"
    assert opened.entries[0]["title"] == "Lake on https://a.example/1"
    assert "1 find" in stamp("case", "list").out
    assert stamp("case", "list", "--due").out == ""
    Path("letter.txt").write_text("We have received it")
    noted = stamp("case", "reply", "1", "--as", "note", "--text", "by phone", "--file", "letter.txt")
    assert noted.code == 0
    assert "note  by phone  file letter.txt" in noted.out
    wrong = stamp("case", "reply", "1", "--as", "complied")
    assert (wrong.code, "0 notices that were sent" in wrong.err) == (3, True)
    assert stamp("case", "list", "--by", "2026-12-01").code == 2
    assert "closed: removed" in stamp("case", "close", "1", "--outcome", "removed").out
    assert stamp("case", "list").out == ""
    assert "closed: removed" in stamp("case", "list", "--all").out
    assert stamp("works", "verify").code == 0


def test_a_find_is_compared_and_judged(stamp: Runner, media: Path, recorded: None) -> None:
    with Image.open(media / "marked.jpg") as marked:
        marked.crop((80, 60, 560, 420)).save("crop.jpg", quality=80)
    added = stamp("find", "add", "crop.jpg", "--work", "1", "--url", "https://a.example/1")
    assert added.code == 0
    refused = stamp("find", "compare", "1")
    assert "the original of work #1 'Lake' is not where it was" in refused.err
    assert stamp("find", "compare", "1", "--verdict", "ours").code == 2
    done = stamp(
        *("find", "compare", "1", "--original", media / "photo.jpg", "--picture", "pair.png"),
        *("--verdict", "ours", "--by", "Ada"),
    )
    assert done.code == 0, done.err
    assert "fine detail agrees" in done.out
    assert "verdict   ours, Ada" in done.out
    assert "is no file of this work that the catalogue knows" in done.err
    with Image.open("pair.png") as drawn:
        assert drawn.width > 400
    entry = stamp("find", "show", "1", "--json").entries[0]
    assert (entry["verdict"], entry["comparison"]["verdict"]) == ("ours", "agrees")
    assert 0.5 < entry["comparison"]["overlap"] < 0.63
    assert entry["comparison"]["original_known"] is False


def test_another_photo_that_carries_the_mark_is_no_copy(
    stamp: Runner, media: Path, recorded: None, elsewhere: Path
) -> None:
    paint(Path("other.jpg"), size=(640, 480), seed=9)
    other, marked, plain = map(pixels, (Path("other.jpg"), media / "marked.jpg", media / "photo.jpg"))
    carried = other + marked - plain
    Image.fromarray(carried.clip(0, 255).astype(np.uint8)).save("carried.png")
    added = stamp("find", "add", "carried.png", "--json").entries[0]
    assert (added["basis"], added["payload"]) == ("mark", PAYLOAD)
    done = stamp("find", "compare", "1", "--original", media / "photo.jpg")
    assert done.code == 0, done.err
    assert "does not agree" in done.out


CLAIMANT = """[claimant]
name = "Ada Lovelace"
address = "1 Street, Almaty"
phone = "+7 700 000 00 00"
email = "ada@example.org"
is = "owner"
signature = "Ada Lovelace"
"""
CONFIRMED = ("--confirm", "good-faith", "--confirm", "accuracy", "--confirm", "perjury")


def test_from_a_find_to_a_letter_that_was_sent(stamp: Runner, media: Path, recorded: None) -> None:
    Path("stamp.toml").write_text(CLAIMANT)
    stamp("find", "add", media / "marked.jpg", "--url", "https://www.youtube.com/watch?v=abcdefghijk")
    stamp("find", "add", media / "marked.jpg", "--url", "https://elsewhere.example/1")
    asked = ("notice", "1", "--to", "youtube", "--set", "work_description=A photograph of a lake", *CONFIRMED)
    refused = stamp(*asked)
    assert (refused.code, "(comparison)" in refused.err) == (1, True)
    assert stamp("case", "list").out == ""
    compared = ("find", "compare", "1", "--original", media / "photo.jpg", "--verdict", "ours", "--by", "Ada")
    assert stamp(*compared).code == 0
    written = stamp(*asked, "--json")
    assert written.code == 0, written.err
    (entry,) = written.entries
    assert "https://www.youtube.com/watch?v=abcdefghijk" in entry["text"]
    assert "elsewhere.example" not in entry["text"]
    assert (entry["case"], entry["notice"]) == (1, 1)
    assert "notice    #1  to youtube (en)  draft" in stamp("case", "show", "1").out
    assert "sent 2026-11-27" in stamp("case", "sent", "1", "--on", "2026-11-27", "--due", "2026-12-04").out
    assert "due 2026-12-04" in stamp("case", "list", "--due", "--by", "2026-12-04").out
    countered = stamp("case", "reply", "1", "--as", "countered", "--on", "2026-12-01")
    assert "due 2026-12-15" in countered.out
    assert stamp(*asked, "--lang", "ru").code == 0
    assert len(stamp("case", "show", "1", "--json").entries[0]["notices"]) == 2
    assert stamp("notice", "--to", "youtube").code == 2
    assert stamp("notice", "1", "--to", "youtube", "--set", "nothing").code == 2


@pytest.mark.slow
def test_a_thumbnail_is_told_to_be_the_copy_that_it_is(
    stamp: Runner, media: Path, recorded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A key of its own, always the same: at this size one key can be confirmed and another one not.
    Key(bytes(range(32)), "tests").save("fixed.key")
    monkeypatch.setenv("STAMP_KEY_FILE", "fixed.key")
    monkeypatch.setenv("STAMP_CATALOGUE", "fixed.sqlite")
    assert stamp("works", "import", "works.csv").code == 0
    plain = ("-o", "marked.jpg", "--no-catalogue", "--payload", PAYLOAD)
    assert stamp("embed", media / "photo.jpg", *plain).code == 0
    with Image.open("marked.jpg") as marked:
        marked.resize((184, 138), Image.Resampling.LANCZOS).save("small.jpg", quality=60)
    assert stamp("find", "add", "small.jpg", "--work", "1").code == 0
    done = stamp("find", "compare", "1", "--original", media / "photo.jpg")
    assert done.code == 0, done.err
    assert f"mark      {PAYLOAD}, confirmed with the original; the work was named by hand" in done.out
    assert f"copy is   {PAYLOAD}  key tests  log10_p -" in done.out
    entry = stamp("find", "show", "1", "--json").entries[0]
    assert entry["comparison"]["confirmed"]["payload"] == entry["payload"] == PAYLOAD
    assert stamp("works", "verify").code == 0

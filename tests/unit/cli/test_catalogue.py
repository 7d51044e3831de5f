"""`stamp embed` writes each copy down by itself, `detect` and `show` ask, and `works` and `party` keep it."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stamp.catalogue.catalogue import Catalogue
from stamp.cli.screen import Screen
from stamp.core.key import Key
from stamp.jobs import catalogues
from stamp.jobs.demo import paint
from stamp.pipeline.files import detect_file
from stamp.storage.atomic import TEMP_SUFFIX
from stamp.storage.digest import digest

from .conftest import PAYLOAD, Runner

Start = Callable[..., "subprocess.Popen[str]"]
OWN = Path("../data/stamp/catalogue.sqlite")
OTHER = "1122334455667788"


@pytest.fixture(autouse=True)
def on(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With the catalogue switched on, in an empty data folder."""
    monkeypatch.delenv("STAMP_CATALOGUE")
    yield
    while catalogues._opened:
        catalogues._opened.popitem()[1].close()


@pytest.fixture
def lake(elsewhere: Path, key_file: Path) -> str:
    paint(Path("lake.jpg"), size=(512, 384))
    return "lake.jpg"


@pytest.mark.slow
def test_a_first_photo_from_an_empty_folder(stamp: Runner, lake: str) -> None:
    done = stamp("embed", lake, "--creator", "Ada Lovelace", "--creator", "Bob")
    assert done.code == 0
    assert stamp("works", "show", "1", "--json").entries[0]["creators"] == ["Ada Lovelace", "Bob"]
    assert f"made your catalogue, {OWN.resolve()}" in done.err
    assert "work #1" in done.out
    assert "made your catalogue" not in stamp("embed", lake, "-o", "b.jpg").err
    found = stamp("detect", "lake.stamped.jpg")
    assert "this is work #1 'lake'" in found.out
    assert "lake" in stamp("works", "list").out
    assert OWN.stat().st_mode & 0o777 == 0o600


def test_detect_and_show_make_none(stamp: Runner, media: Path, key_file: Path) -> None:
    found = stamp("detect", media / "marked.jpg")
    assert (found.code, "record" in found.out) == (0, False)
    stamp("show", media / "marked.jpg")
    assert not OWN.exists()
    assert stamp("works", "list").code == 3
    assert not OWN.exists()
    named = stamp("detect", media / "marked.jpg", "--catalogue", "none.sqlite")
    assert (named.code, "there is no catalogue" in named.err) == (3, True)


def test_a_mark_without_record(stamp: Runner, lake: str) -> None:
    stamp("works", "add", "--title", "Sea", "--kind", "image")
    stamp("embed", lake, "--copyright", "© A", "--no-catalogue")
    found = stamp("detect", "lake.stamped.jpg")
    assert (found.code, "mark without record" in found.out) == (0, True)
    assert "`stamp works import report.json`" in found.out
    assert "mark without record" in stamp("show", "lake.stamped.jpg").err
    (entry,) = stamp("detect", "lake.stamped.jpg", "--json").entries
    assert entry["work"] is entry["copy"] is entry["record"] is None


def test_copies_for_somebody(stamp: Runner, lake: str) -> None:
    refused = stamp("embed", lake, "--recipient", "ACME")
    assert (refused.code, "`stamp party add` adds one" in refused.err) == (3, True)
    assert not Path("lake.stamped.jpg").exists()
    assert stamp("party", "add", "ACME", "--kind", "organisation").code == 0
    first = stamp(
        "embed", lake, "--title", "Lake at dusk", "--recipient", "ACME", "--channel", "press", "--json"
    )
    second = stamp("embed", lake, "-o", "b.jpg", "--work", "1", "--copyright", "© A", "--json")
    (one,), (two,) = first.entries, second.entries
    assert one["work"] == two["work"]
    assert one["copy"] != two["copy"]
    (found,) = stamp("detect", "lake.stamped.jpg", "--json").entries
    assert (found["work"], found["copy"]) == (one["work"], one["copy"])
    assert found["record"] == {
        "number": 1,
        "title": "Lake at dusk",
        "recipient": "ACME",
        "channel": "press",
        "withdrawn": False,
        "licence": None,
        "licensee": None,
    }
    (shown,) = stamp("show", "b.jpg", "--json").entries
    assert (shown["work"], shown["copy"]) == (two["work"], two["copy"])
    assert "work #1 'Lake at dusk'" in stamp("show", "b.jpg").out
    (work,) = stamp("works", "show", one["work"], "--json").entries
    assert [copy["recipient"] for copy in work["copies"]] == [None, "ACME"]
    assert {mark["payload"] for mark in work["marks"]} == {one["payload"], two["payload"]}


@pytest.mark.parametrize(
    "options",
    [
        ("--work", "1", "--title", "T"),
        ("--title", "T", "--no-catalogue"),
        ("--recipient", "A", "--no-watermark", "--copyright", "A"),
        ("--channel", "press", "--catalogue", "none"),
    ],
)
def test_options_that_contradict_each_other(options: tuple[str, ...], stamp: Runner, lake: str) -> None:
    assert stamp("embed", lake, *options).code == 2
    assert not OWN.exists()


@pytest.mark.slow
def test_where_the_catalogue_is(stamp: Runner, lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("stamp.toml").write_text('catalogue = "toml.sqlite"\ncopyright = "© A"\n')
    Path("deep").mkdir()
    stamp("embed", lake, "-o", "a.jpg")
    monkeypatch.chdir("deep")
    stamp("embed", "../lake.jpg", "-o", "b.jpg")
    monkeypatch.chdir("..")
    monkeypatch.setenv("STAMP_CATALOGUE", "variable.sqlite")
    stamp("embed", lake, "-o", "c.jpg")
    stamp("embed", lake, "-o", "d.jpg", "--catalogue", "option.sqlite")
    monkeypatch.setenv("STAMP_CATALOGUE", "none")
    stamp("embed", lake, "-o", "e.jpg")
    stamp("embed", lake, "-o", "f.jpg", "--catalogue", "option.sqlite", "--no-catalogue")
    assert "© A" in stamp("show", "a.jpg").out
    counts = {}
    for name in ("toml", "variable", "option"):
        with Catalogue.open(f"{name}.sqlite", make=False) as opened:
            counts[name] = opened.works.show("1").copy_count
    assert counts == {"toml": 2, "variable": 1, "option": 1}
    assert not OWN.exists()
    for wrong in ("7", '""'):
        Path("stamp.toml").write_text(f"catalogue = {wrong}\n")
        monkeypatch.delenv("STAMP_CATALOGUE", raising=False)
        refused = stamp("embed", lake, "-o", "g.jpg")
        assert (refused.code, "`catalogue` must be" in refused.err) == (3, True)


def test_a_payload_of_another_work(stamp: Runner, lake: str) -> None:
    paint(Path("sea.jpg"), size=(512, 384), seed=3)
    assert stamp("embed", lake, "--payload", OTHER).code == 0
    refused = stamp("embed", "sea.jpg", "--payload", OTHER)
    assert refused.code == 3
    assert "belongs to work #1 'lake'" in refused.err
    assert "--work '#1'" in refused.err
    assert stamp("embed", "sea.jpg", "--payload", OTHER, "--work", "#1").code == 0


def test_a_run_in_place_and_again(stamp: Runner, lake: str) -> None:
    arguments = ("embed", lake, "--in-place", "--receipt", "r.json", "--copyright", "© A")
    (first,) = stamp(*arguments, "--json").entries
    (resumed,) = stamp(*arguments, "--resume", "--json").entries
    assert (resumed["resumed"], resumed["work"], resumed["copy"]) == (True, first["work"], first["copy"])
    (again,) = stamp(
        "embed", lake, "--in-place", "--force", "--copyright", "© B", "--replace-rights", "--json"
    ).entries
    assert (again["work"], again["copy"] != first["copy"]) == (first["work"], True)
    assert len(stamp("works", "list", "--json").entries) == 1


def test_a_dry_run_writes_nothing_down(stamp: Runner, lake: str) -> None:
    assert stamp("embed", lake, "--dry-run").code == 0
    assert not OWN.exists()


def test_resuming_writes_down_what_was_marked_without(stamp: Runner, lake: str) -> None:
    (bare,) = stamp("embed", lake, "--no-catalogue", "--json").entries
    assert bare["work"] is None
    (known,) = stamp("embed", lake, "--resume", "--json").entries
    assert known["resumed"]
    (work,) = stamp("works", "show", known["work"], "--json").entries
    assert work["marks"][0]["payload"] == bare["payload"]
    assert work["copies"][0]["sha256_after"] == digest(Path("lake.stamped.jpg")).sha256
    (again,) = stamp("embed", lake, "--resume", "--json").entries
    assert again["copy"] == known["copy"]


@pytest.mark.slow
def test_a_folder_by_several_processes(stamp: Runner, folder: Path, key_file: Path) -> None:
    entries = stamp("embed", folder, "-o", "out/", "-j", "2", "--json").entries
    assert len({entry["work"] for entry in entries}) == 4
    found = stamp("detect", "out", "-j", "2", "--json").entries
    assert [entry["copy"] for entry in found] == [entry["copy"] for entry in entries]
    assert stamp("works", "verify").code == 0


def test_a_catalogue_that_cannot_be_used(stamp: Runner, lake: str, media: Path) -> None:
    OWN.parent.mkdir(parents=True)
    OWN.write_text("no database " * 50)
    refused = stamp("embed", lake)
    assert (refused.code, "damaged or no catalogue" in refused.err) == (3, True)
    assert "--no-catalogue" in refused.err
    assert not Path("lake.stamped.jpg").exists()
    found = stamp("detect", media / "marked.jpg")
    assert (found.code, "STAMP_CATALOGUE=none" in found.err) == (3, True)


def test_works_from_the_command_line(stamp: Runner, lake: str) -> None:
    new = ("--creator", "Ada Lovelace", "--id", "isrc:KZ-AB1-26-00001")
    assert stamp("works", "add", lake, "--title", "Қазақ даласы", *new).code == 0
    assert stamp("works", "add", lake).code == 3
    assert stamp("works", "add").code == 2
    assert stamp("works", "add", lake, "b.jpg", "--title", "T").code == 2
    both = stamp("works", "add", "no.jpg", "--json")
    assert (both.code, both.entries[0]["error"]["type"]) == (3, "MediaError")
    assert stamp("works", "add", "--title", "Sea", "--kind", "audio", "--third-party").code == 0
    assert "Қазақ даласы  photo  Ada Lovelace  isrc:KZAB12600001  0 copies" in stamp("works", "list").out
    page = stamp("works", "list", "--limit", "1", "--json").document
    assert (page["schema"], page["next"], page["results"][0]["title"]) == ("stamp.works/1", "#2", "Sea")
    rest = stamp("works", "list", "--after", page["next"], "--json").document
    assert (len(rest["results"]), rest["next"]) == (1, None)
    assert "Қазақ даласы" in stamp("works", "search", "казак", "дала").out
    assert stamp("works", "search", "nothing").code == 1
    assert stamp("works", "show", "7").code == 3
    assert stamp("works", "show", "1").out.count("\n") == 2
    (log,) = stamp("works", "verify", "--json").entries
    assert (log["events"], log["fault"], log["error"]) == (3, None, None)
    assert stamp("works", "backup", "b.sqlite").code == 0
    assert stamp("works", "backup", "b.sqlite").code == 3
    assert stamp("works", "list", "--catalogue", "b.sqlite").out == stamp("works", "list").out
    assert stamp("party", "list", "--json").entries[0]["name"] == "Ada Lovelace"
    assert stamp("works", "recover", "--json").entries[0]["finished"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("how", ["report", "journal", "document"])
def test_earlier_runs_are_brought_in(how: str, stamp: Runner, lake: str) -> None:
    paint(Path("sea.jpg"), size=(512, 384), seed=3)
    run = stamp("embed", lake, "sea.jpg", "no.jpg", "--no-catalogue", "--receipt", "r.json", "--json")
    if how == "report":
        Path("r.json").write_text(run.out)
    if how == "document":
        entries = [entry for entry in run.entries if entry["receipt"]]
        Path("r.json").write_text(json.dumps({"schema": "stamp.receipt/1", "results": entries}))
    if how == "report":
        Key.generate().save("other.key")
        wrong = stamp("works", "import", "r.json", "--key-file", "other.key")
        assert (wrong.code, "give that --key-file" in wrong.err) == (3, True)
    brought = stamp("works", "import", "r.json", "--json")
    assert [entry["status"] for entry in brought.entries] == ["imported", "imported"]
    again = stamp("works", "import", "r.json")
    assert (again.code, again.out) == (0, "r.json: 0 brought in, 2 known already\n")
    (found,) = stamp("detect", "sea.stamped.jpg", "--json").entries
    assert found["record"]["title"] == "sea"
    (work,) = stamp("works", "show", found["work"], "--json").entries
    assert work["copies"][0]["sha256_after"] == digest(Path("sea.stamped.jpg")).sha256
    assert stamp("works", "verify").code == 0


def test_a_table_is_brought_in(stamp: Runner, media: Path, key_file: Path) -> None:
    Path("w.csv").write_text(
        "\ufefftitle,payload,kind,creators,identifiers,recipient\n"
        f'Lake,{PAYLOAD},photo,"Ada; Bé",doi:10.1000/a,ACME\n'
        "Song,,song,Ada,,\n"
        "Wrong,12,photo,,,\n"
        "Worse,,book,,,\n",
        encoding="utf-8",
    )
    result = stamp("works", "import", "w.csv", "--json")
    assert result.code == 3
    assert [entry["status"] for entry in result.entries] == ["imported", "imported", "error", "error"]
    assert [entry["line"] for entry in result.entries] == [2, 3, 4, 5]
    assert "w.csv, 4: a payload is 16 hexadecimal digits" in result.err
    assert "work #1 'Lake'" in stamp("detect", media / "marked.jpg").out
    works = stamp("works", "list", "--json").entries
    assert [(work["title"], work["kind"]) for work in works] == [("Song", "audio"), ("Lake", "image")]
    for name, text in (("x.json", "{}"), ("y.csv", "a,b\n1,2\n"), ("z.csv", "")):
        Path(name).write_text(text)
        refused = stamp("works", "import", name)
        assert (refused.code, "columns of payload" in refused.err) == (3, True)


@pytest.fixture
def photos(elsewhere: Path, key_file: Path) -> Path:
    """Enough small photos for some kills."""
    folder = Path("photos")
    folder.mkdir()
    for number in range(16):
        paint(folder / f"{number:02}.jpg", size=(512, 384), seed=number)
    return folder


@pytest.mark.slow
@pytest.mark.files
def test_no_output_is_unknown_after_kills(
    photos: Path, command: Start, stamp: Runner, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills when a copy has just been reserved, is ready, is there, and at random moments."""
    monkeypatch.setenv("STAMP_CATALOGUE", str(Path("c.sqlite").absolute()))
    Catalogue.open("c.sqlite").close()
    chance, key = random.Random(7), Key.load(key_file)
    run = ("embed", photos, "-o", "out/", "-j", "2", "--resume", "--force")
    for number in range(6):
        process = command(*run)
        _until(process, number % 3, len(_finished()))
        time.sleep(0.05 * chance.random() * (number > 2))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        time.sleep(0.1)  # workers whose parent is gone end when they see it
        with Catalogue.open("c.sqlite") as catalogue:
            for path in _finished():
                payload = detect_file(path, keys=key, search=False, first=True).payload
                assert payload
                assert catalogue.lookup(payload, key), path
            catalogue.recover()
            works = [catalogue.works.show(work.work) for work in catalogue.works.list()]
            hashes = {
                copy.output: copy.sha256_after
                for work in works
                for copy in reversed(work.copies or ())
                if copy.state == "ready"
            }
            assert {str(path.resolve()): digest(path).sha256 for path in _finished()} == hashes
            second = catalogue.recover()
            assert (second.finished, second.abandoned) == (0, 0)
            assert catalogue.verify().fault is None
    assert stamp(*run).code == 0
    assert len(_finished()) == 16
    assert len(stamp("works", "list", "--json").entries) == 16


def _until(process: subprocess.Popen[str], step: int, before: int) -> None:
    """Wait until a copy of this run is reserved (0), is ready (1), or its file is there (2)."""
    with Catalogue.open("c.sqlite") as catalogue:
        database = catalogue._database()
        count = "SELECT count(*) FROM copy" + (" WHERE output_sha256 IS NOT NULL" if step else "")
        was = database.execute(count)[0][0]
        while process.poll() is None:
            if step == 2 and len(_finished()) > before:
                return
            if step < 2 and database.execute(count)[0][0] > was:
                return
            time.sleep(0.002)


def _finished() -> list[Path]:
    return [path for path in Path("out").glob("*.jpg") if not path.name.endswith(TEMP_SUFFIX)]


def test_an_export_and_back(stamp: Runner, lake: str) -> None:
    stamp("works", "add", lake, "--creator", "Ada")
    done = stamp("works", "export", "all.jsonl", "--json")
    (entry,) = done.entries
    assert (done.code, entry["format"], entry["works"], entry["rows"]) == (0, "jsonl", 1, 1)
    assert entry["bytes"] == Path("all.jsonl").stat().st_size
    again = stamp("works", "export", "all.jsonl")
    assert (again.code, "exists" in again.err) == (3, True)
    assert stamp("works", "export", "all.jsonl", "--force").code == 0
    for name, more in (("a.csv", ()), ("a.xlsx", ()), ("d.json", ("--format", "ddex"))):
        assert "1 works, 1 rows" in stamp("works", "export", name, *more).out
    assert stamp("works", "export", "a.txt").code == 3
    for name in ("all.jsonl", "a.csv", "a.xlsx"):
        brought = stamp("works", "import", name, "--catalogue", f"{name}.sqlite")
        assert (brought.code, brought.out) == (0, f"{name}: 1 brought in, 0 known already\n")
        assert "lake" in stamp("works", "list", "--catalogue", f"{name}.sqlite").out


def test_the_catalogue_is_copied_to_another_place(stamp: Runner) -> None:
    stamp("works", "add", "--title", "Sea", "--kind", "image", "--creator", "Ada")
    done = stamp("works", "copy-to", "other.sqlite", "--json")
    assert (done.code, done.entries) == (0, [{"rows": 5, "events": 2, "fault": None, "error": None}])
    assert "Sea" in stamp("works", "list", "--catalogue", "other.sqlite").out
    again = stamp("works", "copy-to", "other.sqlite")
    assert (again.code, "needs an empty database" in again.err) == (3, True)


def test_a_party_is_shown_and_taken_out(stamp: Runner) -> None:
    stamp("works", "add", "--title", "Sea", "--kind", "image", "--creator", "Ada Lovelace")
    assert "works     1" in stamp("party", "show", "Ada Lovelace").out
    (shown,) = stamp("party", "show", "1", "--json").entries
    assert (shown["work_count"], shown["copy_count"]) == (1, 0)
    assert stamp("party", "show", "Bob").code == 3
    assert stamp("party", "erase", "Ada Lovelace").code == 2
    (done,) = stamp("party", "erase", "Ada Lovelace", "--yes", "--json").entries
    assert (done["events"], done["works"], done["is_gone"]) == (2, 1, True)
    assert "erased party" in stamp("works", "show", "1").out
    assert stamp("works", "verify").code == 0
    assert stamp("party", "erase", "1", "--yes").code == 0


def test_a_bar_says_what_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Screen().progress(["log"], "", unit="events") as bar:
        bar.news(0, 5, 10)
    assert "events/s" in sys.stderr.getvalue()  # type: ignore[attr-defined]

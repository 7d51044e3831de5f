"""Runs over many files: counts, what was passed over, dry runs, logs, JSON lines, what was made of which."""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stamp.cli.progress import lines as progress_lines
from stamp.core.key import Key
from stamp.core.reports import Failure, outcomes
from tests.media.video_files import write

from .conftest import PAYLOAD, Runner, digests

COMMANDS = ("embed", "detect", "show", "remove", "undo", "audit")
NOTICE = ("--no-watermark", "--copyright", "© A")
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture
def mixed(folder: Path) -> Path:
    """The folder of photos, with raw files and one that is none."""
    for name in ("x.cr2", "deep/y.cr2", "z.psd"):
        (folder / name).write_bytes(b"not looked at")
    (folder / "bad.jpg").write_text("not a picture")
    return folder


# Summaries


@pytest.mark.slow
def test_a_run_ends_with_its_counts(stamp: Runner, mixed: Path, key_file: Path) -> None:
    first = stamp("embed", mixed, "-o", "out")
    left_out = "7 passed over (2 .cr2, 2 hidden, 1 .psd, 1 .stamped, 1 .txt)"
    assert first.err.splitlines()[-1] == f"stamp: 4 marked, {left_out}, 1 failed"
    again = stamp("embed", mixed, "-o", "out", "--resume", "--exclude", "bad.*", "--exclude", "*.cr2")
    assert again.err.splitlines()[-1].startswith("stamp: 4 done before, 8 passed over (3 excluded, 2 hidden")
    assert again.code == 0


@pytest.mark.slow
def test_quiet_runs_and_single_files_have_no_counts(
    stamp: Runner, media: Path, photo: Path, key_file: Path
) -> None:
    assert stamp("detect", media / "marked.jpg").err == ""
    assert "without" not in stamp("detect", photo, media / "marked.jpg", "-q").err
    both = stamp("detect", photo, media / "marked.jpg")
    assert both.err.splitlines()[0] == "stamp: 1 with a mark, 1 without"
    assert stamp("show", "no.jpg").err.splitlines()[-1] == "stamp: 1 failed"
    Path("one").mkdir()
    photo.rename("one/photo.jpg")
    assert stamp("show", "one").err == "stamp: 1 read\n"


def test_the_json_has_the_counts_at_its_end(stamp: Runner, mixed: Path) -> None:
    result = stamp("embed", mixed, "-o", "out", *NOTICE, "--json")
    document = result.document
    assert list(document)[-1] == "summary"
    assert document["summary"] == {
        "results": 5,
        "marked": 0,
        "noticed": 4,
        "signed": 0,
        "done_before": 0,
        "planned": 0,
        "failed": 1,
        "passed_over": 7,
    }
    reasons = {each["path"]: each["reason"] for each in document["passed_over"]}
    assert reasons.keys() == {
        str(mixed / name)
        for name in ("x.cr2", "deep/y.cr2", "z.psd", "notes.txt", ".hidden.jpg", "old.stamped.jpg")
    } | {str(mixed / ".a.jpg.0123.stamp-tmp")}
    assert "by its name" in reasons[str(mixed / "x.cr2")]
    shown = stamp("show", "out", "--json").document
    assert shown["summary"] == {"results": 4, "read": 4, "failed": 0, "passed_over": 0}
    assert shown["passed_over"] == []


def test_every_document_ends_with_a_summary(stamp: Runner, photo: Path, key_file: Path) -> None:
    for arguments in (("formats",), ("key", "show"), ("detect", photo, "--key-file", "no.key")):
        document = stamp(*arguments, "--json").document
        assert list(document)[-1] == "summary"
        assert document["summary"]["results"] == len(document["results"])
    early = stamp("embed", photo, "-o", "out.jpg", photo, "--json").document
    assert (early["error"]["type"], early["summary"]["failed"], early["passed_over"]) == (
        "OutputError",
        0,
        [],
    )


# Entries


@pytest.mark.slow
def test_an_entry_says_which_file_was_made_of_which(stamp: Runner, photo: Path, key_file: Path) -> None:
    begun = datetime.now(UTC).replace(microsecond=0)
    key = Key.load(key_file)
    run = ("embed", photo, "no.jpg", "-o", "out/", "--copyright", "© A", "--json")
    done, failed = stamp(*run).entries
    made = Path("out/photo.jpg")
    assert (done["sha256_before"], done["sha256_after"]) == (sha256(photo), sha256(made))
    assert (done["bytes_before"], done["bytes_after"]) == (photo.stat().st_size, made.stat().st_size)
    assert (done["key"], done["key_fingerprint"]) == ("tests", key.fingerprint)
    assert (done["action"], done["kind"]) == ("mark", "image")
    assert begun <= datetime.fromisoformat(done["date"]) <= datetime.now(UTC)
    assert re.fullmatch(MOMENT, done["date"])
    assert re.fullmatch(MOMENT, failed["date"])
    assert failed["key"] is failed["sha256_before"] is failed["action"] is None

    again = stamp(*run, "--resume").entries[0]
    same = (
        "sha256_before",
        "sha256_after",
        "bytes_before",
        "bytes_after",
        "key",
        "key_fingerprint",
        "payload",
    )
    assert {name: again[name] for name in same} == {name: done[name] for name in same}
    assert (again["action"], again["resumed"]) == ("skip", True)
    (noticed,) = stamp(*run[:2], "-o", "out/", "--credit", "B", *run[5:], "--resume", "--force").entries
    assert (noticed["action"], noticed["payload"], noticed["key"]) == ("notice", done["payload"], "tests")
    assert noticed["sha256_after"] == sha256(made) != done["sha256_after"]


def test_notices_say_it_too(stamp: Runner, photo: Path) -> None:
    (done,) = stamp("embed", photo, "-o", "a.jpg", *NOTICE, "--receipt", "r.json", "--json").entries
    assert (done["sha256_before"], done["sha256_after"]) == (sha256(photo), sha256("a.jpg"))
    assert (done["action"], done["key"], done["kind"]) == ("notice", None, None)
    (removed,) = stamp("rights", "remove", "a.jpg", "-o", "b.jpg", "--copyright", "© A", "--json").entries
    assert (removed["sha256_before"], removed["sha256_after"]) == (sha256("a.jpg"), sha256("b.jpg"))
    (undone,) = stamp("rights", "undo", "r.json", "a.jpg", "-o", "c.jpg", "--json").entries
    assert (undone["bytes_after"], undone["sha256_after"]) == (photo.stat().st_size, sha256(photo))
    before = sha256("a.jpg")
    (kept,) = stamp("embed", "a.jpg", "--in-place", *NOTICE, "--json").entries
    assert kept["sha256_before"] == kept["sha256_after"] == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_failure_has_every_key_and_no_value(command: str) -> None:
    told = Failure(Path("a.jpg"), "CorruptFile", "a.jpg: damaged").to_dict(command)
    assert (told["path"], told["status"], told["error"]["type"]) == ("a.jpg", "error", "CorruptFile")
    rest = {name: value for name, value in told.items() if name not in ("path", "status", "error", "date")}
    assert all(value in (None, [], False) for value in rest.values())
    assert "failed" not in outcomes(command)


# Dry runs


@pytest.mark.slow
def test_a_dry_run_writes_nothing(stamp: Runner, mixed: Path, elsewhere: Path, key_file: Path) -> None:
    Path("done").mkdir()
    assert stamp("embed", mixed / "a.jpg", "-o", "done/").code == 0
    before = digests(elsewhere.parent)
    run = ("embed", mixed, "-o", "done", "--resume", "--copyright", "© A", "--force", "--receipt", "r.json")
    result = stamp(*run, "--dry-run")
    assert digests(elsewhere.parent) == before
    assert result.code == 3
    assert f"{mixed}/b.JPG -> done/b.JPG: to be marked" in result.out
    assert f"{mixed}/a.jpg -> done/a.jpg: to get a notice, no mark" in result.out
    assert result.err.splitlines()[-1].startswith("stamp: 4 to be done, 7 passed over")

    entries = {Path(entry["path"]).name: entry for entry in stamp(*run, "--dry-run", "--json").entries}
    planned = entries["b.JPG"]
    assert (planned["status"], planned["action"], planned["payload"]) == ("planned", "mark", None)
    assert planned["sha256_after"] is planned["key"] is planned["psnr_db"] is None
    assert entries["bad.jpg"]["status"] == "error"
    assert entries["a.jpg"]["metadata"]["written"] == ["copyright_notice", "marked", "identifier"]
    done = stamp("embed", mixed / "a.jpg", "-o", "done/", "--resume", "--no-metadata", "--dry-run", "--json")
    assert (done.entries[0]["status"], done.entries[0]["action"]) == ("planned", "skip")
    assert done.document["summary"]["done_before"] == 1


def test_a_dry_run_makes_no_key(stamp: Runner, photo: Path, elsewhere: Path) -> None:
    result = stamp("embed", photo, "--copyright", "© A", "--dry-run")
    assert (result.code, result.out) == (0, "photo.jpg -> photo.stamped.jpg: to be marked\n")
    assert "no key yet: a run would make" in result.err
    assert not (elsewhere.parent / "config").exists()


def test_a_dry_run_refuses_what_a_run_refuses(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "-o", "b.jpg", "--no-watermark", "--creator", "Bob").code == 0
    Path("photo.stamped.jpg").touch()
    Path("small.png").write_bytes(b"\x89PNG\r\n\x1a\n cut short")
    for name in ("photo.jpg", "b.jpg", "small.png"):
        (entry,) = stamp("embed", name, "--creator", "Ada", "--dry-run", "--json").entries
        (real,) = stamp("embed", name, "--creator", "Ada", "--json").entries
        assert entry["error"] == real["error"]
        assert entry["error"] is not None


def test_a_dry_run_of_a_removal_says_what_would_go(stamp: Runner, photo: Path) -> None:
    assert stamp("embed", photo, "-o", "a.jpg", *NOTICE).code == 0
    before = sha256("a.jpg")
    run = ("rights", "remove", "a.jpg", "--in-place", "--copyright", "© A", "--dry-run")
    assert "a.jpg: to be done:  took out copyright_notice" in stamp(*run).out
    (entry,) = stamp(*run, "--json").entries
    assert (entry["status"], entry["metadata"]["removed"]) == ("planned", ["copyright_notice", "marked"])
    assert sha256("a.jpg") == before


# Logs


@pytest.mark.slow
def test_a_log_has_a_line_for_each_file(stamp: Runner, mixed: Path, key_file: Path) -> None:
    run = ("embed", mixed, "-o", "out", "--payload", PAYLOAD, "--log-file", "night.log", "-q")
    assert stamp(*run).code == 3
    lines = Path("night.log").read_text("utf-8").splitlines()
    assert all(re.match(rf"{MOMENT} (INFO|WARNING|ERROR) \S", line) for line in lines)
    said = [line.split(" ", 1)[1] for line in lines]
    assert f"INFO {mixed}/a.jpg: marked as out/a.jpg with payload {PAYLOAD}" in said
    assert any(line.startswith(f"ERROR {mixed}/bad.jpg: ") for line in said)
    assert any(line.startswith(f"INFO {mixed}/x.cr2: passed over: ") for line in said)
    assert said[-1].startswith("INFO 4 marked, 7 passed over")
    secret = Path(key_file).read_text()
    assert not any(word in Path("night.log").read_text() for word in re.findall(r"[0-9a-f]{32,}", secret))
    stamp("detect", "out/a.jpg", "--log-file", "night.log")
    assert Path("night.log").read_text("utf-8").splitlines()[: len(lines)] == lines
    assert f"out/a.jpg: detected with payload {PAYLOAD}" in Path("night.log").read_text("utf-8")


def test_a_log_is_never_added_to_something_else(stamp: Runner, photo: Path, key_file: Path) -> None:
    for name in (photo, key_file):
        before = Path(name).read_bytes()
        result = stamp("show", photo, "--log-file", name)
        assert (result.code, Path(name).read_bytes()) == (3, before)
        assert "is no such log of stamp" in result.err
    assert stamp("show", photo, "--log-file", "no/folder.log").code == 3
    assert stamp("show", photo, "--log-file", os.devnull).code == 0


def test_a_name_with_a_line_break_is_one_line_of_the_log(stamp: Runner, photo: Path) -> None:
    photo.rename("new\nline.jpg")
    assert stamp("show", "new\nline.jpg", "--log-file", "a.log").code == 0
    assert len(Path("a.log").read_text().splitlines()) == 2


@pytest.mark.slow
def test_a_log_for_programs_has_an_object_for_each_file_and_never_says_which(
    stamp: Runner, mixed: Path
) -> None:
    run = ("embed", mixed, "-o", "out", "--payload", PAYLOAD, "--log-json", "night.jsonl", "-q")
    assert stamp(*run).code == 3
    text = Path("night.jsonl").read_text("utf-8")
    lines = read_lines(text)
    assert len(lines) == 5
    keys = "schema date event id command kind bytes seconds verdict error"
    assert {" ".join(line) for line in lines} == {keys}
    assert {line["schema"] for line in lines} == {"stamp.log/1"}
    assert len({line["id"] for line in lines}) == len(lines)
    assert [line["verdict"] for line in lines].count("marked") == 4
    failed = [line for line in lines if line["verdict"] == "failed"]
    assert {line["error"] for line in failed} <= {"CorruptFile", "UnsupportedFormat"}
    marked = next(line for line in lines if line["verdict"] == "marked")
    assert marked["kind"] == "image"
    assert marked["bytes"] > 1000
    assert marked["seconds"] > 0
    assert not re.search(rf"{PAYLOAD}|jpg|png|{mixed.name}", text)
    stamp("detect", "out", "-j", "2", "--log-json", "night.jsonl")
    more = read_lines(Path("night.jsonl").read_text("utf-8"))
    assert more[: len(lines)] == lines
    assert {line["verdict"] for line in more[len(lines) :]} == {"detected"}
    assert all(line["seconds"] > 0 for line in more[len(lines) :])


def test_a_log_for_programs_on_stderr(stamp: Runner, photo: Path) -> None:
    result = stamp("show", photo, "nothing.jpg", "--log-json", "-", "-q", "--json")
    assert len(result.entries) == 2
    lines = [json.loads(line) for line in result.err.splitlines() if line.startswith("{")]
    assert [(line["verdict"], line["error"]) for line in lines] == [("read", None), ("failed", "MediaError")]
    before = photo.read_bytes()
    assert stamp("show", photo, "--log-json", photo).code == 3
    assert photo.read_bytes() == before


def test_progress_for_programs(stamp: Runner, photo: Path) -> None:
    result = stamp("show", photo, "nothing.jpg", "--progress", "json", "-q")
    lines = [json.loads(line) for line in result.err.splitlines() if line.startswith("{")]
    keys = "schema event command files files_done file name done total unit"
    assert {" ".join(line) for line in lines} == {keys}
    assert [(line["event"], line["files_done"], line["file"], line["name"]) for line in lines] == [
        ("begin", 0, None, None),
        ("file", 1, 1, "photo.jpg"),
        ("file", 2, 2, "nothing.jpg"),
        ("end", 2, None, None),
    ]
    assert "schema" not in stamp("show", photo, "--progress", "none").err


def test_progress_in_lines_tells_how_far_a_file_is_and_not_too_often(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with suppress(KeyboardInterrupt), progress_lines(["a.mp4", "b.mp4"], "embed", "frames", 2) as bar:
        for frame in range(100):
            bar.news(1, frame, 250)
        bar.news(0, 7, 0)
        raise KeyboardInterrupt
    told = read_lines(capsys.readouterr().err)
    assert [(each["event"], each["file"], each["done"], each["total"]) for each in told] == [
        ("begin", None, None, None),
        ("news", 2, 0, 250),
        ("news", 1, 7, None),
        ("end", None, None, None),
    ]


# JSON lines


def read_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines(stamp: Runner, mixed: Path) -> None:
    result = stamp("embed", mixed, "-o", "out", *NOTICE, "--json-lines", "-j", "2")
    head, *middle, last = read_lines(result.out)
    assert head["schema"] == "stamp.embed/1"
    assert list(last) == ["summary"]
    assert last["summary"]["noticed"] == 4
    assert sum("passed_over" in line for line in middle) == 7
    entries = [line for line in middle if "passed_over" not in line]
    assert sorted(entry["path"] for entry in entries) == sorted(
        entry["path"] for entry in stamp("embed", mixed, "-o", "o2", *NOTICE, "--json").entries
    )
    assert {entry["status"] for entry in entries} == {"stamped", "error"}


def test_json_lines_exclude_json(stamp: Runner, photo: Path) -> None:
    assert stamp("show", photo, "--json", "--json-lines").code == 2
    assert stamp("show", photo, "--jsonld", "--json-lines").code == 2


def test_json_lines_end_with_what_stopped_the_run(stamp: Runner, photo: Path) -> None:
    head, last = read_lines(stamp("detect", photo, "--key-file", "no.key", "--json-lines").out)
    assert head["schema"] == "stamp.detect/1"
    assert last["error"]["type"] == "KeyFileError"
    assert list(last)[-1] == "summary"


# Clips that grow


@pytest.fixture
def coarse(elsewhere: Path) -> Path:
    """A clip of a low rate."""
    return write(Path("clip.mp4"), size=(416, 240), count=25, options={"crf": "34"})


@pytest.mark.slow
def test_a_clip_says_how_much_it_has_grown(stamp: Runner, coarse: Path, key_file: Path) -> None:
    quick = ("embed", coarse, "--preset", "ultrafast")
    foreseen = re.search(
        r"it will take about ([\d.]+) times the bytes, since", stamp(*quick, "--dry-run").err
    )
    result = stamp(*quick)
    before, after = coarse.stat().st_size, Path("clip.stamped.mp4").stat().st_size
    assert after > 2 * before
    assert foreseen
    assert float(foreseen[1]) == pytest.approx(after / before, rel=0.3)
    assert "times the bytes" not in stamp(*quick, "--dry-run", "--crf", "30").err
    assert f"  {after / 1000:.2f} kB, was {before / 1000:.2f}\n" in result.out
    assert f"{after / before:.1f} times the bytes, since the source was coded at a low rate" in result.err
    assert "a higher --crf, a --max-bitrate or a --fit-size makes it smaller" in result.err
    (entry,) = stamp(*quick, "--max-bitrate", "250k", "-o", "held.mp4", "--json").entries
    assert (entry["status"], entry["bytes_after"] < after) == ("stamped", True)
    assert not any("times the bytes" in note for note in entry["notes"])


@pytest.mark.slow
def test_a_rate_that_leaves_nothing_of_the_mark(stamp: Runner, coarse: Path, key_file: Path) -> None:
    result = stamp("embed", coarse, "--preset", "ultrafast", "--max-bitrate", "10k")
    assert result.code == 3
    assert "a higher --max-bitrate than 10000" in result.err
    assert not Path("clip.stamped.mp4").exists()


@pytest.mark.parametrize("given", ["", "fast", "9k", "4G", "-1M", "4MM"])
def test_what_is_no_rate_is_refused(given: str, stamp: Runner, photo: Path) -> None:
    result = stamp("embed", photo, "--max-bitrate", given)
    assert (result.code, "give 800k, 4M or bit/s" in result.err) == (2, True)

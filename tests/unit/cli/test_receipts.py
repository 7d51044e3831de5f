"""Receipts are journals: what happened to every file is known before it happens, whatever ends the run."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stamp.jobs.demo import paint
from stamp.storage.atomic import TEMP_SUFFIX

from .conftest import Runner, digests, receipts

Start = Callable[..., "subprocess.Popen[str]"]
NOTICE = ("--no-watermark", "--copyright", "© Ada", "--creator", "Ada", "--replace-rights")
IN_PLACE = ("--in-place", "--receipt", "r.json")
pytestmark = pytest.mark.files


@pytest.fixture
def works(elsewhere: Path, stamp: Runner) -> Path:
    """A folder of photos, each with the notice of an agency."""
    folder = Path("works")
    folder.mkdir()
    paint(folder / "000.jpg", size=(64, 48))
    old = ("--no-watermark", "--copyright", "© 2019 Agency, licence 4711", "--in-place")
    assert stamp("embed", folder, *old).code == 0
    for number in range(1, 40):
        (folder / f"{number:03}.jpg").write_bytes((folder / "000.jpg").read_bytes() + bytes([number]))
    return folder


def drafts(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.endswith(TEMP_SUFFIX)]


def finished(folder: Path) -> dict[str, str]:
    return {name: digest for name, digest in digests(folder).items() if not name.endswith(TEMP_SUFFIX)}


def test_an_entry_is_there_before_its_file_is(
    stamp: Runner, works: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    real = os.replace

    def replaced(*arguments: str) -> None:
        if Path(arguments[1]).suffix == ".jpg" and Path("r.json").exists():
            seen.append(len(receipts("r.json")))
        real(*arguments)

    monkeypatch.setattr(os, "replace", replaced)
    assert stamp("embed", works / "000.jpg", *NOTICE, *IN_PLACE).code == 0  # one is done in this process
    assert seen == [1]
    (first,), head = receipts("r.json"), json.loads(Path("r.json").read_text().splitlines()[0])
    assert set(first) == {"path", "output", "payload", "receipt"}
    assert head["folder"] == os.getcwd()
    told = first["receipt"]["changes"]["copyright_notice"]["xmp"]
    assert told == {"before": "© 2019 Agency, licence 4711", "after": "© Ada"}


@pytest.mark.slow
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_run_that_is_killed_again_and_again_can_be_undone(
    processes: str, command: Start, stamp: Runner, works: Path
) -> None:
    before = digests(works)
    chance = random.Random(7)
    arguments = ("embed", works, *NOTICE, *IN_PLACE, "--resume", "-j", processes)
    for _ in range(4):
        process = command(*arguments)
        size = Path("r.json").stat().st_size if Path("r.json").exists() else 0
        while process.poll() is None and not (
            Path("r.json").exists() and Path("r.json").stat().st_size > size
        ):
            time.sleep(0.001)
        time.sleep(0.03 * chance.random())
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        time.sleep(0.1)  # workers whose parent is gone end when they see it
        told = {entry["receipt"]["sha256"]["after"]: entry for entry in receipts("r.json")}
        changed = [digest for name, digest in finished(works).items() if digest != before[name]]
        assert set(changed) <= told.keys()
    undone = stamp("rights", "undo", "r.json", works, "--in-place", "--json")
    lacking = [entry["error"] for entry in undone.entries if entry["error"]]
    assert all("has no receipt" in error["message"] for error in lacking)
    assert finished(works) == before
    assert stamp(*arguments).code == 0
    assert drafts(works) == []
    assert stamp("rights", "undo", "r.json", works, "--in-place").code == 0
    assert digests(works) == before


@pytest.mark.slow
def test_a_receipt_that_does_not_fit_on_its_disk(command: Start, stamp: Runner, works: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    before = digests(works)
    process = command("embed", works, *NOTICE, *IN_PLACE, preexec_fn=limit)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "r.json: cannot be written" in err
    after = digests(works)
    changed = [name for name in before if after[name] != before[name]]
    assert 0 < len(changed) < len(before)
    assert len(changed) <= len(receipts("r.json"))
    stamp("rights", "undo", "r.json", works, "--in-place")
    assert digests(works) == before


def test_resume_goes_on_in_the_same_journal_from_any_folder(
    stamp: Runner, works: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests(works)
    assert stamp("embed", works / "000.jpg", *NOTICE, *IN_PLACE, "--resume").code == 0
    with open("r.json", "a") as file:
        file.write('{"path": "works/001.jpg", "outp')  # as a kill leaves it
    monkeypatch.chdir(works)
    run = ("embed", ".", *NOTICE, "--in-place", "--receipt", "../r.json")
    assert stamp(*run).code == 3  # it is not overwritten
    assert stamp(*run, "--resume").code == 0
    monkeypatch.chdir("..")
    assert len(receipts("r.json")) == len(before)
    assert stamp("embed", works, "--no-watermark", "--credit", "Later", "--in-place").code == 0
    assert stamp("rights", "undo", "r.json", works, "--in-place").code == 0  # by their places
    assert stamp("rights", "remove", works, "--credit", "Later", "--in-place").code == 0
    assert "Agency" in stamp("show", works / "007.jpg").out


@pytest.mark.parametrize("content", ["", "{}", '{"schema": "stamp.receipt/1", "results": []}', "\x00"])
def test_resume_leaves_files_alone_that_are_no_journal(content: str, stamp: Runner, works: Path) -> None:
    Path("r.json").write_text(content)
    before = digests(works)
    result = stamp("embed", works, *NOTICE, *IN_PLACE, "--resume")
    assert (result.code, "is no journal of receipts" in result.err) == (3, True)
    assert (Path("r.json").read_text(), digests(works)) == (content, before)


def test_an_entry_whose_file_was_never_replaced_is_harmless(stamp: Runner, works: Path) -> None:
    before = digests(works)
    content = {path: path.read_bytes() for path in works.iterdir()}
    assert stamp("embed", works, *NOTICE, *IN_PLACE).code == 0
    for path, data in content.items():
        path.write_bytes(data)
    result = stamp("rights", "undo", "r.json", works, "--in-place")
    assert (result.code, digests(works)) == (0, before)


def test_receipts_of_before_there_were_journals_are_read(stamp: Runner, works: Path) -> None:
    before = digests(works)
    assert stamp("embed", works, *NOTICE, *IN_PLACE).code == 0
    entries = receipts("r.json")
    for entry in entries:
        del entry["receipt"]["file"]
    document = {"schema": "stamp.receipt/1", "folder": os.getcwd(), "results": entries}
    Path("r.json").write_text(json.dumps(document, indent=1))
    assert stamp("rights", "undo", "r.json", works, "--in-place").code == 0
    assert digests(works) == before


def test_pieces_that_were_tampered_with(stamp: Runner, works: Path) -> None:
    assert stamp("embed", works / "000.jpg", *NOTICE, *IN_PLACE).code == 0
    before = digests(works)
    text = Path("r.json").read_text()
    for wrong in ('"file": {"before": [[0, 99]]}', '"file": {"before": 7}', '"file": {"x": 1}'):
        start = text.index('"file": ')
        Path("r.json").write_text(text[:start] + wrong + "}}\n")
        result = stamp("rights", "undo", "r.json", works / "000.jpg", "--in-place")
        assert (result.code, digests(works)) == (3, before)
        assert "InternalError" not in result.err

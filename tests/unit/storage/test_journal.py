"""Lines that are on the disk before what they speak of, whatever became of the line before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stamp.core.errors import OutputError, UnwritableFile
from stamp.storage import journal

pytestmark = pytest.mark.files


def test_lines_are_added_and_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j"
    journal.begin(path, "head")
    flushed: list[bytes] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append(path.read_bytes())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    journal.append(path, "one")
    journal.append(path, "two")
    assert flushed == [b"head\none\n", b"head\none\ntwo\n"]
    assert list(journal.lines(path)) == ["head\n", "one\n", "two\n"]


def test_a_line_after_one_that_was_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"head\nhal")
    journal.append(path, "one")
    assert list(journal.lines(path)) == ["head\n", "hal\n", "one\n"]


def test_a_journal_is_not_overwritten_and_has_to_be_there(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with pytest.raises(UnwritableFile, match="j: cannot be written"):
        journal.append(path, "one")
    assert not path.exists()
    journal.begin(path, "head")
    with pytest.raises(OutputError):
        journal.begin(path, "other")
    assert path.read_text() == "head\n"


@pytest.mark.slow
def test_many_processes_at_once(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal.begin(path, "head")
    script = (
        "import sys\nfrom pathlib import Path\nfrom stamp.storage import journal\n"
        "for number in range(50): journal.append(Path(sys.argv[1]), sys.argv[2] * 20_000)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script, str(path), letter]) for letter in "abc"]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    _, *lines = path.read_text().splitlines()
    assert sorted(lines) == sorted(letter * 20_000 for letter in "abc" for _ in range(50))

"""Every call to the system that writes fails once, the n-th one in the n-th round, as SQLite is tested.

A file is whole as it was or whole as it is to be, the receipt knows it, nothing strays, and the error says
what failed.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stamp.core.errors import StampError
from stamp.core.key import Key
from stamp.core.rights import Rights
from stamp.formats.table import NOTICES
from stamp.jobs.demo import paint
from stamp.jobs.journal import Journal
from stamp.jobs.keys import find_key
from stamp.jobs.plan import Job
from stamp.jobs.tasks import EmbedTask, NoticeTask, RemoveTask, Task, UndoTask
from stamp.pipeline.receipts import Receipts, snapshot
from stamp.storage import atomic
from tests.media.small_files import sample

pytestmark = [
    pytest.mark.files,
    pytest.mark.skipif(sys.platform == "win32", reason="its calls differ"),
]
RIGHTS = Rights(copyright_notice="© 2026 Ada", creators=("Ada",))
CALLS = ("write", "fsync", "replace", "link", "copy_file_range", "open", "chmod", "utime", "ftruncate")


class Faults:
    """Makes the n-th of all calls that write fail; counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.failing: int | None = None
        self.number = errno.ENOSPC
        self.failed = ""
        for name in CALLS:
            if hasattr(os, name):
                monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            writes = name != "open" or (len(arguments) > 1 and arguments[1] & (os.O_WRONLY | os.O_RDWR))
            if writes:
                self.count += 1
                if self.count == self.failing:
                    self.failed = name
                    if name == "write":  # a disk that is full has taken a part
                        call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                    raise OSError(self.number, os.strerror(self.number))
            return call(*arguments, **named)

        return wrapped

    def rounds(self) -> Iterator[int]:
        """The number of each call, until there is none of that number any more."""
        for number in range(1, 1000):
            self.count, self.failing, self.failed = 0, number, ""
            yield number
            self.failing = None
            if not self.failed:
                return
        pytest.fail("it never ends")


@pytest.fixture(params=[errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def faults(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Faults:
    made = Faults(monkeypatch)
    made.number = request.param
    return made


def attempt(task: Task, job: Job) -> StampError | None:
    try:
        task(job)
    except StampError as error:
        return error
    return None


def rounds(faults: Faults, task: Callable[[Journal], Task], path: Path, journal: Journal) -> int:
    """Do the task with each fault in turn, from the same file each time, and return how many there were."""
    before, hash_before = path.read_bytes(), snapshot(path).sha256
    failed = 0
    for number in faults.rounds():
        faults.failing = None
        path.write_bytes(before)
        journal.path.unlink(missing_ok=True)
        journal.begin(more=False)
        faults.count, faults.failing = 0, number
        error = attempt(task(journal), Job(path, path))
        faults.failing = None
        where = f"call {number}, {faults.failed}"
        known = Receipts(journal.path)
        now = snapshot(path).sha256
        if now != hash_before:
            told = known.receipt_for(path)
            assert now in known._by_content, where
            assert told["changes"], where
        else:
            assert error or not faults.failed, where
        assert sorted(os.listdir(path.parent)) == sorted((path.name, journal.path.name)), where
        assert atomic._drafts == {}, where
        if error:
            failed += 1
            assert path.name in str(error) or journal.path.name in str(error), where
            assert ".stamp-tmp" not in str(error), where
            if faults.failed == "fsync" and now != hash_before:
                assert "is written, but" in str(error), where
    assert snapshot(path).sha256 != hash_before  # the last round has none
    return failed


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_in_place(name: str, tmp_path: Path, faults: Faults) -> None:
    path = tmp_path / "work"
    path.write_bytes(sample(name))
    failed = rounds(
        faults,
        lambda journal: NoticeTask(RIGHTS, in_place=True, journal=journal),
        path,
        Journal(tmp_path / "r.jsonl"),
    )
    assert failed >= 8


@pytest.mark.parametrize("task", ["remove", "undo"])
def test_a_notice_that_goes_again(task: str, tmp_path: Path, faults: Faults) -> None:
    path, first = tmp_path / "photo.jpg", tmp_path.with_suffix(".jsonl")
    path.write_bytes(sample("jpeg"))
    Journal(first).begin(more=False)
    NoticeTask(RIGHTS, in_place=True, journal=Journal(first))(Job(path, path))
    receipts = Receipts(first)
    failed = rounds(
        faults,
        lambda journal: (
            RemoveTask(RIGHTS, True, journal) if task == "remove" else UndoTask(receipts, True, journal)
        ),
        path,
        Journal(tmp_path / "r.jsonl"),
    )
    assert failed >= 8
    assert path.read_bytes() == sample("jpeg")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_mark_in_place(suffix: str, tmp_path: Path, faults: Faults) -> None:
    (tmp_path / "work").mkdir()
    path, key = tmp_path / "work" / f"photo{suffix}", tmp_path / "k.key"
    paint(path, size=(320, 240))
    Key(bytes(range(32)), "k").save(key)
    failed = rounds(
        faults,
        lambda journal: EmbedTask(
            find_key(str(key)), bytes(8), RIGHTS, in_place=True, resume=False, journal=journal
        ),
        path,
        Journal(tmp_path / "work" / "r.jsonl"),
    )
    assert failed >= 8


def test_a_new_file(tmp_path: Path, faults: Faults) -> None:
    source, out = tmp_path / "photo.jpg", tmp_path / "out" / "deep" / "photo.jpg"
    source.write_bytes(sample("jpeg"))
    for number in faults.rounds():
        error = attempt(NoticeTask(RIGHTS), Job(source, out))
        faults.failing = None
        assert source.read_bytes() == sample("jpeg")
        assert error or not faults.failed or faults.failed == "link", number
        if out.exists():
            assert snapshot(out).values, number
            out.unlink()
        if out.parent.exists():
            assert os.listdir(out.parent) == []
            out.parent.rmdir()
            out.parent.parent.rmdir()


def test_a_fault_while_the_receipts_begin(tmp_path: Path, faults: Faults) -> None:
    journal = Journal(tmp_path / "r.jsonl")
    for number in faults.rounds():
        message = ""
        try:
            journal.begin(more=False)
        except StampError as error:
            message = str(error)
        faults.failing = None
        assert "r.jsonl" in message or not faults.failed or faults.failed == "link", number
        assert set(os.listdir(tmp_path)) <= {"r.jsonl"}
        journal.path.unlink(missing_ok=True)

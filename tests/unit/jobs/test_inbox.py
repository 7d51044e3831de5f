"""Files that come into a folder: each is taken once it has stopped changing, and again when it is another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stamp.core.errors import OutputError
from stamp.jobs.inbox import Inbox
from stamp.jobs.plan import Job, plan


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def look(inbox: Inbox, folder: Path) -> list[str]:
    return [job.path.name for job in inbox.ready(plan([folder], output=f"{folder}-out/"))]


def test_a_file_that_grows_is_taken_when_it_has_stopped(tmp_path: Path, clock: Clock) -> None:
    inbox, folder = Inbox(5, clock), tmp_path / "in"
    folder.mkdir()
    assert look(inbox, folder) == []  # nothing in it yet is no error
    file = folder / "a.jpg"
    file.touch()
    for clock.now in (1, 10, 20):
        assert look(inbox, folder) == []  # nor is a file with nothing in it
    for clock.now in range(21, 60, 4):
        with file.open("ab") as growing:
            growing.write(b"more")
        assert look(inbox, folder) == []
    clock.now += 4.9
    assert look(inbox, folder) == []
    clock.now += 0.1
    assert look(inbox, folder) == ["a.jpg"]
    clock.now += 100
    assert look(inbox, folder) == []


def test_another_file_of_the_same_name_is_taken_again(tmp_path: Path, clock: Clock) -> None:
    inbox, folder = Inbox(5, clock), tmp_path / "in"
    folder.mkdir()
    file = folder / "a.jpg"
    file.write_bytes(b"one")
    assert look(inbox, folder) == []
    clock.now = 5
    assert look(inbox, folder) == ["a.jpg"]
    (folder / "new").write_bytes(b"two")  # as long as the first
    os.replace(folder / "new", file)
    assert look(inbox, folder) == []
    clock.now = 10
    assert look(inbox, folder) == ["a.jpg"]
    file.unlink()
    assert look(inbox, folder) == []
    file.write_bytes(b"one")
    assert look(inbox, folder) == []
    clock.now = 15
    assert look(inbox, folder) == ["a.jpg"]


def test_what_cannot_be_done_is_said_once_and_again_when_it_comes_back(tmp_path: Path, clock: Clock) -> None:
    inbox = Inbox(5, clock)
    wrong = Job(tmp_path / "a.jpg", error=OutputError("two of one name"))
    assert inbox.ready([wrong]) == [wrong]
    assert inbox.ready([wrong]) == []
    assert inbox.ready([]) == []
    assert inbox.ready([wrong]) == [wrong]


def test_a_folder_that_has_gone_is_said_and_watched_on(tmp_path: Path, clock: Clock) -> None:
    inbox, folder = Inbox(0, clock), tmp_path / "in"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"one")
    assert look(inbox, folder) == ["a.jpg"]
    shutil.rmtree(folder)
    gone = inbox.ready(plan([folder], output=f"{folder}-out/"))
    assert gone == []  # a name that nothing has could be that of a file to come
    folder.mkdir()
    (folder / "b.jpg").write_bytes(b"one")
    assert look(inbox, folder) == ["b.jpg"]

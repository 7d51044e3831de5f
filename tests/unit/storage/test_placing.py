"""What happens around the move of a draft into its place: flushes, locks, times, names and attributes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import stamp
from stamp.core.errors import MediaError, UnwritableFile
from stamp.core.options import OutputOptions
from stamp.storage import atomic, locks
from stamp.storage.atomic import TEMP_SUFFIX, discard_leftovers, write_whole
from stamp.storage.outputs import placing
from tests.media.small_files import sample

pytestmark = [
    pytest.mark.files,
    pytest.mark.skipif(sys.platform == "win32", reason="locks and links are Unix's"),
]
A, B = stamp.Rights(copyright_notice="AAA"), stamp.Rights(credit_line="BBB")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(sample("jpeg"))
    return path


@pytest.mark.parametrize("in_place", [True, False])
def test_the_folder_is_flushed_after_the_move(
    in_place: bool, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    real = os.fsync, os.replace, os.link

    def fsync(descriptor: int) -> None:
        done.append("folder" if os.path.isdir(f"/dev/fd/{descriptor}") else "file")
        real[0](descriptor)

    def moved(move: Any) -> Any:
        def call(*arguments: Any) -> None:
            done.append("move")
            move(*arguments)

        return call

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", moved(real[1]))
    monkeypatch.setattr(os, "link", moved(real[2]))
    out = photo if in_place else photo.with_name("new") / "deep" / "out.jpg"
    stamp.write_rights(photo, out, A, overwrite=in_place)
    assert done == ["folder"] * (0 if in_place else 2) + ["file", "move", "folder"]


def test_a_folder_that_cannot_be_flushed(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(number: int) -> Any:
        def flush(folder: Any) -> None:
            raise OSError(number, os.strerror(number))

        return flush

    monkeypatch.setattr(atomic, "flush_folder", broken(errno.EIO))
    with pytest.raises(UnwritableFile, match=r"photo\.jpg: is written, but .*check the disk"):
        stamp.write_rights(photo, photo, A, overwrite=True)
    assert stamp.read_rights(photo).rights == A
    assert os.listdir(photo.parent) == ["photo.jpg"]


def test_of_two_writers_the_second_gets_an_error(photo: Path) -> None:
    first, second = (placing(photo, photo, True) for _ in range(2))
    slow = second.__enter__()
    with first as quick:
        quick.write_bytes(b"quick")
    slow.write_bytes(b"slow")
    with pytest.raises(MediaError, match="was changed while it was worked on"):
        second.__exit__(None, None, None)
    assert photo.read_bytes() == b"quick"
    assert os.listdir(photo.parent) == ["photo.jpg"]


def test_size_times_and_number_of_a_file_may_come_again(photo: Path) -> None:
    """A disk gives the number of a file that was replaced to the next one."""
    before = photo.stat()
    late = placing(photo, photo, True)
    for _ in range(8):
        with placing(photo, photo, True, OutputOptions(preserve_times=True)) as draft:
            draft.write_bytes(photo.read_bytes()[::-1])
        now = photo.stat()
        assert (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    with pytest.raises(MediaError, match="was changed"), late as draft:
        draft.write_bytes(b"late")


RACE = """
import os, sys, time, stamp
path, rounds = sys.argv[1], int(sys.argv[2])
original = open(path, "rb").read()
A, B = stamp.Rights(copyright_notice="AAA"), stamp.Rights(credit_line="BBB")
stamp.write_rights(path, path + ".warm.jpg", A)
lost = both = 0
for _ in range(rounds):
    with open(path, "wb") as file:
        file.write(original)
    start, children = time.time() + 0.005, []
    for rights in (A, B):
        child = os.fork()
        if not child:
            while time.time() < start:
                pass
            try:
                stamp.write_rights(path, path, rights, overwrite=True)
            except stamp.StampError:
                os._exit(3)
            except BaseException:
                os._exit(9)
            os._exit(0)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert set(codes) <= {0, 3} and 0 in codes, codes
    found = stamp.read_rights(path).rights
    there = (found.copyright_notice == "AAA", found.credit_line == "BBB")
    both += codes == [0, 0]
    lost += any(code == 0 and not done for code, done in zip(codes, there))
print(lost, both)
"""


@pytest.mark.slow
def test_no_change_that_was_acknowledged_is_lost(photo: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", RACE, str(photo), "60"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[0] == "0", run.stdout


def test_another_program_that_keeps_the_file_locked(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_SECONDS", 0.05)
    with open(photo, "rb") as file:
        assert locks.try_lock(file.fileno()) is locks.Outcome.GOT
        with pytest.raises(UnwritableFile, match=r"keeps it locked.*close that program"):
            stamp.write_rights(photo, photo, A, overwrite=True)
    assert photo.read_bytes() == sample("jpeg")
    assert os.listdir(photo.parent) == ["photo.jpg"]


def test_drafts_are_locked_until_they_are_placed(photo: Path) -> None:
    def drafts() -> list[str]:
        discard_leftovers(photo.parent)
        return [name for name in os.listdir(photo.parent) if name.endswith(TEMP_SUFFIX)]

    abandoned = photo.with_name(f".photo.jpg.{7:012x}{TEMP_SUFFIX}")
    abandoned.write_bytes(b"half")
    with write_whole(photo, overwrite=True) as draft:
        draft.write_bytes(sample("jpeg"))
        assert drafts() == [draft.name]
        stamp.write_rights(draft, draft, A, overwrite=True)  # another file by that name, and still ours
        assert drafts() == [draft.name]
    assert drafts() == []
    assert atomic._drafts == {}
    assert stamp.read_rights(photo).rights == A


def test_no_locks_no_harm(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "try_lock", lambda descriptor: locks.Outcome.ABSENT)
    monkeypatch.setattr(locks, "try_lock", lambda descriptor: locks.Outcome.ABSENT)
    with write_whole(photo, overwrite=True) as draft:
        draft.write_bytes(sample("jpeg"))
        stamp.write_rights(draft, draft, A, overwrite=True)
        discard_leftovers(photo.parent, grace_s=60.0)
    assert stamp.read_rights(photo).rights == A
    left = photo.with_name(f".photo.jpg.{7:012x}{TEMP_SUFFIX}")
    left.write_bytes(b"half")
    discard_leftovers(photo.parent, grace_s=60.0)
    assert left.exists()
    discard_leftovers(photo.parent)
    assert not left.exists()


@pytest.mark.parametrize(("asked", "kept"), [(None, True), (True, True), (False, False)])
def test_times_in_place(asked: bool | None, kept: bool, photo: Path) -> None:
    os.utime(photo, (1_000_000_000, 1_000_000_000))
    stamp.write_rights(photo, photo, A, overwrite=True, output=OutputOptions(preserve_times=asked))
    assert (photo.stat().st_mtime == 1_000_000_000) == kept


@pytest.mark.parametrize(("asked", "kept"), [(None, False), (True, True), (False, False)])
def test_times_of_a_new_file(asked: bool | None, kept: bool, photo: Path) -> None:
    os.utime(photo, (1_000_000_000, 1_000_000_000))
    out = photo.with_name("out.jpg")
    stamp.write_rights(photo, out, A, output=OutputOptions(preserve_times=asked))
    assert (out.stat().st_mtime == 1_000_000_000) == kept


def test_hard_links_are_split_and_that_is_said(photo: Path) -> None:
    other = photo.with_name("other.jpg")
    os.link(photo, other)
    report = stamp.write_rights(photo, photo, A, overwrite=True)
    assert any("another name (a hard link)" in note for note in report.notes)
    assert other.read_bytes() == sample("jpeg")
    assert stamp.write_rights(photo, photo, B, overwrite=True).notes == ()


def test_attributes_that_the_disk_does_not_take_are_said(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "setxattr"):
        pytest.skip("this system has none")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no")

    monkeypatch.setattr(os, "listxattr", lambda path: ["user.colour", "security.selinux"])
    monkeypatch.setattr(os, "getxattr", lambda path, name: b"red")
    monkeypatch.setattr(os, "setxattr", refuse)
    report = stamp.write_rights(photo, photo, A, overwrite=True)
    assert report.notes == ("extended attributes could not be kept: user.colour",)


def test_what_is_registered_is_what_appears(photo: Path, tmp_path: Path) -> None:
    seen: list[bytes] = []

    def register(draft: Path) -> None:
        assert not out.exists()
        seen.append(draft.read_bytes())

    out = tmp_path / "out.jpg"
    stamp.write_rights(photo, out, A, output=OutputOptions(register=register))
    assert seen == [out.read_bytes()]


def test_nothing_appears_that_could_not_be_registered(photo: Path, tmp_path: Path) -> None:
    def register(draft: Path) -> None:
        raise stamp.RightsError("the catalogue is closed")

    with pytest.raises(stamp.RightsError):
        stamp.write_rights(photo, photo, A, overwrite=True, output=OutputOptions(register=register))
    assert photo.read_bytes() == sample("jpeg")
    assert os.listdir(tmp_path) == ["photo.jpg"]

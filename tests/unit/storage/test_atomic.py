"""Outputs appear whole or not at all, whatever happens on the way."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stamp.core.errors import OutputError, UnsupportedFormat, UnwritableFile
from stamp.storage import atomic
from stamp.storage.atomic import TEMP_SUFFIX, write_whole


def left_over(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name.endswith(TEMP_SUFFIX))


def test_a_clean_block_makes_the_file(tmp_path: Path) -> None:
    target = tmp_path / "out.jpg"
    with write_whole(target) as temp:
        assert temp.parent == tmp_path
        assert temp.name.startswith(".")
        assert temp.name.endswith(TEMP_SUFFIX)
        temp.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["out.jpg"]


def half_written(path: Path, raised: type[BaseException]) -> None:
    path.write_bytes(b"half")
    raise raised


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_everything_as_it_was(tmp_path: Path, raised: type[BaseException]) -> None:
    target = tmp_path / "out.jpg"
    target.write_bytes(b"before")
    with pytest.raises(raised), write_whole(target, overwrite=True) as temp:
        half_written(temp, raised)
    assert target.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["out.jpg"]


def test_an_existing_target_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out.jpg"
    target.write_bytes(b"before")
    with pytest.raises(OutputError, match=r"out\.jpg: exists already"), write_whole(target):
        pytest.fail("the block must not run")
    assert target.read_bytes() == b"before"


def test_a_target_that_comes_into_being_meanwhile_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out.jpg"
    with pytest.raises(OutputError), write_whole(target):
        target.write_bytes(b"theirs")
    assert target.read_bytes() == b"theirs"
    assert not left_over(tmp_path)


def test_of_many_writers_exactly_one_makes_the_file(tmp_path: Path) -> None:
    target = tmp_path / "out.jpg"
    start, outcomes = threading.Barrier(8), []

    def write(number: int) -> None:
        try:
            with write_whole(target) as temp:
                temp.write_bytes(bytes([number]))
                start.wait()
            outcomes.append(number)
        except OutputError:
            outcomes.append(None)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [n for n in outcomes if n is not None]
    assert target.read_bytes() == bytes([winner])
    assert not left_over(tmp_path)


def test_disks_without_hard_links_work_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(atomic.os, "link", no_links)
    target = tmp_path / "out.jpg"
    with write_whole(target) as temp:
        temp.write_bytes(b"whole")
    assert target.read_bytes() == b"whole"
    with pytest.raises(OutputError), write_whole(tmp_path / "other.jpg"):
        (tmp_path / "other.jpg").write_bytes(b"theirs")
    assert (tmp_path / "other.jpg").read_bytes() == b"theirs"


def test_overwriting_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.jpg", tmp_path / "link.jpg"
    real.write_bytes(b"before")
    link.symlink_to(real)
    with write_whole(link, overwrite=True) as temp:
        temp.write_bytes(b"after")
    assert link.is_symlink()
    assert real.read_bytes() == b"after"


def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(tmp_path / "nowhere.jpg")
    with pytest.raises(OutputError), write_whole(link):
        pytest.fail("the block must not run")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_permissions(tmp_path: Path) -> None:
    source, target, fresh = tmp_path / "source.jpg", tmp_path / "target.jpg", tmp_path / "fresh.jpg"
    source.write_bytes(b"")
    target.write_bytes(b"")
    source.chmod(0o640)
    target.chmod(0o604)
    with write_whole(target, overwrite=True):
        pass
    assert mode_of(target) == 0o604
    with write_whole(target, overwrite=True, mode_from=source) as temp:
        assert mode_of(temp) == 0o600
    assert mode_of(target) == 0o640
    with write_whole(fresh):
        pass
    reference = tmp_path / "reference.jpg"
    reference.write_bytes(b"")
    assert mode_of(fresh) == mode_of(reference)


def test_a_result_does_not_run_with_its_owners_rights(tmp_path: Path) -> None:
    source = tmp_path / "source.jpg"
    source.write_bytes(b"")
    source.chmod(0o6755)
    with write_whole(tmp_path / "out.jpg", mode_from=source):
        pass
    assert mode_of(tmp_path / "out.jpg") == 0o755


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    target = tmp_path / "target.jpg"
    target.write_bytes(b"before")
    os.chown(target, 12345, 12346)
    with write_whole(target, overwrite=True) as temp:
        temp.write_bytes(b"after")
    assert (target.stat().st_uid, target.stat().st_gid, target.read_bytes()) == (12345, 12346, b"after")


def test_extended_attributes_stay(tmp_path: Path) -> None:
    target = tmp_path / "target.jpg"
    target.write_bytes(b"before")
    try:
        os.setxattr(target, "user.tag", b"red")
    except (AttributeError, OSError):
        pytest.skip("this system has none")
    with write_whole(target, overwrite=True) as temp:
        temp.write_bytes(b"after")
    assert os.getxattr(target, "user.tag") == b"red"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "pipe.jpg"
    os.mkfifo(target)
    with (
        pytest.raises(UnwritableFile, match=r"pipe\.jpg: .*a device, a pipe"),
        write_whole(target, overwrite=True),
    ):
        pytest.fail("the block must not run")
    assert stat.S_ISFIFO(target.stat().st_mode)


def test_a_folder_that_does_not_take_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for target in (tmp_path / "missing" / "out.jpg", tmp_path / "file" / "out.jpg", tmp_path):
        with pytest.raises(UnwritableFile) as caught, write_whole(target, overwrite=True):
            pytest.fail("the block must not run")
        assert caught.value.path == target
        assert str(target) in str(caught.value)


def test_errors_of_the_disk_name_the_target(tmp_path: Path) -> None:
    target = tmp_path / "out.jpg"
    with pytest.raises(UnwritableFile, match="free some space") as caught, write_whole(target):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.path == target
    assert isinstance(caught.value, OSError)
    with pytest.raises(UnwritableFile) as caught, write_whole(target) as temp:
        raise atomic.unwritable(temp, OSError(errno.EIO, "Input/output error"))
    assert caught.value.path == target
    assert TEMP_SUFFIX not in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_errors_of_ours_pass_unchanged(tmp_path: Path) -> None:
    error = UnsupportedFormat("no", path="x")
    with pytest.raises(UnsupportedFormat) as caught, write_whole(tmp_path / "out.jpg"):
        raise error
    assert caught.value is error


def test_names_at_the_limit_of_the_filesystem(tmp_path: Path) -> None:
    target = tmp_path / ("ü" * 125 + ".jpg")
    with write_whole(target) as temp:
        temp.write_bytes(b"whole")
    assert target.read_bytes() == b"whole"


FULL_DISK = """
import resource, signal, sys
from stamp.core.errors import UnwritableFile
from stamp.storage.atomic import write_whole
from stamp.media.image.opening import read_picture, write_picture
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
picture = read_picture(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with write_whole(sys.argv[2]) as temp:
        write_picture(picture, picture.pixels, temp)
except UnwritableFile as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes there")
def test_a_disk_that_takes_only_a_part(tmp_path: Path) -> None:
    from PIL import Image

    source, target = tmp_path / "source.png", tmp_path / "out" / "target.png"
    target.parent.mkdir()
    Image.effect_noise((64, 64), 60).save(source)
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(source), str(target)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith(f"{target}: cannot be written")
    assert os.listdir(target.parent) == []

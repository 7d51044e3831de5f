"""Whatever happens while a notice is written, the original is whole, and nothing half-written has its name.

The disk runs full at any byte, the process is killed at any moment, the folder takes no files. Each case runs
in processes of its own.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import stamp
from stamp.core.errors import MediaError, UnwritableFile
from stamp.core.rights import Rights
from stamp.formats.table import NOTICES
from stamp.storage.atomic import TEMP_SUFFIX
from stamp.storage.outputs import placing
from tests.media.small_files import sample

RIGHTS = Rights(copyright_notice="© 2026 Zoë 東京", creators=("Zoë",), usage_terms="x" * 3000)
pytestmark = pytest.mark.files
unix = pytest.mark.skipif(sys.platform == "win32", reason="limits and forks are Unix's")


def in_a_process(script: str, *arguments: str) -> str:
    """What a script prints that has `stamp`, RIGHTS and its arguments at hand."""
    head = (
        "import os, random, resource, signal, sys, time, stamp\n"
        f"RIGHTS = stamp.Rights.from_dict({RIGHTS.to_dict()!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@unix
@pytest.mark.parametrize("in_place", [False, True], ids=["beside", "in place"])
def test_a_disk_that_is_full_at_any_byte(in_place: bool, tmp_path: Path) -> None:
    for name in NOTICES:
        (tmp_path / name).write_bytes(sample(name))
    script = """
        folder, in_place = sys.argv[1], sys.argv[2] == "True"
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            before = open(path, "rb").read()
            target = path if in_place else path + ".out"
            sizes = [*range(0, 24), *range(24, len(before) + 60_000, 311)]
            refused = 0
            for size in sizes:
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
                try:
                    stamp.write_rights(path, target, RIGHTS, overwrite=in_place)
                except stamp.UnwritableFile:
                    refused += 1
                    assert open(path, "rb").read() == before, (name, size)
                    assert in_place or not os.path.exists(target), (name, size)
                    assert not [left for left in os.listdir(folder) if left.startswith(".")], (name, size)
                else:
                    break
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            print(name, refused, stamp.read_rights(target).rights == RIGHTS)
            if not in_place:
                os.unlink(target)
    """
    lines = [line.split() for line in in_a_process(script, str(tmp_path), str(in_place)).splitlines()]
    assert [name for name, _, _ in lines] == list(NOTICES)
    assert all(int(refused) > 24 and same == "True" for _, refused, same in lines), lines


@pytest.mark.slow
@unix
def test_a_kill_at_any_moment(tmp_path: Path) -> None:
    """A child writes two notices in turn into a file; after each kill the file is one of the two."""
    source = tmp_path / "photo.png"
    source.write_bytes(sample("png"))
    script = """
        path = sys.argv[1]
        folder = os.path.dirname(path)
        other = stamp.Rights(copyright_notice="Somebody else", creators=("B",), usage_terms="y" * 7000)
        states = set()
        allowed = {"overwrite": True, "options": stamp.NoticeOptions(replace_rights=True)}
        for rights in (RIGHTS, other, RIGHTS, other):
            stamp.write_rights(path, path, rights, **allowed)
            states.add(open(path, "rb").read())
        chance = random.Random(7)
        for trial in range(60):
            child = os.fork()
            if child == 0:
                while True:
                    for rights in (RIGHTS, other):
                        stamp.write_rights(path, path, rights, **allowed)
            time.sleep(0.002 + chance.random() * 0.03)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            assert open(path, "rb").read() in states, trial
        print(len(states), *sorted(name for name in os.listdir(folder)))
    """
    count, *names = in_a_process(script, str(source)).split()
    assert int(count) >= 2
    # What a killed process leaves behind is hidden, and named so that nobody takes it for a result.
    assert [name for name in names if not (name.startswith(".") and name.endswith(TEMP_SUFFIX))] == [
        "photo.png"
    ]
    assert stamp.read_rights(source).rights.copyright_notice in (RIGHTS.copyright_notice, "Somebody else")


@unix
def test_a_folder_that_takes_no_files(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    source = folder / "photo.jpg"
    source.write_bytes(sample("jpeg"))
    folder.chmod(0o555)
    try:
        if os.access(folder, os.W_OK):  # the superuser may write everywhere, but not where there is no folder
            with pytest.raises(UnwritableFile):
                stamp.write_rights(source, source / "out.jpg", RIGHTS)
        else:
            for target in (source, folder / "out.jpg"):
                with pytest.raises(UnwritableFile):
                    stamp.write_rights(source, target, RIGHTS, overwrite=True)
        assert source.read_bytes() == sample("jpeg")
        assert [path.name for path in folder.iterdir()] == ["photo.jpg"]
    finally:
        folder.chmod(0o755)


@unix
@pytest.mark.parametrize("name", NOTICES)
def test_links_and_permissions_stay(name: str, tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(sample(name))
    original.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(original.name)
    stamp.write_rights(link, link, RIGHTS, overwrite=True)
    assert link.is_symlink()
    assert stat.S_IMODE(original.stat().st_mode) == 0o640
    assert stamp.read_rights(original).rights == RIGHTS
    stamp.remove_rights(link, link, RIGHTS, overwrite=True)
    assert (link.is_symlink(), stat.S_IMODE(original.stat().st_mode)) == (True, 0o640)
    assert stamp.read_rights(original).rights == Rights()
    stamp.write_rights(original, tmp_path / "copy", RIGHTS)
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", NOTICES)
def test_a_second_run_changes_nothing_byte_for_byte(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(sample(name))
    first = stamp.write_rights(path, path, RIGHTS, overwrite=True)
    once = path.read_bytes()
    again = stamp.write_rights(path, path, RIGHTS, overwrite=True)
    assert path.read_bytes() == once
    assert (set(first.written), again.written) == ({"copyright_notice", "creators", "usage_terms"}, ())


@pytest.mark.parametrize("in_place", [False, True])
def test_a_source_that_changes_meanwhile(in_place: bool, tmp_path: Path) -> None:
    source = tmp_path / "source.jpg"
    source.write_bytes(b"the first half")
    target = source if in_place else tmp_path / "target.jpg"
    result = placing(source, target, in_place)
    source.write_bytes(b"the first half, and the second")
    with pytest.raises(MediaError, match=r"source\.jpg: was changed"), result as draft:
        draft.write_bytes(b"made of the first half")
    assert source.read_bytes() == b"the first half, and the second"
    assert list(tmp_path.iterdir()) == [source]

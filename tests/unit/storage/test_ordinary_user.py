"""Read-only files, and files of others, in the hands of an ordinary user; root may do anything.

The work is done in a process of its own, which gives up root's rights where it has them: so the tests say the
same whoever runs them.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import stamp
from tests.helpers.ordinary_user import NOBODY, passable_folder
from tests.media.small_files import sample

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
pytestmark = [
    pytest.mark.files,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are Unix's"),
]

# Before the rights are given up, everything is imported by being used once: what lies in root's home cannot
# be read afterwards.
HEAD = f"""
import os, sys, stamp
A, B = stamp.Rights(copyright_notice="A"), stamp.Rights(credit_line="B")
folder = sys.argv[1]
warm = os.path.join(folder, "warm.jpg")
stamp.write_rights(warm, warm, A, overwrite=True)
try:
    stamp.write_rights(warm, warm, B)
except stamp.StampError:
    pass
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the ordinary user, in one that he may pass through."""
    with passable_folder() as around:
        made = around / "his"
        made.mkdir()
        (made / "warm.jpg").write_bytes(sample("jpeg"))
        give(made)
        yield made


def give(path: Path) -> None:
    """Make it the ordinary user's."""
    if IS_ROOT:
        os.chown(path, NOBODY, NOBODY)


def as_a_user(folder: Path, script: str) -> str:
    """Return what the script prints, which has `stamp`, `folder`, and the notices A and B at hand."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(script), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("in_place", [False, True], ids=["beside", "in place"])
def test_a_source_that_is_read_only(in_place: bool, folder: Path) -> None:
    modes = [0o444, 0o440, 0o555, 0o644]
    for mode in modes:
        source = folder / f"{mode:o}.jpg"
        source.write_bytes(sample("jpeg"))
        give(source)
        source.chmod(mode)
    out = as_a_user(
        folder,
        f"""
        for mode in {modes}:
            source = os.path.join(folder, f"{{mode:o}}.jpg")
            target = source if {in_place} else source + ".out"
            print(*stamp.write_rights(source, target, A, overwrite={in_place}).written)
        """,
    )
    assert out.split() == ["copyright_notice"] * len(modes)
    for mode in modes:
        target = folder / (f"{mode:o}.jpg" if in_place else f"{mode:o}.jpg.out")
        assert stat.S_IMODE(target.stat().st_mode) == mode
        assert stamp.read_rights(target).rights.copyright_notice == "A"
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("owner", [0, 12345] if IS_ROOT else [])  # only root makes files of others
def test_a_source_of_somebody_else(owner: int, folder: Path) -> None:
    source = folder / "source.jpg"
    source.write_bytes(sample("jpeg"))
    os.chown(source, owner, owner)
    source.chmod(0o444)
    out = as_a_user(
        folder,
        f"""
        stamp.write_rights({str(source)!r}, os.path.join(folder, "out.jpg"), A)
        stamp.write_rights({str(source)!r}, {str(source)!r}, A, overwrite=True)
        print(os.stat({str(source)!r}).st_uid)
        """,
    )
    assert out.split() == [str(NOBODY)]
    assert stat.S_IMODE(source.stat().st_mode) == 0o444


def test_a_folder_that_takes_no_files(folder: Path) -> None:
    source = folder / "source.jpg"
    source.write_bytes(sample("jpeg"))
    give(source)
    out = as_a_user(
        folder,
        f"""
        os.chmod(folder, 0o555)
        try:
            stamp.write_rights({str(source)!r}, {str(source)!r}, A, overwrite=True)
        except stamp.UnwritableFile as error:
            print(error)
        os.chmod(folder, 0o755)
        """,
    )
    assert out.startswith(f"{source}: cannot be written")
    assert source.read_bytes() == sample("jpeg")

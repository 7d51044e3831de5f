"""A catalogue that an ordinary user may only read; root may do anything. The work is done in a process of its
own, which gives up root's rights where it has them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stamp.catalogue.catalogue import Catalogue
from stamp.jobs.demo import paint
from tests.helpers.earlier_catalogues import make_earlier
from tests.helpers.ordinary_user import NOBODY, passable_folder

pytestmark = [
    pytest.mark.files,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are Unix's"),
]
# What lies in root's home cannot be read afterwards, so that everything is imported by being used once.
SCRIPT = f"""
import os, sys, stamp
folder, what, mode = sys.argv[1], sys.argv[2], int(sys.argv[3], 8)
key, photo = stamp.Key(bytes(32), "k"), os.path.join(folder, "lake.jpg")
with stamp.Catalogue.open(os.path.join(folder, "warm.sqlite")) as warm:
    stamp.embed_file(photo, os.path.join(folder, "warm.jpg"), key=key, catalogue=warm)
    try:
        warm.works.show("9")
    except stamp.CatalogueError:
        pass
place = os.path.join(folder, "below", "c.sqlite")
os.chmod(os.path.join(folder, "below", what), mode)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
def attempt(function):
    try:
        print(function())
    except stamp.CatalogueError as error:
        print(error)
def embed():
    with stamp.Catalogue.open(place) as catalogue:
        stamp.embed_file(photo, os.path.join(folder, "out.jpg"), key=key, catalogue=catalogue)
def read():
    with stamp.Catalogue.open(place, make=False) as catalogue:
        return [work.title for work in catalogue.works.list()]
attempt(embed)
attempt(read)
"""
REFUSED = "check the file, its folder and their permissions"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the ordinary user with a photo, in one that he may pass through, and one in it for a
    catalogue."""
    with passable_folder() as around:
        (around / "his" / "below").mkdir(parents=True)
        paint(around / "his" / "lake.jpg", size=(320, 240))
        yield around / "his"


def as_a_user(folder: Path, what: str, mode: str) -> list[str]:
    """Return what comes of marking a photo, and of reading from the catalogue in `folder`/below, after
    `what` in there has got this mode."""
    for path in (folder, *folder.rglob("*")) if os.geteuid() == 0 else ():
        os.chown(path, NOBODY, NOBODY)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), what, mode],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert not (folder / "out.jpg").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    return done.stdout.splitlines()


@pytest.mark.parametrize(("what", "mode", "readable"), [("c.sqlite", "444", True), (".", "555", False)])
def test_a_catalogue_that_may_only_be_read(what: str, mode: str, readable: bool, folder: Path) -> None:
    file = folder / "below" / "c.sqlite"
    with Catalogue.open(file) as catalogue:
        catalogue.works.add(title="River", kind="image")
    before = file.read_bytes()
    marked, read = as_a_user(folder, what, mode)
    assert f"{file}: " in marked
    assert REFUSED in marked
    assert read == "['River']" if readable else REFUSED in read
    (folder / "below").chmod(0o755)
    file.chmod(0o600)
    assert file.read_bytes() == before


def test_a_folder_that_takes_no_catalogue(folder: Path) -> None:
    marked, read = as_a_user(folder, ".", "555")
    assert REFUSED in marked
    assert "there is no catalogue" in read
    assert list((folder / "below").iterdir()) == []


def test_an_earlier_catalogue_that_may_only_be_read(folder: Path) -> None:
    file = folder / "below" / "c.sqlite"
    make_earlier(str(file), "0001")
    before = file.read_bytes()
    for said in as_a_user(folder, "c.sqlite", "444"):
        assert f"{file}: " in said
        assert REFUSED in said
    assert file.read_bytes() == before

"""Rights notices of whole film files, by the public functions."""

from __future__ import annotations

import resource
from contextlib import ExitStack
from pathlib import Path

import pytest

import stamp
from stamp.core.errors import CorruptFile, NoticeNotWritten, UnwritableFile
from stamp.core.options import NoticeOptions
from stamp.formats.reading import named
from stamp.pipeline.notice import add_notice
from stamp.storage.sidecars import Beside
from tests.media.matroska_files import Mkv
from tests.media.mp4_files import Mp4, box

RIGHTS = stamp.Rights(copyright_notice="© 2026 Zoë 東京", creators=("Ł",), marked=True)
FILMS = {"film.mp4": Mp4(), "end.mp4": Mp4(first=False), "film.mov": Mp4(brand=b"qt  "), "film.mkv": Mkv()}


@pytest.mark.parametrize("name", FILMS)
def test_a_notice_goes_in_once_and_comes_out_again(name: str, tmp_path: Path) -> None:
    (path := tmp_path / name).write_bytes(source := FILMS[name].encoded())
    report = stamp.write_rights(path, tmp_path / "out", RIGHTS)
    assert set(report.written) == {"copyright_notice", "creators", "marked"}
    assert stamp.read_rights(tmp_path / "out").rights == RIGHTS
    assert path.read_bytes() == source
    once = (tmp_path / "out").read_bytes()
    report = stamp.write_rights(tmp_path / "out", tmp_path / "out", RIGHTS, overwrite=True)
    assert (report.written, (tmp_path / "out").read_bytes()) == ((), once)
    stamp.remove_rights(tmp_path / "out", tmp_path / "out", RIGHTS, overwrite=True)
    assert (tmp_path / "out").read_bytes() == source


def test_a_full_disk_leaves_the_film_as_it_is(tmp_path: Path) -> None:
    """The part that the file system copies by itself fails like any other."""
    (path := tmp_path / "f.mp4").write_bytes(source := Mp4(tail=box(b"free", bytes(3_000_000))).encoded())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(UnwritableFile, match=r"f\.mp4"):
            stamp.write_rights(path, path, RIGHTS, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == source
    assert [item.name for item in tmp_path.iterdir()] == ["f.mp4"]


def added(path: Path, options: NoticeOptions) -> stamp.RightsReport:
    """The report on a notice in a file that is being made."""
    with ExitStack() as placed:
        return add_notice(path, RIGHTS, options, beside=Beside(path, path), placed=placed)


def test_a_notice_is_added_to_a_film_that_is_being_made(tmp_path: Path) -> None:
    (path := tmp_path / "f.mkv").write_bytes(Mkv().encoded())
    assert set(added(path, NoticeOptions()).written) == {"copyright_notice", "creators", "marked"}
    assert stamp.read_rights(path).rights == RIGHTS


def test_a_container_without_a_place_is_refused_unless_it_is_allowed_and_a_damaged_one(
    tmp_path: Path,
) -> None:
    (path := tmp_path / "f.avi").write_bytes(b"RIFF\x40\0\0\0AVI LIST")
    with pytest.raises(NoticeNotWritten, match="no place for copyright_notice, creators"):
        added(path, NoticeOptions())
    report = added(path, NoticeOptions(optional=True))
    assert set(report.unsupported) == {"copyright_notice", "creators", "marked"}
    assert path.read_bytes() == b"RIFF\x40\0\0\0AVI LIST"
    (path := tmp_path / "f.mp4").write_bytes(Mp4().encoded()[:-1])
    with pytest.raises(CorruptFile, match=r"f\.mp4"), named(path):
        added(path, NoticeOptions())

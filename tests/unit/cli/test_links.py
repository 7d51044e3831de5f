"""Links do not lead a run out of the folders it was given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .conftest import Runner

NOTICE = ("--no-watermark", "--copyright", "© Ada")
pytestmark = [
    pytest.mark.files,
    pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links"),
]


@pytest.fixture
def outside(photo: Path) -> Path:
    """A photo elsewhere, and a folder with a photo and a link to it."""
    there = Path("elsewhere")
    there.mkdir()
    (there / "other.jpg").write_bytes(photo.read_bytes())
    Path("works/sub").mkdir(parents=True)
    Path("works/sub/own.jpg").write_bytes(photo.read_bytes())
    Path("works/link.jpg").symlink_to("../elsewhere/other.jpg")
    return there / "other.jpg"


def test_links_out_of_a_walked_folder_are_passed_over(stamp: Runner, outside: Path, photo: Path) -> None:
    result = stamp("embed", "works", *NOTICE, "--in-place")
    assert result.code == 0
    assert f"{Path('works/link.jpg')}: passed over" in result.err
    assert "--follow-links" in result.err
    assert outside.read_bytes() == photo.read_bytes()
    assert Path("works/sub/own.jpg").read_bytes() != photo.read_bytes()


def test_they_are_followed_on_purpose(stamp: Runner, outside: Path, photo: Path) -> None:
    result = stamp("embed", "works", *NOTICE, "--in-place", "--follow-links")
    assert (result.code, "passed over" in result.err) == (0, False)
    assert outside.read_bytes() != photo.read_bytes()
    assert Path("works/link.jpg").is_symlink()


def test_links_that_are_named_or_stay_inside_are_followed(stamp: Runner, outside: Path, photo: Path) -> None:
    Path("works/link.jpg").unlink()
    Path("works/inside.jpg").symlink_to("sub/own.jpg")
    assert stamp("embed", "works", *NOTICE, "-o", "out").code == 0
    assert Path("out/inside.jpg").is_file()
    Path("named.jpg").symlink_to(outside)
    assert stamp("embed", "named.jpg", *NOTICE, "--in-place").code == 0
    assert outside.read_bytes() != photo.read_bytes()


def test_searching_follows_links(stamp: Runner, outside: Path) -> None:
    assert Path("works/link.jpg").name in stamp("show", "works").out


def test_a_link_planted_in_the_output_folder(stamp: Runner, outside: Path) -> None:
    Path("out").mkdir()
    Path("out/sub").symlink_to("../elsewhere")
    result = stamp("embed", "works", *NOTICE, "-o", "out")
    assert (result.code, "a link leads this out of out" in result.err) == (3, True)
    assert os.listdir("elsewhere") == ["other.jpg"]
    assert stamp("embed", "works", *NOTICE, "-o", "out", "--follow-links").code == 0
    assert sorted(os.listdir("elsewhere")) == ["other.jpg", "own.jpg"]


def test_a_link_planted_in_the_place_of_an_output(stamp: Runner, outside: Path, photo: Path) -> None:
    Path("out/sub").mkdir(parents=True)
    Path("out/sub/own.jpg").symlink_to("../../elsewhere/other.jpg")
    result = stamp("embed", "works", *NOTICE, "-o", "out", "--force")
    assert result.code == 3
    assert outside.read_bytes() == photo.read_bytes()


def test_an_output_folder_that_is_a_link_itself(stamp: Runner, outside: Path) -> None:
    Path("real").mkdir()
    Path("out").symlink_to("real")
    assert stamp("embed", "works", *NOTICE, "-o", "out").code == 0
    assert Path("real/sub/own.jpg").is_file()

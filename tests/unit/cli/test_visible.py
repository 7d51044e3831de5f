"""`stamp embed --visible` and `stamp preview`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from stamp.jobs.demo import paint
from tests.media import audio_files
from tests.media.samples import music

from .conftest import Runner


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    paint(path := tmp_path / "photo.jpg", size=(640, 480))
    return path


def test_the_entry_says_what_is_seen(stamp: Runner, photo: Path) -> None:
    text = "© {year} Ada"
    done = stamp("embed", str(photo), "--no-catalogue", "--visible", text, "--json")
    assert done.code == 0
    visible = done.entries[0]["visible"]
    assert visible["text"] == f"© {date.today().year} Ada"
    assert visible["contrast"] >= 4.5
    assert "contrast" in stamp("embed", str(photo), "--force", "--no-catalogue", "--visible", text).out


def test_all_options_arrive(stamp: Runner, photo: Path) -> None:
    done = stamp(
        *("preview", str(photo), "--json", "--visible", "© Ada", "--visible-position", "top-left"),
        *("--visible-size", "0.1", "--visible-opacity", "1", "--visible-margin", "0.1"),
        *("--visible-colour", "#ff0000", "--visible-place", "fixed"),
    )
    (entry,) = done.entries
    assert entry["visible"]["box"][:2] == [48, 48]
    assert entry["visible"]["colour"] == "#ff0000"
    assert entry["output"] == str(photo.with_name("photo.preview.jpg"))
    assert photo.with_name("photo.preview.jpg").is_file()
    assert stamp("preview", str(photo), "--visible", "© Ada").code == 3
    assert stamp("preview", str(photo), "--visible", "© Ada", "--visible-tile", "--force").code == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--visible-size", "0.1"), "--visible-size says how --visible is drawn"),
        (("--visible-tile",), "--visible-tile says how"),
        (("--visible", "logo.svgz"), "packed SVG is not drawn"),
        (("--visible", "a", "--visible-span", "5-2"), "no span of seconds"),
        (("--visible", "a", "--visible-colour", "pink"), "--visible-colour is auto, light, dark"),
        (("--visible", "a", "--no-watermark", "--copyright", "x"), "leave out --no-watermark"),
    ],
)
def test_slips_are_errors_of_usage(options: tuple[str, ...], why: str, stamp: Runner, photo: Path) -> None:
    done = stamp("embed", str(photo), "--no-catalogue", *options)
    assert (done.code, why in done.err) == (2, True), done.err
    assert not photo.with_name("photo.stamped.jpg").exists()


def test_a_preview_needs_something_to_see(stamp: Runner, photo: Path) -> None:
    assert "Give --visible" in stamp("preview", str(photo)).err


def test_what_cannot_be_drawn_is_said_in_words_of_the_command_line(stamp: Runner, photo: Path) -> None:
    done = stamp("embed", str(photo), "--no-catalogue", "--visible", "a", "--visible-font", str(photo))
    assert done.code == 3
    assert "name a TrueType or OpenType file as --visible-font FILE" in done.err


@pytest.mark.slow
def test_songs_among_photos_are_marked_without_it(stamp: Runner, photo: Path) -> None:
    song = audio_files.write(photo.with_name("song.flac"), music(20), 44_100, "flac-16")
    alone = stamp("embed", str(song), "--no-catalogue", "--visible", "© Ada")
    assert (alone.code, "songs show nothing" in alone.err) == (2, True)
    both = stamp("embed", str(photo), str(song), "--no-catalogue", "--visible", "© Ada", "--json")
    assert both.code == 0
    drawn = {Path(entry["path"]).name: entry for entry in both.entries}
    assert drawn["photo.jpg"]["visible"]
    assert drawn["song.flac"]["visible"] is None
    assert any("shows nothing" in note for note in drawn["song.flac"]["notes"])

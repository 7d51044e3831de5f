"""Nobody's rights are replaced without a word: photos, songs and clips of somebody else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import stamp as package
from stamp.core.rights import Rights
from tests.media import audio_files, samples, video_files

from .conftest import PAYLOAD, Runner, digests, receipts

BOB = Rights(copyright_notice="© 2019 Bob Ross", creators=("Bob Ross",))
ADA = ("--copyright", "© {year} Ada Lovelace", "--creator", "Ada Lovelace")


def of_bob(path: Path) -> Path:
    package.write_rights(path, path, BOB, overwrite=True)
    return path


@pytest.fixture
def foreign(photo: Path) -> Path:
    return of_bob(photo)


@pytest.mark.parametrize("more", [(), ("--no-watermark",), ("--in-place",), ("--resume",), ("--force",)])
def test_a_photo_of_somebody_else_is_refused(
    stamp: Runner, foreign: Path, key_file: Path, more: tuple[str, ...]
) -> None:
    before = digests(Path())
    result = stamp("embed", foreign, *ADA, *more, "--json")
    (entry,) = result.entries
    assert (result.code, entry["error"]["type"]) == (3, "RightsConflict")
    for words in (
        "photo.jpg",
        "copyright_notice '© 2019 Bob Ross' (XMP, EXIF)",
        "creators 'Bob Ross' (XMP, EXIF)",
        "--replace-rights",
        "stamp.toml",
    ):
        assert words in entry["error"]["message"]
    assert digests(Path()) == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["song", "clip"])
def test_a_song_and_a_clip_of_somebody_else(
    stamp: Runner, elsewhere: Path, key_file: Path, kind: str
) -> None:
    if kind == "song":
        path = audio_files.write(elsewhere / "tune", samples.music(), 44_100, "flac-16")
    else:
        path = video_files.write(elsewhere / "clip.mp4", size=(416, 240), count=32)
    package.write_rights(path, path, Rights(creators=("Bob Ross",)), overwrite=True)
    refused = stamp("embed", path, *ADA)
    assert (refused.code, "creators 'Bob Ross'" in refused.err) == (3, True)
    assert stamp("embed", path, *ADA, "--replace-rights").code == 0
    made = path.with_name(f"{path.stem}.stamped{path.suffix}")
    assert package.read_rights(made).rights.creators == ("Ada Lovelace",)


@pytest.mark.parametrize("more", [("--no-watermark",), ("--payload", PAYLOAD)])
def test_it_is_replaced_on_purpose_and_said(
    stamp: Runner, foreign: Path, key_file: Path, more: tuple[str, ...]
) -> None:
    result = stamp("embed", foreign, *ADA, *more, "--replace-rights", "--json")
    (entry,) = result.entries
    (note,) = (note for note in entry["notes"] if "replaced" in note)
    assert (result.code, "'© 2019 Bob Ross' (XMP, EXIF)" in note) == (0, True)
    assert package.read_rights("photo.stamped.jpg").rights.creators == ("Ada Lovelace",)
    done = stamp("embed", foreign, *ADA, *more, "--resume", "--json")
    assert (done.code, done.entries[0]["resumed"]) == (0, True)


def test_gaps_are_filled(stamp: Runner, foreign: Path) -> None:
    result = stamp("embed", foreign, "--no-watermark", "--credit", "Agency", "--no-ai")
    assert result.code == 0, result.err
    rights = package.read_rights("photo.stamped.jpg").rights
    assert (rights.creators, rights.credit_line) == (("Bob Ross",), "Agency")


@pytest.mark.parametrize("table", ["", "[rights]\n"])
def test_what_counts_as_ones_own_is_in_the_file_of_defaults(stamp: Runner, foreign: Path, table: str) -> None:
    Path("stamp.toml").write_text(f'{table}mine = ["bob ross"]\n', encoding="utf-8")
    result = stamp("embed", foreign, "--no-watermark", *ADA)
    assert (result.code, "replaced" in result.err) == (0, False)


@pytest.mark.parametrize("value", ['"Ada"', "[1]", '[""]'])
def test_names_that_are_none(stamp: Runner, photo: Path, value: str) -> None:
    Path("stamp.toml").write_text(f'credit = "A"\nmine = {value}\n', encoding="utf-8")
    result = stamp("embed", photo, "--no-watermark")
    assert (result.code, "stamp.toml: line 2: mine must be names" in result.err) == (3, True)


def test_one_file_of_somebody_else_stops_no_other(stamp: Runner, folder: Path) -> None:
    of_bob(folder / "deep" / "c.jpeg")
    result = stamp("embed", folder, "-o", "out", "--no-watermark", *ADA, "--receipt", "r.json")
    assert result.code == 3
    assert len(receipts("r.json")) == 3


@pytest.mark.slow
def test_a_mark_of_ours_in_the_work_of_another_gives_no_right_to_it(
    stamp: Runner, foreign: Path, key_file: Path
) -> None:
    assert stamp("embed", foreign, "--in-place", "--no-metadata").code == 0
    marked = foreign.read_bytes()
    refused = stamp("embed", foreign, "--in-place", "--resume", *ADA)
    assert (refused.code, "Bob Ross" in refused.err) == (3, True)
    assert foreign.read_bytes() == marked


def test_replacing_without_a_notice_is_a_contradiction(stamp: Runner, photo: Path) -> None:
    assert stamp("embed", photo, "--no-metadata", "--replace-rights").code == 2


def test_the_error_says_it_to_programs(foreign: Path) -> None:
    with pytest.raises(package.RightsConflict) as caught:
        package.write_rights(foreign, "out.jpg", Rights(creators=("Ada",)))
    assert caught.value.path == foreign
    assert caught.value.found == {store: {"creators": ("Bob Ross",)} for store in ("xmp", "exif")}
    options = package.NoticeOptions(mine=("Bob Ross",))
    package.write_rights(foreign, "out.jpg", Rights(creators=("Ada",)), options=options)


def test_a_slip_in_braces_is_found_before_any_work(stamp: Runner, photo: Path, key_file: Path) -> None:
    result = stamp("embed", photo, "--copyright", "© {yaer} Ada")
    assert (result.code, "'{yaer}': {year} is the only word" in result.err) == (2, True)
    Path("stamp.toml").write_text('credit = "A"\ncopyright = "© {yaer} Ada"\n', encoding="utf-8")
    result = stamp("embed", photo)
    assert (result.code, "stamp.toml: line 2: copyright_notice has '{yaer}'" in result.err) == (3, True)
    assert not Path("photo.stamped.jpg").exists()


def test_braces_are_written_twice(stamp: Runner, photo: Path) -> None:
    options = ("--no-watermark", "--usage-terms", "{{A}} {year}", "--copyright", "A")
    assert stamp("embed", photo, *options).code == 0
    rights = package.read_rights("photo.stamped.jpg").rights
    assert rights.usage_terms == f"{{A}} {date.today().year}"
    assert stamp("embed", photo, *options, "--resume", "--json").entries[0]["resumed"] is True
    assert stamp("rights", "remove", "photo.stamped.jpg", "--in-place", *options[1:]).code == 0
    assert package.read_rights("photo.stamped.jpg").rights == Rights()

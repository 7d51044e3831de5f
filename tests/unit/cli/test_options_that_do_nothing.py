"""Options that would do nothing are errors: for clips, given for a photo or a song."""

from __future__ import annotations

from pathlib import Path

import pytest

import stamp as package
from tests.media import audio_files, samples, video_files

from .conftest import Runner

KEY = package.Key(bytes(32), "k")


@pytest.fixture
def song(elsewhere: Path) -> Path:
    return audio_files.write(Path("song"), samples.music(20), 44_100, "wav-16")


@pytest.mark.parametrize(
    "option",
    [("--codec", "hevc"), ("--platform", "youtube"), ("--crf", "20"), ("--preset", "fast"), ("--audio",)],
)
def test_there_is_nothing_that_it_is_for(
    option: tuple[str, ...], stamp: Runner, photo: Path, song: Path, key_file: Path
) -> None:
    before = sorted(Path().iterdir())
    works = [photo] if option == ("--audio",) else [photo, song]
    for sources in (works, [Path()] if len(works) > 1 else []):
        if sources:
            result = stamp("embed", *sources, *option)
            assert (result.code, f"{option[0]}: for clips" in result.err) == (2, True)
    assert sorted(Path().iterdir()) == before


def test_sound_is_marked_in_a_song_anyway(stamp: Runner, song: Path, key_file: Path) -> None:
    assert stamp("embed", song, "--audio").code == 0


@pytest.mark.slow
def test_among_mixed_works_each_takes_what_is_for_it(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("works").mkdir()
    photo.rename("works/photo.jpg")
    video_files.write(Path("works/clip.mp4"), size=(416, 240), count=8)
    result = stamp("embed", "works", "-o", "out", "--preset", "ultrafast", "--audio")
    assert result.code == 0, result.err


@pytest.mark.parametrize("option", [("--codec", "hevc"), ("--audio",), ("--strength", "2")])
def test_a_notice_alone_takes_no_option_of_marks(option: tuple[str, ...], stamp: Runner, photo: Path) -> None:
    result = stamp("embed", photo, "--no-watermark", "--copyright", "A", *option)
    assert (result.code, "--no-watermark excludes" in result.err) == (2, True)


def test_a_file_that_is_not_there_is_said_to_be_missing(stamp: Runner, key_file: Path) -> None:
    result = stamp("embed", "clip.mp4", "--codec", "hevc")
    assert (result.code, "clip.mp4" in result.err, "for clips" in result.err) == (3, True, False)


def test_programs_are_refused_too(photo: Path, song: Path) -> None:
    for path, options, words in (
        (song, package.EmbedOptions(codec="hevc", crf=20), "a song takes no `codec`, `crf`"),
        (photo, package.EmbedOptions(platform="tiktok", audio=True), "a photo takes no `platform`, `audio`"),
    ):
        with pytest.raises(package.ArgumentError, match=words) as caught:
            package.embed_file(path, f"out{path.suffix}", key=KEY, options=options)
        assert caught.value.path == path

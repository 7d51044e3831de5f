"""Songs on the command line, among pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.places import SAMPLE_MEDIA
from tests.media import audio_files
from tests.media.samples import music

from .conftest import PAYLOAD, Runner


@pytest.fixture
def tune(elsewhere: Path) -> Path:
    return audio_files.write(elsewhere / "tune", music(), 44_100, "flac-16")


@pytest.mark.slow
def test_embed_and_detect_songs(stamp: Runner, tune: Path, key_file: Path) -> None:
    result = stamp("embed", "tune.flac", "--payload", PAYLOAD)
    assert result.code == 0
    assert result.out.startswith(f"tune.stamped.flac:  payload {PAYLOAD}  ")
    assert " % of the sound marked" in result.out.replace("%", " %")
    found = stamp("detect", "tune.stamped.flac")
    assert found.code == 0
    assert f"tune.stamped.flac: carries your mark {PAYLOAD} (key " in found.out
    assert found.out.rstrip().endswith("; heard from 0:00 to 0:08")
    assert stamp("detect", "tune.flac").code == 1


@pytest.mark.slow
def test_a_folder_of_songs_and_pictures(stamp: Runner, media: Path, tune: Path, key_file: Path) -> None:
    Path("works").mkdir()
    tune.rename("works/tune.flac")
    audio_files.write(Path("works/silence"), np.zeros((90_000, 1), np.float32), 44_100, "wav-16")
    Path("works/photo.jpg").write_bytes((media / "photo.jpg").read_bytes())
    result = stamp("embed", "works", "-o", "out", "-j", "2", "--json")
    assert result.code == 3
    assert [(Path(entry["path"]).name, entry["status"]) for entry in result.entries] == [
        ("photo.jpg", "stamped"),
        ("silence.wav", "error"),
        ("tune.flac", "stamped"),
    ]
    assert result.entries[0]["marked_share"] is None
    assert 0.2 < result.entries[2]["marked_share"] <= 1
    assert result.entries[1]["error"]["type"] == "HostError"
    assert sorted(path.name for path in Path("out").iterdir()) == ["photo.jpg", "tune.flac"]
    again = stamp("embed", "works/tune.flac", "works/photo.jpg", "-o", "out", "--resume", "--json")
    assert [entry["resumed"] for entry in again.entries] == [True, True]
    found = stamp("detect", "out", "--json")
    assert found.code == 0
    assert [bool(entry["watermark"]["spans"]) for entry in found.entries] == [False, True]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp3", b""),
        ("text.flac", b"fLaC, he said"),
        ("cut.wav", b"RIFF\x24\0\0\0WAVEfmt "),
        ("cut.ogg", b"OggS\0\x02" + bytes(20)),
        ("cut.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0"),
    ],
)
def test_what_is_no_song_is_an_error(
    name: str, content: bytes, stamp: Runner, key_file: Path, elsewhere: Path
) -> None:
    Path(name).write_bytes(content)
    for command in ("embed", "detect"):
        result = stamp(command, name)
        assert result.code == 3
        assert name in result.err
        assert "Traceback" not in result.err
    assert [path.name for path in elsewhere.iterdir()] == [name]


@pytest.mark.slow
def test_the_sound_of_a_clip_is_marked_when_asked(stamp: Runner, key_file: Path) -> None:
    result = stamp(
        "embed", str(SAMPLE_MEDIA / "pan.mp4"), "-o", "out.mp4", "--audio", "--json", "--preset", "ultrafast"
    )
    assert result.code == 0
    assert "there is no sound in it to be marked" in result.entries[0]["notes"]

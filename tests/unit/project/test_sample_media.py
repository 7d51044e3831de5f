"""The photos, the clip and the song that ship with the project: all in the manifest, unaltered, small."""

import csv
import hashlib

import soundfile
from PIL import Image

from stamp.media.video.clip import examine
from tests.helpers.places import SAMPLE_MEDIA


def _rows() -> list[dict[str, str]]:
    with (SAMPLE_MEDIA / "MANIFEST.tsv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_manifest_names_exactly_the_works_that_are_there() -> None:
    assert sorted(row["file"] for row in _rows()) == sorted(
        path.name
        for path in SAMPLE_MEDIA.iterdir()
        if path.suffix in (".jpg", ".mp4", ".ogg") and ".stamped." not in path.name
    )


def test_hashes_hold() -> None:
    for row in _rows():
        assert hashlib.sha256((SAMPLE_MEDIA / row["file"]).read_bytes()).hexdigest() == row["sha256"], row[
            "file"
        ]


def test_they_are_free() -> None:
    for row in _rows():
        assert row["licence"].startswith("CC0-1.0")
        assert row["origin"]


def test_three_photos_under_two_megabytes_that_open() -> None:
    rows = [row for row in _rows() if row["file"].endswith(".jpg")]
    assert len(rows) == 3
    assert sum((SAMPLE_MEDIA / row["file"]).stat().st_size for row in rows) < 2_000_000
    for row in rows:
        with Image.open(SAMPLE_MEDIA / row["file"]) as photo:
            photo.load()
            assert min(photo.size) >= 512


def test_a_clip_of_six_seconds_under_half_a_megabyte() -> None:
    path = SAMPLE_MEDIA / "pan.mp4"
    assert path.stat().st_size < 500_000
    clip = examine(path)
    assert clip is not None
    assert (clip.width, clip.height, clip.frames, clip.seconds) == (640, 360, 150, 6.0)


def test_a_song_of_twenty_seconds_under_400_kilobytes() -> None:
    path = SAMPLE_MEDIA / "evening.ogg"
    assert path.stat().st_size < 400_000
    assert 18 < soundfile.info(path).duration < 25

"""What the report says of the margin: measured on the finished file, and put into words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stamp
from stamp.core.margin import Margin
from stamp.jobs.demo import paint
from stamp.media.audio.opening import open_song
from stamp.media.image.opening import read_luma
from stamp.media.image.rung import as_shared
from stamp.watermark.audio.agreement import left_of as heard_left
from stamp.watermark.image.agreement import NEEDED, left_of
from stamp.watermark.image.detect import detect
from stamp.watermark.video import agreement
from tests.media import audio_files, video_files
from tests.media.samples import music

PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
KEY, OTHER = stamp.Key(bytes(range(32)), "margin"), stamp.Key(bytes(range(1, 33)), "other")


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    paint(path, size=(1200, 900))
    return path


def test_the_margin_of_a_photo_is_that_of_a_small_and_coarse_copy(photo: Path, tmp_path: Path) -> None:
    marked = tmp_path / "marked.jpg"
    report = stamp.embed_file(photo, marked, PAYLOAD, key=KEY)
    copy = as_shared(read_luma(marked))
    score = left_of(copy, PAYLOAD, key=KEY, marked_at=(900, 1200))
    assert max(copy.shape) == 640
    assert report.margin == Margin("JPEG 70 at 640 pixels", score, NEEDED)
    assert report.margin.holds == (score >= NEEDED)
    assert report.to_dict()["margin"] == {
        "rung": "JPEG 70 at 640 pixels",
        "score": round(score, 2),
        "threshold": NEEDED,
        "holds": report.margin.holds,
        "gain": 1.0,
    }
    if report.margin.holds:
        assert detect(copy, key=KEY, search=False).payload == PAYLOAD


def test_another_payload_or_key_agrees_no_more_than_chance(photo: Path, tmp_path: Path) -> None:
    marked = tmp_path / "marked.png"
    Image.open(photo).save(tmp_path / "photo.png")
    stamp.embed_file(tmp_path / "photo.png", marked, PAYLOAD, key=KEY)
    luma = read_luma(marked)
    for payload, key in ((bytes(8), KEY), (PAYLOAD, OTHER)):
        assert abs(left_of(luma, payload, key=key, marked_at=luma.shape)) < 5


def test_a_margin_that_is_short_is_said(photo: Path, tmp_path: Path) -> None:
    Image.open(photo).save(tmp_path / "photo.png")
    report = stamp.embed_file(tmp_path / "photo.png", tmp_path / "out.png", PAYLOAD, key=KEY, strength=0.3)
    assert report.margin
    assert not report.margin.holds
    assert report.notes == (report.margin.words,)
    assert report.margin.words.startswith("short: after JPEG 70 at 640 pixels, ")


def test_it_can_be_left_out(photo: Path, tmp_path: Path) -> None:
    options = stamp.EmbedOptions(margin=False)
    report = stamp.embed_file(photo, tmp_path / "out.jpg", PAYLOAD, key=KEY, options=options)
    assert (report.margin, report.to_dict()["margin"]) == (None, None)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    video_files.write(path, size=(640, 360), count=24)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("platform", "rung", "holds"),
    [
        (None, "x264 at crf 28, 720 rows at most", True),
        ("tiktok", "the 360 rows of tiktok", False),  # one second, in which its encoder hardly begins
    ],
)
def test_the_margin_of_a_clip_is_that_of_a_rung(
    clip: Path, tmp_path: Path, platform: str | None, rung: str, holds: bool
) -> None:
    options = stamp.EmbedOptions(preset="veryfast", platform=platform)
    report = stamp.embed_file(clip, tmp_path / "out.mp4", PAYLOAD, key=KEY, options=options)
    assert report.margin
    assert (report.margin.rung, report.margin.holds, report.margin.gain) == (rung, holds, 1.0)


@pytest.mark.slow
def test_a_clip_whose_margin_is_short_gets_more_mark(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = stamp.EmbedOptions(preset="veryfast")
    plain = stamp.embed_file(clip, tmp_path / "plain.mp4", PAYLOAD, key=KEY, options=options)
    assert plain.margin
    monkeypatch.setattr(agreement, "NEEDED", 1.2 * plain.margin.score)
    more = stamp.embed_file(clip, tmp_path / "more.mp4", PAYLOAD, key=KEY, options=options)
    assert more.margin
    assert more.margin.gain == pytest.approx(1.32)
    assert more.margin.score > plain.margin.score
    assert (more.psnr_db or 0) < (plain.psnr_db or 0)
    monkeypatch.setattr(agreement, "NEEDED", 2 * plain.margin.score)  # out of reach: nothing is spent on it
    short = stamp.embed_file(clip, tmp_path / "short.mp4", PAYLOAD, key=KEY, options=options)
    assert short.margin
    assert (short.margin.gain, short.psnr_db) == (1.0, plain.psnr_db)
    assert short.margin.words in short.notes


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "channels"), [(12, 1), (32, 2), (12, 6)])
def test_the_margin_of_a_song_is_that_of_ten_seconds(tmp_path: Path, seconds: int, channels: int) -> None:
    audio_files.write(tmp_path / "song.flac", music(seconds, channels=channels), 44_100, "flac-16")
    report = stamp.embed_file(tmp_path / "song.flac", tmp_path / "out.flac", PAYLOAD, key=KEY)
    assert report.margin
    assert report.margin.rung == "10 s of AAC at 64 kbit/s"
    assert report.margin.score > 10
    (song,) = (np.concatenate(list(open_song(path).blocks())) for path in [tmp_path / "out.flac"])
    for payload, key in ((bytes(8), KEY), (PAYLOAD, OTHER)):
        assert abs(heard_left(song, payload, key=key, sample_rate=44_100, starts_s=0)) < 6


@pytest.mark.parametrize(
    ("margin", "words"),
    [
        (Margin("x", 30.0, 15.0), "it survives x, with a margin of 100%"),
        (
            Margin("x", 18.0, 15.0, gain=1.4),
            "it survives x, with a margin of 20%, at 1.4 times the strength where it was short",
        ),
        (
            Margin("x", 7.5, 15.0),
            "short: after x, 50% of what reading it for certain needs is left; more `strength` helps",
        ),
    ],
)
def test_words(margin: Margin, words: str) -> None:
    assert margin.words == words

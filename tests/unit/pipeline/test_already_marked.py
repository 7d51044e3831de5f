"""A work that carries a mark of the key already is not marked again without a word."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import stamp
from stamp.jobs.demo import paint
from tests.media import audio_files, samples, video_files

PAYLOAD, OTHER = bytes.fromhex("00ff00ff00ff00ff"), bytes.fromhex("0123456789abcdef")
KEY = stamp.Key(bytes(range(32)), "already")
QUICK = {"clip.mp4": stamp.EmbedOptions(preset="ultrafast")}
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("clip.mp4", "song.flac")]


def work(folder: Path, name: str) -> Path:
    path = folder / name
    if name == "clip.mp4":
        return video_files.write(path, size=(640, 360), count=8)
    if name == "song.flac":
        return audio_files.write(path, samples.music(20), 44_100, "flac-16")
    paint(path.with_suffix(".jpg"), size=(640, 480))
    if name != "photo.jpg":
        with Image.open(path.with_suffix(".jpg")) as photo:
            if name == "clear.png":
                alpha = np.full((480, 640), 255, np.uint8)
                alpha[:100] = 0
                photo.putalpha(Image.fromarray(alpha))
            if name == "turned.jpg":
                photo.save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0")
            else:
                photo.save(path)
    return path


def embed(src: Path, dst: Path, payload: bytes, **options: Any) -> stamp.EmbedReport:
    return stamp.embed_file(src, dst, payload, key=KEY, options=QUICK.get(src.name), **options)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "clear.png", "turned.jpg", *SLOW])
def test_it_is_refused(name: str, tmp_path: Path) -> None:
    path = work(tmp_path, name)
    assert embed(path, path, PAYLOAD, overwrite=True).former_payload is None
    before = path.read_bytes()
    with pytest.raises(stamp.AlreadyMarked, match=r"00ff00ff00ff00ff .*original.*remark=True") as caught:
        embed(path, path, OTHER, overwrite=True)
    assert (caught.value.path, caught.value.payload) == (path, PAYLOAD)
    assert str(caught.value).count(str(path)) == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["photo.jpg", SLOW[0]])
def test_it_is_marked_again_on_purpose(name: str, tmp_path: Path) -> None:
    path = work(tmp_path, name)
    embed(path, path, PAYLOAD, overwrite=True)
    again = embed(path, path, OTHER, overwrite=True, remark=True)
    assert (again.former_payload, again.to_dict()["former_payload"]) == (PAYLOAD, PAYLOAD.hex())
    assert any(f"it carried the mark {PAYLOAD.hex()} before" in note for note in again.notes)
    assert stamp.detect_file(path, keys=KEY).payload == OTHER


@pytest.mark.slow
def test_a_song_says_why_it_takes_no_second_mark(tmp_path: Path) -> None:
    path = work(tmp_path, "song.flac")
    embed(path, path, PAYLOAD, overwrite=True)
    with pytest.raises(stamp.HostError, match="beside 00ff00ff00ff00ff, which is there already"):
        embed(path, path, OTHER, overwrite=True, remark=True)


def test_a_mark_of_another_key_is_no_obstacle(tmp_path: Path) -> None:
    path = work(tmp_path, "photo.jpg")
    embed(path, path, PAYLOAD, overwrite=True)
    other = stamp.Key(bytes(32), "another")
    report = stamp.embed_file(path, path, OTHER, key=other, overwrite=True)
    assert (report.former_payload, report.notes) == (None, ())


def test_the_error_survives_another_process() -> None:
    error = stamp.AlreadyMarked("a", path=Path("a"), payload=PAYLOAD)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.path, copy.payload) == ("a: a", Path("a"), PAYLOAD)
    conflict = pickle.loads(pickle.dumps(stamp.RightsConflict("a", path="a", found={})))
    assert (conflict.path, conflict.found) == ("a", {})

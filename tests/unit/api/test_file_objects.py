"""Works of every kind come from file objects and go into them, as they do from and to paths."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from PIL import Image

import stamp
from tests.media import audio_files, pixels, samples, video_files

KEY = stamp.Key.generate("objects")
PAYLOAD = stamp.Payload.fromhex("00ff00ff00ff00ff")
RIGHTS = stamp.Rights(copyright_notice="© Ada")


def photo(folder: Path) -> Path:
    Image.fromarray(pixels.photo(384, 512)).save(path := folder / "photo.jpg", quality=95)
    return path


def song(folder: Path) -> Path:
    return audio_files.write(folder / "song.flac", samples.music(12.0), 44_100, "flac-16")


def clip(folder: Path) -> Path:
    return video_files.write(folder / "clip.mp4", size=(416, 240), count=32)


class Pipe(io.RawIOBase):
    """Bytes that can be read once, from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._data.read(min(len(buffer), 1000))
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.slow
@pytest.mark.parametrize("make", [photo, song, clip])
def test_a_work_goes_through_file_objects(make: Any, tmp_path: Path) -> None:
    path = make(tmp_path)
    source, target = io.BytesIO(path.read_bytes()), io.BytesIO()
    source.seek(100)
    report = stamp.embed_file(source, target, PAYLOAD, key=KEY, rights=RIGHTS)
    assert (report.path, report.output, report.payload) == (None, None, PAYLOAD)
    assert report.to_dict()["path"] is None
    assert report.metadata is not None
    assert report.metadata.path is None
    target.seek(7)
    found = stamp.detect_file(target, keys=KEY)
    assert (found.payload, found.path) == (PAYLOAD, None)
    copy = tmp_path / f"copy{path.suffix}"
    copy.write_bytes(target.getvalue())
    assert stamp.read_rights(copy).rights.copyright_notice == "© Ada"
    assert stamp.detect_file(cast(BinaryIO, Pipe(target.getvalue())), keys=KEY).payload == PAYLOAD


def test_one_of_both_may_be_a_path(tmp_path: Path) -> None:
    path, target = photo(tmp_path), io.BytesIO()
    assert stamp.embed_file(path, target, PAYLOAD, key=KEY).path == path
    with open(path, "rb") as source:
        report = stamp.embed_file(source, dst=tmp_path / "out.jpg", payload=PAYLOAD, key=KEY)
    assert (report.path, report.output) == (None, tmp_path / "out.jpg")
    assert (tmp_path / "out.jpg").read_bytes() == target.getvalue()


def test_nothing_is_written_to_an_object_where_the_work_fails(tmp_path: Path) -> None:
    target = io.BytesIO()
    Image.new("RGB", (64, 64)).save(source := io.BytesIO(), "PNG")
    with pytest.raises(stamp.HostError) as caught:
        stamp.embed_file(source, target, PAYLOAD, key=KEY)
    assert target.getvalue() == b""
    assert caught.value.path is None
    assert "stamp-" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        (io.BytesIO(), stamp.CorruptFile, "the file object is empty"),
        (io.BytesIO(b"no picture"), stamp.UnsupportedFormat, "^not a photo"),
        (io.StringIO("text"), stamp.ArgumentError, "mode 'rb'"),
        (None, stamp.ArgumentError, "`src` is a path or a binary file object, not None"),
        (7, stamp.ArgumentError, "not a int"),
        (b"\xff\xd8\xff", stamp.ArgumentError, "not a bytes"),
    ],
)
def test_what_cannot_be_read_is_called_by_its_name(source: Any, error: type[Exception], words: str) -> None:
    for work in (
        lambda: stamp.detect_file(source, keys=KEY),
        lambda: stamp.embed_file(source, io.BytesIO(), key=KEY),
    ):
        with pytest.raises(error, match=words):
            work()


def test_a_closed_object_is_an_error_and_so_is_one_that_takes_no_bytes(tmp_path: Path) -> None:
    path, closed = photo(tmp_path), io.BytesIO(b"x")
    closed.close()
    with pytest.raises(stamp.MediaError, match="cannot be read from its beginning"):
        stamp.detect_file(closed, keys=KEY)
    with pytest.raises(stamp.UnwritableFile, match="cannot be written to"):
        stamp.embed_file(path, closed, PAYLOAD, key=KEY)
    with pytest.raises(stamp.ArgumentError, match="mode 'wb'"):
        stamp.embed_file(path, cast(Any, io.StringIO()), PAYLOAD, key=KEY)

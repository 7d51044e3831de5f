"""How hard a clip is to code: what is measured, and what a file that cannot be sampled gives."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from stamp.media.video.difficulty import EXCERPT_FRAMES, difficulty, later_scenes
from tests.media import video_files


def grain(path: Path) -> Path:
    """Every frame is new."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(24):
            pixels = rng.integers(60, 190, (180, 320, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode(None))
    return path


def of_the_first_frames(path: Path) -> float:
    with av.open(str(path)) as container:
        bits = difficulty(list(islice(container.decode(video=0), EXCERPT_FRAMES)))
    assert bits is not None
    return bits


@pytest.mark.slow
def test_grain_is_harder_than_a_pan(tmp_path: Path) -> None:
    video_files.write(tmp_path / "pan.mp4")
    pan = of_the_first_frames(tmp_path / "pan.mp4")
    noise = of_the_first_frames(grain(tmp_path / "grain.mp4"))
    assert 0 < pan < 0.3 < noise


def test_a_turned_and_a_deep_clip_are_as_hard(tmp_path: Path) -> None:
    video_files.write(tmp_path / "plain.mp4")
    video_files.write(
        tmp_path / "deep.mkv", "libx265", pix_fmt="yuv420p10le", options={"x265-params": "log-level=error"}
    )
    plain, deep = (of_the_first_frames(tmp_path / name) for name in ("plain.mp4", "deep.mkv"))
    assert deep == pytest.approx(plain, rel=0.5)


def test_long_clips_are_sampled_again(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    video_files.write(path, count=60, rate=Fraction(2), options={"g": "10"})
    scenes = later_scenes(path, 30.0)
    assert [start for start, _ in scenes] == [10, 20]
    assert later_scenes(path, 30.0) == scenes


def test_one_key_frame_is_one_excerpt(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    video_files.write(path, count=60, rate=Fraction(2), options={"g": "1000", "sc_threshold": "0"})
    assert later_scenes(path, 30.0) == ((0.0, of_the_first_frames(path)),)


def test_what_follows_a_damaged_excerpt_is_sampled(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    video_files.write(path, count=60, rate=Fraction(2), options={"g": "10", "bf": "0"})
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for position, size in packets[20:40]:  # of the second ten seconds
        data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    assert [start for start, _ in later_scenes(path, 30.0)] == [20]


@pytest.mark.parametrize("kind", ["absent", "garbage", "short", "cut"])
def test_what_cannot_be_sampled_gives_nothing(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    video_files.write(path, count=8 if kind == "short" else 80, rate=Fraction(2))
    data = path.read_bytes()
    if kind == "absent":
        path.unlink()
    elif kind == "garbage":
        path.write_bytes(b"\x00" * 4096)
    elif kind == "cut":
        path.write_bytes(data[: len(data) // 8])
    assert later_scenes(path, 4.0 if kind == "short" else 40.0) == ()


def test_two_frames_tell_nothing(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    video_files.write(path, count=2)
    with av.open(str(path)) as container:
        assert difficulty(list(container.decode(video=0))) is None
    assert difficulty([]) is None

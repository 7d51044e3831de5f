"""Frames that are drawn on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stamp.core.visible import Box
from stamp.media.video.canvas import FrameCanvas
from stamp.media.video.clip import Clip, examine
from stamp.media.video.still import shown, still
from tests.media import video_files

BOX = Box(51, 31, 60, 40)


def opened(path: Path) -> tuple[Clip, FrameCanvas, object]:
    clip = examine(path)
    assert clip
    frame = still(path)
    return clip, FrameCanvas(frame, clip), frame


def fill(canvas: FrameCanvas, rgb: tuple[float, float, float]) -> None:
    colour = np.broadcast_to(np.array(rgb, np.float32), (BOX.height, BOX.width, 3))
    canvas.draw(BOX, np.ones((BOX.height, BOX.width), np.float32), colour)


MAKERS: dict[str, Callable[[Path], Path]] = {
    "8 bits": lambda path: video_files.write(path.with_suffix(".mp4"), count=2),
    "4:4:4, odd": lambda path: video_files.odd_444(path.with_suffix(".mkv")),
    "10 bits": lambda path: video_files.hdr10(path.with_suffix(".mp4")),
    "full range": lambda path: video_files.full_range(path.with_suffix(".mp4")),
    "turned": lambda path: video_files.phone(path.with_suffix(".mov")),
    "alpha": lambda path: video_files.prores_alpha(path.with_suffix(".mov")),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MAKERS)
def test_what_is_drawn_is_there(tmp_path: Path, name: str) -> None:
    clip, canvas, _ = opened(MAKERS[name](tmp_path / "a"))
    assert canvas.size == (clip.shown_size if clip.sample_aspect == 1 else canvas.size)
    before = canvas.grounds(Box(0, 0, *canvas.size))[0].copy()
    for rgb in ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.8, 0.2, 0.1)):
        fill(canvas, rgb)
        (ground,) = canvas.grounds(BOX)
        assert np.abs(ground[4:-4, 4:-4] - rgb).max() < 0.02
    after = canvas.grounds(Box(0, 0, *canvas.size))[0]
    apart = np.abs(after - before)
    apart[BOX.y - 2 : BOX.y + BOX.height + 2, BOX.x - 2 : BOX.x + BOX.width + 2] = 0
    assert apart.max() < 1e-6


def test_the_picture_of_a_frame_is_upright(tmp_path: Path) -> None:
    clip, canvas, frame = opened(video_files.phone(tmp_path / "a.mov"))
    fill(canvas, (1, 0, 0))
    pixels = shown(frame, clip)  # type: ignore[arg-type]
    assert pixels.shape[:2] == (canvas.size[1], canvas.size[0])
    inside = pixels[BOX.y + 4 : BOX.y + 36, BOX.x + 4 : BOX.x + 56].astype(int)
    assert np.abs(inside.mean(axis=(0, 1)) - (255, 0, 0)).max() < 12


def test_hdr_is_known(tmp_path: Path) -> None:
    assert opened(video_files.hdr10(tmp_path / "a.mp4"))[1].transfer == "pq"
    assert opened(video_files.hlg(tmp_path / "b.mp4"))[1].transfer == "hlg"


def test_a_frame_by_its_time(tmp_path: Path) -> None:
    path = video_files.write(tmp_path / "a.mp4", count=40, rate=10)
    frames = [still(path, seconds) for seconds in (0.0, 1.05, 3.0, 99.0)]
    assert [round(float((each.pts or 0) * (each.time_base or 0)), 1) for each in frames] == [0, 1, 3, 3.9]

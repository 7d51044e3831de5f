"""Clips of red, green and blue are marked in all three by as much, and stay what they were."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

import stamp
from stamp.media.video.luma import Turn, edit_luma, is_rgb
from tests.media import video_files

KEY, PAYLOAD = stamp.Key(bytes(range(32)), "rgb"), bytes.fromhex("0123456789abcdef")
KINDS = {
    "h264.mkv": ("libx264rgb", "rgb24", "gbrp"),
    "hevc_10.mp4": ("libx265", "gbrp10le", "gbrp10le"),
    "ffv1.mkv": ("ffv1", "bgr0", "bgr0"),
}


def source(folder: Path, name: str) -> Path:
    """A pan in RGB: the clips of `video_files`, whose formats are planar, converted on the way in."""
    codec, pix_fmt, _ = KINDS[name]
    whole = video_files.write(folder / "yuv.mkv", count=8)
    with av.open(str(whole)) as given, av.open(str(folder / name), "w") as container:
        options = {"crf": "12"} | ({"x265-params": "log-level=none"} if codec == "libx265" else {})
        stream = container.add_stream(codec, rate=25, options=options if codec != "ffv1" else {})
        stream.width, stream.height, stream.pix_fmt = 320, 180, pix_fmt
        for frame in given.decode(video=0):
            container.mux(stream.encode(frame.reformat(format=pix_fmt)))
        container.mux(stream.encode(None))
    return folder / name


def frames(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.array([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)], np.int16)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_it_is_marked_and_stays_rgb(tmp_path: Path, name: str) -> None:
    clip, marked = source(tmp_path, name), tmp_path / f"marked_{name}"
    report = stamp.embed_file(clip, marked, PAYLOAD, key=KEY)
    assert report.psnr_db is not None
    assert report.psnr_db > 40
    assert stamp.detect_file(marked, keys=KEY).payload == PAYLOAD
    difference = frames(marked) - frames(clip)
    assert 0.3 < np.abs(difference).mean() < 4
    if shutil.which("ffprobe"):
        asked = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(marked)]
        told = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)["streams"][0]
        assert (told["pix_fmt"], told["nb_frames"] if "mp4" in name else "8") == (KINDS[name][2], "8")
    if name == "ffv1.mkv":  # nothing is lost by coding: a change of luma is the same in all colours
        inside = (frames(clip) > 8).all(-1) & (frames(clip) < 247).all(-1)
        assert np.ptp(difference[inside], axis=-1).max() == 0


@pytest.mark.parametrize("pix_fmt", ["gbrp", "gbrp10le", "gbrap", "rgb24", "bgr24", "bgr0", "argb"])
def test_luma_changes_all_colours_by_as_much(pix_fmt: str) -> None:
    frame = av.VideoFrame.from_ndarray(
        np.random.default_rng(1).integers(0, 256, (20, 30, 3)).astype(np.uint8), format="rgb24"
    ).reformat(format=pix_fmt)
    before = frame.to_ndarray(format="rgb24").astype(int)

    def lighter(luma: np.ndarray) -> None:
        assert luma.shape == (30, 20)
        expected = before @ np.array((0.2126, 0.7152, 0.0722))
        unit = 4 if pix_fmt == "gbrp10le" else 1
        assert np.abs(luma.T / unit - expected).max() < 1.5
        luma[:15] += 10 * unit

    assert is_rgb(pix_fmt)
    edit_luma(frame, Turn(transposed=True), lighter)
    after = frame.to_ndarray(format="rgb24").astype(int)
    assert np.abs(after[:, :15] - np.minimum(before[:, :15] + 10, 255)).max() <= 1
    assert np.abs(after[:, 15:] - before[:, 15:]).max() <= 1

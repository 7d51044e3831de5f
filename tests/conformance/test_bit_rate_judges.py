"""How many bits a second a marked clip takes under a limit, with ffprobe as the judge."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

import stamp

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed"),
]
KEY = stamp.Key(bytes(range(32)), "rates")
PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
FPS, SECONDS = 25, 6
QUICK = {"h264": "ultrafast", "hevc": "ultrafast", "av1": "12", "vp9": "8", "vp8": "8"}
LIMITS = {"h264": 1_500_000, "hevc": 1_000_000, "av1": 1_500_000, "vp9": 1_500_000, "vp8": 1_500_000}
LIMITS |= {"mpeg2video": 2_500_000, "mpeg4": 2_500_000, "mjpeg": 6_000_000}


def grained(path: Path, pix_fmt: str) -> Path:
    """A clip of shapes that move, and grain that is another one in each frame: hard to code."""
    width, height = 480, 272
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:height, :width]
    with av.open(str(path), "w") as container:
        codec = "libx264" if pix_fmt == "yuvj420p" else "ffv1"
        options = {"preset": "ultrafast", "crf": "8"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        for number in range(FPS * SECONDS):
            shapes = 110 + 40 * np.sin(columns / 17 + number / 9) * np.cos(rows / 23 - number / 13)
            planes = np.full((height * 3 // 2, width), 128, np.uint8)
            planes[:height] = np.clip(shapes + rng.normal(0, 8, shapes.shape), 16, 235)
            frame = av.VideoFrame.from_ndarray(planes, format=pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def source_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The clip that a codec takes. Read only, please."""
    folder = tmp_path_factory.mktemp("rates")

    @cache
    def made(pix_fmt: str) -> Path:
        return grained(folder / f"{pix_fmt}.mkv", pix_fmt)

    return lambda codec: made("yuvj420p" if codec == "mjpeg" else "yuv420p")


def packets(path: Path) -> list[int]:
    """The bytes of each frame, in the order of the file."""
    what = ("-select_streams", "v:0", "-show_entries", "packet=size")
    told = subprocess.run(
        ["ffprobe", "-v", "error", *what, "-of", "json", str(path)], capture_output=True, check=True
    )
    return [int(packet["size"]) for packet in json.loads(told.stdout)["packets"]]


def marked(source: Path, target: Path, codec: str, rate: int | None) -> list[int]:
    options = stamp.EmbedOptions(codec=codec, preset=QUICK.get(codec), max_bit_rate=rate)
    report = stamp.embed_file(source, target, PAYLOAD, key=KEY, options=options)
    assert report.bytes_after == target.stat().st_size
    return packets(target)


@pytest.mark.parametrize("codec", LIMITS)
def test_the_rate_holds_and_the_mark_is_read(
    codec: str, source_for: Callable[[str], Path], tmp_path: Path
) -> None:
    source, rate = source_for(codec), LIMITS[codec]
    free = marked(source, tmp_path / "free.mkv", codec, None)
    held = marked(source, tmp_path / "held.mkv", codec, rate)
    assert 8 * sum(free) / SECONDS > 1.3 * rate  # or there is nothing to hold
    for seconds in (3, SECONDS):  # in any stretch that long, and a buffer of one second
        window = seconds * FPS
        worst = max(sum(held[at : at + window]) for at in range(len(held) - window + 1))
        # SVT-AV1 goes further beyond it on a busy machine: 18 % were seen
        assert 8 * worst < (1.25 if codec == "av1" else 1.03) * rate * (seconds + 1)
    assert stamp.detect_file(tmp_path / "held.mkv", keys=KEY).payload == PAYLOAD


@pytest.mark.parametrize("codec", LIMITS)
def test_a_limit_that_is_not_reached_costs_nothing(
    codec: str, source_for: Callable[[str], Path], tmp_path: Path
) -> None:
    free = marked(source_for(codec), tmp_path / "free.mkv", codec, None)
    held = marked(source_for(codec), tmp_path / "held.mkv", codec, 200_000_000)
    assert sum(held) < 1.25 * sum(free)

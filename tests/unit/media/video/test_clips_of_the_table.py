"""What `stamp formats` says that can be marked in the containers of clips without a notice."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

import stamp
from stamp.formats.table import find
from tests.media import video_files

KEY = stamp.Key(bytes(range(32)), "table")
PAYLOAD = bytes.fromhex("0123456789abcdef")
NAMES = {
    "H.264": "libx264",
    "HEVC": "libx265",
    "AV1": "libsvtav1",
    "VP9": "libvpx-vp9",
    "MPEG-4": "mpeg4",
    "MPEG-2": "mpeg2video",
    "MJPEG": "mjpeg",
    "FFV1": "ffv1",
}
QUIET = {"libx265": {"x265-params": "log-level=none"}, "libvpx-vp9": {"cpu-used": "8"}}
SUFFIXES = (".avi", ".flv", ".mpg", ".ts", ".m2ts")


def listed(suffix: str) -> list[str]:
    """The codecs that the table names for a suffix."""
    found = find(suffix)
    assert found
    assert found.marked
    assert found.marked.startswith("8 to 12 bit; 4:2:0 to 4:4:4; ")
    kept, *parts = found.marked.split("; ")[2:]
    others = [
        name for part in parts for name, _, where in [part.partition(" in ")] if where == f"{suffix} alone"
    ]
    return [*kept.split(", "), *others]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "name"), [(suffix, name) for suffix in SUFFIXES for name in listed(suffix)]
)
def test_a_codec_that_is_listed_is_marked(suffix: str, name: str, tmp_path: Path) -> None:
    codec = NAMES[name]
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    rate = {"mpeg2video": {"qscale": "2"}}.get(codec, {})
    made = video_files.write(
        tmp_path / f"in{suffix}", codec, pix_fmt=pix_fmt, options={**QUIET.get(codec, {}), **rate}
    )
    marked = tmp_path / f"out{suffix}"
    stamp.embed_file(made, marked, PAYLOAD, key=KEY)
    assert stamp.detect_file(marked, keys=KEY, search=False).payload == PAYLOAD


@pytest.mark.slow
def test_flash_video_that_says_nothing_of_its_colours_says_nothing_afterwards(tmp_path: Path) -> None:
    """FFmpeg reads an identity matrix from it, with which the marked clip would be shown in false colours."""
    made = video_files.write(tmp_path / "in.flv", "libx265", options=QUIET["libx265"])
    stamp.embed_file(made, tmp_path / "out.flv", key=KEY, options=stamp.EmbedOptions(preset="ultrafast"))
    for path in (made, tmp_path / "out.flv"):
        with av.open(str(path)) as container:
            assert next(container.decode(video=0)).colorspace == 2  # AVCOL_SPC_UNSPECIFIED


@pytest.mark.slow
@pytest.mark.parametrize("pix_fmt", ["yuv422p10le", "yuv444p12le"])
@pytest.mark.parametrize("suffix", [".ts", ".flv", ".mpg"])
def test_hevc_keeps_its_depth_and_colours(suffix: str, pix_fmt: str, tmp_path: Path) -> None:
    made = video_files.write(tmp_path / f"in{suffix}", "libx265", pix_fmt=pix_fmt, options=QUIET["libx265"])
    marked = tmp_path / f"out{suffix}"
    stamp.embed_file(made, marked, PAYLOAD, key=KEY, options=stamp.EmbedOptions(preset="ultrafast"))
    assert stamp.detect_file(marked, keys=KEY, search=False).payload == PAYLOAD
    with av.open(str(marked)) as container:
        assert next(container.decode(video=0)).format.name == pix_fmt

"""JPEGs of phones: the picture is marked, what lies beside it kept and listed, a second photo refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import JpegImagePlugin

from stamp.core.errors import UnsupportedFormat
from stamp.media.image.opening import encode_picture, read_picture
from tests.media import phone_files as phones


def rewritten(path: Path, data: bytes) -> tuple[bytes, list[str]]:
    path.write_bytes(data)
    picture = read_picture(path)
    return encode_picture(picture, np.clip(picture.pixels, 4, 251))[0], picture.notes


@pytest.mark.parametrize(
    ("made", "kept", "said"),
    [
        (phones.ultra_hdr, phones.gain_map, ["gain map"]),
        (
            lambda: phones.ultra_hdr(video=phones.VIDEO),
            lambda: phones.gain_map() + phones.VIDEO,
            ["gain map", "motion video"],
        ),
        (phones.micro_video, lambda: phones.VIDEO, ["motion video"]),
        (
            phones.samsung_motion,
            lambda: phones.samsung_motion().split(b"\xff\xd9")[-1],
            ["motion video", "bytes"],
        ),
    ],
    ids=["ultra_hdr", "ultra_hdr_motion", "google_motion", "samsung_motion"],
)
def test_what_lies_behind_the_picture_is_kept_and_said(
    tmp_path: Path, made: Callable[[], bytes], kept: Callable[[], bytes], said: list[str]
) -> None:
    data = made()
    written, notes = rewritten(tmp_path / "a.jpg", data)
    assert written != data
    assert written.endswith(kept())
    assert len(notes) == len(said)
    for note, what in zip(notes, said, strict=True):
        assert what in note


def test_the_index_finds_the_gain_map_where_it_is_now(tmp_path: Path) -> None:
    written, _ = rewritten(tmp_path / "a.jpg", phones.ultra_hdr())
    with JpegImagePlugin.JpegImageFile(io.BytesIO(written)) as picture:
        index = JpegImagePlugin._getmp(picture)
        assert index
        first, second = index[0xB002]
        at = picture.info["mpoffset"] + second["DataOffset"]
    assert (first["DataOffset"], first["Size"]) == (0, at)
    assert written[at : at + second["Size"]] == phones.gain_map()


@pytest.mark.parametrize("mode", ["L", "apple"])
def test_depth_maps_are_kept(tmp_path: Path, mode: str) -> None:
    depth = phones.jpeg(700, 600, "L" if mode == "L" else "RGB")
    if mode == "apple":
        depth = phones.with_xmp(
            depth, 'xmlns:a="x" a:AuxiliaryImageType="urn:com:apple:photo:2018:aux:portraiteffectsmatte">'
        )
    written, notes = rewritten(tmp_path / "a.jpg", phones.indexed(phones.jpeg(800, 600), depth))
    assert written.endswith(depth)
    assert notes == ["the depth map or mask is kept as it is, without the mark"]


def test_small_previews_are_kept_and_said(tmp_path: Path) -> None:
    preview = phones.jpeg(240, 320)
    written, notes = rewritten(tmp_path / "a.jpg", phones.indexed(phones.jpeg(800, 600), preview))
    assert written.endswith(preview)
    assert notes == ["a preview of 320x240 pixels is kept as it is, without the mark"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (phones.indexed(phones.jpeg(800, 600), phones.jpeg(480, 640)), "640x480 pixels"),
        (phones.samsung((0x0A50, b"DualShot_1", phones.jpeg(800, 600))), "600x800 pixels"),
        (
            phones.with_xmp(phones.jpeg(800, 600), 'xmlns:GImage="g" GImage:Data="/9j/4">'),
            "second picture",
        ),
        (phones.jpeg(800, 600) + bytes(8) + b"QDIOBS", "sound behind the picture"),
    ],
    ids=["preview", "samsung_original", "google_original", "sound"],
)
def test_what_cannot_be_kept_is_refused_with_a_remedy(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(UnsupportedFormat, match=why) as caught:
        read_picture(tmp_path / "a.jpg")
    assert "watermark=False" in str(caught.value)


def test_a_motion_photo_whose_video_is_gone_is_a_photo(tmp_path: Path) -> None:
    data = phones.micro_video().removesuffix(phones.VIDEO)
    assert rewritten(tmp_path / "a.jpg", data)[1] == []


def test_what_only_looks_like_pictures_is_some_bytes(tmp_path: Path) -> None:
    noise = b"\xff\xd8\xff\xe0" * 50
    written, notes = rewritten(tmp_path / "a.jpg", phones.jpeg(80, 60) + noise)
    assert written.endswith(noise)
    assert notes == ["200 bytes behind the picture kept as they are"]

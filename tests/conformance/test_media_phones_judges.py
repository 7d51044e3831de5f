"""Independent programs find in marked files of phones what they found before: gain map, depth, video."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import stamp
from tests.conformance.test_media_image_judges import judge
from tests.media import phone_files as phones

SHARED = Path(__file__).parents[2].parent / "shared" / "media" / "phones"
KEY = stamp.Key(bytes(range(32)), "test")


def marked(tmp_path: Path, name: str, data: bytes) -> tuple[Path, Path]:
    source, target = tmp_path / name, tmp_path / f"marked-{name}"
    source.write_bytes(data)
    report = stamp.embed_file(source, target, key=KEY, rights=stamp.Rights(copyright_notice="© Ada"))
    assert any("without the mark" in note for note in report.notes)
    assert stamp.detect_file(target, keys=[KEY]).payload == report.payload
    return source, target


def binary(path: Path, tag: str) -> bytes:
    return subprocess.run([judge("exiftool"), "-b", f"-{tag}", path], capture_output=True, check=True).stdout


MADE: dict[str, tuple[Callable[[], bytes], dict[str, Callable[[], bytes]]]] = {
    "ultra_hdr": (
        phones.ultra_hdr,
        {"MPImage2": phones.gain_map, "GainMapImage": phones.gain_map},
    ),
    "ultra_hdr_motion": (
        lambda: phones.ultra_hdr(video=phones.VIDEO),
        {"MPImage2": phones.gain_map, "MotionPhotoVideo": lambda: phones.VIDEO},
    ),
    "samsung": (phones.samsung_motion, {"EmbeddedVideoFile": lambda: phones.VIDEO}),
}


@pytest.mark.parametrize("name", MADE)
def test_made_files(tmp_path: Path, name: str) -> None:
    make, parts = MADE[name]
    _, target = marked(tmp_path, f"{name}.jpg", make())
    for tag, content in parts.items():
        assert binary(target, tag) == content()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared files are not there")
@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("androidx__ultraHDR.jpg", ["MPImage2", "GainMapImage", "HdrPlusMakernote"]),
        ("androidx__pixel-motion-photo-shortened.jpg", ["MotionPhotoVideo", "HDRPMakerNote"]),
    ],
)
def test_files_of_phones(tmp_path: Path, name: str, tags: list[str]) -> None:
    source, target = marked(tmp_path, name, (SHARED / name).read_bytes())
    for tag in tags:
        assert binary(target, tag) == binary(source, tag) != b""

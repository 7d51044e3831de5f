"""Independent programs find in marked files of phones what they found before: gain map, depth, video."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

import stamp
from tests.conformance.test_media_image_judges import judge
from tests.media import phone_files as phones

pytestmark = pytest.mark.slow

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
    "samsung_heic": (
        lambda: phones.samsung_heic(phones.portrait(600, 800)),
        {"MotionPhotoVideo": lambda: phones.VIDEO},
    ),
    "samsung": (phones.samsung_motion, {"EmbeddedVideoFile": lambda: phones.VIDEO}),
}


@pytest.mark.parametrize("name", MADE)
def test_made_files(tmp_path: Path, name: str) -> None:
    make, parts = MADE[name]
    _, target = marked(tmp_path, f"{name}{'.heic' if 'heic' in name else '.jpg'}", make())
    for tag, content in parts.items():
        assert binary(target, tag) == content()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared files are not there")
@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("androidx__ultraHDR.jpg", ["MPImage2", "GainMapImage", "HdrPlusMakernote"]),
        ("androidx__pixel-motion-photo-shortened.jpg", ["MotionPhotoVideo", "HDRPMakerNote"]),
        ("androidx__sample_MP.heic", ["MotionPhotoVideo"]),
    ],
)
def test_files_of_phones(tmp_path: Path, name: str, tags: list[str]) -> None:
    source, target = marked(tmp_path, name, (SHARED / name).read_bytes())
    for tag in tags:
        assert binary(target, tag) == binary(source, tag) != b""


@pytest.mark.parametrize("make", [lambda: phones.portrait(600, 800), lambda: phones.tiled(600, 800, 256)])
def test_heic_with_maps(tmp_path: Path, make: Callable[[], phones.Heif]) -> None:
    source, target = marked(tmp_path, "a.heic", make().tobytes())
    was, now = (pillow_heif.open_heif(path) for path in (source, target))
    assert now.size == was.size == (600, 800)
    assert now.info["aux"] == was.info["aux"]
    for old, new in zip(was.info["depth_images"], now.info["depth_images"], strict=True):
        assert old.to_pillow().tobytes() == new.to_pillow().tobytes()
    for numbers in was.info["aux"].values():
        for number in numbers:
            assert (
                was.get_aux_image(number).to_pillow().tobytes()
                == now.get_aux_image(number).to_pillow().tobytes()
            )
    shown = subprocess.run([judge("exiv2"), "-Pkt", target], capture_output=True, text=True, check=True)
    assert "© Ada" in shown.stdout
    said = [
        subprocess.run([judge("exiftool"), "-validate", "-s3", path], capture_output=True, check=True).stdout
        for path in (source, target)
    ]
    assert said[0] == said[1]


@pytest.mark.parametrize("make", [lambda: phones.portrait(600, 800), lambda: phones.tiled(600, 800, 256)])
def test_another_decoder_shows_the_new_tiles(tmp_path: Path, make: Callable[[], phones.Heif]) -> None:
    """FFmpeg 7 decodes the first tile alone, and turns nothing."""
    pictures = []
    for path in marked(tmp_path, "a.heic", make().tobytes()):
        command = [
            judge("ffmpeg"),
            "-v",
            "error",
            "-i",
            path,
            "-frames:v",
            "1",
            "-f",
            "image2pipe",
            "-c",
            "png",
            "-",
        ]
        run = subprocess.run(command, capture_output=True, check=True)
        with Image.open(io.BytesIO(run.stdout)) as image:
            pictures.append(np.asarray(image.convert("L"), float))
    assert pictures[0].shape == pictures[1].shape
    assert 0.2 < np.abs(pictures[0] - pictures[1]).mean() < 3

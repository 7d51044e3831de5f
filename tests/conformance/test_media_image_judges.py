"""exiftool and exiv2 find the same metadata in a rewritten picture as in its source."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from stamp.core.errors import MediaError
from stamp.media.image.opening import read_picture, write_picture
from tests.media.shared import shared_files

# What tells where and how the picture data stands; it may change with it.
ABOUT_THE_DATA = {
    "StripOffsets", "StripByteCounts", "Interlace", "MediaData", "MediaDataSize", "MediaDataOffset",
    "ThumbnailOffset", "PreviewImageStart", "OtherImageStart", "MPImageLength", "MPImageStart",
}  # fmt: skip


def judge(program: str) -> str:
    found = shutil.which(program)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"{program} is needed in CI: apt install {program}")
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def by_exiftool(*paths: Path) -> list[dict[str, Any]]:
    """All tags of each file, in one run: exiftool takes long to start."""
    command = [judge("exiftool"), "-j", "-G1", "-a", "-u", "-U", "-b", "-x", "System:all"]
    run = subprocess.run([*command, *map(str, paths)], capture_output=True, check=False)
    return [
        {
            name: value
            for name, value in found.items()
            if name.split(":")[-1] not in ABOUT_THE_DATA | {"SourceFile"}
            and not re.fullmatch(r"MPImage1:MPImageLength|MPImage\d+:MPImageStart", name)
        }
        for found in json.loads(run.stdout)
    ]


def scene(mode: str = "RGB") -> Image.Image:
    y, x = np.mgrid[:64, :80]
    planes = [128 + 100 * np.sin(x / (9 + 3 * n)) * np.cos(y / (13 - n)) for n in range(3)]
    return Image.fromarray(np.stack(planes, axis=2).astype(np.uint8)).convert(mode)


MADE: dict[str, dict[str, Any]] = {
    "a.jpg": {"quality": 90, "dpi": (300, 300), "comment": b"a comment"},
    "b.jpg": {"quality": 90, "progressive": True},
    "a.png": {"dpi": (300, 300)},
    "a.webp": {"lossless": True},
    "b.webp": {"quality": 90},
    "a.tif": {"compression": "tiff_lzw", "dpi": (300, 300)},
    "b.tif": {},
    "a.avif": {"quality": 90},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_exiftool_sees_no_difference(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / name, tmp_path / f"out{Path(name).suffix}"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    scene().save(source, icc_profile=profile, **MADE[name])
    words = [
        "-EXIF:Artist=Zoë",
        "-EXIF:Copyright=© 2026",
        "-EXIF:Orientation#=6",
        "-EXIF:UserComment=comment",
    ]
    words += ["-XMP-dc:Rights=© 2026", "-XMP-dc:Creator=Zoë", "-GPSLatitude=48.2", "-GPSLatitudeRef=N"]
    words += ["-IPTC:CopyrightNotice=2026"] if source.suffix in (".jpg", ".tif") else []
    run = subprocess.run([judge("exiftool"), "-q", "-overwrite_original", *words, str(source)], check=True)
    assert run.returncode == 0
    picture = read_picture(source)
    write_picture(picture, picture.pixels, target)
    before, after = by_exiftool(source, target)
    assert before["IFD0:Artist"] == "Zoë"
    assert before["XMP-dc:Rights"] == "© 2026"
    assert after == before
    check = subprocess.run([judge("exiv2"), "-q", "-pa", str(source)], capture_output=True, check=False)
    again = subprocess.run([judge("exiv2"), "-q", "-pa", str(target)], capture_output=True, check=False)
    lines = [
        [
            line
            for line in found.splitlines()
            if b"StripOffsets" not in line and b"StripByteCounts" not in line
        ]
        for found in (check.stdout, again.stdout)
    ]
    assert lines[0] == lines[1]


@pytest.mark.slow
def test_pictures_from_many_cameras(tmp_path: Path) -> None:
    """Real files, where they are at hand: MakerNotes, thumbnails, IPTC, Photoshop, C2PA, broken blocks."""
    sources, targets = [], []
    for path in shared_files("images/metadata/*", "images/photos/*"):
        try:
            picture = read_picture(path)
        except MediaError:
            continue
        if picture.format not in ("AVIF", "HEIC", "PNG") and picture.pixels.size < 2_000_000:
            target = tmp_path / path.name
            write_picture(picture, picture.pixels, target)
            sources.append(path)
            targets.append(target)
    if sources:
        for path, before, after in zip(sources, by_exiftool(*sources), by_exiftool(*targets), strict=True):
            if "AFCP" not in path.name:  # its trailer holds offsets from the start of the file
                assert after == before, path.name

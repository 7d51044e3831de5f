"""ExifTool writes IPTC-IIM into PNG as a raw profile of its own form; what it wrote is kept up to date."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from stamp import NoticeOptions, Rights, read_rights, write_rights

pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")


def exiftool(*arguments: str) -> str:
    return subprocess.run(["exiftool", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("compressed", [[], ["-z"]])
def test_iptc_of_exiftool_in_png_is_read_and_replaced(tmp_path: Path, compressed: list[str]) -> None:
    path, out = tmp_path / "photo.png", tmp_path / "out.png"
    Image.linear_gradient("L").save(path)
    exiftool(*compressed, "-overwrite_original", "-IPTC:By-line=Ada", "-IPTC:City=London", str(path))
    assert b"Raw profile type iptc" in path.read_bytes()
    assert read_rights(path).values["iptc"] == {"creators": ("Ada",)}
    write_rights(path, out, Rights(creators=("Ada", "Bob")), options=NoticeOptions(replace_rights=True))
    assert exiftool("-s3", "-IPTC:By-line", str(out)).strip() == "Ada, Bob"
    assert exiftool("-s3", "-IPTC:City", str(out)).strip() == "London"
    assert not exiftool("-warning", str(out))

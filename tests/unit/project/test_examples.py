"""The examples of the documents run, and the source distribution has what the README speaks of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import stamp
from tests.helpers.places import ROOT
from tests.media import pixels, video_files


@pytest.mark.slow
def test_an_asynchronous_service_marks_what_is_uploaded(tmp_path: Path) -> None:
    key = stamp.Key.generate("service")
    key.save(tmp_path / "key.json")
    names = []
    for number in range(2):
        Image.fromarray(pixels.photo(256, 384, number)).save(path := tmp_path / f"{number}.png")
        names.append(path)
    names.append(video_files.write(tmp_path / "clip.mp4", size=(416, 240), count=32))
    (tmp_path / "flat.txt").write_text("no photo")
    names.append(tmp_path / "flat.txt")
    script = ROOT / "docs" / "examples" / "async_upload.py"
    run = subprocess.run(
        [sys.executable, script, tmp_path / "key.json", *names], capture_output=True, text=True, check=True
    )
    *done, last = run.stdout.splitlines()
    for path, line in zip(names, done, strict=False):
        target = path.with_name(f"{path.stem}.stamped{path.suffix}")
        assert line == f"{target}: {stamp.detect_file(target, keys=key).payload}"
    assert last.startswith(f"refused: {names[-1]}: not a photo")


def test_the_source_distribution_has_every_folder() -> None:
    wanted = (ROOT / "MANIFEST.in").read_text(encoding="utf-8").split()
    folders = {
        path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))
    }
    built = {"stamp", "dist", "build", "site", "findings"} | {path.name for path in ROOT.glob("*.egg-info")}
    assert folders - built <= set(wanted)

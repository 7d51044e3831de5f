"""The photos that ship with the project: all in the manifest, unaltered, free, small."""

import csv
import hashlib
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parents[2] / "sample_media"


def _rows() -> list[dict[str, str]]:
    with (FOLDER / "MANIFEST.tsv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_manifest_names_exactly_the_photos_that_are_there() -> None:
    assert sorted(row["file"] for row in _rows()) == sorted(
        path.name for path in FOLDER.glob("*.jpg") if ".stamped." not in path.name
    )


def test_hashes_hold() -> None:
    for row in _rows():
        assert hashlib.sha256((FOLDER / row["file"]).read_bytes()).hexdigest() == row["sha256"], row["file"]


def test_three_free_photos_under_two_megabytes_that_open() -> None:
    rows = _rows()
    assert len(rows) == 3
    assert sum((FOLDER / row["file"]).stat().st_size for row in rows) < 2_000_000
    for row in rows:
        assert row["licence"].startswith("CC0-1.0")
        assert row["origin"]
        with Image.open(FOLDER / row["file"]) as photo:
            photo.load()
            assert min(photo.size) >= 512

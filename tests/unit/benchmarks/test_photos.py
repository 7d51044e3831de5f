"""How benchmark photos are found, brought to size and seeded; and the table that results are shown in."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.common import photos, runner


def _save(path: Path, width: int, height: int) -> Path:
    noise = np.random.default_rng(width).integers(0, 255, (height, width, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


def test_a_photo_is_cut_to_size_upright_ones_upright(tmp_path: Path) -> None:
    size = photos.Size.parse("96x64")
    assert photos.load(_save(tmp_path / "wide.png", 200, 100), size, 1).shape == (64, 96, 3)
    assert photos.load(_save(tmp_path / "tall.png", 100, 200), size, 1).shape == (96, 64, 3)
    assert photos.load(_save(tmp_path / "as-is.png", 33, 21), photos.Size(), 1).shape == (21, 33, 3)


def test_the_cut_follows_seed_and_name(tmp_path: Path) -> None:
    size = photos.Size.parse("48x32")
    path = _save(tmp_path / "a.png", 300, 40)
    assert np.array_equal(photos.load(path, size, 1), photos.load(path, size, 1))
    assert not np.array_equal(photos.load(path, size, 1), photos.load(path, size, 2))


def test_small_and_broken_photos_are_left_out_with_the_reason(tmp_path: Path) -> None:
    good = _save(tmp_path / "good.png", 120, 80)
    _save(tmp_path / "small.png", 40, 30)
    (tmp_path / "broken.jpg").write_bytes(b"not a photo")
    chosen, left_out = photos.usable([tmp_path], photos.Size.parse("96x64"))
    assert chosen == [good]
    assert set(left_out) == {"small.png", "broken.jpg"}
    assert "smaller than 96x64" in left_out["small.png"]


def test_no_photo_or_two_of_one_name_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        photos.find([tmp_path])
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        _save(tmp_path / folder / "same.png", 30, 20)
    with pytest.raises(ValueError, match="same name"):
        photos.find([tmp_path])


def test_the_shipped_photos_are_large_enough_for_the_benchmarks() -> None:
    chosen, left_out = photos.usable([photos.SAMPLE_MEDIA], photos.Size.parse("768x512"))
    assert len(chosen) == 3
    assert left_out == {}


def test_a_table_has_one_line_a_row() -> None:
    text = runner.table(["attack", "read"], [["none", 3], ["JPEG 50", 2]])
    assert text.splitlines() == ["| attack | read |", "| :-- | --: |", "| none | 3 |", "| JPEG 50 | 2 |"]

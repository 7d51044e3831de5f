"""Verdicts on smooth pictures, which have no points: whole ones are compared with the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import stamp
from stamp.matching.picture_prints import whole_signs
from stamp.matching.thumbnails import ALIKE, thumbnail_correlation
from stamp.monitor.matching import match_file
from stamp.monitor.search import Hit

SIDE = 384
Plane = NDArray[np.uint8]


def waves(strengths: NDArray[np.float64]) -> Plane:
    """A picture of the 16 x 16 lowest cosines in both directions with these strengths."""
    cosines = np.cos(np.pi * (2 * np.arange(SIDE) + 1) * np.arange(1, 17)[:, None] / (2 * SIDE))
    plane = cosines.T @ strengths @ cosines
    return np.asarray(128 + 90 * plane / np.abs(plane).max(), np.uint8)


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A work, a copy of it, and another picture whose waves have the same signs, each."""
    rng = np.random.default_rng(4)
    signs, falling = rng.choice([-1.0, 1.0], (16, 16)), 1.0 / np.add.outer(np.arange(1, 17), np.arange(1, 17))
    paths = tmp_path / "work.png", tmp_path / "copy.jpg", tmp_path / "other.png"
    planes = [waves(signs * falling * rng.lognormal(0, 1.5, (16, 16))) for _ in range(2)]
    Image.fromarray(planes[0]).save(paths[0])
    Image.fromarray(planes[0]).resize((200, 200)).save(paths[1], quality=60)
    Image.fromarray(planes[1]).save(paths[2])
    return paths


def apart(one: Path, other: Path) -> int:
    signs = [whole_signs(np.asarray(Image.open(path).convert("L"))) for path in (one, other)]
    assert signs[0] is not None
    assert signs[1] is not None
    return int(np.bitwise_count(signs[0] ^ signs[1]).sum())


@pytest.mark.slow
def test_signs_alone_are_not_believed_where_the_original_is_at_hand(
    pictures: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    work, copy, other = pictures
    assert apart(work, copy) <= 30
    assert apart(work, other) <= 30
    gray = [np.asarray(Image.open(path).convert("L")) for path in pictures]
    assert thumbnail_correlation(gray[0], gray[2]) < ALIKE
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        catalogue.works.add(work)
        assert [each.verdict for each in match_file(catalogue, copy).matches] == ["copy"]
        assert [each.verdict for each in match_file(catalogue, other).matches] == ["candidate"]


@pytest.mark.parametrize(
    ("distance", "inliers", "whole", "sure"),
    [
        (20, 0, True, True),
        (30, 0, True, True),
        (31, 7, False, False),
        (45, 9, True, True),
        (None, 9, False, True),
        (None, 7, False, False),
    ],
)
def test_what_a_hit_says_without_the_original(
    distance: int | None, inliers: int, whole: bool, sure: bool
) -> None:
    hit = Hit(0, "whole", distance, inliers, False, (0, 0, 9, 9))
    assert (hit.is_whole, hit.is_sure) == (whole, sure)

"""Works are found by their fingerprints, whatever was done to the suspect; others are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from stamp.monitor.prints import print_of
from stamp.monitor.runs import neighbours, sorted_run
from stamp.monitor.search import Index, near, overlap
from stamp.monitor.store import Prints, code_keys
from tests.media.pixels import gray

UIDS = [str(UUID(int=number, version=4)) for number in range(8)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    prints = Prints(tmp_path_factory.mktemp("prints"))
    for number, uid in enumerate(UIDS):
        prints.add(uid, [print_of(gray(480, 640, seed=number + 1), "image")])
    return Index(prints.view())


def crop(plane: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return plane[120:360, 160:480]


def page(plane: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    ground = np.full((1600, 800), 250, np.uint8)
    ground[400:880, 80:720] = plane
    return ground


def turned(plane: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(Image.fromarray(plane).rotate(12, Image.Resampling.BICUBIC, expand=True))


def turned_in_place(seed: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(Image.fromarray(gray(480, 640, seed=seed)).rotate(7, Image.Resampling.BICUBIC))


def small(plane: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(Image.fromarray(plane).resize((160, 120), Image.Resampling.LANCZOS))


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [crop, page, turned, small, lambda plane: plane[:, ::-1], lambda plane: np.rot90(plane)]
)
def test_a_changed_work_is_found_first(index: Index, change: Callable[..., np.ndarray]) -> None:  # type: ignore[type-arg]
    hits = index.search(np.ascontiguousarray(change(gray(480, 640, seed=3))))
    assert str(index.view.work(hits[0].head)) == UIDS[2]
    assert all(str(index.view.work(hit.head)) == UIDS[2] for hit in hits)


@pytest.mark.slow
def test_a_whole_copy_is_known_without_its_points(index: Index) -> None:
    (hit,) = index.search(gray(480, 640, seed=3))
    assert (hit.stage, hit.inliers, hit.box) == ("whole", 0, (0, 0, 640, 480))
    assert hit.is_whole


@pytest.mark.slow
def test_each_work_of_a_collage_is_found_in_its_place(index: Index) -> None:
    collage = np.full((700, 1400), 250, np.uint8)
    collage[:, 40:1360] = np.vstack([gray(350, 1320, seed=50), gray(350, 1320, seed=51)])
    collage[60:540, 20:660], collage[190:670, 740:1380] = gray(480, 640, seed=2), turned_in_place(4)
    hits = [hit for hit in index.search(collage) if hit.is_sure]
    assert {str(index.view.work(hit.head)) for hit in hits} == {UIDS[1], UIDS[3]}
    for hit in hits:
        x0, _, x1, _ = hit.box
        left = 20 if str(index.view.work(hit.head)) == UIDS[1] else 740
        assert x0 >= left - 60
        assert x1 <= left + 700
        assert x1 - x0 > 400


@pytest.mark.slow
def test_another_picture_is_not_found(index: Index) -> None:
    assert index.search(gray(480, 640, seed=99)) == []


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    assert Index(Prints(tmp_path / "none").view()).search(gray(200, 300)) == []


@pytest.mark.slow
def test_the_place_of_a_crop_is_known(index: Index) -> None:
    (hit,) = index.search(np.ascontiguousarray(crop(gray(480, 640, seed=3))))
    of_work, of_suspect, _, seen = overlap(hit, (320, 240), (640, 480))
    assert of_work == pytest.approx(0.25, abs=0.03)
    assert of_suspect > 0.95
    assert np.abs(seen - np.array([[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]])).max() < 0.03


def test_signs_are_compared_more_strictly_where_there_are_more_works() -> None:
    assert near(1000) == 60
    assert near(10_000_000) == 47


def test_buckets_find_what_comparing_all_finds() -> None:
    random = np.random.default_rng(1)
    values = random.standard_normal((3000, 128)).astype(np.float32)
    codes = np.packbits(values > 0, axis=1)
    queries = values[:500] + 0.25 * random.standard_normal((500, 128)).astype(np.float32)
    run = sorted_run(code_keys(codes), 0, len(codes))
    asked, found = neighbours((run,), codes, queries)
    right = np.unique(asked[asked == found])
    assert len(right) > 450
    halves = sorted_run(code_keys(codes), 0, 1000), sorted_run(code_keys(codes), 1000, 3000)
    asked, found = neighbours(halves, codes, queries)
    assert len(np.unique(asked[asked == found])) > 450

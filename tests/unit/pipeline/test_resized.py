"""Suspects that are only cut and resized are made again from the original, exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from stamp.matching.registration import Registration, register
from stamp.pipeline.resized import cut_of, in_frame, likes
from tests.media.pixels import photo

WHOLE = photo(480, 640, seed=6)
GRAY = cv2.cvtColor(WHOLE, cv2.COLOR_RGB2GRAY)


def laid(suspect: np.ndarray) -> Registration:  # type: ignore[type-arg]
    found = register(WHOLE, np.ascontiguousarray(suspect))
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kernel", [Image.Resampling.LANCZOS, Image.Resampling.BOX])
def test_a_whole_copy_is_made_again_by_its_kernel(kernel: Image.Resampling) -> None:
    small = np.asarray(Image.fromarray(GRAY).resize((200, 150), kernel))
    cut = cut_of(laid(small))
    assert cut is not None
    off = [np.abs(like - small).max() for like, _ in likes(GRAY.astype(np.float32), cut, (200, 150))]
    assert min(off) <= 1
    assert sorted(off)[1] > 5
    assert all(box == (0, 0, 640, 480) for _, box in likes(GRAY.astype(np.float32), cut, (200, 150)))


@pytest.mark.slow
def test_a_cut_at_its_own_size_is_made_again() -> None:
    cut = cut_of(laid(WHOLE[101:341, 57:377]))
    assert cut is not None
    ((like, box),) = likes(GRAY.astype(np.float32), cut, (320, 240))
    assert box == (57, 101, 377, 341)
    assert np.array_equal(like, GRAY[101:341, 57:377])


@pytest.mark.slow
@pytest.mark.parametrize(
    "suspect",
    [
        WHOLE[:, ::-1],
        np.asarray(Image.fromarray(WHOLE).rotate(4, Image.Resampling.BICUBIC)),
        np.pad(WHOLE, ((100, 100), (60, 60), (0, 0)), constant_values=250),
    ],
)
def test_what_is_turned_mirrored_or_more_is_none(suspect: np.ndarray) -> None:  # type: ignore[type-arg]
    assert cut_of(laid(suspect)) is None


def test_a_strip_a_pixel_wider_than_the_original_is_a_resized_one() -> None:
    plane = GRAY.astype(np.float32)
    boxes = [box for _, box in likes(plane, (0.0, 100.2, 640.0, 339.9), (641, 240))]
    assert all(0 <= box[0] < box[2] <= 640 for box in boxes)
    assert all(in_frame(plane[:240], box, (640, 480), (480, 640))[1].any() for box in boxes)


def test_values_come_back_to_where_they_are_from() -> None:
    values = np.zeros((30, 40), np.float32)
    values[10, 20] = 1
    plane, seen = in_frame(values, (100.0, 60.0, 260.0, 180.0), (640, 480), (240, 320))
    assert seen.sum() == 80 * 60
    assert seen[30:90, 50:130].all()
    y, x = np.unravel_index(plane.argmax(), plane.shape)
    assert (abs(y - (30 + 21)) <= 1, abs(x - (50 + 41)) <= 1) == (True, True)

"""Signs of whole pictures, and points."""

from __future__ import annotations

import numpy as np
import pytest

from stamp.matching.picture_prints import picture_points, suspect_points, turns, whole_signs, work_points
from tests.media.pixels import gray


def differing(one: np.ndarray, two: np.ndarray) -> int:  # type: ignore[type-arg]
    return int(np.bitwise_count(one ^ two).sum())


@pytest.mark.parametrize(
    ("number", "turned"),
    [
        (0, lambda plane: plane),
        (1, lambda plane: plane[:, ::-1]),
        (2, lambda plane: plane[::-1, ::-1]),
        (3, lambda plane: plane[::-1]),
    ],
)
def test_turns_have_the_signs_of_the_turned_picture(number: int, turned: object) -> None:
    plane = gray(300, 400)
    signs, other = whole_signs(plane), whole_signs(np.ascontiguousarray(turned(plane)))  # type: ignore[operator]
    assert signs is not None
    assert other is not None
    assert differing(turns(signs)[number], other) <= 2


def test_quarter_turns_are_among_them() -> None:
    plane = gray(300, 400)
    signs = whole_signs(plane)
    assert signs is not None
    for times in (1, 3):
        other = whole_signs(np.ascontiguousarray(np.rot90(plane, times)))
        assert other is not None
        assert min(differing(turn, other) for turn in turns(signs)[::2]) <= 2


def test_a_flat_picture_has_neither() -> None:
    plane = np.full((200, 300), 90, np.uint8)
    assert whole_signs(plane) is None
    assert work_points(plane).codes.shape == (0, 16)


def test_points_of_a_mirror_image_are_like_those_of_the_picture() -> None:
    plane = gray(300, 400)
    points = work_points(plane)
    mirrored = work_points(np.ascontiguousarray(plane[:, ::-1])).mirrored()
    apart = np.bitwise_count(mirrored.codes[:, None] ^ points.codes[None]).sum(axis=2)
    near = apart.min(axis=1) <= 26
    assert near.mean() > 0.6
    places = np.column_stack([399 / 400 - mirrored.places[:, 0], mirrored.places[:, 1]])
    gone = np.abs(places[near] - points.places[apart.argmin(axis=1)[near]]).max(axis=1)
    assert np.mean(gone < 0.01) > 0.8


def test_points_of_a_work_are_spread_over_it() -> None:
    plane = gray(400, 400)
    plane[:, 200:] = (
        128 + (plane[:, 200:].astype(int) - 128) // 4
    )  # the right half has a quarter of the contrast
    right = work_points(plane).places[:, 0] > 0.5
    strongest = picture_points(plane, 512, 300).places[:, 0] > 0.5
    assert right.mean() > 2 * strongest.mean()


def test_a_smooth_picture_is_completed_by_finer_points() -> None:
    plane = np.full((800, 1000), 120, np.uint8)
    plane[100:140, 100:160] = gray(40, 60)
    plane[::50, ::50] += 60  # specks of a pixel, which half the size hardly shows
    coarse = picture_points(plane, 512, 300, spread=True)
    points = work_points(plane)
    assert len(coarse.places) < 200
    assert len(points.places) > len(coarse.places)
    assert np.array_equal(points.places[: len(coarse.places)], coarse.places)


def test_a_picture_that_is_no_larger_than_points_are_looked_for_at_has_no_finer_ones() -> None:
    plane = np.full((400, 500), 120, np.uint8)
    plane[100:140, 100:160] = gray(40, 60)
    points = work_points(plane)
    assert np.array_equal(points.places, picture_points(plane, 512, 300, spread=True).places)


@pytest.mark.slow
def test_coarse_points_of_a_suspect_are_among_its_points() -> None:
    plane = gray(300, 400, seed=5)
    points = suspect_points(plane, 400, 100)
    assert np.array_equal(points.places[:100], picture_points(plane, 400, 100).places)
    assert len(points.places) == 150
    assert np.median(points.scales[100:]) > np.median(points.scales[:100])

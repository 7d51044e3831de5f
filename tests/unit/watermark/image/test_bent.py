"""Pictures that no affine map brings back: seen at an angle, through a lens, on a screen that is not flat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.watermark.image.bent import SmoothMap
from stamp.watermark.image.detect import detect
from tests.media.marked import KEY, OTHER, PAYLOAD, marked_photo
from tests.media.pixels import homography

Picture = Image.Image


def at_an_angle(picture: Picture) -> Picture:
    """As a camera sees it from the left and from below: the right side is a tenth shorter."""
    w, h = picture.size
    corners = np.array([(0, 0), (0, h), (w, h), (w, 0)], float)
    seen = np.array([(0.02 * w, 0), (0, h), (0.95 * w, 0.96 * h), (0.97 * w, 0.06 * h)])
    matrix = tuple(homography(seen, corners).ravel()[:8])
    return picture.transform((w, h), Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC)


def through_a_lens(picture: Picture) -> Picture:
    return displaced(
        picture, lambda y, x: (y * (1 + 0.12 * (y * y + x * x)), x * (1 + 0.12 * (y * y + x * x)))
    )


def on_a_pillar(picture: Picture) -> Picture:
    """On a surface that curves away to the left and the right."""
    return displaced(picture, lambda y, x: (y, np.arcsin(np.clip(0.85 * x, -1, 1)) / np.arcsin(0.85)))


def displaced(
    picture: Picture, to: Callable[..., tuple[NDArray[np.float64], NDArray[np.float64]]]
) -> Picture:
    """The picture at other places: `to` maps those of the result to its own, half a width being 1."""
    w, h = picture.size
    mesh = []
    for top in range(0, h, 8):
        for left in range(0, w, 8):
            box = (left, top, min(left + 8, w), min(top + 8, h))
            quad: list[float] = []
            for x, y in ((box[0], box[1]), (box[0], box[3]), (box[2], box[3]), (box[2], box[1])):
                v, u = to(np.float64((y - h / 2) / (w / 2)), np.float64((x - w / 2) / (w / 2)))
                quad += [float(u) * w / 2 + w / 2, float(v) * w / 2 + h / 2]
            mesh.append((box, quad))
    return picture.transform((w, h), Image.Transform.MESH, mesh, Image.Resampling.BICUBIC)


@pytest.mark.slow
@pytest.mark.parametrize(("bend", "turn"), [(at_an_angle, 0), (through_a_lens, 180), (on_a_pillar, 90)])
def test_the_mark_is_read_in_a_bent_picture(bend: Callable[[Picture], Picture], turn: int) -> None:
    bent = np.asarray(bend(marked_photo()).rotate(turn, expand=True))
    found = detect(bent, key=KEY)
    assert found.payload == PAYLOAD
    assert found.score > found.threshold
    assert not detect(bent, key=OTHER).present


def test_a_map_of_each_order_meets_the_points_of_its_own_kind() -> None:
    points = np.random.default_rng(1).uniform(0, 500, (60, 2))
    y, x = points.T / 500
    for order, places in (
        (1, np.stack([3 + 2 * y - x, 5 + y], -1)),
        (2, np.stack([y * x, x * x - y], -1)),
        (3, np.stack([y**3 - y * x * x, x**3 + y * y * x + 1], -1)),
    ):
        way = SmoothMap.fitted(points, places, order)
        assert np.abs(way(points) - places).max() < 1e-9
        if order > 1:
            assert np.abs(SmoothMap.fitted(points, places, order - 1)(points) - places).max() > 1e-3


def test_the_slope_of_a_map_is_its_derivative() -> None:
    points = np.random.default_rng(2).uniform(-9, 9, (30, 2))
    matrix = np.array([[0.8, 0.1], [-0.3, 1.2]])
    way = SmoothMap.fitted(points, points @ matrix.T + 4, 1)
    assert np.allclose(way.slope(np.array([1.0, 2.0])), matrix)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_map_takes_a_grid_where_it_takes_its_points(order: int) -> None:
    rng = np.random.default_rng(order)
    points = rng.uniform(0, 700, (40, 2))
    way = SmoothMap.fitted(points, points @ [[1.1, 0.1], [-0.1, 0.9]] + points**2 / 5000, order)
    rows, columns = np.arange(3.5, 700, 60), np.arange(0.5, 500, 70)
    down, across = way.over(rows, columns)
    expected = way(np.stack(np.meshgrid(rows, columns, indexing="ij"), -1))
    assert np.abs(np.stack([down, across], -1) - expected).max() < 1e-3

"""How a JPEG was coded is found in its pixels, and what its rounding says of a small change."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from stamp.watermark.image.quantised import coded, likelihood, score, steps_at
from tests.media.pixels import gray


def jpeg(plane: np.ndarray, quality: int) -> np.ndarray:  # type: ignore[type-arg]
    Image.fromarray(plane).save(file := io.BytesIO(), "JPEG", quality=quality)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("quality", [10, 30, 60, 80, 90])
def test_the_quality_is_found(quality: int) -> None:
    found = coded(jpeg(gray(120, 160, seed=1), quality))
    assert found is not None
    Image.new("L", (8, 8)).save(file := io.BytesIO(), "JPEG", quality=quality)
    table = np.reshape(Image.open(file).quantization[0], (8, 8))  # type: ignore[attr-defined]
    assert np.array_equal(found.steps, table)
    assert np.array_equal(found.steps, steps_at(quality))


def test_clipped_blocks_are_left_out_and_the_rest_is_known() -> None:
    plane = np.clip(gray(120, 160, seed=1).astype(np.int64) + 90, 0, 255).astype(np.uint8)
    found = coded(jpeg(plane, 50))
    assert found is not None
    assert 0 < found.known.sum() < found.known.size


@pytest.mark.parametrize(
    "plane", [gray(120, 160, seed=2), gray(6, 90, seed=2), np.full((64, 64), 255, np.uint8)]
)
def test_what_is_no_jpeg_is_none(plane: np.ndarray) -> None:  # type: ignore[type-arg]
    assert coded(plane) is None


def test_a_piece_of_a_jpeg_off_its_blocks_is_none() -> None:
    assert coded(np.ascontiguousarray(jpeg(gray(128, 160, seed=3), 50)[3:, 5:])) is None


def test_what_was_coded_is_likelier_than_what_is_like_it() -> None:
    plane = gray(120, 160, seed=4)
    found = coded(jpeg(plane, 40))
    assert found is not None
    right, deviation = likelihood(found, plane.astype(np.float32))
    other, _ = likelihood(found, np.roll(plane, 1, axis=1).astype(np.float32))
    assert right > other
    assert deviation == 0.5


@pytest.mark.slow
def test_the_score_knows_more_of_a_faint_change_than_the_difference_does() -> None:
    rng = np.random.default_rng(5)
    plane, ratios = gray(256, 320, seed=5).astype(np.float32), []
    for _ in range(8):
        change = np.kron(rng.choice([-1.0, 1.0], (128, 160)), np.ones((2, 2))).astype(np.float32)
        seen = jpeg(np.clip(plane + change, 0, 255).astype(np.uint8), 40)
        found = coded(seen)
        assert found is not None
        looks = score(found, plane, likelihood(found, plane)[1]), seen - plane
        others = [np.roll(change, (8 * k, 12 * k), (0, 1)) for k in range(1, 20)]
        z = [(change * look).sum() / np.std([(other * look).sum() for other in others]) for look in looks]
        ratios.append(z[0] / z[1])
    assert np.median(ratios) > 1.2

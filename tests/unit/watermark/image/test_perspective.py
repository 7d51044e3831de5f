"""The geometry of the whole, from the constellation in the spectra of parts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.key import Key
from stamp.watermark.image.carrier import carriers
from stamp.watermark.image.detect import detect
from stamp.watermark.image.perspective import Perspective, perspectives
from stamp.watermark.image.sync import spectrum, windowed
from tests.media.marked import HEIGHT, KEY, OTHER, PAYLOAD, WIDTH, marked_photo
from tests.media.pixels import homography, photo

SIDES = np.array([HEIGHT, WIDTH])
CORNERS = np.array([(0, 0), (0, 1), (1, 1), (1, 0)], float)
# Where in the picture the corners of what a camera sees are, clockwise from the top left, as (y, x).
SEEN = np.array([(0, 0.09), (0.09, 0.96), (0.98, 1), (0.92, 0.01)])


def at_an_angle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (pixels.shape[1], pixels.shape[0])
    a = homography(CORNERS[:, ::-1] * size, SEEN[:, ::-1] * size)
    image = Image.fromarray(pixels)
    return np.asarray(
        image.transform(size, Image.Transform.PERSPECTIVE, a.ravel()[:8], Image.Resampling.BICUBIC)
    )


@pytest.fixture(scope="module")
def marked() -> NDArray[np.uint8]:
    return np.asarray(marked_photo())


def found(pixels: NDArray[np.uint8], key: Key) -> Perspective:
    gray = np.asarray(Image.fromarray(pixels).convert("L"), np.float32)
    slices = [
        (slice(y, y + HEIGHT // 2), slice(x, x + WIDTH // 2))
        for y in range(0, HEIGHT // 2 + 1, HEIGHT // 4)
        for x in range(0, WIDTH // 2 + 1, WIDTH // 4)
    ]
    middles = np.array([(y.start + HEIGHT / 4, x.start + WIDTH / 4) for y, x in slices])
    spectra = [spectrum(windowed(gray[part])) for part in slices]
    middles = (middles - (HEIGHT / 2, WIDTH / 2)) / (WIDTH / 2)
    return perspectives(spectra, middles, np.eye(2), carriers(key).frequencies)[0]


def test_the_whole_shows_its_perspective(marked: NDArray[np.uint8]) -> None:
    best = found(at_an_angle(marked), KEY)
    places = np.array([(y, x) for y in (100.0, 256.0, 412.0) for x in (100.0, 384.0, 668.0)])
    here = WIDTH / 2 * best((places - (HEIGHT / 2, WIDTH / 2)) / (WIDTH / 2))
    true = np.column_stack([places, np.ones(len(places))]) @ homography(CORNERS * SIDES, SEEN * SIDES).T
    there = true[:, :2] / true[:, 2:]
    aside = here - there  # only up to where the middle is, and a half turn
    turned = -here - there
    off = min(np.ptp(aside, axis=0).max(), np.ptp(turned, axis=0).max())
    assert off < 5


@pytest.mark.slow
def test_unmarked_and_other_keys_score_less(marked: NDArray[np.uint8]) -> None:
    seen = at_an_angle(marked)
    by_chance = max(found(seen, OTHER).score, found(at_an_angle(photo(HEIGHT, WIDTH, 1)), KEY).score)
    assert found(seen, KEY).score > 1.5 * by_chance


def test_a_tilt_and_a_bulge_move_the_border_more_than_the_middle() -> None:
    bent = Perspective(9.0, np.eye(2), np.array([0.0, 0.1]), 0.05)
    middle, right, left = bent(np.array([(0.0, 0.0), (0.0, 1.0), (0.0, -1.0)]))
    assert middle.tolist() == [0, 0]
    assert right.tolist() == [0, pytest.approx(1.05 / 1.105)]
    assert left.tolist() == [0, pytest.approx(-1.05 / 0.895)]


@pytest.mark.slow
@pytest.mark.parametrize("turn", ["upright", "mirrored", "quarter", "half"])
def test_the_mark_is_read_at_an_angle(marked: NDArray[np.uint8], turn: str) -> None:
    turned = {
        "upright": marked,
        "mirrored": marked[:, ::-1],
        "quarter": np.rot90(marked),
        "half": marked[::-1, ::-1],
    }[turn]
    seen = at_an_angle(np.ascontiguousarray(turned))
    assert detect(seen, key=KEY).payload == PAYLOAD
    assert not detect(seen, key=OTHER).present


@pytest.mark.slow
def test_lines_may_lie_beyond_the_spectrum_of_a_small_picture() -> None:
    assert not detect(photo(200, 300, 2), key=KEY).present

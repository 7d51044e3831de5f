"""Pictures to luma, and a luma delta back into pictures, against the plain formulas."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.errors import HostError
from stamp.watermark.image.grid import STANDARD, resize
from stamp.watermark.image.luma import add_luma, luma_plane, white_of
from tests.media.pixels import gray, noise, photo

SMALL = photo(90, 131)
HUGE_AREA = 1e9


def rec601(image: NDArray[np.generic]) -> NDArray[np.float64]:
    r, g, b = (image[:, :, c].astype(np.float64) for c in range(3))
    return 0.299 * r + 0.587 * g + 0.114 * b


def test_luma_is_rec_601() -> None:
    plane = luma_plane(SMALL, None, HUGE_AREA)
    assert plane.dtype == np.float32
    np.testing.assert_allclose(plane, rec601(SMALL), atol=1e-3)


def test_pillow_agrees_on_luma() -> None:
    theirs = np.asarray(Image.fromarray(SMALL).convert("L"), float)
    assert np.abs(luma_plane(SMALL, None, HUGE_AREA) - theirs).max() <= 1


@pytest.mark.parametrize(
    ("image", "data_range"),
    [
        (SMALL.astype(np.uint16) * 257, None),
        (SMALL.astype(np.uint16) * 4, 1020),
        (SMALL / np.float32(255), 1.0),
        (SMALL / 255, 1.0),
        (SMALL.astype(np.float32), 255.0),
        (np.dstack([SMALL, np.full(SMALL.shape[:2], 9, np.uint8)]), None),
        (np.asfortranarray(SMALL), None),
        (SMALL[::-1][::-1], None),
    ],
    ids=["16 bits", "10 bits", "float32", "float64", "floats to 255", "alpha", "Fortran", "views"],
)
def test_luma_does_not_depend_on_how_pixels_are_stored(
    image: NDArray[np.generic], data_range: float | None
) -> None:
    np.testing.assert_allclose(luma_plane(image, data_range, HUGE_AREA), rec601(SMALL), atol=2e-3)


def test_gray_is_its_own_luma() -> None:
    plane = gray(60, 70)
    np.testing.assert_array_equal(luma_plane(plane, None, HUGE_AREA), plane)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(811, 1237), (1501, 1999), (3001, 2003)])
def test_large_pictures_shrink_in_place(shape: tuple[int, int], dtype: type) -> None:
    """A slope must stand where it stood, whatever is left over at the border."""
    h, w = shape
    white = 1.0 if dtype is np.float32 else float(np.iinfo(dtype).max)

    def slope(h: int, w: int) -> NDArray[np.float64]:
        return 0.1 + 0.5 * (np.arange(h)[:, None] + 0.5) / h + 0.3 * (np.arange(w) + 0.5) / w

    image = slope(h, w) * white
    image = (image if dtype is np.float32 else np.rint(image)).astype(dtype)
    plane = luma_plane(image, white, STANDARD.area)
    height, width = plane.shape
    assert abs(height * width / STANDARD.area - 1) < 0.01
    error = (plane - 255 * slope(height, width))[4:-4, 4:-4]
    assert np.abs(error).max() < (0.6 if dtype is np.uint8 else 0.02)
    assert abs(error.mean()) < 0.02


def test_shrinking_is_antialiased_like_pillows() -> None:
    image = np.clip(128 + 40 * noise((1536, 2048), 5), 0, 255).astype(np.uint8)[:1501, :1999]
    plane = luma_plane(image, None, STANDARD.area)
    theirs = Image.fromarray(image.astype(np.float32)).resize(plane.shape[::-1], Image.Resampling.BICUBIC)
    assert np.abs(plane - np.asarray(theirs)).mean() < 0.7


DELTA = (4 * noise((45, 66), 3)).astype(np.float32)


def added(image: NDArray[np.generic], white: float) -> NDArray[np.float64]:
    step = resize(DELTA, image.shape[:2]).astype(np.float64) * white / 255
    return image + (step if image.ndim == 2 else step[:, :, None])


@pytest.mark.parametrize("channels", [0, 3])
def test_a_delta_is_added_to_every_colour_and_saturates(channels: int) -> None:
    shape = (90, 131, 3)[: 2 + (channels > 0)]
    image = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    image[:5], image[-5:] = 0, 255
    expected = np.clip(np.rint(added(image, 255)), 0, 255)
    marked = add_luma(image, DELTA, 255.0)
    assert marked.dtype == np.uint8
    assert np.abs(marked - expected).max() <= 1
    assert (marked != expected).mean() < 1e-3


@pytest.mark.parametrize(
    ("dtype", "white", "tolerance"),
    [(np.uint16, 65535.0, 1), (np.uint16, 1023.0, 1), (np.float32, 1.0, 1e-6), (np.float64, 255.0, 1e-4)],
)
def test_deeper_pixels_keep_what_the_delta_says(dtype: type, white: float, tolerance: float) -> None:
    image = (SMALL / 255 * white).astype(dtype)
    marked = add_luma(image, DELTA, white)
    assert marked.dtype == dtype
    assert np.abs(marked - np.clip(added(image, white), 0, white)).max() <= tolerance


def test_floats_beyond_white_are_kept() -> None:
    image = np.full((90, 131), 3.0)
    image[:40] = -0.5
    marked = add_luma(image, DELTA, 1.0)
    assert marked.max() == 3.0
    assert marked.min() == -0.5


def test_alpha_and_transparent_pixels_are_kept() -> None:
    alpha = np.random.default_rng(2).integers(0, 3, SMALL.shape[:2]).astype(np.uint8)
    image = np.dstack([SMALL, alpha])
    marked = add_luma(image, DELTA, 255.0)
    assert np.array_equal(marked[:, :, 3], alpha)
    assert np.array_equal(marked[alpha == 0], image[alpha == 0])
    assert np.array_equal(marked[:, :, :3][alpha > 0], add_luma(SMALL, DELTA, 255.0)[alpha > 0])


def test_no_delta_changes_nothing() -> None:
    for image in (SMALL, SMALL.astype(np.uint16) * 257, SMALL / 255):
        white = white_of(image, 1.0 if image.dtype.kind == "f" else None)
        assert np.array_equal(add_luma(image, DELTA * 0, white), image)


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.uint32, bool, np.complex64, object])
def test_other_types_are_named(dtype: type) -> None:
    with pytest.raises(HostError, match=np.dtype(dtype).name):
        white_of(SMALL.astype(dtype), None)


@pytest.mark.parametrize("shape", [(), (9,), (9, 9, 1), (9, 9, 2), (9, 9, 5), (2, 9, 9, 3)])
def test_other_shapes_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(HostError) as error:
        white_of(np.zeros(shape, np.uint8), None)
    assert str(shape) in str(error.value)


@pytest.mark.parametrize("thing", [None, [[1, 2], [3, 4]], b"pixels", Image.new("L", (9, 9))])
def test_other_things_are_named(thing: object) -> None:
    with pytest.raises(HostError, match=type(thing).__name__):
        white_of(thing, None)  # type: ignore[arg-type]


def test_floats_need_a_white() -> None:
    with pytest.raises(HostError, match="data_range"):
        white_of(SMALL / 255, None)


@pytest.mark.parametrize("white", [0, -1.0, float("nan"), float("inf")])
def test_a_white_is_positive_and_finite(white: float) -> None:
    for image in (SMALL, SMALL / 255):
        with pytest.raises(ValueError, match="data_range"):
            white_of(image, white)

"""Where in its tile a picture begins, and bringing a moved one back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.key import Key
from stamp.watermark.common.filters import box, whiten
from stamp.watermark.common.frame import frame
from stamp.watermark.image.align import drift, translations
from stamp.watermark.image.carrier import IMAGE, PERIOD, carriers
from stamp.watermark.image.embed import mark
from stamp.watermark.image.grid import resize
from stamp.watermark.image.observation import BANDS
from stamp.watermark.image.warp import unwarp
from tests.media.pixels import gray

KEY = Key(bytes(range(32)), "tests")
Plane = NDArray[np.float32]


@pytest.fixture(scope="module")
def plane() -> Plane:
    host = gray(512, 768, 2).astype(np.float32)
    return host + mark(host, frame(b"12345678", KEY, IMAGE.scheme, IMAGE.frame_bits), carriers(KEY), 1.0)


@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (37, 101), (200, 255), (130, 300), (256, 512)])
def test_a_crop_is_placed_in_its_tile(plane: Plane, corner: tuple[int, int]) -> None:
    y, x = corner
    peak, offset = translations(whiten(plane[y : y + 256, x : x + 256]), carriers(KEY))[0]
    assert offset == (y % PERIOD, x % PERIOD)
    assert peak > 6


def test_near_looks_no_further_than_told(plane: Plane) -> None:
    part = np.ascontiguousarray(plane[37:, 101:])
    for _, offset in translations(whiten(part), carriers(KEY), 1):
        assert {offset[0], offset[1]} <= {0, 1, PERIOD - 1}
    shifted = np.ascontiguousarray(plane[1:, :-1])
    assert translations(whiten(shifted), carriers(KEY), 1)[0][1] == (1, 0)


@pytest.mark.parametrize("corner", [(37, 101), (255, 1), (130, 254)])
def test_near_may_be_about_any_place(plane: Plane, corner: tuple[int, int]) -> None:
    y, x = corner
    part = whiten(np.ascontiguousarray(plane[y : y + 256, x : x + 256]))
    about = (y - 2) % PERIOD, (x + 2) % PERIOD
    assert translations(part, carriers(KEY), 2, about)[0][1] == (y % PERIOD, x % PERIOD)
    for _, offset in translations(part, carriers(KEY), 1, about):
        assert offset != (y, x)
        assert all((at - near + 1) % PERIOD <= 2 for at, near in zip(offset, about, strict=True))


def test_an_unmarked_picture_has_no_peak() -> None:
    host = gray(512, 768, 2).astype(np.float32)
    assert all(peak < 5.5 for peak, _ in translations(whiten(host), carriers(KEY)))


def test_drift_measures_a_small_stretch(plane: Plane) -> None:
    """Stretched by 0.6 % and 0.4 %: the point q shows what belongs at q / 1.006, that is q - 0.006 q."""
    stretched = resize(plane, (515, 771))
    moved = drift(whiten(stretched), carriers(KEY), (0, 0), np.ones(BANDS))
    assert moved is not None
    matrix, shift = moved
    np.testing.assert_allclose(matrix, np.diag([1 - 512 / 515, 1 - 768 / 771]), atol=2e-3)
    np.testing.assert_allclose(shift, 0, atol=0.6)


def test_no_drift_where_there_is_none(plane: Plane) -> None:
    moved = drift(whiten(plane), carriers(KEY), (0, 0), np.ones(BANDS))
    assert moved is not None
    assert np.abs(moved[0]).max() < 1e-3
    assert np.abs(moved[1]).max() < 0.3


def test_drift_needs_room(plane: Plane) -> None:
    assert drift(whiten(plane[:100, :100]), carriers(KEY), (0, 0), np.ones(BANDS)) is None


def test_no_move_is_no_resampling(plane: Plane) -> None:
    back = unwarp(plane, np.eye(2))
    assert back is not None
    assert back[1] is None
    np.testing.assert_array_equal(back[0], plane)


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_quarter_turns_come_back_exactly(plane: Plane, quarter: int) -> None:
    """Frequencies (fy, fx) turn with the picture: a counter-clockwise turn t takes the x axis to -y."""
    t = quarter * np.pi / 2
    affine = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    back = unwarp(np.ascontiguousarray(np.rot90(plane, quarter)), affine)
    assert back is not None
    np.testing.assert_allclose(back[0], plane, atol=1e-3)


@pytest.mark.parametrize("degrees", [7.0, -33.0, 95.0])
def test_pillows_rotation_comes_back(degrees: float) -> None:
    """Pillow turns counter-clockwise too; what it turned is the original again within its outline."""
    smooth = box(box(gray(300, 400, 3).astype(np.float32), 7), 7)
    turned = Image.fromarray(smooth).rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    t = np.radians(degrees)
    affine = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    back = unwarp(np.asarray(turned), affine)
    assert back is not None
    top, left = ((n - m) // 2 for n, m in zip(back[0].shape, smooth.shape, strict=True))
    middle = back[0][top : top + 300, left : left + 400]
    assert np.abs(middle - smooth)[20:-20, 20:-20].mean() < 2.5
    assert back[1] is not None
    assert back[1][top + 20 : top + 280, left + 20 : left + 380].all()
    assert not back[1].all()


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_absurd_sizes_are_not_tried(plane: Plane, scale: float) -> None:
    assert unwarp(plane, np.eye(2) * scale) is None

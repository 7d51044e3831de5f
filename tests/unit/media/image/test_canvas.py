"""Pictures that are drawn on, and put back as they were otherwise."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stamp.core.visible import Box
from stamp.media.image.canvas import Canvas
from stamp.media.image.opening import encode_picture, read_picture, read_shown
from tests.media.pixels import photo

BOX = Box(200, 100, 64, 32)


def drawn(path: Path, rgb: tuple[float, float, float], alpha: float = 1.0) -> Path:
    """The picture with a box of one colour."""
    canvas = Canvas(read_picture(path))
    colour = np.broadcast_to(np.array(rgb, np.float32) * alpha, (BOX.height, BOX.width, 3))
    canvas.draw(BOX, np.full((BOX.height, BOX.width), alpha, np.float32), colour)
    picture = canvas.picture()
    data, _ = encode_picture(picture, picture.pixels)
    (made := path.with_stem("drawn")).write_bytes(data)
    return made


def inside(pixels: np.ndarray) -> np.ndarray:
    return pixels[BOX.y + 8 : BOX.y + 24, BOX.x + 8 : BOX.x + 56].astype(float)


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_colours_of_a_jpeg(tmp_path: Path, orientation: int, subsampling: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(photo(320, 480))
    image.save(path := tmp_path / "a.jpg", quality=92, subsampling=subsampling, exif=exif)
    before, after = read_shown(path), read_shown(drawn(path, (1, 0, 0)))
    assert np.abs(inside(after).mean(axis=(0, 1)) - (255, 0, 0)).max() < 6
    # What is a block further away is coded as it was.
    apart = np.abs(after.astype(int) - before)
    apart[BOX.y - 24 : BOX.y + 56, BOX.x - 24 : BOX.x + 88] = 0
    assert apart.max() <= 12


def test_sixteen_bits_keep_their_depth(tmp_path: Path) -> None:
    from stamp.media.image.deep import encode_png

    samples = (photo(320, 480).astype(np.uint16) << 8) | 0x5A
    (path := tmp_path / "a.png").write_bytes(encode_png(samples))
    made = read_picture(drawn(path, (0.5, 1, 0), alpha=0.5)).pixels
    assert made.dtype == np.uint16
    expected = inside(samples) / 2 + np.array((0.25, 0.5, 0)) * 65535
    assert np.abs(inside(made) - expected).max() <= 1
    assert np.array_equal(made[:90], samples[:90])


def test_gray_gets_luma(tmp_path: Path) -> None:
    Image.fromarray(photo(320, 480)).convert("L").save(path := tmp_path / "a.png")
    canvas = Canvas(read_picture(path))
    assert canvas.is_gray
    assert np.abs(inside(read_picture(drawn(path, (1, 0, 0))).pixels) - 76).max() <= 1


def test_what_is_transparent_becomes_seen_where_it_is_drawn_on(tmp_path: Path) -> None:
    samples = np.dstack((photo(320, 480), np.zeros((320, 480), np.uint8)))
    Image.fromarray(samples).save(path := tmp_path / "a.png")
    canvas = Canvas(read_picture(path))
    assert [float(each.mean()) for each in canvas.grounds(BOX)] == [1, 0]
    made = read_picture(drawn(path, (1, 1, 1), alpha=0.5)).pixels
    assert np.abs(inside(made) - (255, 255, 255, 128)).max() <= 1
    assert np.array_equal(made[:90], samples[:90])


def test_inks_take_light(tmp_path: Path) -> None:
    Image.fromarray(photo(320, 480)).convert("CMYK").save(path := tmp_path / "a.jpg", quality=95)
    for level in (0, 1):
        made = inside(read_shown(drawn(path, (level,) * 3)))
        assert abs(made.mean() - 255 * level) < 24


def test_signals_of_a_jpeg_are_its_colours(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (480, 320), (200, 40, 120)).save(buffer, "JPEG", quality=98, subsampling=0)
    (path := tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    (ground,) = Canvas(read_picture(path)).grounds(BOX)
    assert np.abs(ground * 255 - (200, 40, 120)).max() < 3

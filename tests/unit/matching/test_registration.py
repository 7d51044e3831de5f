"""A suspect is laid onto the original: crops, mirror images, turned and framed copies, pages; and marks that
were carried over to another picture are told from copies."""

from __future__ import annotations

import builtins
import io
from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

import stamp
from stamp.core.comparison import AGREES
from stamp.matching.by_mark import located
from stamp.matching.compare import compare_images
from stamp.matching.opencv import luma, mapped
from stamp.matching.registration import judged, register
from tests.media.pixels import photo

Pixels = NDArray[np.uint8]


@cache
def original() -> Pixels:
    return photo(480, 640, seed=3)


def picture() -> Image.Image:
    return Image.fromarray(original())


def jpeg(image: Image.Image, quality: int) -> Pixels:
    image.convert("RGB").save(buffer := io.BytesIO(), "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def framed() -> Image.Image:
    return ImageOps.expand(picture(), 60, (240, 240, 240))


def page() -> Image.Image:
    """A phone's page, the photo at half size in it, and another one below."""
    ground = Image.new("RGB", (540, 1100), "white")
    ground.paste(picture().resize((400, 300)), (70, 200))
    ground.paste(Image.fromarray(photo(300, 400, seed=9)), (70, 620))
    return ground


ATTACKS: dict[str, Callable[[], Pixels]] = {
    "JPEG 30": lambda: jpeg(picture(), 30),
    "a third": lambda: jpeg(picture().resize((213, 160), Image.Resampling.LANCZOS), 85),
    "gray": lambda: np.asarray(picture().convert("L")),
    "blurred": lambda: np.asarray(picture().filter(ImageFilter.GaussianBlur(2))),
    "gamma": lambda: (255 * (original() / 255) ** 1.8).astype(np.uint8),
    "crop 25 %": lambda: jpeg(picture().crop((200, 180, 520, 420)), 70),
    "mirrored": lambda: jpeg(ImageOps.mirror(picture()), 70),
    "turned": lambda: jpeg(picture().rotate(7, Image.Resampling.BICUBIC, expand=True), 80),
    "framed": lambda: jpeg(framed(), 80),
    "page": lambda: jpeg(page(), 85),
}


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_copies_agree(attack: str) -> None:
    suspect = ATTACKS[attack]()
    found = register(original(), suspect)
    assert found is not None
    assert found.agrees
    assert found.correlation > 0.6
    assert found.mirrored == (attack == "mirrored")
    assert found.method == "points"
    assert found.quad_work.min() > -0.02
    assert found.quad_work.max() < 1.02


@pytest.mark.slow
def test_a_crop_says_where_it_is_from() -> None:
    found = register(original(), ATTACKS["crop 25 %"]())
    assert found is not None
    assert np.allclose(found.affine, [[1, 0, 200], [0, 1, 180]], atol=0.6)
    expected = np.array([(200, 180), (520, 180), (520, 420), (200, 420)]) / (640, 480)
    assert np.allclose(found.quad_work, expected, atol=0.02)
    assert np.allclose(found.quad_suspect, [(0, 0), (320, 0), (320, 240), (0, 240)], atol=8)
    assert found.coverage == pytest.approx(0.25, abs=0.02)
    assert found.psnr_db > 25


@pytest.mark.slow
def test_a_quarter_is_a_quarter_and_ends_with_the_file() -> None:
    work = photo(900, 1600, seed=4)
    found = register(work, np.ascontiguousarray(work[225:675, 400:1200]))
    assert found is not None
    assert found.coverage == pytest.approx(0.25, abs=0.004)
    corners = np.array(found.region)
    assert np.abs(corners - [(0, 0), (800, 0), (800, 450), (0, 450)]).max() < 1
    assert (corners >= 0).all()
    assert (corners <= (800, 450)).all()


def test_a_page_shows_the_work_where_it_is() -> None:
    found = register(original(), ATTACKS["page"]())
    assert found is not None
    assert np.allclose(found.quad_suspect, [(70, 200), (470, 200), (470, 500), (70, 500)], atol=8)
    assert found.coverage > 0.94


@pytest.mark.slow
@pytest.mark.parametrize("colour", [20, 250])
def test_a_part_under_an_even_sky_ends_where_the_page_begins(colour: int) -> None:
    sky = np.full((150, 640, 3), (120, 160, 220), np.int64)
    ground = photo(330, 640, seed=3).astype(np.int64) // 2
    whole = np.concatenate([sky, ground]).astype(np.uint8)
    page = Image.new("RGB", (560, 900), (colour,) * 3)
    part = Image.fromarray(whole).crop((80, 60, 560, 420)).resize((500, 375), Image.Resampling.LANCZOS)
    page.paste(part, (20, 180))
    found = register(whole, jpeg(page, 80))
    assert found is not None
    wanted = [[0.125, 0.125], [0.875, 0.125], [0.875, 0.875], [0.125, 0.875]]
    assert np.abs(found.quad_work - wanted).max() < 0.07


def test_a_mirrored_part_has_its_corners_in_both() -> None:
    found = register(original(), np.ascontiguousarray(original()[100:400, 50:450][:, ::-1]))
    assert found is not None
    assert found.mirrored
    at = found.quad_suspect - 0.5
    there = (at @ found.affine[:, :2].T + found.affine[:, 2] + 0.5) / (640, 480)
    assert np.allclose(there, found.quad_work, atol=1e-6)
    assert np.allclose(np.sort(there[:, 0])[[0, -1]], [50 / 640, 450 / 640], atol=0.02)


@pytest.mark.slow
def test_perspective_is_followed() -> None:
    corners = np.array([(0, 0), (640, 0), (640, 480), (0, 480)], np.float32)
    moved = np.array([(30, 50), (620, 10), (590, 470), (10, 430)], np.float32)
    bent = cv2.warpPerspective(original(), cv2.getPerspectiveTransform(corners, moved), (640, 480))
    found = register(original(), bent)
    assert found is not None
    assert found.correlation > 0.8
    assert np.allclose(found.quad_suspect, moved, atol=20)


@pytest.mark.slow
def test_other_pictures_are_laid_nowhere() -> None:
    assert register(original(), photo(480, 640, seed=21)) is None
    assert register(original(), np.full((200, 300), 90, np.uint8)) is None
    assert compare_images(original(), photo(480, 640, seed=21))[0].verdict == "unregistered"


def carried(strength: float = 1.0) -> Pixels:
    """Another picture with the original's mark."""
    mark = stamp.embed(original(), b"transpla", key=key(), strength=strength).astype(int) - original()
    return np.clip(photo(480, 640, seed=21) + mark, 0, 255).astype(np.uint8)


@cache
def key() -> stamp.Key:
    return stamp.Key.generate("matching")


@pytest.mark.slow
@pytest.mark.parametrize("strength", [1.0, 2.0])
def test_a_mark_that_was_carried_over_does_not_agree(strength: float) -> None:
    suspect = carried(strength)
    detection = stamp.detect(suspect, key=key())
    assert detection.payload == b"transpla"
    said, found = compare_images(original(), suspect, transform=detection.transform)
    assert found is not None
    assert found.method == "mark"
    assert abs(found.correlation) < AGREES / 3
    assert said.verdict == "differs"
    assert "carried over" in said.sentence()


@pytest.mark.slow
def test_the_mark_alone_is_not_the_originals_detail() -> None:
    mark = stamp.embed(original(), b"transpla", key=key(), strength=2).astype(int) - original()
    suspect = np.clip(128 + mark, 0, 255).astype(np.uint8)
    turn = stamp.Transform(1.0, 0.0, False, 1.0)
    for known in (original(), stamp.embed(original(), b"transpla", key=key())):
        grays = luma(known, "original"), luma(suspect, "suspect")
        assert abs(judged(*grays, located(*grays, turn), 0).correlation) < AGREES


@pytest.mark.slow
def test_a_crop_without_detail_is_not_accused() -> None:
    sky = np.ascontiguousarray(stamp.embed(original(), b"plainsky", key=key())[:120])
    assert compare_images(original(), sky, transform=stamp.Transform(2.0, 0.0, False, 1.0))[0].verdict in (
        "agrees",
        "unregistered",
    )


@pytest.mark.slow
def test_the_geometry_of_a_mark_finds_the_place() -> None:
    marked = Image.fromarray(stamp.embed(original(), b"geometry", key=key()))
    suspect = jpeg(ImageOps.mirror(marked.crop((100, 60, 560, 440)).rotate(4)), 85)
    detection = stamp.detect(suspect, key=key())
    assert detection.transform is not None
    matrix = located(luma(original(), "original"), luma(suspect, "suspect"), detection.transform)
    centre = mapped(matrix, np.array([[229.5, 189.5]]))
    assert np.allclose(centre, [[329.5, 249.5]], atol=3)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(stamp.ArgumentError, match="`suspect`"):
        register(np.zeros((9, 9), np.uint8), np.zeros((9, 9)))
    with pytest.raises(stamp.ArgumentError, match="`original`"):
        register(np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9), np.uint8))


def test_without_opencv_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "cv2":
            raise ImportError(name)
        return load(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(stamp.MissingDependency, match=r"stamp-media\[match\]") as caught:
        register(original(), original())
    assert caught.value.extra == "match"

"""Whole pictures of which one unknown says what happened to them, and whose middle is where it was."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.key import Key
from stamp.watermark.image import detect as detecting
from stamp.watermark.image import stages
from stamp.watermark.image.matched_filter import MatchedFilter
from tests.media.marked import KEY, OTHER, PAYLOAD, marked_photo

Picture = Image.Image


def stretched(picture: Picture) -> Picture:
    return picture.resize((round(picture.width * 1.2), picture.height), Image.Resampling.BICUBIC)


def straightened(picture: Picture) -> Picture:
    """Turned by four degrees and cut to the largest upright rectangle of the same proportions."""
    c, s = np.cos(np.radians(4)), np.sin(np.radians(4))
    w, h = picture.size
    x, y = (np.array([w, h]) * (1 - 1 / (c + w / h * s)) / 2).astype(int).tolist()
    return picture.rotate(4, Image.Resampling.BICUBIC).crop((x, y, w - x, h - y))


def mirrored(picture: Picture) -> Picture:
    return stretched(picture).transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def compressed(picture: Picture) -> NDArray[np.uint8]:
    picture.save(coded := io.BytesIO(), "JPEG", quality=60)
    return np.asarray(Image.open(coded))


def tried(pixels: NDArray[np.uint8], key: Key) -> bytes | None:
    """What the stage by itself reads."""
    search = detecting._search(pixels, key, None, 0)
    spectrum = stages._spectrum(search)
    matched = MatchedFilter.of(search.work, key, search.carriers.layout)
    found = stages._try_centred(search, spectrum, matched)
    return None if found is None else found.payload


@pytest.mark.slow
@pytest.mark.parametrize("change", [stretched, straightened, mirrored])
def test_a_whole_picture_is_read_about_its_middle(change: object) -> None:
    pixels = compressed(change(marked_photo()))  # type: ignore[operator]
    assert tried(pixels, KEY) == PAYLOAD
    assert tried(pixels, OTHER) is None


@pytest.mark.slow
def test_a_part_of_a_picture_is_left_to_others() -> None:
    assert tried(compressed(stretched(marked_photo()).crop((0, 0, 500, 400))), KEY) is None

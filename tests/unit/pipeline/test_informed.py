"""With the original at hand the mark is read in pieces and pages where nothing else reads it, and what of the
original is there is said."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import stamp
from tests.media.pixels import photo

Pixels = NDArray[Any]
KEY = stamp.Key(bytes(range(32)), "tests")
OTHER = stamp.Key(bytes(range(1, 33)), "other")
PAYLOAD = bytes.fromhex("0123456789abcdef")


@cache
def original() -> Pixels:
    return photo(512, 768, seed=5)


@cache
def marked() -> Pixels:
    return stamp.embed(original(), PAYLOAD, key=KEY)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    Image.fromarray(pixels).save(buffer := io.BytesIO(), "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def piece(pixels: Pixels) -> Pixels:
    """A thirtieth of it, coarsely compressed."""
    return jpeg(pixels[200:293, 300:441], 50)


def page(pixels: Pixels) -> Pixels:
    """It at a third of its size, in a phone's page."""
    ground = Image.new("RGB", (540, 900), "white")
    ground.paste(Image.fromarray(pixels).resize((256, 171), Image.Resampling.LANCZOS), (100, 300))
    return jpeg(np.asarray(ground), 85)


@pytest.mark.slow
def test_a_piece_is_read_that_is_not_read_by_itself() -> None:
    suspect = piece(marked())
    assert stamp.detect(suspect, key=KEY).payload is None
    found = stamp.detect(suspect, key=KEY, original=original())
    assert found.payload == PAYLOAD
    assert found.log10_p < -9
    assert found.correlation is not None
    assert found.correlation > 0.8
    assert found.share == pytest.approx(1 / 30, rel=0.1)
    assert found.seen is not None
    assert found.seen[0] == pytest.approx((300 / 768, 200 / 512), abs=0.02)
    assert found.transform is not None
    assert found.transform.scale == pytest.approx(30**0.5, rel=0.02)
    assert (found.size, found.marked_pixels) == ((141, 93), (1, 1_499_999))


@pytest.mark.slow
def test_a_page_is_read_and_shows_where() -> None:
    found = stamp.detect(page(marked()), key=KEY, original=original())
    assert found.payload == PAYLOAD
    assert found.region is not None
    assert np.allclose(found.region, [(100, 300), (356, 300), (356, 471), (100, 471)], atol=8)
    assert found.share == pytest.approx(1, abs=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [piece, page])
def test_nothing_is_read_without_the_mark_or_with_another_key(damage: Any) -> None:
    assert not stamp.detect(damage(original()), key=KEY, original=original()).present
    found = stamp.detect(damage(marked()), key=OTHER, original=original())
    assert not found.present
    assert found.correlation is not None
    assert found.correlation > 0.8


def test_a_mark_on_another_picture_is_read_and_does_not_agree() -> None:
    victim = photo(512, 768, seed=9)
    carried = np.clip(victim.astype(int) + marked().astype(int) - original(), 0, 255).astype(np.uint8)
    found = stamp.detect(carried, key=KEY, original=original())
    assert found.payload == PAYLOAD
    assert found.correlation is not None
    assert found.correlation < 0.15


def test_an_original_that_is_marked_itself_is_named() -> None:
    found = stamp.detect(jpeg(marked(), 60), key=KEY, original=marked())
    assert found.payload == found.original_payload == PAYLOAD
    assert stamp.detect(jpeg(marked(), 60), key=KEY, original=original()).original_payload is None


def test_pictures_of_every_kind_are_taken() -> None:
    suspect, whole = jpeg(marked(), 40), original()
    alpha = np.dstack([whole, np.full(whole.shape[:2], 255, np.uint8)])
    for image, known, scale in (
        (suspect, alpha, None),
        (suspect.astype(np.uint16) * 257, whole, None),
        (suspect / 255, whole, 1.0),
        (suspect / 255, whole / 255, 1.0),
    ):
        found = stamp.detect(image, key=KEY, original=known, data_range=scale, search=False)
        assert found.payload == PAYLOAD
    with pytest.raises(stamp.HostError):
        stamp.detect(suspect, key=KEY, original=np.zeros((3, 4, 7, 8)))
    with pytest.raises(stamp.KeyFileError):
        stamp.detect(suspect, key=b"", original=whole)  # type: ignore[arg-type]


def test_files_are_compared_and_what_can_be_no_copy_is_not(tmp_path: Path) -> None:
    for name, pixels in (("original.png", original()), ("piece.png", piece(marked()))):
        Image.fromarray(pixels).save(tmp_path / name)
    found = stamp.detect_file(tmp_path / "piece.png", keys=[OTHER, KEY], original=tmp_path / "original.png")
    assert (found.payload, found.key_name) == (PAYLOAD, "tests")
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\xbb\0\0\0\x77\1\0\2\0\x10\0data\0\0\0\0")
    for src, known in ((sound, tmp_path / "original.png"), (tmp_path / "piece.png", sound)):
        with pytest.raises(stamp.ArgumentError, match="is no copy of"):
            stamp.detect_file(src, keys=KEY, original=known)

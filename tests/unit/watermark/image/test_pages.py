"""Photos on pages: each mark is read, with its place; a photo alone is read as before."""

from __future__ import annotations

import sys
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from stamp.core.key import Key
from stamp.core.payload import Payload
from stamp.watermark.common import null_law
from stamp.watermark.common.soft_decoding import Decoded
from stamp.watermark.image import pages
from stamp.watermark.image.carrier import IMAGE
from stamp.watermark.image.detect import detect, look_closer
from stamp.watermark.image.embed import embed
from stamp.watermark.image.search import Attempt, ImageSearch, Thresholds
from tests.media.pixels import photo

KEY = Key(bytes(range(32)), "tests")
PAYLOADS = [Payload(bytes([n]) * 8) for n in range(1, 5)]
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
Picture = Image.Image


@pytest.fixture(scope="module")
def marked() -> list[Picture]:
    """Photos that carry one payload each."""
    return [
        Image.fromarray(embed(photo(512, 768, seed), payload, key=KEY))
        for seed, payload in enumerate(PAYLOADS, 1)
    ]


def page(size: tuple[int, int] = (900, 1600), ground: int = 250) -> Picture:
    """A page with bars like words at its top and bottom."""
    made = Image.new("RGB", size, (ground,) * 3)
    for y in (40, 80, 1400, 1440, 1480):
        made.paste((40, 40, 40), (60, y, 500 + y // 10, y + 14))
    return made


def test_a_photo_on_a_page_is_read_with_its_place(marked: list[Picture]) -> None:
    made = page()
    made.paste(marked[0].resize((480, 320), Image.Resampling.LANCZOS), (200, 300))
    found = detect(np.asarray(made), key=KEY)
    assert found.payload == PAYLOADS[0]
    assert found.size == (900, 1600)
    assert found.seen == WHOLE
    assert found.region is not None
    expected = [(200, 300), (680, 300), (680, 620), (200, 620)]
    assert np.abs(np.array(found.region) - expected).max() <= 2
    assert found.transform is not None
    assert found.transform.scale**2 == pytest.approx(480 * 320 / (900 * 1600), rel=0.02)
    assert found.share == pytest.approx(1, abs=0.02)
    assert found.whole_pixels == pytest.approx(480 * 320, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("gap", [0, 12])
def test_every_mark_of_a_collage_is_reported(marked: list[Picture], gap: int) -> None:
    side = 460
    made = Image.new("RGB", (2 * side + 3 * gap,) * 2, (255, 255, 255))
    places = [(gap + x * (side + gap), gap + y * (side + gap)) for y in (0, 1) for x in (0, 1)]
    for number, (picture, place) in enumerate(zip(marked, places, strict=True)):
        cell = picture.crop((100, 0, 612, 512)).resize((side, side), Image.Resampling.LANCZOS)
        made.paste(cell.point(lambda v, n=number: v * (10 - 2 * n) // 10), place)  # no two alike
    found = detect(np.asarray(made), key=KEY)
    regions = {found.payload: found.region} | {mark.payload: mark.region for mark in found.others}
    assert set(regions) == set(PAYLOADS)
    assert len(found.others) == 3
    for payload, (x, y) in zip(PAYLOADS, places, strict=True):
        region = regions[payload]
        assert region is not None
        centre = np.mean(region, axis=0)
        assert x < centre[0] < x + side
        assert y < centre[1] < y + side
    assert all(mark.seen is None for mark in found.others)  # of a cut cell nobody knows which part it is


@pytest.mark.slow
def test_a_turned_photo_over_its_blurred_copy(marked: list[Picture]) -> None:
    made = marked[1].resize((900, 1600)).filter(ImageFilter.GaussianBlur(30))
    turned = marked[1].convert("RGBA").rotate(6, Image.Resampling.BICUBIC, expand=True)
    made.paste(turned, (40, 500), turned)
    found = detect(np.asarray(made), key=KEY)
    assert found.payload == PAYLOADS[1]
    assert found.region is not None
    assert found.transform is not None
    assert found.transform.rotation_deg == pytest.approx(6, abs=0.3)
    centre = np.array([40 + turned.width / 2, 500 + turned.height / 2])
    assert np.abs(np.mean(found.region, axis=0) - centre).max() < 25


def test_the_outline_of_a_turned_photo_is_turned(marked: list[Picture]) -> None:
    made = Image.new("RGB", (1000, 900), (30, 60, 90))
    turned = marked[2].convert("RGBA").rotate(-8, Image.Resampling.BICUBIC, expand=True)
    made.paste(turned, (60, 120), turned)
    found = detect(np.asarray(made), key=KEY)
    assert (found.payload, found.seen) == (PAYLOADS[2], WHOLE)
    c, s = np.cos(np.radians(-8)), np.sin(np.radians(-8))
    half = np.array([[-384, -256], [384, -256], [384, 256], [-384, 256]])
    centre = np.array([60 + turned.width / 2, 120 + turned.height / 2])
    expected = half @ np.array([[c, -s], [s, c]]) + centre
    assert np.abs(np.array(found.region) - expected).max() < 6


def test_a_photo_alone_is_not_cut_up(marked: list[Picture], monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is read as it is costs no look at parts of it, and a crop is reported as one."""
    crop = detect(np.asarray(marked[0])[40:470, 60:660], key=KEY)
    assert (crop.payload, crop.region, crop.seen, crop.others) == (PAYLOADS[0], None, None, ())

    def never(page: pages.Page) -> list[object]:
        raise AssertionError("parts were looked at")

    monkeypatch.setattr(pages.Page, "search", never)
    assert detect(np.asarray(marked[0]), key=KEY).payload == PAYLOADS[0]
    assert detect(photo(300, 400, 9), key=KEY, search=False).payload is None


def test_an_unmarked_page_and_a_wrong_key_say_nothing(marked: list[Picture]) -> None:
    made = page()
    made.paste(Image.fromarray(photo(512, 768, 8)).resize((600, 400)), (100, 300))
    assert not detect(np.asarray(made), key=KEY).present
    made.paste(marked[0].resize((600, 400)), (100, 300))
    assert not detect(np.asarray(made), key=Key(bytes(range(1, 33)), "other")).present


def test_a_large_page_is_looked_at_again_in_full(marked: list[Picture]) -> None:
    made = page()
    made.paste(marked[0].resize((480, 320), Image.Resampling.LANCZOS), (200, 300))
    found = look_closer(np.asarray(made), key=KEY)
    assert found is not None
    assert (found.payload, found.size) == (PAYLOADS[0], (900, 1600))
    assert found.threshold > detect(np.asarray(made), key=KEY).threshold
    assert look_closer(photo(300, 400), key=KEY) is None


def test_the_more_was_decoded_the_more_is_asked_for(marked: list[Picture]) -> None:
    """What was read in a rectangle must reach what the law asks after all that was decoded before."""
    made = page()
    made.paste(marked[0].resize((600, 400), Image.Resampling.LANCZOS), (200, 300))
    found = detect(np.asarray(made), key=KEY)
    assert found.threshold > null_law.threshold_after(null_law.MAX_DECODINGS, IMAGE.odds)
    assert found.threshold <= null_law.threshold_after(pages.MOST_DECODINGS, IMAGE.odds)


@pytest.mark.slow
def test_a_call_stays_within_what_the_law_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every limit that saves time lifted, on a page with several rectangles."""
    lifted = Thresholds(*(-np.inf for _ in fields(Thresholds)))
    monkeypatch.setattr(sys.modules["stamp.watermark.image.detect"], "THRESHOLDS", lifted)
    monkeypatch.setattr(pages, "_THRESHOLDS", lifted)
    attempts = {"whole": 0, "rectangles": 0}
    decode = ImageSearch.decode_attempt

    def counted(state: ImageSearch, attempt: Attempt, *, promising: bool) -> Decoded | None:
        if state.spent:
            attempts["rectangles"] += 1
            assert attempt.searched  # pilots are no evidence there
        else:
            attempts["whole"] += 1
        return decode(state, attempt, promising=promising)

    monkeypatch.setattr(ImageSearch, "decode_attempt", counted)
    made: NDArray[np.uint8] = np.full((700, 500, 3), 250, np.uint8)
    made[60:260, 100:400], made[330:600, 60:460] = photo(200, 300, 7), photo(270, 400, 8)
    assert not detect(made, key=KEY).present
    assert 10 < attempts["whole"] <= null_law.MAX_DECODINGS
    assert 5 < attempts["rectangles"] <= pages.MOST_DECODINGS - null_law.MAX_DECODINGS

"""A known payload is confirmed where none can be read; another copy, another key and the unmarked photo never
are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import stamp
from stamp.core.confirmation import CONFIRMED
from stamp.pipeline.informed import Pair
from stamp.watermark.image.carrier import IMAGE, carriers
from stamp.watermark.image.confirm import judge
from stamp.watermark.image.grid import STANDARD
from stamp.watermark.image.observation import BANDS, Observation

from .test_informed import KEY, OTHER, PAYLOAD, jpeg, marked, original

Pixels = NDArray[Any]
OTHERS = [bytes([number]) * 8 for number in range(1, 9)]


def small(pixels: Pixels, width: int, quality: int) -> Pixels:
    size = width, round(width * pixels.shape[0] / pixels.shape[1])
    return jpeg(np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)), quality)


@pytest.mark.slow
def test_a_thumbnail_is_the_copy_that_it_is_and_no_other() -> None:
    thumbnail = small(marked(), 150, 80)
    assert stamp.detect(thumbnail, key=KEY).payload is None
    found = stamp.confirm(thumbnail, original=original(), key=KEY, payloads=[*OTHERS, PAYLOAD])
    assert [each.payload for each in found if each.confirmed] == [PAYLOAD]
    assert [each.payload for each in found] == [*OTHERS, PAYLOAD]
    right = found[-1]
    assert right.z > 6
    assert right.log10_p < CONFIRMED
    assert right.log10_p_permuted < CONFIRMED
    assert right.correlation is not None
    assert right.correlation > 0.8
    assert "confirmed as the copy marked 0123456789abcdef (key tests)" in right.sentence()
    assert all(abs(each.z) < 4 for each in found[:-1])
    assert "which does not show that it is another copy" in found[0].sentence()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "least"),
    [
        (lambda pixels: small(pixels, 150, 60), 2),
        (lambda pixels: small(pixels[40:500, 30:700], 200, 60), -0.31),  # what two looks cost
        (lambda pixels: jpeg(pixels[100:292, 200:456], 30), -0.31),
    ],
    ids=["a thumbnail", "of a part", "a part"],
)
def test_how_it_was_rounded_says_which_copy_it_is(change: Callable[[Pixels], Pixels], least: float) -> None:
    pair = Pair.of(change(marked()), original())
    assert pair.score is not None
    made = carriers(KEY)
    right = pair.judge(KEY, [stamp.Payload(PAYLOAD)])[0]
    (alone,) = judge(pair.residue.observe(made), KEY, pair.grid, [PAYLOAD])
    assert right.log10_p <= alone.log10_p - least
    assert right.log10_p < CONFIRMED
    others = [stamp.Payload(payload) for payload in OTHERS]
    assert all(each.log10_p > CONFIRMED / 2 for each in pair.judge(KEY, others))
    assert all(each.log10_p > CONFIRMED / 2 for each in pair.judge(OTHER, others))


@pytest.mark.slow
def test_neither_another_key_nor_an_unmarked_photo_is_confirmed() -> None:
    for suspect, key in ((marked(), OTHER), (original(), KEY)):
        for found in stamp.confirm(
            small(suspect, 200, 60), original=original(), key=key, payloads=[PAYLOAD, *OTHERS]
        ):
            assert not found.confirmed
            assert abs(found.z) < 4


@pytest.mark.slow
def test_a_mark_carried_over_to_another_photo_is_not_confirmed() -> None:
    from tests.media.pixels import photo

    victim = photo(512, 768, seed=9)
    carried = np.clip(victim.astype(int) + marked().astype(int) - original(), 0, 255).astype(np.uint8)
    (found,) = stamp.confirm(carried, original=original(), key=KEY, payloads=[PAYLOAD])
    assert not found.confirmed
    assert "no part of the original was found" in found.sentence()


def test_what_cannot_be_asked_is_an_error() -> None:
    thumbnail = small(marked(), 200, 80)
    with pytest.raises(stamp.ArgumentError, match="`payloads`"):
        stamp.confirm(thumbnail, original=original(), key=KEY, payloads=[])
    with pytest.raises(stamp.PayloadError):
        stamp.confirm(thumbnail, original=original(), key=KEY, payloads=[b"short"])
    with pytest.raises(stamp.ArgumentError, match="carries the mark 0123456789abcdef itself"):
        stamp.confirm(thumbnail, original=marked(), key=KEY, payloads=[PAYLOAD])
    with pytest.raises(stamp.KeyFileError):
        stamp.confirm(thumbnail, original=original(), key=b"", payloads=[PAYLOAD])  # type: ignore[arg-type]


@pytest.mark.slow
def test_z_of_other_code_words_is_a_standard_normal() -> None:
    rng = np.random.default_rng(4)
    made, none = carriers(KEY), np.zeros(BANDS)
    tile = (rng.normal(size=made.band.size) * np.linspace(0.1, 2, made.band.size)).astype(np.float32)
    coded = made.band % made.layout.symbols != made.layout.pilot
    energy = np.bincount(made.band // made.layout.symbols, coded * tile * tile)
    observation = Observation(np.zeros((BANDS, 505)), none + 1, none + 1, energy, none, tile)
    judged = judge(observation, KEY, STANDARD, [rng.bytes(8) for _ in range(1500)])
    z = np.array([each.z for each in judged])
    assert abs(z.mean()) < 0.1
    assert abs(z.std() - 1) < 0.06
    assert np.abs(z).max() < 5
    laws = [(each.log10_p, each.log10_p_permuted) for each in judged if each.z > 1.5]
    assert all(abs(law - drawn) < 0.9 for law, drawn in laws)
    assert all(law > drawn - 0.1 for law, drawn in laws)


def test_no_five_columns_of_the_generator_add_up_to_zero() -> None:
    """So that five bits of a code word that was drawn are independent."""
    from stamp.watermark.common.coding import RATE, encode

    count = IMAGE.coded_bits
    rows = np.array([encode(bits) for bits in np.eye(IMAGE.frame_bits, dtype=np.uint8)])
    columns = [int.from_bytes(np.packbits(rows[:, number]).tobytes()) for number in range(count)]
    sums = {columns[i] ^ columns[j] for i in range(count) for j in range(i)}
    assert len(sums) == count * (count - 1) // 2  # no four
    assert not sums & set(columns)  # no three
    for first in range(RATE):  # the code is cyclic: each sum of five can be turned so that it begins here
        for i in range(count):
            if i != first:
                begun = columns[first] ^ columns[i]
                assert not any(begun ^ columns[j] in sums for j in range(i) if j != first)

"""What a key says about one tile."""

from __future__ import annotations

import numpy as np
import pytest

from stamp.core.key import Key
from stamp.watermark.common.wavelet import LEVELS, analyse
from stamp.watermark.image.carrier import (
    CONSTELLATION,
    F_MAX,
    F_MIN,
    IMAGE,
    PERIOD,
    Carriers,
    carriers,
    variant_of,
)
from stamp.watermark.video.scheme import CLIP

KEYS = [Key(bytes([k]) * 32, f"{k}") for k in range(6)]


@pytest.fixture(scope="module")
def drawn() -> list[Carriers]:
    return [carriers(key, layout) for key in KEYS for layout in (IMAGE, CLIP)]


def test_shapes_and_values(drawn: list[Carriers]) -> None:
    for c in drawn:
        shapes = [(3, PERIOD >> level, PERIOD >> level) for level in range(1, LEVELS + 1)]
        assert [i.shape for i in c.index] == [s.shape for s in c.sign] == shapes
        for index, sign in zip(c.index, c.sign, strict=True):
            assert set(np.unique(sign)) == {-1.0, 1.0}
            assert index.min() == 0
            assert index.max() == c.layout.pilot


def test_every_coded_bit_equally_often_and_known_chips_their_share(drawn: list[Carriers]) -> None:
    for c in drawn:
        for index in c.index:
            count = np.bincount(index.ravel(), minlength=c.layout.symbols)
            assert count[c.layout.pilot] == round(c.layout.pilots * index.size)
            assert np.ptp(count[: c.layout.coded_bits]) <= 1
            assert count.sum() == index.size


def test_signs_are_balanced_and_independent_of_what_they_carry(drawn: list[Carriers]) -> None:
    for c in drawn:
        for index, sign in zip(c.index, c.sign, strict=True):
            for chips in (sign.ravel(), sign[index == c.layout.pilot]):
                assert abs(chips.mean()) < 4.5 / chips.size**0.5


def test_the_finest_levels_use_all_orientations_alike(drawn: list[Carriers]) -> None:
    for c in drawn:
        pilots = (c.index[0] == c.layout.pilot).mean((1, 2))
        np.testing.assert_allclose(pilots, c.layout.pilots, atol=0.015)


def test_a_plain_reading_of_the_scheme_agrees(drawn: list[Carriers]) -> None:
    """Level 4 in plain Python: the lowest words of a stream of their own are pilots, the other places carry
    the bits in turn."""
    for key, c in zip(KEYS[:2], drawn[::2], strict=False):
        pilot, data = (_words(key, f"stamp.image.2/{purpose}/4") for purpose in ("pilot", "carrier"))
        known = set(sorted(range(768), key=pilot.__getitem__)[:108])
        index = [504] * 768
        for rank, place in enumerate(sorted(set(range(768)) - known, key=data.__getitem__)):
            index[place] = rank % 504
        words = [(pilot if place in known else data)[place] for place in range(768)]
        assert c.index[3].ravel().tolist() == index
        assert c.sign[3].ravel().tolist() == [1.0 if word & 1 else -1.0 for word in words]


def test_a_plain_reading_of_a_clips_scheme_agrees(drawn: list[Carriers]) -> None:
    """The lowest words of the one stream are pilots, then come the bits in turn."""
    words = _words(KEYS[0], "stamp.video.2/carrier/4")
    index = [0] * 768
    for rank, place in enumerate(sorted(range(768), key=words.__getitem__)):
        index[place] = 504 if rank < 108 else (rank - 108) % 504
    assert drawn[1].index[3].ravel().tolist() == index


def _words(key: Key, purpose: str) -> list[int]:
    raw = key.stream(purpose, 8 * 768)
    return [int.from_bytes(raw[8 * i : 8 * i + 8], "big") for i in range(768)]


def test_variants_turn_half_of_the_signs_and_no_pilot(drawn: list[Carriers]) -> None:
    for c in drawn[::2]:
        assert c.flips.shape == (16, c.band.size)
        pilots = np.concatenate([index.ravel() for index in c.index]) == c.layout.pilot
        assert (c.flips[:, pilots] == 1).all()
        likeness = c.flips[:, ~pilots] @ c.flips[:, ~pilots].T.astype(np.float64) / (~pilots).sum()
        assert np.abs(likeness - np.eye(16)).max() < 5 / (~pilots).sum() ** 0.5
        third = c.of(3)
        flat = [np.concatenate([sign.ravel() for sign in each.sign]) for each in (c, third)]
        np.testing.assert_array_equal(flat[0] * c.flips[3], flat[1])
    assert all((c.flips == 1).all() for c in drawn[1::2])


def test_the_payload_chooses_the_variant() -> None:
    chosen = [variant_of(k.to_bytes(8, "big"), KEYS[0]) for k in range(640)]
    assert min(np.bincount(chosen, minlength=16)) > 20
    assert chosen != [variant_of(k.to_bytes(8, "big"), KEYS[1]) for k in range(640)]
    assert variant_of(bytes(8), KEYS[0], CLIP) == 0


def test_the_pilot_spectrum_is_that_of_the_pilots_alone(drawn: list[Carriers]) -> None:
    c = drawn[0]
    tile = np.fft.irfft2(np.conj(c.pilot_spectrum), (PERIOD, PERIOD)).astype(np.float32)
    approximation, details = analyse(tile)
    assert np.abs(approximation).max() < 1e-3
    for detail, index, sign in zip(details, c.index, c.sign, strict=True):
        np.testing.assert_allclose(detail, np.where(index == c.layout.pilot, sign, 0), atol=1e-3)


def test_the_constellation_keeps_its_distance_and_its_band(drawn: list[Carriers]) -> None:
    for c in drawn:
        points = c.frequencies
        assert points.shape == (CONSTELLATION, 2)
        np.testing.assert_array_equal(points * PERIOD, np.rint(points * PERIOD))
        radius = np.hypot(points[:, 0], points[:, 1])
        assert radius.min() >= 0.8 * F_MIN
        assert radius.max() <= F_MAX + 1 / PERIOD
        both = np.vstack([points, -points])
        distance = np.hypot(*(both[:, None] - both[None]).transpose(2, 0, 1)) + np.eye(len(both))
        assert distance.min() > 6 / PERIOD
        assert (points[:, 0] >= 0).all()


def test_the_constellation_spreads_over_the_half_plane(drawn: list[Carriers]) -> None:
    angles = np.concatenate([np.arctan2(c.frequencies[:, 0], c.frequencies[:, 1]) for c in drawn])
    assert np.histogram(angles, 4, (0, np.pi))[0].min() > len(angles) / 8


def test_the_same_key_gives_the_same_carriers(drawn: list[Carriers]) -> None:
    carriers.cache_clear()
    for c in (carriers(Key(KEYS[1].secret, "renamed")), carriers(KEYS[1])):
        for a, b in zip((*c.index, *c.sign), (*drawn[2].index, *drawn[2].sign), strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(c.frequencies, drawn[2].frequencies)


def test_another_key_or_scheme_gives_other_carriers(drawn: list[Carriers]) -> None:
    for other in drawn[1:]:
        for level in range(3):
            agreement = (drawn[0].sign[level] * other.sign[level]).mean()
            assert abs(agreement) < 5 / drawn[0].sign[level].size ** 0.5
            assert (drawn[0].index[level] == other.index[level]).mean() < 0.05
        ours = {tuple(f) for f in drawn[0].frequencies}
        assert len(ours & {tuple(f) for f in other.frequencies}) < CONSTELLATION / 2

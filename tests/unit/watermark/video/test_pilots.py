"""Where an accumulated picture begins, at which scale and in which warp, by the pilots alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.core.key import Key
from stamp.watermark.common.filters import whiten
from stamp.watermark.image.align import translations
from stamp.watermark.image.carrier import PERIOD, Carriers, carriers
from stamp.watermark.image.decode import code_energy
from stamp.watermark.image.grid import resize
from stamp.watermark.image.observation import observe_plane
from stamp.watermark.image.warp import unwarp
from stamp.watermark.video import Allocation, Detector, Embedder
from stamp.watermark.video.accumulator import SUM
from stamp.watermark.video.energy import Shares
from stamp.watermark.video.key_reader import KeyReader
from stamp.watermark.video.pilots import climb, tile_offsets, zooms
from stamp.watermark.video.scheme import CLIP, pattern
from stamp.watermark.video.search import VideoThresholds
from tests.media.frames import pan

KEY, PAYLOAD = Key(bytes(range(32)), "tests"), bytes.fromhex("0123456789abcdef")
EDGES = (1 / 3, 1 / 3, 1 / 3, 1 / 3)
FINE = Shares((0.0, 0.5, 0.5, 0.0), EDGES, 0.12)
COARSE = Shares((0.0, 0.0, 0.0, 1.0), EDGES, 0.0)
Plane = NDArray[np.float32]


@pytest.fixture(scope="module")
def c() -> Carriers:
    return carriers(KEY, CLIP)


def accumulated(shares: Shares, noise: float = 2.0, shape: tuple[int, int] = (384, 576)) -> Plane:
    """A pattern in white noise of so many times its deviation."""
    rng = np.random.default_rng(3)
    return 5 * (pattern(PAYLOAD, KEY, shape, shares) + rng.normal(0, noise, shape).astype(np.float32)).astype(
        np.float32
    )


def far(one: tuple[int, int], other: tuple[int, int]) -> int:
    """The larger of the distances along rows and columns, in a tile that repeats."""
    return max(min((a - b) % PERIOD, (b - a) % PERIOD) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("shares", [FINE, COARSE], ids=["fine", "coarse"])
@pytest.mark.parametrize("corner", [(0, 0), (37, 101), (130, 300)])
def test_a_crop_is_placed_in_its_tile(c: Carriers, shares: Shares, corner: tuple[int, int]) -> None:
    """To a pixel; a coarse pattern has no more to tell."""
    part = np.ascontiguousarray(accumulated(shares)[corner[0] :, corner[1] :])
    peak, offset = tile_offsets(whiten(part), part, c)[0]
    assert peak > 6
    assert far(offset, corner) <= (1 if shares is COARSE else 0)


def test_a_weak_mark_is_placed_where_correlating_phases_does_not(c: Carriers) -> None:
    part = np.ascontiguousarray(accumulated(COARSE, 10.0)[37:, 101:])
    assert far(tile_offsets(whiten(part), part, c)[0][1], (37, 101)) <= 1
    assert far(translations(whiten(part), c)[0][1], (37, 101)) > 20


def test_places_are_apart_and_near_ones_are_near(c: Carriers) -> None:
    plane = accumulated(FINE)
    found = tile_offsets(whiten(plane), plane, c)
    assert found == sorted(found, reverse=True)
    assert len({offset for _, offset in found}) == len(found) > 1
    part = np.ascontiguousarray(plane[1:, :-1])
    near = tile_offsets(whiten(part), part, c, 1)
    assert near[0][1] == (1, 0)
    assert all({*offset} <= {0, 1, PERIOD - 1} for _, offset in near)


@pytest.mark.slow
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("scale", [0.8, 1.0, 1.3])
def test_a_zoom_is_found_without_a_constellation(c: Carriers, scale: float, mirrored: bool) -> None:
    """A part of 1 / `scale` of the sides fills the picture."""
    whole = accumulated(COARSE, 4.0, (640, 960))
    part = whole[: round(512 / scale), : round(768 / scale)]
    work = resize(np.ascontiguousarray(part[:, ::-1] if mirrored else part), (512, 768))
    wanted = np.diag([1 / scale, -1 / scale if mirrored else 1 / scale])
    assert any(np.abs(affine - wanted).max() < 0.006 for affine in zooms(work, c))


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True])
def test_climbing_ends_at_the_geometry_that_is(c: Carriers, turned: bool) -> None:
    plane = accumulated(FINE, 4.0)
    wrong = np.diag([1.006, 0.996]) if not turned else np.array([[1.0, 0.005], [-0.005, 1.0]])
    off, offset = climb(plane, wrong, (0, 0), c)
    before, after = (np.abs(affine - np.eye(2)).max() for affine in (wrong, off))
    assert after <= 0.0025 < before
    warped = unwarp(plane, off)
    assert warped is not None
    seen = code_energy(observe_plane(warped[0], c, offset, warped[1], SUM), CLIP)
    lost = unwarp(plane, wrong)
    assert lost is not None
    assert seen > code_energy(observe_plane(lost[0], c, (0, 0), lost[1], SUM), CLIP) + 2


def test_noise_has_no_more_energy_than_signs_by_chance(c: Carriers) -> None:
    rng = np.random.default_rng(5)
    noise = [rng.normal(0, 10, (384, 576)).astype(np.float32) for _ in range(12)]
    energies = [code_energy(observe_plane(plane, c, (0, 0), None, SUM), CLIP) for plane in noise]
    assert -1 < np.mean(energies) < 1.5
    assert max(energies) < 4
    assert code_energy(observe_plane(accumulated(FINE), c, (0, 0), None, SUM), CLIP) > 10


@pytest.mark.slow
def test_a_crop_whose_constellation_is_lost_is_read() -> None:
    """Easy scenes have a coarse mark, and platforms leave nothing of finer lines."""

    def frames() -> Iterator[NDArray[np.uint8]]:
        embedder = Embedder(PAYLOAD, key=KEY, size=(360, 640))
        for frame in pan((360, 640), 24):
            embedder.mark(frame, Allocation(1.0, COARSE))
            yield np.ascontiguousarray(frame[20:330, 40:580])

    detector = Detector(KEY)
    for number, frame in enumerate(frames()):
        detector.push(frame, number / 6)
    found = detector.result()
    assert found.payload == PAYLOAD
    assert found.transform is not None
    assert found.transform.scale == pytest.approx((360 * 640 / (310 * 540)) ** 0.5, abs=0.02)


@pytest.mark.slow
def test_no_more_places_are_read_than_the_law_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every limit that saves time lifted."""
    lifted = VideoThresholds(*(-np.inf for _ in fields(VideoThresholds)))
    monkeypatch.setattr("stamp.watermark.video.key_reader.THRESHOLDS", lifted)
    read = []

    def counted(*arguments: object) -> float:
        read.append(1)
        return code_energy(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("stamp.watermark.video.search.code_energy", counted)
    reader = KeyReader(KEY)
    picture = np.random.default_rng(1).normal(0, 10, (384, 576)).astype(np.float32)
    assert reader.attempt(picture, (384, 576), search=True) is None
    assert len(read) == reader.spent == 48
    assert reader.search_exhaustively() is None
    assert 48 < len(read) == reader.spent <= 96

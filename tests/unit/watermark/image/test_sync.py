"""Geometries are found by the constellation; those with many unknowns are searched in two steps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.core.key import Key
from stamp.watermark.image.carrier import carriers
from stamp.watermark.image.sync import Candidate, Spectrum, candidates, refine, spectrum, upright_candidates

pytestmark = pytest.mark.slow

FREQUENCIES = carriers(Key(bytes(range(32)), "tests")).frequencies
Affine = NDArray[np.float64]


def turn(degrees: float) -> Affine:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, s], [-s, c]])


def seen_through(affine: Affine, shape: tuple[int, int] = (480, 640)) -> Spectrum:
    """The spectrum of noise that has the constellation in it, of which a geometry has moved each line."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[: shape[0], : shape[1]]
    plane = rng.normal(size=shape)
    for fy, fx in FREQUENCIES @ affine.T:
        plane += 0.1 * np.cos(2 * np.pi * (fy * y + fx * x + rng.random()))
    return spectrum(plane.astype(np.float32))


def apart(affine: Affine, other: Affine) -> float:
    """The largest difference of two maps; a picture and the same upside down have one spectrum."""
    return float(min(np.abs(affine - other).max(), np.abs(affine + other).max()))


def first_of(found: list[Candidate], s: Spectrum) -> tuple[float, Affine]:
    return found[0].score, refine(s, FREQUENCIES, found[0])


@pytest.mark.parametrize("aspect", [0.76, 0.853, 1.0, 1.107, 1.31])
@pytest.mark.parametrize("scale", [0.7, 1.0, 1.7])
def test_other_proportions_are_found(aspect: float, scale: float) -> None:
    affine = np.diag([aspect**0.5, aspect**-0.5]) / scale
    s = seen_through(affine)
    score, found = first_of(upright_candidates(s, FREQUENCIES, stretched=True), s)
    assert score > 5.6
    assert apart(found, affine) < 0.003


@pytest.mark.parametrize("degrees", [4.3, 61.0, 127.7])
@pytest.mark.parametrize("aspect", [0.82, 0.94, 1.13, 1.24])
@pytest.mark.parametrize("last", [False, True])
def test_other_proportions_before_or_after_a_turn_are_found(
    degrees: float, aspect: float, last: bool
) -> None:
    stretch = np.diag([aspect**0.5, aspect**-0.5])
    affine = (stretch @ turn(degrees) if last else turn(degrees) @ stretch) / 1.1
    s = seen_through(affine)
    score, found = first_of(candidates(s, FREQUENCIES, squeezed=True), s)
    assert score > 7.0
    assert apart(found, affine) < 0.003


def test_noise_has_no_geometry() -> None:
    nothing = spectrum(np.random.default_rng(3).normal(size=(480, 640)).astype(np.float32))
    assert candidates(nothing, FREQUENCIES, squeezed=True)[0].score < 8.0
    assert upright_candidates(nothing, FREQUENCIES, stretched=True)[0].score < 6.5

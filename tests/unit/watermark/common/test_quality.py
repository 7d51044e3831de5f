"""PSNR and SSIM, against values that scikit-image computed (tests/golden/make_quality.py)."""

from __future__ import annotations

import importlib.util
import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.watermark.common.quality import psnr, ssim
from tests.helpers.places import GOLDEN

VALUES = json.loads((GOLDEN / "quality.json").read_text("utf-8"))["values"]


def _pairs() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("make_quality", GOLDEN / "make_quality.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.pairs())


PAIRS = _pairs()


def test_every_pair_has_its_golden_values() -> None:
    assert PAIRS.keys() == VALUES.keys()


@pytest.mark.parametrize("name", VALUES)
def test_psnr_is_scikit_images(name: str) -> None:
    a, b, white = PAIRS[name]
    assert psnr(a, b, data_range=white) == pytest.approx(VALUES[name]["psnr"], abs=1e-3)
    assert psnr(b, a, data_range=white) == psnr(a, b, data_range=white)


@pytest.mark.parametrize("name", VALUES)
def test_ssim_is_scikit_images(name: str) -> None:
    a, b, white = PAIRS[name]
    assert ssim(a, b, data_range=white) == pytest.approx(VALUES[name]["ssim"], abs=2e-5)


def test_identical_pictures() -> None:
    picture = PAIRS["noise"][0]
    assert psnr(picture, picture.copy(), data_range=255) == math.inf
    assert ssim(picture, picture.copy(), data_range=255) == pytest.approx(1, abs=1e-6)


def test_psnr_of_colours_by_hand() -> None:
    black = np.zeros((5, 4, 3), np.uint8)
    almost = black.copy()
    almost[0, 0, 0] = 255
    assert psnr(black, almost, data_range=255) == pytest.approx(10 * math.log10(60))
    assert psnr(black, black + np.uint8(1), data_range=255) == pytest.approx(20 * math.log10(255))


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (20, 20, 3), (20,)])
def test_ssim_wants_planes_of_seven_by_seven(shape: tuple[int, ...]) -> None:
    plane: NDArray[np.uint8] = np.zeros(shape, np.uint8)
    with pytest.raises(ValueError, match="7 x 7"):
        ssim(plane, plane, data_range=255)


@pytest.mark.parametrize("other", [(20, 21), (21, 20), (20, 20, 1), (1, 20), (20,)])
def test_shapes_must_agree(other: tuple[int, ...]) -> None:
    a, b = np.zeros((20, 20), np.uint8), np.zeros(other, np.uint8)
    with pytest.raises(ValueError, match="shape"):
        psnr(a, b, data_range=255)
    with pytest.raises(ValueError, match="shape"):
        ssim(a, b, data_range=255)

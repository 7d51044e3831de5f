"""The place that the geometry of a mark leads to is one where the two pictures share a good part."""

from __future__ import annotations

import cv2
import numpy as np

import stamp
from stamp.matching.by_mark import located
from stamp.matching.registration import AGREES, judged


def test_an_edge_alone_is_no_place() -> None:
    chart = np.full((256, 384), 235, np.uint8)
    chart[:, 368:] = 10
    chart[40:200:20, 40:300] = 120
    gray = np.full((256, 384), 128, np.uint8)
    turn = cv2.getRotationMatrix2D((192, 128), 7, 1)
    suspect = cv2.warpAffine(gray, turn, (384, 256))  # with black corners
    found = judged(chart, suspect, located(chart, suspect, stamp.Transform(1.0, 7.0, False, 1.0)), 0)
    assert found.correlation < AGREES
    assert found.coverage > 0.2


def test_a_small_picture_on_a_large_page_costs_no_more() -> None:
    page = np.full((4000, 3000), 240, np.uint8)
    rng = np.random.default_rng(2)
    work = cv2.GaussianBlur(rng.integers(0, 256, (256, 384), np.uint8), (0, 0), 2)
    page[2000:2256, 1000:1384] = work
    share = float(np.sqrt(work.size / page.size))
    matrix = located(work, page, stamp.Transform(share, 0.0, False, 1.0))
    assert np.allclose(matrix[:2, 2], (-1000, -2000), atol=8)

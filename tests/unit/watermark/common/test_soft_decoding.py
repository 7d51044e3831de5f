"""Soft bits of several channels to a payload: weights, refinement, budget, the keyed check."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.core.key import Key
from stamp.watermark.common.coding import encode
from stamp.watermark.common.frame import frame
from stamp.watermark.common.soft_decoding import Decoded, decode_soft, standard_score

KEY, PAYLOAD, SCHEME = Key(bytes(range(32)), "tests"), bytes.fromhex("0123456789abcdef"), "tests/large"
CODE = 1.0 - 2.0 * encode(frame(PAYLOAD, KEY, SCHEME))
Bits = NDArray[np.float64]


def channels(marked: float, noise: float) -> Bits:
    """Two channels, of which only the first has the mark."""
    soft = np.random.default_rng(2).normal(0, noise, (2, CODE.size))
    soft[0] += marked * CODE
    return soft


def decoded(soft: Bits, *weightings: tuple[float, float], budget: int | None = None) -> Decoded:
    return decode_soft(
        soft,
        [np.array(weights) for weights in weightings],
        key=KEY,
        schemes=("tests", "tests/large"),
        gains=lambda code: np.maximum((soft * code).mean(1), 0),
        score=lambda weight, code: float(weight @ (soft @ code)),
        budget=budget,
    )


def test_a_payload_is_found_with_its_scheme_and_code() -> None:
    soft = channels(1.0, 0.5)
    found = decoded(soft, (1.0, 0.0))
    assert (found.payload, found.scheme, found.decodings) == (PAYLOAD, SCHEME, 1)
    np.testing.assert_array_equal(found.code, CODE)
    assert found.bits_corrected == int((soft[0] * CODE < 0).sum()) > 0


def test_weights_are_refined_by_what_was_decoded() -> None:
    """Equal weights drown the mark in the other channel; the first decoding shows which one that is."""
    soft = channels(1.0, 1.2)
    soft[1] *= 1.5
    assert decoded(soft, (1.0, 1.0), budget=1).payload is None
    found = decoded(soft, (1.0, 1.0))
    assert (found.payload, found.decodings) == (PAYLOAD, 2)


@pytest.mark.parametrize("budget", [0, 1, 2])
def test_the_budget_holds(budget: int) -> None:
    found = decoded(channels(0.0, 1.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), budget=budget)
    assert (found.payload, found.scheme, found.code.size) == (None, "", 0)
    assert found.decodings == budget


def test_a_standard_score_is_in_deviations() -> None:
    signs = np.random.default_rng(3).choice([-1.0, 1.0], (2000, 2, 50))
    values = np.random.default_rng(4).normal(0, 3, (2, 50))
    scores = [
        standard_score(np.array([1.0, 0.2]), (values * each).sum(1), (values**2).sum(1)) for each in signs
    ]
    assert abs(np.mean(scores)) < 0.1
    assert np.std(scores) == pytest.approx(1, abs=0.05)

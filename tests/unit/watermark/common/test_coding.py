"""The convolutional code, against an encoder of its own and noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.watermark.common.coding import CODED_BITS, CONSTRAINT, RATE, decode, encode
from stamp.watermark.common.frame import FRAME_BITS

Bits = NDArray[np.uint8]
TAPS = (0o46321, 0o51271, 0o63667, 0o70535, 0o73277, 0o76513)


def shift_register(bits: list[int]) -> list[int]:
    """The encoder as textbooks draw it: the newest bit enters at the right, generators tap the register."""
    register = 0
    for bit in bits[-14:]:
        register = (register << 1 | bit) % 2**15
    out = []
    for bit in bits:
        register = (register << 1 | bit) % 2**15
        out += [bin(register & generator).count("1") % 2 for generator in TAPS]
    return out


def frames(count: int, seed: int = 1) -> Bits:
    return np.random.default_rng(seed).integers(0, 2, (count, FRAME_BITS), np.uint8)


def soft(coded: Bits) -> NDArray[np.float64]:
    return 1.0 - 2.0 * coded


def noisy(coded: Bits, ebn0_db: float, seed: int) -> NDArray[np.float64]:
    """What comes through white Gaussian noise; `ebn0_db`: energy of a frame bit over the noise density."""
    deviation = (RATE / 2 / 10 ** (ebn0_db / 10)) ** 0.5
    return soft(coded) + deviation * np.random.default_rng(seed).standard_normal(coded.size)


def test_the_encoder_agrees_with_a_shift_register() -> None:
    assert (CONSTRAINT, RATE, CODED_BITS) == (15, 6, 576)
    for bits in frames(20):
        assert encode(bits).tolist() == shift_register(bits.tolist())


@pytest.mark.slow
def test_single_bits_and_extremes_decode() -> None:
    for bits in (*np.eye(FRAME_BITS, dtype=np.uint8), np.zeros(96, np.uint8), np.ones(96, np.uint8)):
        assert np.array_equal(decode(soft(encode(bits))), bits)


@pytest.mark.slow
def test_frames_decode_at_two_decibels() -> None:
    wrong = sum(
        not np.array_equal(decode(noisy(encode(bits), 2.0, k)), bits) for k, bits in enumerate(frames(40))
    )
    assert wrong <= 1


def test_the_noise_of_that_test_is_real() -> None:
    coded = encode(frames(1)[0])
    hard = (noisy(coded, 2.0, 0) < 0) != coded.astype(bool)
    assert hard.mean() > 0.15


def test_noise_beyond_shannon_is_not_decoded() -> None:
    right = sum(
        np.array_equal(decode(noisy(encode(bits), -4.0, k)), bits) for k, bits in enumerate(frames(20))
    )
    assert right <= 2


@pytest.mark.parametrize("turn", [1, 13, 48, 95])
def test_a_rotated_frame_gives_a_rotated_code_word(turn: int) -> None:
    for k, bits in enumerate(frames(3)):
        coded = encode(bits)
        assert np.array_equal(encode(np.roll(bits, turn)), np.roll(coded, turn * RATE))
        received = noisy(coded, 3.0, k)
        assert np.array_equal(decode(np.roll(received, turn * RATE)), np.roll(bits, turn))


def test_half_the_code_word_may_be_missing() -> None:
    random = np.random.default_rng(4)
    for bits in frames(10):
        received = soft(encode(bits))
        received[random.permutation(CODED_BITS)[: CODED_BITS // 2]] = 0
        assert np.array_equal(decode(received), bits)


def test_a_burst_of_three_steps_is_bridged() -> None:
    for bits in frames(5):
        received = soft(encode(bits))
        received[60:78] = 0
        assert np.array_equal(decode(received), bits)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scale_and_type_do_not_matter(scale: float, dtype: type) -> None:
    bits = frames(1)[0]
    received = (scale * noisy(encode(bits), 3.0, 5)).astype(dtype)
    before = received.copy()
    assert np.array_equal(decode(received), bits)
    assert np.array_equal(received, before)

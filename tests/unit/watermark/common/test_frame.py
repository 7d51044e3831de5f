"""The frame: payload and keyed check."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pytest

from stamp.core.errors import PayloadError
from stamp.core.key import Key
from stamp.watermark.common.frame import FRAME_BITS, frame, unframe

KEY, OTHER = Key(bytes(range(32)), "tests"), Key(bytes(32), "other")
PAYLOAD = bytes.fromhex("0123456789abcdef")
SCHEME = "stamp.image.2"


def test_a_frame_is_the_payload_and_a_truncated_hmac() -> None:
    seed = hmac.new(KEY.secret, b"stamp.image.2/check", hashlib.sha256).digest()
    check = hmac.new(hashlib.shake_256(seed).digest(32), PAYLOAD, hashlib.sha256).digest()[:4]
    text = "".join(f"{byte:08b}" for byte in PAYLOAD + check)
    bits = frame(PAYLOAD, KEY, SCHEME)
    assert bits.dtype == np.uint8
    assert "".join(map(str, bits)) == text
    assert len(text) == FRAME_BITS


def test_every_flipped_bit_is_rejected() -> None:
    bits = frame(PAYLOAD, KEY, SCHEME)
    for i in range(FRAME_BITS):
        wrong = bits.copy()
        wrong[i] ^= 1
        assert unframe(wrong, KEY, SCHEME) is None
    assert unframe(bits, KEY, SCHEME) == PAYLOAD


def test_a_frame_may_have_a_shorter_check() -> None:
    bits = frame(PAYLOAD, KEY, SCHEME, 84)
    np.testing.assert_array_equal(bits, frame(PAYLOAD, KEY, SCHEME)[:84])
    assert unframe(bits, KEY, SCHEME) == PAYLOAD
    for i in range(84):
        wrong = bits.copy()
        wrong[i] ^= 1
        assert unframe(wrong, KEY, SCHEME) is None


def test_another_key_or_scheme_is_rejected() -> None:
    bits = frame(PAYLOAD, KEY, SCHEME)
    assert unframe(bits, OTHER, SCHEME) is None
    assert unframe(bits, KEY, "stamp.image.1") is None
    assert unframe(bits, KEY, "") is None


def test_the_check_holds_for_the_secret_whatever_its_name() -> None:
    assert unframe(frame(PAYLOAD, KEY, SCHEME), Key(KEY.secret, "renamed"), SCHEME) == PAYLOAD


def test_random_words_are_rejected() -> None:
    words = np.random.default_rng(3).integers(0, 2, (2000, FRAME_BITS), np.uint8)
    assert [unframe(word, KEY, SCHEME) for word in words] == [None] * 2000


@pytest.mark.parametrize(
    "payload",
    [b"", PAYLOAD[:7], PAYLOAD + b"\0", PAYLOAD.hex(), "8 letter", 8, None, [1] * 8, np.zeros(8, np.uint8)],
)
def test_a_payload_is_eight_bytes(payload: object) -> None:
    with pytest.raises(PayloadError, match="8 bytes"):
        frame(payload, KEY, SCHEME)  # type: ignore[arg-type]

"""A payload is bytes that show themselves as the digits of the command line."""

from __future__ import annotations

import copy
import pickle

import pytest

from stamp import Payload, PayloadError

EIGHT = bytes.fromhex("00ff00ff00ff00ff")


def test_it_is_bytes_and_shows_hexadecimal_digits() -> None:
    payload = Payload(EIGHT)
    assert payload == EIGHT
    assert {payload: 1}[EIGHT] == 1
    assert str(payload) == f"{payload}" == payload.hex() == "00ff00ff00ff00ff"
    assert repr(payload) == "Payload('00ff00ff00ff00ff')"
    assert Payload.fromhex("00FF00ff00ff00ff") == EIGHT
    assert len({Payload.random() for _ in range(9)}) == 9


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p)), Payload]
)
def test_copies_are_payloads(copied: object) -> None:
    assert callable(copied)
    again = copied(Payload(EIGHT))
    assert type(again) is Payload
    assert again == EIGHT


@pytest.mark.parametrize("value", [b"", EIGHT[:7], EIGHT * 2, EIGHT.hex(), 8, None, [0] * 8])
def test_what_is_not_eight_bytes_is_refused(value: object) -> None:
    with pytest.raises(PayloadError, match="8 bytes"):
        Payload(value)


@pytest.mark.parametrize("value", ["", "00ff", "zz" * 8, "00 ff 00 ff 00 ff", EIGHT, None])
def test_what_is_not_sixteen_digits_is_refused(value: str) -> None:
    with pytest.raises(PayloadError, match="16 hexadecimal digits"):
        Payload.fromhex(value)

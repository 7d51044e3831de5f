"""HEVC packets as units, and what in them is said of single frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stamp.formats import hevc

MESSAGE = bytes.fromhex("b5003c00010401") + bytes(9) + b"\1\2\0\0\3"  # needs emulation prevention
OTHER = bytes.fromhex("b50031") + b"GA94"
SLICE, PARAMETERS, RPU = b"\x26\x01slice", b"\x40\x01vps", bytes([hevc.RPU << 1, 1]) + b"\x19rpu"


def sei(*messages: tuple[int, bytes]) -> bytes:
    payload = b"".join(
        bytes([kind]) + b"\xff" * (len(body) // 255) + bytes([len(body) % 255]) + body
        for kind, body in messages
    )
    return b"\x4e\x01" + hevc._escaped(payload + b"\x80")


def with_lengths(*units: bytes, size: int = 4) -> bytes:
    return b"".join(len(unit).to_bytes(size, "big") + unit for unit in units)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_units_behind_lengths(size: int) -> None:
    extradata = b"\1" + bytes(20) + bytes([size - 1]) + b"\0"
    assert hevc.length_size(extradata) == size
    assert list(hevc.units(with_lengths(PARAMETERS, SLICE, size=size), size)) == [PARAMETERS, SLICE]


def test_units_behind_start_codes() -> None:
    assert hevc.length_size(b"\0\0\0\1\x40") is None
    data = b"\0\0\0\1" + PARAMETERS + b"\0\0\1" + SLICE
    assert list(hevc.units(data, None)) == [PARAMETERS, SLICE]


def test_hdr10_plus_is_taken_out_of_what_else_is_said() -> None:
    unit = sei((5, b"u" * 300), (4, OTHER), (4, MESSAGE), (137, b"x"))
    alone = hevc.hdr10_plus(unit)
    assert alone == sei((4, MESSAGE))
    assert b"\0\0\0" not in alone
    assert hevc.hdr10_plus(alone) == alone
    assert hevc.hdr10_plus(sei((4, OTHER), (137, b"x"))) is None
    assert hevc.hdr10_plus(SLICE) is None


def test_units_go_before_the_first_slice_and_to_the_end() -> None:
    data = b"\0\0\0\1" + PARAMETERS + b"\0\0\0\1" + SLICE + b"\0\0\0\1" + SLICE
    made = hevc.with_units(data, [sei((4, MESSAGE))], [RPU])
    assert list(hevc.units(made, None)) == [PARAMETERS, sei((4, MESSAGE)), SLICE, SLICE, RPU]


@given(some.binary(max_size=80), some.sampled_from([None, 1, 2, 4]))
def test_whatever_is_in_a_packet(data: bytes, size: int | None) -> None:
    for unit in hevc.units(data, size):
        hevc.hdr10_plus(unit)
        hevc.hdr10_plus(b"\x4e\x01" + unit)

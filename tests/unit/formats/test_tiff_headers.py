"""What is said of a TIFF structure whose header makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

import stamp
from stamp.core.errors import CorruptFile
from stamp.formats import tiffblock

BIG = b"II+\0\x08\0\0\0" + b"\x10" + bytes(7)


@pytest.mark.parametrize(
    "head", [b"II", b"MM\0", b"II*", BIG[:7], BIG[:4] + b"\x09" + BIG[5:], b"MM\0,\0\0\0\x08"]
)
def test_a_damaged_header_is_not_said_to_lack_its_byte_order_mark(head: bytes) -> None:
    with pytest.raises(CorruptFile, match="its header is damaged or cut off"):
        tiffblock.parse(head)


@pytest.mark.parametrize("head", [b"", b"I", b"IM*\0\x08\0\0\0", bytes(16)])
def test_a_missing_byte_order_mark_is_missed(head: bytes) -> None:
    with pytest.raises(CorruptFile, match="no byte order mark"):
        tiffblock.parse(head)


def test_a_damaged_bigtiff_is_named_with_the_reason(tmp_path: Path) -> None:
    (path := tmp_path / "big.tif").write_bytes(BIG[:4] + b"\x09" + BIG[5:])
    with pytest.raises(
        CorruptFile, match=r"big\.tif: not an EXIF/TIFF block: its header is damaged .*; fetch"
    ):
        stamp.read_rights(path)

"""Compressed metadata are unpacked within a budget, whatever a file promises."""

from __future__ import annotations

import os
import resource
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from stamp import (
    CorruptFile,
    Rights,
    StampLimits,
    UnsupportedFormat,
    detect_file,
    embed_file,
    limited,
    read_rights,
    write_rights,
)
from stamp.core.key import Key
from stamp.core.limits import metadata_left
from stamp.formats.inflating import inflated
from stamp.formats.png import SIGNATURE, packed

MIB = 1 << 20


def png(*chunks: bytes) -> bytes:
    header = packed(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    data = packed(b"IDAT", zlib.compress(b"\0\0"))
    return b"".join((SIGNATURE, header, *chunks, data, packed(b"IEND", b"")))


def ztxt(size: int, keyword: bytes = b"Copyright") -> bytes:
    return packed(b"zTXt", keyword + b"\0\0" + zlib.compress(b"a" * size, 9))


def test_eighty_bombs_are_refused_and_cost_little(tmp_path: Path) -> None:
    path = tmp_path / "bombs.png"
    path.write_bytes(png(*[ztxt(16 * MIB - 1) for _ in range(80)]))
    began, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert "unpack to more than 64 MiB" in " ".join(read_rights(path).notes)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began < 300 * 1024
    assert time.process_time() - cpu < 10  # a minute without the budget


def test_a_call_has_one_budget_for_all_its_reads() -> None:
    data = zlib.compress(bytes(MIB))
    with limited(StampLimits(max_metadata_bytes=5 * MIB // 2)):
        assert len(inflated(data, MIB)) == MIB
        with limited():  # a call within a call
            assert len(inflated(data, MIB)) == MIB
        assert metadata_left() == MIB // 2
        with pytest.raises(CorruptFile, match="2 MiB"):
            inflated(data, MIB)
    assert len(inflated(data, MIB)) == MIB


@pytest.mark.parametrize(("size", "most"), [(0, 1), (1, 1), (MIB, MIB)])
def test_what_just_fits_is_unpacked(size: int, most: int) -> None:
    assert inflated(zlib.compress(bytes(size)), most) == bytes(size)


def test_what_does_not_fit_is_damaged_or_cut_off() -> None:
    whole = zlib.compress(b"abc" * 100)
    for data, most, why in ((whole, 299, "more than"), (whole[:-6], 300, "cut off"), (b"no", 300, "damaged")):
        with pytest.raises(CorruptFile, match=why):
            inflated(data, most)


def test_the_limit_of_metadata_is_the_callers(tmp_path: Path) -> None:
    path, out = tmp_path / "text.png", tmp_path / "out.png"
    path.write_bytes(png(ztxt(5000)))
    with limited(StampLimits(max_metadata_bytes=1000)):
        assert "unpack to more than" in " ".join(read_rights(path).notes)
        with pytest.raises(CorruptFile, match="unpack to more than"):
            write_rights(path, out, Rights(copyright_notice="Ada"))
    assert read_rights(path).rights.copyright_notice
    assert not out.exists()


@pytest.mark.parametrize("name", ["max_pixels", "max_pixels_per_byte", "max_metadata_bytes"])
def test_a_limit_of_nothing_is_a_mistake(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        StampLimits(**{name: 0})


def test_the_limit_of_pixels_is_the_callers(tmp_path: Path) -> None:
    path, key = tmp_path / "wide.png", Key.generate("tests")
    Image.new("L", (600, 400)).save(path)
    assert not detect_file(path, keys=key).present
    with (
        limited(StampLimits(max_pixels=239_999)),
        pytest.raises(UnsupportedFormat, match=r"wide\.png.*limit"),
    ):
        detect_file(path, keys=key)
    with limited(StampLimits(max_pixels=240_000)):
        assert not detect_file(path, keys=key).present


def bomb(side: int) -> bytes:
    """A PNG of one colour, so that a million pixels take three kilobytes."""
    header = packed(b"IHDR", side.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0]))
    squeezer, row = zlib.compressobj(9), b"\0" + bytes(3 * side)
    data = b"".join([squeezer.compress(row) for _ in range(side)] + [squeezer.flush()])
    return b"".join((SIGNATURE, header, packed(b"IDAT", data), packed(b"IEND", b"")))


def test_many_pixels_in_few_bytes_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path, key = tmp_path / "bomb.png", Key.generate("tests")
    path.write_bytes(bomb(8100))
    for work in (
        lambda: detect_file(path, keys=key),
        lambda: embed_file(path, tmp_path / "out.png", key=key),
    ):
        with pytest.raises(UnsupportedFormat, match=r"bomb\.png: 8100x8100 pixels in \d+ bytes"):
            work()
    assert not (tmp_path / "out.png").exists()


def test_a_large_file_that_is_no_picture_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.jpg"
    path.touch()
    os.truncate(path, 1_900_000_000)
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnsupportedFormat, match="not a photo"):
        detect_file(path, keys=Key.generate("tests"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began < 100 * 1024

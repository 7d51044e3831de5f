"""PNG: every kind of it comes back with the same pixels and the same chunks."""

from __future__ import annotations

import io
import itertools
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.media.image.opening import encode_picture, read_luma, read_picture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RNG = np.random.default_rng(7)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    rows: NDArray[Any],
    colour: int,
    depth: int,
    before: bytes = b"",
    after: bytes = b"",
    interlace: bool = False,
) -> bytes:
    """A PNG of samples (H, W, n), written without a library; filter types take turns."""
    height, width, channels = rows.shape
    passes = [(0, 0, 1, 1)]
    if interlace:
        passes = [
            (0, 0, 8, 8),
            (0, 4, 8, 8),
            (4, 0, 8, 4),
            (0, 2, 4, 4),
            (2, 0, 4, 2),
            (0, 1, 2, 2),
            (1, 0, 2, 1),
        ]
    raw = bytearray()
    for y, x, dy, dx in passes:
        part = rows[y::dy, x::dx]
        for number, row in enumerate(part if part.shape[1] else part[:0]):
            if depth == 16:
                line = row.astype(">u2").tobytes()
            elif depth == 8:
                line = row.astype(np.uint8).tobytes()
            else:
                bits = "".join(f"{value:0{depth}b}" for value in row.ravel())
                line = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
            step = max(1, channels * depth // 8)
            if number % 2:
                line = bytes(
                    (value - (line[at - step] if at >= step else 0)) & 255 for at, value in enumerate(line)
                )
            raw += bytes([number % 2]) + line
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))
    return SIGNATURE + head + before + chunk(b"IDAT", zlib.compress(bytes(raw))) + after + chunk(b"IEND", b"")


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return found


def rewritten(path: Path, data: bytes, change: int = 0) -> tuple[bytes, list[str]]:
    path.write_bytes(data)
    picture = read_picture(path)
    assert picture.format == "PNG"
    out, notes = encode_picture(picture, picture.pixels + picture.pixels.dtype.type(change))
    return out, picture.notes + notes


def judged(data: bytes) -> NDArray[Any]:
    """Samples (H, W, n) as ffmpeg reads them."""
    frame = next(av.open(io.BytesIO(data), format="png_pipe").decode(video=0))
    names = {
        "gray": 1,
        "ya8": 2,
        "rgb24": 3,
        "rgba": 4,
        "gray16be": 1,
        "ya16be": 2,
        "rgb48be": 3,
        "rgba64be": 4,
    }
    channels = names[frame.format.name]
    deep = frame.format.name.endswith("16be") or frame.format.name in ("rgb48be", "rgba64be")
    plane = np.frombuffer(memoryview(frame.planes[0]), ">u2" if deep else np.uint8)
    rows = plane.reshape(frame.height, -1)[:, : frame.width * channels]
    return rows.reshape(frame.height, frame.width, channels).astype(np.uint16 if deep else np.uint8)


KINDS = [(0, 1), (4, 2), (2, 3), (6, 4)]


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("colour", "channels"), KINDS)
def test_pixels_come_back_exactly(
    tmp_path: Path, colour: int, channels: int, depth: int, interlace: bool
) -> None:
    rows = RNG.integers(0, 1 << depth, (23, 37, channels))
    data = png(rows, colour, depth, interlace=interlace)
    out, notes = rewritten(tmp_path / "a.png", data)
    assert np.array_equal(judged(out), rows)
    assert chunks(out)[0] == (b"IHDR", struct.pack(">IIBBBBB", 37, 23, depth, colour, 0, 0, 0))
    assert any("interlacing" in note for note in notes) is interlace
    picture = read_picture(tmp_path / "a.png")
    assert picture.pixels.dtype == (np.uint16 if depth == 16 else np.uint8)
    assert picture.pixels.shape == {1: (23, 37), 2: (23, 37), 3: (23, 37, 3), 4: (23, 37, 4)}[channels]


def test_a_change_of_gray_leaves_transparent_pixels_alone(tmp_path: Path) -> None:
    rows = RNG.integers(5, 250, (8, 9, 2))
    rows[:4, :, 1] = 0
    out, _ = rewritten(tmp_path / "a.png", png(rows, 4, 8), change=3)
    expected = rows + np.array([3, 0])
    expected[:4] = rows[:4]
    assert np.array_equal(judged(out), expected)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("clear", [False, True])
def test_palettes_become_colours(tmp_path: Path, depth: int, clear: bool) -> None:
    palette = RNG.integers(0, 256, (1 << depth, 3)).astype(np.uint8)
    rows = RNG.integers(0, 1 << depth, (11, 13, 1))
    alpha = bytes([0, 128]) if clear else b""
    before = chunk(b"sBIT", b"\5\6\5") + chunk(b"PLTE", palette.tobytes())
    before += (
        (chunk(b"tRNS", alpha) if clear else b"") + chunk(b"bKGD", b"\1") + chunk(b"hIST", bytes(2 << depth))
    )
    out, notes = rewritten(tmp_path / "a.png", png(rows, 3, depth, before))
    expected = palette[rows[..., 0]]
    if clear:
        table = np.full(256, 255, np.uint8)
        table[:2] = list(alpha)
        expected = np.dstack((expected, table[rows[..., 0]]))
    assert np.array_equal(judged(out), expected)
    assert "palette" in notes[0]
    found = dict(chunks(out))
    assert found.keys() == {b"IHDR", b"sBIT", b"bKGD", b"IDAT", b"IEND"}
    assert found[b"bKGD"] == struct.pack(">3H", *palette[1])
    assert found[b"sBIT"] == (b"\5\6\5\x08" if clear else b"\5\6\5")


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_shallow_gray_gets_eight_bits(tmp_path: Path, depth: int) -> None:
    rows = RNG.integers(0, 1 << depth, (11, 13, 1))
    out, notes = rewritten(tmp_path / "a.png", png(rows, 0, depth, chunk(b"bKGD", b"\0\1")))
    assert np.array_equal(judged(out), rows * 255 // ((1 << depth) - 1))
    assert dict(chunks(out))[b"bKGD"] == struct.pack(">H", 255 // ((1 << depth) - 1))
    assert f"{depth} bits" in notes[0]


@pytest.mark.parametrize(
    ("colour", "channels", "depth"), [(0, 1, 8), (2, 3, 8), (0, 1, 16), (2, 3, 16), (0, 1, 2)]
)
def test_a_transparent_colour_becomes_alpha(tmp_path: Path, colour: int, channels: int, depth: int) -> None:
    rows = RNG.integers(0, 1 << depth, (11, 13, channels))
    key = rows[3, 4]
    before = chunk(b"tRNS", struct.pack(f">{channels}H", *key))
    out, notes = rewritten(tmp_path / "a.png", png(rows, colour, depth, before))
    deep = max(depth, 8)
    opaque = (1 << deep) - 1
    alpha = np.where((rows == key).all(axis=2), 0, opaque)
    expected = np.dstack((rows if depth >= 8 else rows * 255 // ((1 << depth) - 1), alpha))
    assert np.array_equal(judged(out), expected)
    assert b"tRNS" not in dict(chunks(out))
    assert "alpha" in notes[0]


def test_every_other_chunk_is_kept_in_its_place(tmp_path: Path) -> None:
    before = [
        (b"gAMA", b"\0\0\xb1\x8f"), (b"cHRM", bytes(32)), (b"iCCP", b"x\0\0" + zlib.compress(b"icc")),
        (b"cICP", b"\1\x0d\0\1"), (b"pHYs", struct.pack(">IIB", 2835, 2835, 1)), (b"tEXt", b"Title\0one"),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"), (b"caBX", b"jumbf"), (b"vpAg", bytes(9)),
    ]  # fmt: skip
    after = [
        (b"tEXt", b"Title\0two"),
        (b"eXIf", b"MM\0*\0\0\0\x08\0\0"),
        (b"tIME", bytes(7)),
        (b"zTXt", b"broken"),
    ]
    rows = RNG.integers(0, 256, (5, 6, 3))
    data = png(rows, 2, 8, *(b"".join(itertools.starmap(chunk, part)) for part in (before, after)))
    out, _ = rewritten(tmp_path / "a.png", data + b"behind")
    found = chunks(out.removesuffix(b"behind"))
    kept = [entry for entry in found if entry[0] not in (b"IHDR", b"IDAT", b"IEND")]
    assert kept == before + after
    place = [kind for kind, _ in found].index(b"IDAT")
    assert found[1:place] == before
    assert out.endswith(b"behind")


def test_orientation_is_applied_and_undone(tmp_path: Path) -> None:
    exif = b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    rows = RNG.integers(0, 256, (5, 6, 3))
    out, _ = rewritten(tmp_path / "a.png", png(rows, 2, 8, chunk(b"eXIf", exif)))
    assert np.array_equal(judged(out), rows)
    assert np.array_equal(read_picture(tmp_path / "a.png").pixels, np.rot90(rows, -1))


def test_animations_are_refused_but_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(UnsupportedFormat, match="animated"):
        read_picture(path)
    assert np.all(read_luma(path) == 76)


def test_what_is_transparent_does_not_reach_the_detector(tmp_path: Path) -> None:
    rows = RNG.integers(0, 256, (6, 6, 4))
    rows[..., 3] = 0
    (tmp_path / "a.png").write_bytes(png(rows, 6, 8))
    assert np.all(read_luma(tmp_path / "a.png") == 128)


def test_damage_is_told(tmp_path: Path) -> None:
    data = png(RNG.integers(0, 256, (50, 60, 3)), 2, 8, chunk(b"tEXt", b"Title\0one"))
    at = data.index(b"IDAT")
    for damaged in (
        data[:20], data[: at + 50], data[:-12], data[: at + 9] + b"\0" + data[at + 10 :],
        png(RNG.integers(0, 256, (5, 6, 3)), 5, 8), SIGNATURE + chunk(b"IEND", b""),
    ):  # fmt: skip
        (tmp_path / "b.png").write_bytes(damaged)
        for read in (read_picture, read_luma):
            with pytest.raises(CorruptFile, match=r"b\.png"):
                read(tmp_path / "b.png")


def test_bombs_are_refused_by_their_header(tmp_path: Path) -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    bomb = SIGNATURE + head + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(bomb)
    for read in (read_picture, read_luma):
        with pytest.raises(UnsupportedFormat, match="megapixels"):
            read(tmp_path / "a.png")


def test_luma_takes_less_memory_than_all_colours(tmp_path: Path) -> None:
    side = 1000
    Image.new("RGB", (side, side), (200, 100, 50)).save(tmp_path / "a.png")
    read_luma(tmp_path / "a.png")  # what is loaded and kept the first time does not count
    tracemalloc.start()
    try:
        luma = read_luma(tmp_path / "a.png")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert luma[0, 0] == 124
    assert peak < 3 * side * side

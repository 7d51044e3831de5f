"""TIFF: only the picture data and what locates it change; everything else keeps its bytes and its place."""

from __future__ import annotations

import io
import itertools
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.media.image.opening import encode_picture, read_luma, read_picture

FORMATS = {1: ("gray", "gray16{}"), 2: ("ya8", "ya16{}"), 3: ("rgb24", "rgb48{}"), 4: ("rgba", "rgba64{}")}


def scene(channels: int, deep: bool) -> NDArray[Any]:
    rng = np.random.default_rng(3)
    samples = (np.cumsum(rng.integers(-50, 50, (61, 83, channels)), axis=1) + 30_000).astype(np.uint16)
    return samples if deep else (samples >> 8).astype(np.uint8)


def by_ffmpeg(samples: NDArray[Any], algorithm: str) -> bytes:
    """A TIFF from ffmpeg's encoder: an independent hand."""
    name = FORMATS[samples.shape[2]][samples.dtype == np.uint16].format("le")
    frame = av.VideoFrame(samples.shape[1], samples.shape[0], name)
    width = frame.planes[0].line_size
    rows = np.zeros((samples.shape[0], width), np.uint8)
    raw = samples.astype(samples.dtype.newbyteorder("<")).reshape(samples.shape[0], -1).view(np.uint8)
    rows[:, : raw.shape[1]] = raw
    frame.planes[0].update(rows.tobytes())
    encoder = av.CodecContext.create("tiff", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, name
    encoder.options = {"compression_algo": algorithm}
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def by_hand(
    samples: NDArray[Any], order: str = "<", extra: tuple[tuple[int, int, int], ...] = (), **options: Any
) -> bytes:
    """An uncompressed TIFF, classic or big, strips or tiles, interleaved or planes; IFD before the data."""
    height, width, channels = samples.shape
    big, tile, planar = options.get("big", False), options.get("tile"), options.get("planar", False)
    rows, columns = tile or (options.get("rows", 20), width)
    padded = np.pad(samples, ((0, -height % rows if tile else 0), (0, -width % columns), (0, 0)))
    pieces = []
    for plane in np.split(padded, channels, axis=2) if planar else [padded]:
        for y, x in itertools.product(range(0, padded.shape[0], rows), range(0, padded.shape[1], columns)):
            part = plane[y : y + rows, x : x + columns]
            pieces.append(part.astype(samples.dtype.newbyteorder(order)).tobytes())
    where, sizes = (324, 325) if tile else (273, 279)
    entries = [
        (256, 3, [width]),
        (257, 3, [height]),
        (258, 3, [8 * samples.itemsize] * channels),
        (259, 3, [1]),
    ]
    entries += [(262, 3, [2 if channels > 2 else options.get("photometric", 1)]), (277, 3, [channels])]
    entries += [(284, 3, [2 if planar else 1]), (where, 4, [0] * len(pieces))]
    entries += [(sizes, 4, [len(piece) for piece in pieces]), (305, 2, list(b"software of somebody\0"))]
    entries += [(322, 3, [columns]), (323, 3, [rows])] if tile else [(278, 3, [rows])]
    entries += [(338, 3, [2])] if channels in (2, 4) else []
    entries += [(tag, kind, [value]) for tag, kind, value in extra]
    pointer, inline = ("Q", 8) if big else ("I", 4)
    start = 16 if big else 8
    end = start + (8 if big else 2) + len(entries) * (20 if big else 12) + inline
    codes = {2: "B", 3: "H", 4: "I"}
    long = sum(
        len(v) * struct.calcsize(codes[k])
        for _, k, v in entries
        if len(v) * struct.calcsize(codes[k]) > inline
    )
    offsets = [end + long + 8 + sum(len(piece) for piece in pieces[:n]) for n in range(len(pieces))]
    head = {"<": b"II", ">": b"MM"}[order]
    head += struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8)
    body, beyond = struct.pack(order + ("Q" if big else "H"), len(entries)), b""
    for tag, kind, values in sorted(entries):
        raw = struct.pack(f"{order}{len(values)}{codes[kind]}", *(offsets if tag == where else values))
        body += struct.pack(order + "HH" + pointer, tag, kind, len(values))
        if len(raw) > inline:
            body += struct.pack(order + pointer, end + len(beyond))
            beyond += raw
        else:
            body += raw.ljust(inline, b"\0")
    return head + body + bytes(inline) + beyond + b"PRIVATE!" + b"".join(pieces) + b"behind"


def judged(data: bytes) -> NDArray[Any]:
    """Samples (H, W, n) as ffmpeg reads them."""
    frame = av.CodecContext.create("tiff", "r").decode(av.Packet(data))[0]
    shallow = {names[0]: channels for channels, names in FORMATS.items()}
    deep = {
        names[1].format(end): (channels, "<>"[end == "be"])
        for channels, names in FORMATS.items()
        for end in ("le", "be")
    }
    name = frame.format.name
    channels = shallow.get(name) or deep[name][0]
    plane = np.frombuffer(memoryview(frame.planes[0]), np.uint8 if name in shallow else deep[name][1] + "u2")
    return plane.reshape(frame.height, -1)[:, : frame.width * channels].reshape(
        frame.height, frame.width, channels
    )


def rewritten(path: Path, data: bytes, change: int = 0) -> bytes:
    path.write_bytes(data)
    picture = read_picture(path)
    assert picture.format == "TIFF"
    return encode_picture(picture, picture.pixels + picture.pixels.dtype.type(change))[0]


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["raw", "lzw", "deflate", "packbits"])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pixels_come_back_exactly(tmp_path: Path, channels: int, deep: bool, algorithm: str) -> None:
    samples = scene(channels, deep)
    path = tmp_path / "a.tif"
    data = by_ffmpeg(samples, algorithm)
    assert np.array_equal(judged(rewritten(path, data)), samples)
    pixels = read_picture(path).pixels
    assert pixels.dtype == samples.dtype
    assert pixels.flags.c_contiguous
    assert np.array_equal(pixels, samples[..., 0] if channels < 3 else samples)


LAYOUTS = [
    {},
    {"rows": 61},
    {"tile": (16, 32)},
    {"planar": True},
    {"planar": True, "tile": (16, 16)},
    {"big": True},
]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize(("channels", "deep"), [(1, True), (3, False), (3, True), (4, True), (5, False)])
def test_layouts_are_kept(
    tmp_path: Path, channels: int, deep: bool, layout: dict[str, Any], order: str
) -> None:
    samples = scene(channels, deep)
    data = by_hand(samples, order, **layout)
    out = rewritten(tmp_path / "a.tif", data, change=1)
    changed = samples.copy()
    changed[..., : min(channels, 3 + (channels == 4))] += 1
    expected = by_hand(changed, order, **layout)
    assert len(out) - len(data) < 3000, "uncompressed data goes back to its own place"
    start = data.index(b"PRIVATE!")
    if "tile" not in layout:
        assert out[start : len(data)] == expected[start:]
    kept = read_picture(tmp_path / "a.tif").pixels.reshape(*samples.shape[:2], -1)
    assert np.array_equal(kept, samples[..., : kept.shape[2]])
    (tmp_path / "b.tif").write_bytes(out)
    again = read_picture(tmp_path / "b.tif").pixels.reshape(*samples.shape[:2], -1)
    assert np.array_equal(again, changed[..., : kept.shape[2]])


def test_nothing_but_the_picture_moves_and_nothing_of_it_stays(tmp_path: Path) -> None:
    samples = scene(3, False)
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif.update({270: "title", 315: "artist", 33432: "notice"})
    exif.get_ifd(34665)[37510] = b"comment" * 30
    Image.fromarray(samples).save(
        buffer, "TIFF", compression="tiff_lzw", exif=exif, icc_profile=b"icc" * 50, dpi=(300, 300)
    )
    data = buffer.getvalue()
    noisy = np.random.default_rng(5).integers(0, 256, samples.shape).astype(np.uint8)
    (tmp_path / "a.tif").write_bytes(data)
    picture = read_picture(tmp_path / "a.tif")
    out, _ = encode_picture(picture, noisy)
    before, after = (Image.open(io.BytesIO(whole)) for whole in (data, out))
    assert np.array_equal(np.asarray(after), noisy)
    offsets, sizes = before.tag_v2[273], before.tag_v2[279]
    tags = {tag: value for tag, value in before.tag_v2.items() if tag not in (273, 279)}
    assert tags == {tag: value for tag, value in after.tag_v2.items() if tag not in (273, 279)}
    changed = [at for at in range(len(data)) if data[at] != out[at]]
    strips = {at for offset, size in zip(offsets, sizes, strict=True) for at in range(offset, offset + size)}
    assert len([at for at in changed if at not in strips]) <= 24, "two directory entries at the most"
    for offset, size in zip(offsets, sizes, strict=True):
        assert data[offset : offset + size] not in out


def test_inverted_gray_is_shown_as_it_looks(tmp_path: Path) -> None:
    samples = scene(1, True)
    out = rewritten(tmp_path / "a.tif", by_hand(samples, photometric=0), change=2)
    assert np.array_equal(read_picture(tmp_path / "a.tif").pixels, 65535 - samples[..., 0])
    assert np.array_equal(read_luma(tmp_path / "a.tif"), 65535 - samples[..., 0])
    assert np.array_equal(judged(out), samples - 2) or np.array_equal(judged(out), 65535 - (samples - 2))


def test_a_change_of_gray_leaves_transparent_pixels_alone(tmp_path: Path) -> None:
    samples = scene(2, True)
    samples[:30, :, 1] = 0
    (tmp_path / "b.tif").write_bytes(rewritten(tmp_path / "a.tif", by_hand(samples), change=3))
    expected = samples[..., 0] + np.uint16(3)
    expected[:30] = samples[:30, :, 0]
    assert np.array_equal(read_picture(tmp_path / "b.tif").pixels, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_undone(tmp_path: Path, orientation: int) -> None:
    samples = scene(3, True)
    data = by_hand(samples, extra=((274, 3, orientation),))
    assert np.array_equal(judged(rewritten(tmp_path / "a.tif", data)), samples)
    shape = read_picture(tmp_path / "a.tif").pixels.shape
    assert shape == ((83, 61, 3) if orientation >= 5 else (61, 83, 3))


REFUSED = {
    "more than one page": {"save_all": True, "append_images": [Image.new("RGB", (9, 9))]},
    "JPEG compression": {"compression": "jpeg"},
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_refused_and_read(tmp_path: Path, words: str) -> None:
    path = tmp_path / "a.tif"
    picture = Image.fromarray(scene(3, False))
    picture.save(path, **REFUSED[words])
    with pytest.raises(UnsupportedFormat, match=words):
        read_picture(path)
    expected = np.asarray(picture.convert("L")).astype(int)
    assert np.abs(read_luma(path) - expected).mean() < 4


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "LAB", "F", "I"])
def test_modes_that_are_refused(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.tif"
    Image.new(mode, (40, 30)).save(path)
    with pytest.raises(UnsupportedFormat, match="not handled"):
        read_picture(path)
    if mode in ("1", "P", "CMYK"):
        assert read_luma(path).shape == (30, 40)


@pytest.mark.parametrize(("dtype", "white"), [("f4", 1.0), ("f4", 255.0), ("f4", 65535.0), ("i4", 65535)])
def test_white_of_deep_samples_is_found(tmp_path: Path, dtype: str, white: float) -> None:
    shade = scene(1, False)[..., 0].astype(float) / 255
    Image.fromarray((shade * white).astype(dtype)).save(tmp_path / "a.tif")
    luma = read_luma(tmp_path / "a.tif")
    assert luma.dtype == np.uint16
    assert np.abs(luma / 65535 - shade).max() < 1e-4


def test_highlights_and_holes_of_floats_do_not_count(tmp_path: Path) -> None:
    shade = np.full((50, 50), 0.5, np.float32)
    shade[0, :3] = 40, np.nan, -1
    Image.fromarray(shade).save(tmp_path / "a.tif")
    assert read_luma(tmp_path / "a.tif")[0].tolist() == [65535, 0, 0] + [32768] * 47


def test_samples_that_cannot_be_read_are_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(by_hand(scene(3, True).astype(np.uint32)))
    for read in (read_picture, read_luma):
        with pytest.raises(UnsupportedFormat, match="save it with 8 or 16 bits"):
            read(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("tag", "words"), [(330, "further pictures"), (37724, "layers"), (50706, "raw photograph")]
)
def test_files_that_hold_more_than_a_picture(tmp_path: Path, tag: int, words: str) -> None:
    (tmp_path / "a.tif").write_bytes(by_hand(scene(3, False), extra=((tag, 4, 8),)))
    with pytest.raises(UnsupportedFormat, match=words):
        read_picture(tmp_path / "a.tif")


def test_premultiplied_colours_are_refused_unless_opaque(tmp_path: Path) -> None:
    samples = scene(4, False)
    data = by_hand(samples).replace(struct.pack("<HHIH", 338, 3, 1, 2), struct.pack("<HHIH", 338, 3, 1, 1))
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(UnsupportedFormat, match="multiplied"):
        read_picture(tmp_path / "a.tif")
    samples[..., 3] = 255
    data = by_hand(samples).replace(struct.pack("<HHIH", 338, 3, 1, 2), struct.pack("<HHIH", 338, 3, 1, 1))
    (tmp_path / "a.tif").write_bytes(data)
    assert read_picture(tmp_path / "a.tif").pixels.shape == (61, 83, 3)


def test_damage_is_told(tmp_path: Path) -> None:
    data = by_hand(scene(3, False))
    overlapping = bytearray(data)
    at = data.index(struct.pack("<HHI", 273, 4, 4)) + 8
    (place,) = struct.unpack_from("<I", data, at)
    overlapping[place + 4 : place + 8] = overlapping[place : place + 4]
    for damaged in (
        data[:9],
        data[:60],
        data[:-100],
        bytes(overlapping),
        data[:4] + b"\xff\xff\xff\x7f" + data[8:],
        b"II+\0\x08\0\0\0" + b"\xff" * 8,
    ):
        (tmp_path / "b.tif").write_bytes(damaged)
        with pytest.raises(CorruptFile, match="damaged, "):
            encode_picture(read_picture(tmp_path / "b.tif"), scene(3, False))

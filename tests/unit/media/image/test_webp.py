"""WebP: lossless stays lossless, lossy stays close, every other chunk is kept."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.formats.vp8 import quality_of
from stamp.media.image.opening import encode_picture, read_luma, read_picture


def scene(channels: int = 3) -> NDArray[np.uint8]:
    y, x = np.mgrid[:90, :121]
    planes = [128 + 100 * np.sin(x / (7 + 3 * n)) * np.cos(y / (11 - n)) for n in range(channels)]
    picture = np.stack(planes, axis=2)
    if channels == 4:
        picture[:30, :, 3] = 0
        picture[60:, :, 3] = 255
    return picture.astype(np.uint8)


def webp(path: Path, channels: int = 3, **options: Any) -> Path:
    Image.fromarray(scene(channels)).save(path, "WEBP", **options)
    return path


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def decoded(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("channels", [3, 4])
def test_lossless_pixels_come_back_exactly(tmp_path: Path, channels: int) -> None:
    path = webp(tmp_path / "a.webp", channels, lossless=True, exact=True)
    picture = read_picture(path)
    assert np.array_equal(picture.pixels, scene(channels))
    data, notes = encode_picture(picture, picture.pixels)
    assert np.array_equal(decoded(data), scene(channels))
    assert [kind for kind, _ in chunks(data)] == [b"VP8L"]
    assert not notes


@pytest.mark.parametrize("quality", [40, 80, 97])
def test_lossy_pixels_stay_close_and_alpha_exact(tmp_path: Path, quality: int) -> None:
    path = webp(tmp_path / "a.webp", 4, quality=quality)
    picture = read_picture(path)
    data, notes = encode_picture(picture, picture.pixels)
    before, after = decoded(path.read_bytes()).astype(int), decoded(data).astype(int)
    assert np.array_equal(before[..., 3], after[..., 3])
    seen = before[..., 3] > 0
    luma = (before - after)[..., :3] @ [0.299, 0.587, 0.114]
    assert np.sqrt(np.mean(luma[seen] ** 2)) < 1.5
    assert {kind for kind, _ in chunks(data)} == {b"VP8X", b"ALPH", b"VP8 "}
    assert int(notes[0].split()[-1]) >= max(95, quality)


def test_quality_is_read_from_the_frame(tmp_path: Path) -> None:
    for quality in (90, 95, 98, 100):
        data = webp(tmp_path / "a.webp", quality=quality).read_bytes()
        assert abs(quality_of(dict(chunks(data))[b"VP8 "]) - quality) <= 2
    picture = read_picture(webp(tmp_path / "a.webp", quality=60))
    assert "quality 99" in encode_picture(picture, picture.pixels, quality_floor=99)[1][0]
    assert quality_of(b"") in range(101)


@pytest.mark.parametrize("lossless", [False, True])
def test_every_other_chunk_is_kept(tmp_path: Path, lossless: bool) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\3\0\0\0\0\0\0\0odd"
    options = {"exif": exif, "xmp": b"<x:xmpmeta/>!", "icc_profile": b"icc", "lossless": lossless}
    path = webp(tmp_path / "a.webp", **options)
    path.write_bytes(path.read_bytes() + b"behind")
    picture = read_picture(path)
    data, _ = encode_picture(picture, picture.pixels)
    assert data.endswith(b"behind")
    before, after = (chunks(whole.removesuffix(b"behind")) for whole in (path.read_bytes(), data))
    assert [kind for kind, _ in before] == [kind for kind, _ in after]
    assert [body for kind, body in before if not kind.startswith(b"VP8")] == [
        body for kind, body in after if not kind.startswith(b"VP8")
    ]
    assert dict(before)[b"VP8X"] == dict(after)[b"VP8X"]
    assert np.array_equal(picture.pixels, decoded(path.read_bytes())[::-1, ::-1])
    error = np.abs(decoded(data).astype(int) - decoded(path.read_bytes())).mean()
    assert error == 0 if lossless else error < 2


def test_animations_are_refused_but_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    with pytest.raises(UnsupportedFormat, match="animated"):
        read_picture(tmp_path / "a.webp")
    assert np.all(read_luma(tmp_path / "a.webp") == 76)


def test_truncated_files(tmp_path: Path) -> None:
    data = webp(tmp_path / "a.webp").read_bytes()
    for damaged in (data[:12], data[:19], data[: len(data) // 2], data[:20] + bytes(20) + data[40:]):
        (tmp_path / "b.webp").write_bytes(damaged)
        for read in (read_picture, read_luma):
            with pytest.raises(CorruptFile, match=r"b\.webp"):
                read(tmp_path / "b.webp")

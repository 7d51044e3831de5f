"""AVIF and HEIC of 8 bits: close pixels, the same metadata; more bits and more pictures are refused."""

from __future__ import annotations

import io
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.errors import CorruptFile, MissingDependency, UnsupportedFormat
from stamp.formats.heif import parse
from stamp.media.image.opening import encode_picture, read_luma, read_picture

EXIF = b"II*\0\x08\0\0\0\1\0\x3b\1\2\0\4\0\0\0Zoe\0\0\0\0\0" + b"maker note " * 7
XMP = "<x:xmpmeta>ü</x:xmpmeta>".encode()


def scene(channels: int = 3) -> NDArray[np.uint8]:
    y, x = np.mgrid[:96, :130]
    planes = [128 + 100 * np.sin(x / (9 + 3 * n)) * np.cos(y / (13 - n)) for n in range(channels)]
    picture = np.stack(planes, axis=2)
    if channels == 4:
        picture[:48, :, 3] = 255
    return picture.astype(np.uint8)


def made(path: Path, channels: int = 3, **options: Any) -> Path:
    image = Image.fromarray(scene(channels)[..., 0] if channels == 1 else scene(channels))
    if path.suffix == ".avif":
        image.save(path, "AVIF", **{"quality": 92, **options})
    else:
        pillow_heif.from_pillow(image).save(path, **{"quality": 85, **options})
    return path


def psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((a.astype(float) - b) ** 2))))


@pytest.mark.parametrize("suffix", [".avif", ".heic"])
@pytest.mark.parametrize("channels", [3, 4])
def test_pixels_and_metadata(tmp_path: Path, suffix: str, channels: int) -> None:
    path = made(tmp_path / f"a{suffix}", channels, exif=EXIF, xmp=XMP, subsampling="4:2:0")
    path.write_bytes(path.read_bytes() + b"\0\0\0\x10uuidmanifest")
    picture = read_picture(path)
    assert picture.format == suffix[1:].upper()
    assert picture.pixels.shape == (96, 130, channels)
    data, notes = encode_picture(picture, picture.pixels)
    assert "coded again" in notes[0]
    (tmp_path / f"b{suffix}").write_bytes(data)
    again = read_picture(tmp_path / f"b{suffix}")
    assert (
        psnr(again.pixels[..., :3] @ [0.299, 0.587, 0.114], picture.pixels[..., :3] @ [0.299, 0.587, 0.114])
        > 45
    )
    before, after = parse(path.read_bytes()), parse(data)
    blocks = {
        item.kind: after.content(number)
        for number, item in after.items.items()
        if item.kind in (b"Exif", b"mime")
    }
    assert blocks == {
        item.kind: before.content(number) for number, item in before.items.items() if item.kind in blocks
    }
    assert blocks[b"Exif"].endswith(EXIF)
    assert blocks[b"mime"] == XMP
    assert data.endswith(b"\0\0\0\x10uuidmanifest")
    brighter = picture.pixels.copy()
    brighter[..., :3] += 6
    moved, _ = encode_picture(picture, brighter)
    (tmp_path / f"c{suffix}").write_bytes(moved)
    luma = read_luma(tmp_path / f"c{suffix}").astype(float) - read_luma(path)
    assert 4.5 < luma[:48].mean() < 7


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
def test_subsampling_and_profile_are_kept(tmp_path: Path, subsampling: str) -> None:
    for suffix in (".avif", ".heic"):
        path = made(tmp_path / f"a{suffix}", subsampling=subsampling)
        picture = read_picture(path)
        data, _ = encode_picture(picture, picture.pixels)
        before, after = parse(path.read_bytes()), parse(data)
        offset = (b"av1C", 2, 0x1C) if suffix == ".avif" else (b"hvcC", 16, 3)
        was, now = (syntax.first(syntax.primary, offset[0]) for syntax in (before, after))
        assert was is not None
        assert now is not None
        assert was[offset[1]] & offset[2] == now[offset[1]] & offset[2]


def test_icc_profile_is_kept(tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for suffix in (".avif", ".heic"):
        image = Image.fromarray(scene())
        image.info["icc_profile"] = profile
        path = tmp_path / f"a{suffix}"
        if suffix == ".avif":
            image.save(path, "AVIF", icc_profile=profile)
        else:
            pillow_heif.from_pillow(image).save(path)
        picture = read_picture(path)
        assert profile in encode_picture(picture, picture.pixels)[0]


def test_colour_codes_are_kept(tmp_path: Path) -> None:
    path = made(tmp_path / "a.avif")
    data = path.read_bytes()
    at = data.index(b"colrnclx") + 8
    path.write_bytes(data[:at] + struct.pack(">HH", 12, 13) + data[at + 4 :])
    picture = read_picture(path)
    out, _ = encode_picture(picture, picture.pixels)
    assert out[out.index(b"colrnclx") + 8 :][:4] == struct.pack(">HH", 12, 13)


def test_the_containers_rotation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    for suffix in (".avif", ".heic"):
        path = tmp_path / f"a{suffix}"
        if suffix == ".avif":
            Image.fromarray(scene()).save(path, "AVIF", exif=exif, quality=92)
        else:
            pillow_heif.from_pillow(Image.fromarray(scene())).save(
                path, xmp=b'tiff:Orientation="6"', quality=85
            )
        picture = read_picture(path)
        assert psnr(picture.pixels, np.rot90(scene(), -1)) > 30
        (tmp_path / f"b{suffix}").write_bytes(encode_picture(picture, picture.pixels)[0])
        assert psnr(read_picture(tmp_path / f"b{suffix}").pixels, picture.pixels) > 35


def test_more_than_eight_bits_are_refused_but_read(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    deep = (scene().astype(np.uint16) << 8).tobytes()
    pillow_heif.from_bytes("RGB;16", (130, 96), deep).save(path)
    with pytest.raises(UnsupportedFormat, match=r"10 bits|12 bits"):
        read_picture(path)
    assert read_luma(path).shape == (96, 130)


def test_more_pictures_are_refused_but_read(tmp_path: Path) -> None:
    image = Image.fromarray(scene())
    file = pillow_heif.from_pillow(image)
    file.add_from_pillow(Image.fromarray(255 - scene()))
    file.save(tmp_path / "a.heic")
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "b.avif", save_all=True, append_images=frames[1:])
    for name in ("a.heic", "b.avif"):
        with pytest.raises(UnsupportedFormat, match=r"more than one picture|sequence"):
            read_picture(tmp_path / name)
        assert read_luma(tmp_path / name).ndim == 2


def test_pillow_heif_is_asked_for_when_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for read in (read_picture, read_luma):
        with pytest.raises(MissingDependency, match=r"stamp-media\[heif\]") as caught:
            read(path)
        assert caught.value.extra == "heif"


@pytest.mark.parametrize("suffix", [".avif", ".heic"])
def test_truncated_files(tmp_path: Path, suffix: str) -> None:
    data = made(tmp_path / f"a{suffix}").read_bytes()
    for stop in (20, 60, 200, len(data) // 2, len(data) - 100):
        (tmp_path / "b").write_bytes(data[:stop])
        for read in (read_picture, read_luma):
            with pytest.raises((CorruptFile, UnsupportedFormat), match=str(tmp_path / "b")):
                read(tmp_path / "b")


@pytest.mark.parametrize("suffix", [".avif", ".heic"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    path = made(tmp_path / f"a{suffix}", exif=EXIF)
    first, second = (encode_picture(p, p.pixels)[0] for p in (read_picture(path), read_picture(path)))
    assert first == second


def test_gray_avif_stays_gray(tmp_path: Path) -> None:
    picture = read_picture(made(tmp_path / "a.avif", 1, subsampling="4:0:0"))
    assert picture.pixels.shape == (96, 130)
    after = Image.open(io.BytesIO(encode_picture(picture, picture.pixels)[0]))
    assert psnr(np.asarray(after.convert("L")), picture.pixels) > 40


def test_a_coding_that_no_decoder_knows_is_no_damage(tmp_path: Path) -> None:
    """Uncompressed pictures are HEIF, too (ISO/IEC 23001-17)."""
    path = made(tmp_path / "a.heic")
    data = path.read_bytes()
    item = data.index(b"infe")
    coding = data.index(b"hvc1", item)
    path.write_bytes(data[:coding] + b"unci" + data[coding + 4 :])
    for read in (read_picture, read_luma):
        with pytest.raises(
            UnsupportedFormat, match=r"a\.heic: its coding \('unci'\) cannot be decoded; save it"
        ):
            read(path)

"""JPEG: what is kept, what is changed, what is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.formats.jpeg import Segment, tolerated_segments
from stamp.media.image.jpeg_syntax import parse
from stamp.media.image.opening import encode_picture, read_luma, read_picture


def scene(width: int = 237, height: int = 181, seed: int = 1) -> NDArray[np.uint8]:
    """A picture with slopes, edges and a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    planes = [128 + 90 * np.sin(x / (9 + 5 * n) + n) * np.cos(y / (13 - 2 * n)) for n in range(3)]
    picture = np.stack(planes, axis=2) + rng.normal(0, 4, (height, width, 3))
    picture[height // 4 : height // 2, width // 4 : width // 2] += 40
    return np.clip(picture, 0, 255).astype(np.uint8)


def jpeg(path: Path, mode: str = "RGB", **options: Any) -> Path:
    Image.fromarray(scene()).convert(mode).save(path, "JPEG", **options)
    return path


def psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    error = float(np.mean((a.astype(float) - b.astype(float)) ** 2))
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)


def rewritten(path: Path, change: int = 0, **options: Any) -> tuple[Image.Image, Image.Image, list[str]]:
    """The picture before and after a change of every pixel by `change`, both decoded by Pillow."""
    picture = read_picture(path)
    pixels = np.clip(picture.pixels.astype(int) + change, 0, 255).astype(np.uint8)
    data, notes = encode_picture(picture, pixels, **options)
    before, after = (Image.open(io.BytesIO(source)) for source in (path.read_bytes(), data))
    before.load()
    after.load()
    return before, after, notes


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [40, 75, 95])
def test_settings_and_pixels_are_kept(
    tmp_path: Path, progressive: bool, subsampling: int, quality: int
) -> None:
    path = jpeg(tmp_path / "a.jpg", quality=quality, subsampling=subsampling, progressive=progressive)
    before, after, notes = rewritten(path)
    assert after.quantization == before.quantization
    assert after.layer == before.layer
    assert bool(after.info.get("progressive")) is progressive
    assert psnr(np.asarray(before), np.asarray(after)) > 50
    assert not notes


def test_only_luma_moves(tmp_path: Path) -> None:
    before, after, _ = rewritten(jpeg(tmp_path / "a.jpg", quality=95, subsampling=0), change=5)
    was, now = (np.asarray(image.convert("YCbCr")).astype(int) for image in (before, after))
    assert 4.5 < np.mean(now[..., 0] - was[..., 0]) < 5.5
    assert np.abs(np.mean(now[..., 1:] - was[..., 1:], axis=(0, 1))).max() < 0.3


def test_quantisation_tables_of_their_own_for_each_component(tmp_path: Path) -> None:
    tables = [[5 + n // 8] * 64 for n in (0, 8, 16)]
    before, after, _ = rewritten(jpeg(tmp_path / "a.jpg", qtables=tables, subsampling=0))
    assert after.quantization == before.quantization == dict(enumerate(tables))
    assert after.layer == before.layer


def test_quality_floor(tmp_path: Path) -> None:
    path = jpeg(tmp_path / "a.jpg", quality=30)
    before, after, notes = rewritten(path, quality_floor=80)
    reference, _, _ = rewritten(jpeg(tmp_path / "b.jpg", quality=80))
    for number, table in after.quantization.items():
        pairs = zip(before.quantization[number], reference.quantization[number], strict=True)
        assert list(table) == [min(pair) for pair in pairs]
    assert "quality raised to 80" in notes[0]
    _, fine, quiet = rewritten(path, quality_floor=20)
    assert fine.quantization == before.quantization
    assert not quiet


def test_restart_markers_and_huffman_tables_follow_the_source(tmp_path: Path) -> None:
    standard = parse(jpeg(tmp_path / "standard.jpg").read_bytes()).huffman
    for options in ({"restart_marker_rows": 1}, {"optimize": True}, {}):
        path = jpeg(tmp_path / "a.jpg", **options)
        data, _ = encode_picture(read_picture(path), read_picture(path).pixels)
        before, after = parse(path.read_bytes()), parse(data)
        assert after.restart_interval == before.restart_interval
        assert (after.huffman == standard) is ("optimize" not in options)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("kind", ["optimize", "progressive"])
def test_noise_of_the_best_quality_finds_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, kind: str
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    usual = ImageFile.MAXBLOCK
    with monkeypatch.context() as roomy:
        roomy.setattr(ImageFile, "MAXBLOCK", 2_000_000)  # Pillow cannot write it otherwise
        Image.fromarray(noise).convert(mode).save(
            tmp_path / "a.jpg", quality=100, subsampling=0, **{kind: True}
        )
    picture = read_picture(tmp_path / "a.jpg")
    data, _ = encode_picture(picture, picture.pixels)
    assert len(data) > 300 * 300
    (tmp_path / "b.jpg").write_bytes(data)
    difference = read_picture(tmp_path / "b.jpg").pixels.astype(int) - picture.pixels
    assert np.abs(difference).mean() < 0.5
    assert usual == ImageFile.MAXBLOCK


def test_gray_and_rgb_stay_what_they_are(tmp_path: Path) -> None:
    before, after, _ = rewritten(jpeg(tmp_path / "gray.jpg", "L", quality=90))
    assert after.mode == "L"
    assert psnr(np.asarray(before), np.asarray(after)) > 52
    path = jpeg(tmp_path / "rgb.jpg", quality=90, keep_rgb=True)
    assert read_picture(path).pixels.shape == (181, 237, 3)
    before, after, _ = rewritten(path)
    assert [layer[0] for layer in after.layer] == [82, 71, 66]
    assert psnr(np.asarray(before), np.asarray(after)) > 52


def cmyk(path: Path, *, ycck: bool) -> Path:
    """Inks and a black plane with half of the darkness; relabelled, the same planes are a YCCK picture."""
    colours = 255 - scene().astype(int)
    black = colours.min(axis=2) // 2
    inks = np.dstack((colours - black[..., None], black)).clip(0, 255).astype(np.uint8)
    Image.frombytes("CMYK", (237, 181), inks.tobytes()).save(path, "JPEG", quality=92)
    data = path.read_bytes()
    at = data.index(b"Adobe") + 11
    assert data[at] == 0
    path.write_bytes(data[:at] + bytes([2 if ycck else 0]) + data[at + 1 :])
    return path


@pytest.mark.parametrize("ycck", [False, True])
def test_cmyk_keeps_its_look_and_moves_as_it_is_told(tmp_path: Path, ycck: bool) -> None:
    path = cmyk(tmp_path / "a.jpg", ycck=ycck)
    before, after, _ = rewritten(path)
    assert psnr(np.asarray(before.convert("RGB")), np.asarray(after.convert("RGB"))) > 48
    assert after.quantization == before.quantization
    picture = read_picture(path)
    assert picture.pixels.shape == (181, 237)
    pattern = np.where(np.indices((181, 237)).sum(axis=0) // 16 % 2, 6, -6)
    data, _ = encode_picture(picture, np.clip(picture.pixels + pattern, 0, 255).astype(np.uint8))
    (tmp_path / "b.jpg").write_bytes(data)
    moved = read_luma(tmp_path / "b.jpg").astype(int) - read_luma(path)
    visible = (picture.pixels > 20) & (picture.pixels < 240)
    assert np.mean((moved * np.sign(pattern))[visible]) > 4.5


def test_unsigned_cmyk_is_refused(tmp_path: Path) -> None:
    data = cmyk(tmp_path / "a.jpg", ycck=False).read_bytes()
    (tmp_path / "b.jpg").write_bytes(data.replace(b"Adobe", b"Bdobe"))
    with pytest.raises(UnsupportedFormat, match="inks"):
        read_picture(tmp_path / "b.jpg")


def with_segments(data: bytes, *segments: tuple[int, bytes]) -> bytes:
    raw = b"".join(bytes([255, code]) + (len(body) + 2).to_bytes(2, "big") + body for code, body in segments)
    return data[:2] + raw + data[2:]


def test_every_metadata_segment_is_kept_in_its_order(tmp_path: Path) -> None:
    path = jpeg(tmp_path / "a.jpg", icc_profile=b"\1" * 70_000, comment=b"plain")
    segments = [(0xED, b"Photoshop 3.0\0" + b"8BIM" * 50), (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")]
    segments += [
        (0xEB, b"JP\0\1" + b"c2pa" * 9),
        (0xFE, b"\xff\xfe\xff\0"),
        (0xE1, b"Exif\0\0MM\0*\0\0\0\x08"),
    ]
    path.write_bytes(with_segments(path.read_bytes(), *segments))
    path.write_bytes(path.read_bytes().removesuffix(b"\xff\xd9") + b"\xff\xfe\0\3!\xff\xd9")
    data, _ = encode_picture(read_picture(path), read_picture(path).pixels)
    assert data.endswith(b"\xff\xfe\0\3!\xff\xd9")
    before, after = parse(path.read_bytes()), parse(data)
    assert [segment.raw for segment in after.metadata] == [segment.raw for segment in before.metadata]
    assert len(after.metadata) > 6


def test_other_data_behind_the_picture_is_kept_and_said(tmp_path: Path) -> None:
    path = jpeg(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + b"\0\0vendor data")
    picture = read_picture(path)
    assert "13 bytes behind the picture" in picture.notes[0]
    assert encode_picture(picture, picture.pixels)[0].endswith(b"\xff\xd9\0\0vendor data")


def patched_frame(data: bytes, offset: int, value: int, marker: int | None = None) -> bytes:
    at = next(data.index(bytes([255, m, 0])) for m in (0xC0, 0xC1, 0xC2) if bytes([255, m, 0]) in data)
    out = bytearray(data)
    out[at + 4 + offset] = value
    out[at + 1] = marker or out[at + 1]
    return bytes(out)


def test_kinds_that_are_refused_say_so(tmp_path: Path) -> None:
    plain = jpeg(tmp_path / "a.jpg").read_bytes()
    for data, words in (
        (patched_frame(plain, 0, 12), "12 bits"),
        (patched_frame(plain, 0, 8, 0xC3), "lossless"),
        (patched_frame(plain, 0, 8, 0xC9), "arithmetic-coded"),
    ):
        (tmp_path / "b.jpg").write_bytes(data)
        with pytest.raises(UnsupportedFormat, match=words):
            read_picture(tmp_path / "b.jpg")


def test_sampling_that_pillow_cannot_write_is_widened_and_said(tmp_path: Path) -> None:
    """4:4:0 as jpegtran makes it: a 4:2:2 picture that was turned by a quarter."""
    Image.fromarray(scene(64, 64)).save(tmp_path / "a.jpg", subsampling=1, quality=90)
    (tmp_path / "b.jpg").write_bytes(patched_frame((tmp_path / "a.jpg").read_bytes(), 7, 0x12))
    before, after, notes = rewritten(tmp_path / "b.jpg")
    assert "full resolution" in notes[0]
    assert psnr(np.asarray(before), np.asarray(after)) > 45


@pytest.mark.parametrize("size", [(1500, 1203), (4603, 3001)])
def test_luma_is_decoded_small_but_not_too_small(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.linear_gradient("L").resize(size).convert("RGB").save(tmp_path / "a.jpg")
    luma = read_luma(tmp_path / "a.jpg")
    assert luma.dtype == np.uint8
    assert luma.size >= 1100 * 1100
    scale = round(size[0] / luma.shape[1])
    assert size[0] * size[1] < 1100 * 1100 * (2 * scale) ** 2
    full = read_luma(tmp_path / "a.jpg", max_pixels_hint=size[0] * size[1])
    assert full.shape == size[::-1]


def test_luma_agrees_with_pillow(tmp_path: Path) -> None:
    for mode in ("RGB", "L", "CMYK"):
        path = jpeg(tmp_path / f"{mode}.jpg", mode)
        expected = Image.open(io.BytesIO(path.read_bytes())).convert("RGB").convert("L")
        assert np.abs(read_luma(path).astype(int) - np.asarray(expected)).max() <= 2


def test_a_picture_of_too_many_scans_is_refused_before_decoding(tmp_path: Path) -> None:
    data = jpeg(tmp_path / "a.jpg", progressive=True).read_bytes()
    scan = data[data.rindex(b"\xff\xda") : -2]
    (tmp_path / "b.jpg").write_bytes(data[:-2] + 100 * scan + data[-2:])
    for read in (read_picture, read_luma):
        with pytest.raises(CorruptFile, match="scans"):
            read(tmp_path / "b.jpg")


def test_truncated_and_empty_files(tmp_path: Path) -> None:
    data = jpeg(tmp_path / "a.jpg").read_bytes()
    for stop in (3, 20, 200, len(data) // 2, len(data) - 40):
        (tmp_path / "b.jpg").write_bytes(data[:stop])
        for read in (read_picture, read_luma):
            with pytest.raises(CorruptFile, match=r"b\.jpg"):
                read(tmp_path / "b.jpg")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    path = jpeg(tmp_path / "a.jpg", quality=88)
    first, second = (encode_picture(p, p.pixels)[0] for p in (read_picture(path), read_picture(path)))
    assert first == second


@pytest.mark.parametrize("size", [0, 1, 61, 62, 63, 300, 5000])
def test_segments_behind_junk_and_scans_of_any_length_are_found(size: int) -> None:
    comment, scan = b"\xff\xfe\0\4ab", b"\xff\xda\0\2" + b"\xff\0" * size + b"x\xff\xd0"
    data = b"\xff\xd8" + bytes(size) + b"\xff\xff" + comment + scan + comment + scan + b"\xff\xd9behind"
    found = list(tolerated_segments(data))
    assert [segment.marker for segment in found] == [0xFE, 0xDA, 0xFE, 0xDA, 0xD9]
    assert data[found[0].start : found[0].end] == data[found[2].start : found[2].end] == comment
    assert data[found[-1].end :] == b"behind"
    cut = list(tolerated_segments(data[: found[-1].start]))
    assert cut == [*found[:-1], Segment(0xD9, found[-1].start, found[-1].start, found[-1].start, b"")]

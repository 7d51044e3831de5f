"""What holds for every kind of picture: orientation, errors, limits, determinism, no global state."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from stamp import StampLimits, limited
from stamp.core.errors import CorruptFile, MediaError, UnsupportedFormat, UnwritableFile
from stamp.media.image.opening import encode_picture, read_luma, read_picture, write_picture
from stamp.media.image.orientation import exif_orientation

KINDS = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_lzw"},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
}


def scene() -> Image.Image:
    y, x = np.mgrid[:120, :170]
    planes = [128 + 100 * np.sin(x / (9 + 3 * n) + y / 40) * np.cos(y / (13 - n)) for n in range(3)]
    return Image.fromarray(np.stack(planes, axis=2).astype(np.uint8))


def saved(folder: Path, kind: str, **options: Any) -> Path:
    path = folder / f"a.{kind.lower()}"
    scene().save(path, kind, **{**KINDS[kind], **options})
    return path


def close(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.shape == b.shape and float(np.abs(a.astype(float) - b).mean()) < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_upright_and_go_back_as_they_were(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = saved(tmp_path, kind, exif=exif)
    with Image.open(path) as stored:
        tag = stored.getexif().get(274, 1)
        upright = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    picture = read_picture(path)
    assert picture.pixels.flags.c_contiguous
    gray = np.asarray(Image.fromarray(upright).convert("L"))
    assert close(picture.pixels, gray if picture.pixels.ndim == 2 else upright)
    assert close(read_luma(path), gray)
    target = tmp_path / f"b.{kind.lower()}"
    write_picture(picture, picture.pixels, target)
    with Image.open(target) as written:
        if kind != "AVIF":
            assert written.getexif().get(274, 1) == tag == orientation
        assert close(np.asarray(ImageOps.exif_transpose(written).convert("RGB")), upright)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"II",
        b"XX*\0",
        b"MM\0*\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\x09",
    ],
)
def test_a_broken_orientation_counts_as_none(exif: bytes) -> None:
    assert exif_orientation(exif) == 1


def test_the_extension_does_not_matter(tmp_path: Path) -> None:
    path = saved(tmp_path, "PNG").rename(tmp_path / "a.jpg")
    assert read_picture(path).format == "PNG"


def test_pixels_of_another_shape_or_depth_are_a_mistake(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path, "PNG"))
    for wrong in (picture.pixels[1:], picture.pixels.astype(np.uint16), picture.pixels[..., 0]):
        with pytest.raises(ValueError, match="the picture is"):
            encode_picture(picture, wrong)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "PPM", "JPEG2000"])
def test_other_kinds_are_read_but_not_marked(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    scene().save(path, kind)
    with pytest.raises(UnsupportedFormat, match="convert it") as caught:
        read_picture(path)
    assert caught.value.path == path
    with Image.open(path) as expected:
        assert close(read_luma(path), np.asarray(expected.convert("RGB").convert("L")))


@pytest.mark.parametrize(
    ("head", "what", "remedy"),
    [
        (b"GIF89a", "a GIF picture cannot be marked", "watermark=False"),
        (b"\xff\x0a\xfa\x1f", "a JPEG XL picture cannot be marked", "watermark=False"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture cannot be marked", "watermark=False"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "a raw photograph", "develop it"),
        (b"FUJIFILMCCD-RAW 0201", "a raw photograph", "develop it"),
        (b"IIU\0\x18\0\0\0", "a raw photograph", "develop it"),
        (b"BM", "not a photo, clip or song of a kind that is handled", "convert it"),
    ],
)
def test_what_is_not_marked_is_called_by_its_name(
    head: bytes, what: str, remedy: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(head + bytes(100))
    with pytest.raises(UnsupportedFormat, match=rf"{what}.*{remedy}"):
        read_picture(tmp_path / "a")


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\x0a\xfa\x1f",
        b"\0\0\0\x18ftypcrx \0\0\0\1",
        b"8BPS\0\2",  # a PSB, which is a PSD of another layout
    ],
)
def test_what_cannot_be_looked_into_is_called_by_its_name(head: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(head + bytes(100))
    with pytest.raises(
        UnsupportedFormat, match=r"a JPEG XL picture.*convert it|a raw.*develop it|not a photo.*convert it"
    ):
        read_luma(tmp_path / "a")


def test_deep_gray_is_not_taken_for_white(tmp_path: Path) -> None:
    shades = np.arange(0, 60_000, 1000, np.uint16).reshape(6, 10)
    (tmp_path / "a.pgm").write_bytes(b"P5 10 6 65535\n" + shades.astype(">u2").tobytes())
    assert np.array_equal(read_luma(tmp_path / "a.pgm"), shades)


def test_the_first_frame_of_an_animated_gif_is_read(tmp_path: Path) -> None:
    frames = [Image.new("P", (20, 10), index) for index in (0, 1)]
    for frame in frames:
        frame.putpalette([255, 0, 0, 0, 0, 255])
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert np.all(read_luma(tmp_path / "a.gif") == 76)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    fifo, empty = tmp_path / "fifo", tmp_path / "empty.jpg"
    os.mkfifo(fifo)
    empty.touch()
    for path in (tmp_path, tmp_path / "missing.jpg", fifo, empty, Path("/dev/zero"), Path("nul\0byte")):
        for read in (read_picture, read_luma):
            with pytest.raises(MediaError) as caught:
                read(path)
            assert str(path) in str(caught.value)
            assert caught.value.path == path


def test_text_is_no_picture(tmp_path: Path) -> None:
    for data in (b"hello", b"\0" * 100, b"%!PS-Adobe", b"RIFF\0\0\0\0WAVE", b"\xff\xd8"):
        (tmp_path / "a.jpg").write_bytes(data)
        for read in (read_picture, read_luma):
            with pytest.raises(UnsupportedFormat, match=r"a\.jpg"):
                read(tmp_path / "a.jpg")


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path, "PNG"))
    with pytest.raises(UnwritableFile, match="missing") as caught:
        write_picture(picture, picture.pixels, tmp_path / "missing" / "a.png")
    assert caught.value.path == tmp_path / "missing" / "a.png"


def test_a_host_that_allows_truncated_pictures_changes_nothing_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, "JPEG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read_luma(path).shape == (120, 170)
    assert read_picture(path).pixels.shape == (120, 170)
    assert Image.MAX_IMAGE_PIXELS == 100
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("kind", KINDS)
def test_threads_get_the_same_bytes(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path, kind)
    start = threading.Barrier(4)

    def once(_: int) -> bytes:
        start.wait()
        picture = read_picture(path)
        return encode_picture(picture, picture.pixels)[0]

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(once, range(4)))) == 1


def test_a_jpeg_needs_no_other_library_than_pillow(tmp_path: Path) -> None:
    script = (
        "import sys; from stamp.media.image.opening import read_luma as read; "
        "read(sys.argv[1]); print('av' in sys.modules)"
    )
    path = saved(tmp_path, "JPEG")
    run = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_above_the_limit_are_refused_before_decoding(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path, kind)
    for read in (read_picture, read_luma):
        with (
            limited(StampLimits(max_pixels=1000)),
            pytest.raises(UnsupportedFormat, match="170x120 pixels is above the limit"),
        ):
            read(path)


def test_a_decoder_that_fails_is_a_corrupt_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, "JPEG")
    for error in (OSError("x"), SyntaxError("x"), EOFError(), KeyError("x"), ZeroDivisionError()):
        # As if the code stood in Pillow: it is what raises such errors there that is taken for damage.
        pillow: dict[str, Any] = {"__name__": "PIL.ImageFile", "error": error}
        exec("def fail(*_):\n    raise error", pillow)
        fail = pillow["fail"]
        monkeypatch.setattr(Image.Image, "load", fail)
        monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
        with pytest.raises(CorruptFile, match=r"a\.jpeg: damaged"):
            read_picture(path)

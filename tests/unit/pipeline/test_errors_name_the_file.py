"""Whatever is wrong with a file, its name comes first in the message, and is there once."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import stamp
from stamp.media.image.png import PngHost
from tests.media import audio_files, muxer_files, pixels

KEY = stamp.Key.generate()


def picture(kind: str, mode: str = "RGB", **options: object) -> Callable[[], bytes]:
    def made() -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(pixels.gray(96, 128)).convert(mode).save(buffer, kind, **options)
        return buffer.getvalue()

    return made


def heic() -> bytes:
    buffer = io.BytesIO()
    pytest.importorskip("pillow_heif").from_pillow(Image.fromarray(pixels.gray(96, 128))).save(buffer)
    return buffer.getvalue()


DAMAGED: dict[str, Callable[[], bytes]] = {
    "a.jpg": picture("JPEG"),
    "cmyk.jpg": picture("JPEG", "CMYK"),
    "a.png": picture("PNG"),
    "a.webp": picture("WEBP"),
    "a.tif": picture("TIFF"),
    "lzw.tif": picture("TIFF", compression="tiff_lzw"),
    "big.tif": picture("TIFF", big_tiff=True),
    "a.avif": picture("AVIF"),
    "a.heic": heic,
    "a.gif": picture("GIF", "P"),
    "a.bmp": picture("BMP"),
    "a.ppm": picture("PPM"),
    **{
        f"{name}.{audio_files.SUFFIX.get(name, name)}": lambda name=name: audio_files.sound(name)
        for name in audio_files.ENCODERS
    },
    **{
        name: lambda name=name: muxer_files.film(name)
        for name in (
            "plain.mp4",
            "fragments.mp4",
            "sound.m4a",
            "plain.mov",
            "plain.mkv",
            "film.webm",
            "sound.mka",
        )
    },
}


def complaints(path: Path, out: Path) -> list[stamp.StampError]:
    found = []
    for call in (
        lambda: stamp.embed_file(path, out, bytes(8), key=KEY, overwrite=True),
        lambda: stamp.detect_file(path, keys=KEY, search=False),
    ):
        try:
            call()
        except stamp.StampError as error:
            found.append(error)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_named_once(name: str, tmp_path: Path) -> None:
    data, path = DAMAGED[name](), tmp_path / name
    found = []
    for share in (0.02, 0.3, 0.95):
        path.write_bytes(data[: max(16, int(len(data) * share))])
        found += complaints(path, tmp_path / f"out{path.suffix}")
    assert found
    for error in found:
        assert str(error).startswith(f"{path}: "), error
        assert str(error).count(path.name) == 1, error
        assert error.path == path


def test_a_mistake_of_ours_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("mode")

    path = tmp_path / "photo.png"
    Image.fromarray(pixels.gray(384, 384)).save(path)
    monkeypatch.setattr(PngHost, "encode", broken)
    with pytest.raises(stamp.InternalError) as caught:
        stamp.embed_file(path, tmp_path / "out.png", bytes(8), key=KEY)
    assert str(caught.value).startswith(f"{path}: internal error: KeyError: 'mode'; ")
    assert str(caught.value).count("photo.png") == 1


def test_a_host_without_room_is_named(tmp_path: Path) -> None:
    Image.fromarray(pixels.gray(32, 48)).save(path := tmp_path / "small.png")
    with pytest.raises(stamp.HostError, match=r"^\S*small\.png: ") as caught:
        stamp.embed_file(path, tmp_path / "out.png", bytes(8), key=KEY)
    assert caught.value.path == path


def test_a_stream_has_no_name(tmp_path: Path) -> None:
    film = muxer_files.film("plain.mkv")
    with pytest.raises(stamp.CorruptFile, match=r"^damaged, .*; fetch a fresh copy") as caught:
        stamp.detect_file(io.BytesIO(film[: len(film) // 20]), keys=KEY)
    assert caught.value.path is None


def test_a_package_that_is_missing_is_missed_for_one_file() -> None:
    error = stamp.MissingDependency("HEIC needs a package", extra="heif")
    assert (str(error), error.path, error.extra) == ("HEIC needs a package", None, "heif")
    error.path = "a.heic"
    assert str(error) == "a.heic: HEIC needs a package"

"""What a decoder raises is damage; what this package raises by mistake is not called so."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import pytest
import soundfile
from PIL import Image

import stamp.media.image.png
from stamp.core.errors import CorruptFile, InternalError, StampError, UnsupportedFormat
from stamp.formats.reading import decoding, named
from stamp.media.image.opening import encode_picture, read_luma, read_picture
from tests.media.pixels import gray


def _libsndfile() -> object:
    return soundfile.SoundFile(io.BytesIO(b"RIFF"))


def _pillow() -> object:
    return Image.open(io.BytesIO(b"BM"))


def _ffmpeg() -> object:
    return av.open(io.BytesIO(bytes(1000)))


def _a_plug_in_of_pillow() -> object:
    from PIL import BmpImagePlugin

    return BmpImagePlugin.i16(b"")  # as a plug-in does behind the end of a header


@pytest.mark.parametrize(
    "decoder",
    [
        _libsndfile,
        _pillow,
        _ffmpeg,
        _a_plug_in_of_pillow,
        lambda: struct.unpack(">I", b""),
        lambda: zlib.decompress(b"x"),
        lambda: b"\xff".decode(),
    ],
)
def test_what_decoders_raise_is_damage(decoder: Callable[[], object]) -> None:
    with (
        pytest.raises(CorruptFile, match=r"a\.jpg: damaged, it cannot be decoded"),
        named(Path("a.jpg")),
        decoding(),
    ):
        decoder()


def test_a_slip_inside_pillow_is_damage() -> None:
    with pytest.raises(CorruptFile), named(Path("a.jpg")), decoding():
        Image.new("L", (1, 1)).putpixel((0, 0), "red")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "slip", [IndexError, KeyError, TypeError, AttributeError, AssertionError, ZeroDivisionError]
)
def test_a_slip_of_our_own_asks_for_a_report(slip: type[Exception]) -> None:
    with (
        pytest.raises(
            InternalError, match=r"a\.jpg: internal error: \w+: .*oops.*; .* please report it"
        ) as caught,
        named(Path("a.jpg")),
        decoding(),
    ):
        raise slip("oops")
    assert caught.value.path == Path("a.jpg")
    assert isinstance(caught.value, StampError)
    assert isinstance(caught.value, RuntimeError)


def test_our_own_errors_pass() -> None:
    with pytest.raises(UnsupportedFormat, match=r"^b\.jpg: as it was$"), named(Path("a.jpg")), decoding():
        raise UnsupportedFormat("as it was", path="b.jpg")


def test_errors_about_bytes_become_errors_about_the_file() -> None:
    with (
        pytest.raises(
            CorruptFile, match=r"^a\.jpg: damaged, it is torn; fetch a fresh copy, or save it again"
        ),
        named(Path("a.jpg")),
        decoding(),
    ):
        raise CorruptFile("it is torn")
    with (
        pytest.raises(UnsupportedFormat, match=r"^a\.jpg: it is new; make an old one$") as caught,
        named(Path("a.jpg")),
        decoding(),
    ):
        raise UnsupportedFormat("it is new; make an old one")
    assert caught.value.path == Path("a.jpg")


def test_a_bug_in_a_reader_is_not_called_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError("list index out of range")

    path = tmp_path / "photo.png"
    Image.fromarray(gray(128, 160)).save(path)
    monkeypatch.setattr(stamp.media.image.png, "read_luma", broken)
    with pytest.raises(InternalError, match=r"photo\.png: internal error: IndexError"):
        read_luma(path)


def test_a_bug_in_an_encoder_is_not_called_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(gray(128, 160)).save(path)
    picture = read_picture(path)

    def broken(*_: object) -> None:
        raise KeyError("mode")

    monkeypatch.setattr(type(picture.host), "encode", broken)
    with pytest.raises(InternalError, match=r"^internal error: KeyError"):
        encode_picture(picture, picture.pixels)

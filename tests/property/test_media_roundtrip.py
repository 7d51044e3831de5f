"""Lossless files come back exactly, for any size, depth and kind; damaged ones give a picture or an error."""

from __future__ import annotations

import io
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from stamp.core.errors import MediaError
from stamp.media.image import deep, png
from stamp.media.image.opening import encode_picture, read_luma, read_picture
from stamp.media.image.orientation import as_stored, upright
from stamp.media.image.tiff_codec import CODECS, Layout, decode, from_pieces, packed

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40))
ARRAYS = st.tuples(SHAPES, st.integers(1, 4), st.sampled_from([np.uint8, np.uint16])).flatmap(
    lambda drawn: hnp.arrays(drawn[2], (*drawn[0], drawn[1]))
)


@pytest.fixture(scope="module")
def folder() -> Any:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@settings(deadline=None, max_examples=60)
@given(samples=ARRAYS, orientation=st.integers(1, 8))
def test_orientation_undone_is_the_identity(samples: NDArray[Any], orientation: int) -> None:
    for pixels in (samples[..., 0], samples) if samples.shape[2] > 1 else (samples[..., 0],):
        assert np.array_equal(as_stored(upright(pixels, orientation), orientation), pixels)


def by_pillow(samples: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(samples).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(samples=ARRAYS, change=st.integers(0, 3))
def test_png_of_any_size_and_depth(folder: Path, samples: NDArray[Any], change: int) -> None:
    plain = samples[..., 0] if samples.shape[2] == 1 else samples
    data = by_pillow(plain) if samples.dtype == np.uint8 else deep.encode_png(plain)
    path = folder / "a.png"
    path.write_bytes(data)
    picture = read_picture(path)
    changed = picture.pixels + picture.pixels.dtype.type(change)
    path.write_bytes(encode_picture(picture, changed)[0])
    if samples.shape[2] == 2:
        changed = np.where(samples[..., 1] > 0, changed, picture.pixels)
    assert np.array_equal(read_picture(path).pixels, changed)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    samples=ARRAYS,
    compression=st.sampled_from(sorted(CODECS)),
    piece=st.tuples(st.integers(1, 50), st.integers(1, 3)),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_strips_and_tiles_are_as_pillow_and_tiff_want_them(
    samples: NDArray[Any], compression: int, piece: tuple[int, int], flags: tuple[bool, bool, bool]
) -> None:
    """Whatever is packed has the number and size of pieces that the layout tells, and unpacks to itself."""
    tiled, planar, differences = flags
    height, width, channels = samples.shape
    layout = Layout(
        width=width,
        height=height,
        channels=channels,
        planes=channels if planar else 1,
        rows=piece[0] if tiled else min(piece[0], height),
        columns=16 * piece[1] if tiled else width,
        dtype=samples.dtype.newbyteorder(">"),
        compression=compression,
        differences=differences,
    )
    pieces = packed(samples, layout)
    each = layout.down * layout.across
    assert len(pieces) == each * layout.planes
    rows = each * layout.rows if layout.tiled else height
    planes = [
        from_pieces(decode(pieces[first : first + each], layout, rows), layout)
        for first in range(0, len(pieces), each)
    ]
    assert np.array_equal(np.concatenate(planes, axis=2), samples)


def sources() -> dict[str, bytes]:
    y, x = np.mgrid[:48, :56]
    picture = Image.fromarray((128 + 90 * np.sin(x / 5) * np.cos(y / 7)).astype(np.uint8)).convert("RGB")
    exif = Image.Exif()
    exif.update({274: 6, 315: "artist"})
    options: dict[str, dict[str, Any]] = {
        "JPEG": {}, "PNG": {}, "WEBP": {}, "TIFF": {"compression": "tiff_lzw"}, "AVIF": {"speed": 10},
    }  # fmt: skip
    found = {}
    for kind, settings_ in options.items():
        buffer = io.BytesIO()
        picture.save(buffer, kind, exif=exif, **settings_)
        found[kind] = buffer.getvalue()
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", progressive=True)
    found["JPEG, progressive"] = buffer.getvalue()
    found["PNG, 16 bits"] = deep.encode_png(np.asarray(picture).astype(np.uint16) * 257)
    return found


SOURCES = sources()


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(
    kind=st.sampled_from(sorted(SOURCES)),
    stop=st.floats(0.01, 1),
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    repair=st.booleans(),
)
def test_damaged_files_give_a_picture_or_our_own_error(
    folder: Path, kind: str, stop: float, damage: list[tuple[float, int]], repair: bool
) -> None:
    data = bytearray(SOURCES[kind][: int(stop * len(SOURCES[kind])) + 4])
    for place, value in damage:
        data[int(place * len(data))] = value
    path = folder / "damaged"
    path.write_bytes(_with_checksums(bytes(data)) if repair and kind.startswith("PNG") else data)
    for use in (read_luma, _rewritten):
        message = str(path)
        try:
            use(path)
        except MediaError as error:
            message = str(error)
        assert str(path) in message


def _rewritten(path: Path) -> bytes:
    picture = read_picture(path)
    return encode_picture(picture, picture.pixels)[0]


def _with_checksums(data: bytes) -> bytes:
    """Right checksums, so that the damage gets as far as the decoder."""
    out, at = data[:8], 8
    while at + 12 <= len(data):
        size = min(int.from_bytes(data[at : at + 4], "big"), len(data) - at - 12)
        body = data[at + 4 : at + 8 + size]
        out += size.to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
        at += 12 + size
    assert out.startswith(png.SIGNATURE) or data[:8] != png.SIGNATURE
    return out

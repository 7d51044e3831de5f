"""HEIC of phones: the picture is coded anew and put in its place, all other items stay byte for byte."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray

from stamp.core.errors import StampError, UnsupportedFormat
from stamp.core.rights import Rights
from stamp.formats.heif import HeifSyntax, parse
from stamp.media.image.opening import encode_picture, read_picture
from stamp.metadata.containers import heif as container
from tests.helpers import documents
from tests.media import phone_files as phones

Pixels = NDArray[np.uint8]


def brighter(path: Path, data: bytes) -> tuple[bytes, list[str]]:
    """The file with a picture that is 6 steps brighter, and notes."""
    path.write_bytes(data)
    picture = read_picture(path)
    return encode_picture(picture, picture.pixels + np.uint8(6))[0], picture.notes


def seen(data: bytes) -> Pixels:
    return np.asarray(pillow_heif.open_heif(io.BytesIO(data)).to_pillow().convert("RGB"))


def aux_pixels(data: bytes) -> dict[str, list[bytes]]:
    """What libheif shows of auxiliary pictures, and of depth maps."""
    file = pillow_heif.open_heif(io.BytesIO(data))
    found = {
        name: [file.get_aux_image(each).to_pillow().tobytes() for each in numbers]
        for name, numbers in file.info["aux"].items()
    }
    return found | {"depth": [each.to_pillow().tobytes() for each in file.info["depth_images"]]}


def unchanged(before: HeifSyntax, after: HeifSyntax, coded: set[int]) -> None:
    """Items, references and properties are the same, but for the coded bytes of some."""
    assert after.references == before.references
    assert after.items.keys() == before.items.keys()
    for item, entry in before.items.items():
        assert after.items[item].kind == entry.kind
        assert (after.content(item) == before.content(item)) == (item not in coded)
        changed = {kind for kind, _ in _differences(before, after, item)}
        assert changed <= ({b"hvcC", b"colr"} if item in coded else set())


def _differences(before: HeifSyntax, after: HeifSyntax, item: int) -> list[tuple[bytes, bytes]]:
    was, now = (syntax.properties.get(item, []) for syntax in (before, after))
    assert [kind for kind, _ in was] == [kind for kind, _ in now]
    return [old for old, new in zip(was, now, strict=True) if old != new]


@pytest.mark.slow
def test_a_portrait_keeps_its_maps(tmp_path: Path) -> None:
    data = phones.portrait().tobytes()
    written, notes = brighter(tmp_path / "a.heic", data)
    unchanged(parse(data), parse(written), {1, 5})
    for item in (1, 5):  # the unmarked pictures are gone for good
        assert parse(data).content(item)[:200] not in written
    assert aux_pixels(written) == aux_pixels(data)
    assert phones.GAIN_MAP_OF_APPLE in aux_pixels(data)
    assert notes == [
        "the gain map (for HDR screens) is kept as it is, without the mark",
        "the depth map or mask is kept as it is, without the mark",
        "the thumbnail is made anew, of the marked picture",
    ]


@pytest.mark.slow
def test_pixels_move_as_they_are_told(tmp_path: Path) -> None:
    for made in (phones.portrait(), phones.tiled()):
        data = made.tobytes()
        before, after = seen(data), seen(brighter(tmp_path / "a.heic", data)[0])
        assert before.shape == after.shape == (400, 300, 3)
        change = after.astype(float) - before
        assert np.abs(change.mean((0, 1)) - 6).max() < 0.7
        assert change.std() < 2.5


def test_the_thumbnail_shows_the_new_picture(tmp_path: Path) -> None:
    data = phones.portrait().tobytes()
    written, _ = brighter(tmp_path / "a.heic", data)
    was, now = (alone(parse(each), 5) for each in (data, written))
    assert was.shape == now.shape == (160, 120, 3)
    assert 4.5 < (now.astype(float) - was).mean() < 7.5


def alone(syntax: HeifSyntax, item: int) -> Pixels:
    """A coded item as the only one of a file."""
    properties = [phones.box(kind, body) for kind, body in syntax.properties[item]]
    return seen(phones.Heif([phones.Item(b"hvc1", syntax.content(item), properties)]).tobytes())


@pytest.mark.slow
def test_a_grid_keeps_its_tiles_and_its_gain_map(tmp_path: Path) -> None:
    data = phones.tiled().tobytes()
    written, notes = brighter(tmp_path / "a.heic", data)
    unchanged(parse(data), parse(written), set(range(2, 8)))
    assert notes == ["the gain map (for HDR screens) is kept as it is, without the mark"]
    assert written.count(b"hvcC") == data.count(b"hvcC")


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"form": (0, 4, 4, 0)},
        {"form": (1, 4, 4, 4), "base": 100},
        {"form": (1, 8, 8, 8)},
        {"header": "large"},
        {"header": "open"},
        {"shared": {3: 2}},
    ],
    ids=["version_0", "base", "wide", "large_mdat", "open_mdat", "shared_bytes"],
)
def test_every_form_of_the_tables(tmp_path: Path, change: dict[str, object]) -> None:
    made = replace(phones.tiled(), **change)  # type: ignore[arg-type]
    if made.shared:  # two tiles of the same bytes, both of which get new ones
        made.items[2] = made.items[1]
    data = made.tobytes()
    written, _ = brighter(tmp_path / "a.heic", data)
    unchanged(parse(data), parse(written), set(range(2, 8)))
    assert abs((seen(written).astype(float) - seen(data)).mean() - 6) < 0.7


@pytest.mark.slow
def test_a_colour_code_that_maps_share_is_changed_for_the_picture_alone(tmp_path: Path) -> None:
    data = phones.portrait().tobytes()
    after = parse(brighter(tmp_path / "a.heic", data)[0])
    of_picture, of_depth = after.first(1, b"colr"), after.first(3, b"colr")
    assert of_depth == phones.NCLX[8:]
    assert of_picture is not None
    assert of_picture[:8] == of_depth[:8]
    assert of_picture != of_depth


@pytest.mark.slow
@pytest.mark.parametrize("made", [phones.portrait, phones.tiled])
def test_a_motion_video_stays_the_last_and_is_found(tmp_path: Path, made: Callable[[], phones.Heif]) -> None:
    data = phones.samsung_heic(made())
    written, notes = brighter(tmp_path / "a.heic", data)
    with_notice = documents.write_rights(written, Rights(copyright_notice="© Ada", creators=("Zoë",)))
    for each in (data, written, with_notice, documents.write_rights(data, Rights(copyright_notice="© Ada"))):
        at, length = struct.unpack_from(">II", each, each.index(b"Datampv2") + 8)
        assert each[at : at + length] == phones.VIDEO
        assert each[: at + length].endswith(phones.VIDEO)
        assert each[at + length :][4:8] == b"sefd"
    assert "the motion video is kept as it is, without the mark" in notes


def test_exif_that_forgets_its_prefix_is_found(tmp_path: Path) -> None:
    made = phones.portrait()
    exif = made.items[-1].data
    data = made.tobytes().replace(exif, bytes(4) + exif[4:])
    assert container.extract(data)["exif"] == exif[10:]
    written = documents.write_rights(data, Rights(copyright_notice="© Ada"))
    item = next(n for n, item in parse(written).items.items() if item.is_exif)
    assert parse(written).content(item).startswith(b"\0\0\0\6Exif\0\0MM\0*")


def refused_portrait(change: Callable[[phones.Heif], None]) -> bytes:
    made = phones.portrait()
    change(made)
    return made.tobytes()


def _second_photo(made: phones.Heif) -> None:
    made.references = [each for each in made.references if each[1] != 2]


def _coloured_auxiliary(made: phones.Heif) -> None:
    made.items[1] = replace(made.items[0], properties=[*made.items[0].properties, phones.auxiliary("urn:x")])


def _cropped(made: phones.Heif) -> None:
    made.items[0].properties.append(phones.box(b"clap", bytes(32)))


def _large_thumbnail(made: phones.Heif) -> None:
    made.items[4] = phones.Item(b"jpeg", phones.jpeg(600, 800), [phones.size(800, 600)])


def _shared_with_a_map(made: phones.Heif) -> None:
    made.shared = {2: 1}
    made.items[1] = replace(made.items[1], data=made.items[0].data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_second_photo, "more than one picture"),
        (_coloured_auxiliary, "more than one picture"),
        (_cropped, "'clap' cannot be carried over"),
        (_large_thumbnail, "thumbnail of 800x600"),
        (_shared_with_a_map, "share bytes"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_remedy(
    tmp_path: Path, change: Callable[[phones.Heif], None], why: str
) -> None:
    data = refused_portrait(change)
    with pytest.raises(UnsupportedFormat, match=why) as caught:
        brighter(tmp_path / "a.heic", data)
    assert "; export it as a single picture first" in str(caught.value)


@pytest.mark.slow
def test_a_small_thumbnail_of_another_coding_is_kept(tmp_path: Path) -> None:
    made = phones.portrait()
    made.items[4] = phones.Item(b"jpeg", phones.jpeg(120, 160), [phones.size(160, 120)])
    written, notes = brighter(tmp_path / "a.heic", made.tobytes())
    assert parse(written).content(5) == phones.jpeg(120, 160)
    assert "a thumbnail of 160x120 pixels is kept as it is, without the mark" in notes


@pytest.mark.slow
def test_damaged_tables_raise_errors_of_ours(tmp_path: Path) -> None:
    data = bytearray(phones.samsung_heic(phones.tiled(200, 200)))
    end = data.index(b"mdat")
    random = np.random.default_rng(3)
    for _ in range(150):
        broken = data.copy()
        for at in random.integers(24, end, 3):
            broken[at] = random.integers(256)
        try:
            brighter(tmp_path / "a.heic", bytes(broken))
        except StampError:
            continue

"""EXIF blocks are patched by appending: nothing but the pointer to IFD0 and the tail ever changes."""

from __future__ import annotations

import struct

import pytest

from stamp.core.errors import CorruptFile
from stamp.formats import tiffblock
from stamp.metadata.stores import exif
from stamp.metadata.stores.names import join_names, split_names


def block(
    order: str, entries: list[tuple[int, int, int, bytes]], data: bytes = b"", *, next_ifd: int = 0
) -> bytes:
    """A TIFF block with IFD0 at offset 8 and `data` behind it; entries are (tag, type, count, 4 bytes)."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    ifd = struct.pack(order + "H", len(entries))
    ifd += b"".join(
        struct.pack(order + "HHI", tag, kind, count) + place for tag, kind, count, place in entries
    )
    return head + ifd + struct.pack(order + "I", next_ifd) + data


def big(order: str) -> bytes:
    """A BigTIFF with one inline entry, ImageWidth."""
    head = (b"II+\0" if order == "<" else b"MM\0+") + struct.pack(order + "HHQ", 8, 0, 16)
    return head + struct.pack(order + "QHHQ", 1, 256, 4, 1) + struct.pack(order + "I", 7) + bytes(12)


@pytest.mark.parametrize("order", ["<", ">"])
def test_patching_moves_nothing(order: str) -> None:
    make = struct.pack(order + "I", 8 + 2 + 12 * 2 + 4)
    maker = b"Camera maker\0\0" + b"MakerNote with absolute offsets"
    source = block(
        order, [(271, 2, 13, make), (34665, 4, 1, struct.pack(order + "I", 60))], maker, next_ifd=77
    )
    patched = exif.write(source, {"copyright_notice": "© 東京", "creators": ("A", "B")})
    assert patched[8 : len(source)] == source[8:]
    before, after = tiffblock.parse(source), tiffblock.parse(patched)
    assert [tag for tag, _ in after.entries] == [271, 315, 33432, 34665]
    assert set(before.entries) < set(after.entries)
    assert after.next_ifd == struct.pack(order + "I", 77)
    assert after.value(33432) == "© 東京\0".encode()
    assert exif.read(patched) == {"copyright_notice": "© 東京", "creators": ("A", "B")}


@pytest.mark.parametrize("order", ["<", ">"])
def test_bigtiff(order: str) -> None:
    source = big(order) + b"strip"
    patched = exif.write(source, {"copyright_notice": "© 東京 long"})
    assert patched[16 : len(source)] == source[16:]
    assert exif.read(patched) == {"copyright_notice": "© 東京 long"}
    assert tiffblock.parse(patched).numbers(256) == (7,)


@pytest.mark.parametrize(("kind", "freed"), [(3, True), (4, False)])
def test_only_what_may_be_a_pointer_keeps_old_values(kind: int, freed: bool) -> None:
    values = {"copyright_notice": "© 東京 2026", "creators": ("Somebody",)}
    end = len(block("<", [(0x1001, kind, 1, bytes(4))]))
    source = block("<", [(0x1001, kind, 1, struct.pack("<I", end + 4))])
    written = exif.write(source, values)
    assert (exif.remove(written, values) == source) == freed
    assert exif.read(written) == values


def test_short_values_stand_in_the_entry() -> None:
    patched = exif.write(None, {"creators": ("Ab",)})
    entry = dict(tiffblock.parse(patched).entries)[315]
    assert entry == struct.pack(">HHI", 315, 2, 3) + b"Ab\0\0"


def test_writing_again_changes_nothing_and_rewriting_does_not_pile_up_directories() -> None:
    first = exif.write(None, {"copyright_notice": "© 2025 Somebody", "creators": ("A name",)})
    assert exif.write(first, {"copyright_notice": "© 2025 Somebody"}) is first
    second = exif.write(first, {"copyright_notice": "© 2026 Somebody"})
    assert len(second) - len(first) <= len("© 2026 Somebody".encode()) + 2


def test_the_part_of_the_editor_is_kept() -> None:
    source = exif.write(None, {"copyright_notice": "x"})
    two = tiffblock.patch(source, {33432: (tiffblock.ASCII, b"Photographer\0Editor\0")})
    assert exif.read(two) == {"copyright_notice": "Photographer", "editor_notice": "Editor"}
    patched = exif.write(two, {"copyright_notice": "© Zoë"})
    assert tiffblock.parse(patched).value(33432) == "© Zoë\0Editor\0".encode()
    only_editor = tiffblock.patch(source, {33432: (tiffblock.ASCII, b" \0Editor\0")})
    assert exif.read(only_editor) == {"editor_notice": "Editor"}
    assert tiffblock.parse(exif.write(only_editor, {"copyright_notice": "A"})).value(33432) == b"A\0Editor\0"


def test_the_part_of_the_editor_is_written_and_can_stand_alone() -> None:
    both = exif.write(None, {"copyright_notice": "© Zoë", "editor_notice": "© Ed"})
    assert tiffblock.parse(both).value(33432) == "© Zoë\0© Ed\0".encode()
    alone = exif.write(None, {"editor_notice": "© Ed"})
    assert tiffblock.parse(alone).value(33432) == " \0© Ed\0".encode()
    assert exif.read(alone) == {"editor_notice": "© Ed"}
    assert exif.read(exif.write(both, {"editor_notice": "B"})) == {
        "copyright_notice": "© Zoë",
        "editor_notice": "B",
    }


def test_old_code_pages_are_shown_and_blank_tags_say_nothing() -> None:
    latin = tiffblock.patch(exif.write(None, {}), {33432: (tiffblock.ASCII, "© Köln\0".encode("latin-1"))})
    assert exif.read(latin) == {"copyright_notice": "© Köln"}
    mended = exif.write(latin, {"copyright_notice": "© Köln"})
    assert tiffblock.parse(mended).value(33432) == "© Köln\0".encode()
    assert exif.write(mended, {"copyright_notice": "© Köln"}) is mended
    blank = tiffblock.patch(latin, {33432: (tiffblock.ASCII, b"        \0")})
    assert exif.read(blank) == {}


def test_repeated_tags_are_made_one() -> None:
    source = block("<", [(315, 2, 2, b"A\0\0\0"), (33432, 2, 2, b"B\0\0\0"), (315, 2, 2, b"C\0\0\0")])
    patched = exif.write(source, {"creators": ("D",)})
    assert [tag for tag, _ in tiffblock.parse(patched).entries] == [315, 33432]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"II",
        b"XX*\0\x08\0\0\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x04\0\0\0" + bytes(50),
        b"II*\0\x08\0\0\0\xff\xff" + bytes(40),
        b"II+\0\x08\0\0\0" + b"\xff" * 8,
        b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**63),
    ],
)
def test_broken_directories_are_refused(source: bytes) -> None:
    with pytest.raises(CorruptFile):
        exif.read(source)
    with pytest.raises(CorruptFile):
        exif.write(source, {"copyright_notice": "x"})


def test_absurd_counts_and_unknown_types_are_kept_but_not_followed() -> None:
    source = block(">", [(315, 2, 2**32 - 1, b"\0\0\0\x08"), (33432, 99, 5, b"\0\0\0\x08")])
    assert exif.read(source) == {}
    patched = exif.write(source, {"creators": ("A",)})
    assert dict(tiffblock.parse(patched).entries)[33432] == dict(tiffblock.parse(source).entries)[33432]


def test_a_directory_that_others_overlap_is_left_where_it_is() -> None:
    source = block("<", [(270, 2, 40, struct.pack("<I", 8)), (271, 2, 2, b"A\0\0\0")], b"")
    assert exif.write(source, {"creators": ("A",)})[8 : len(source)] == source[8:]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("A", "B"), "A; B"),
        (("Smith; Sons", "B"), '"Smith; Sons"; B'),
        (('"Q" Public',), '"""Q"" Public"'),
        (("東京", "A, B"), "東京; A, B"),
    ],
)
def test_several_names_in_one_text(names: tuple[str, ...], text: str) -> None:
    assert join_names(names) == text
    assert split_names(text) == names


def test_names_as_others_write_them() -> None:
    assert split_names("A;B ;; C") == ("A", "B", "C")
    assert split_names('"open; B') == ('"open', "B")

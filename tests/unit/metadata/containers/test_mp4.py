"""MP4, QuickTime and 3GP: where the rights go, and every place in the file right afterwards."""

from __future__ import annotations

import os
import struct
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.rights import Rights
from stamp.metadata.containers import mp4
from stamp.metadata.document import Document
from stamp.metadata.stores import asset, ilst, keys, usertext, xmp
from stamp.storage.large import open_large
from tests.helpers import documents
from tests.media.mp4_files import CHUNKS, Mp4, box, chunks, full, hdlr, kinds, walk

RIGHTS = Rights(
    copyright_notice="© 2026 Zoë 東京 😀 שלום", creators=("Zoë", "Ł; x"), usage_terms="t", marked=True
)
SHORT = Rights(copyright_notice="© Ł")
OLD_XMP = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), xmp.write(None, {"source": "S"}))
LIST = full(b"meta", hdlr(b"mdir"), box(b"ilst", ilst.write(None, {"creators": ("A",)})))
NAMED = box(b"meta", hdlr(b"mdta"), keys.write(None, {"creators": ("A",)}))
LAYOUTS = [
    Mp4(),
    Mp4(first=False),
    Mp4(co64=True),
    Mp4(long_sizes=True),
    Mp4(open_end=True),
    Mp4(first=False, tail=bytes(5)),
    Mp4(gap=box(b"free", bytes(3000))),
    Mp4(gap=box(b"free", bytes(40))),
    Mp4(gap=OLD_XMP + box(b"free", bytes(40))),
    Mp4(gap=box(b"wide")),
    Mp4(tail=OLD_XMP),
    Mp4(udta=b""),
    Mp4(udta=box(b"abcd", b"xyz") + bytes(4)),
    Mp4(udta=LIST),
    Mp4(udta=LIST[:-4] + LIST[-4:] + box(b"cprt", bytes(4), b"\x15\xc7", b"old\0")),
    Mp4(udta=NAMED),
    Mp4(more=NAMED),
    Mp4(more=box(b"free", bytes(5000))),
    Mp4(brand=b"qt  "),
    Mp4(brand=b"qt  ", first=False, udta=box(b"\xa9cpy", b"\0\3\0\0old\0\2\0\5xy")),
    Mp4(brand=b"qt  ", udta=box(b"XMP_", xmp.write(None, {"source": "S"}))),
    Mp4(brand=b"", gap=box(b"wide")),
    Mp4(brand=b"3gp4"),
    Mp4(brand=b"M4A ", first=False),
    Mp4(brand=b"XAVC", tail=box(b"abcd", b"1")),
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=range(len(LAYOUTS)))
def test_write_read_and_write_again(layout: Mp4) -> None:
    source = layout.encoded()
    assert chunks(source) == list(CHUNKS)
    written = documents.write_rights(source, RIGHTS)
    assert chunks(written) == list(CHUNKS)
    assert places(written, "saio") == [places(written, "stco", "co64")[1]]
    found = documents.read_rights(written)
    assert found.rights == RIGHTS.onto(documents.read_rights(source).rights)
    assert (found.conflicts, found.warnings) == ({}, [])
    assert documents.write_rights(written, RIGHTS) is written
    assert documents.essence_digest(written) == documents.essence_digest(source)
    order = [kind for kind in kinds(written) if kind in ("moov", "mdat")]
    assert order == [kind for kind in kinds(source) if kind in ("moov", "mdat")]
    assert untouched(written) == untouched(source)
    grown = documents.write_rights(written, replace(RIGHTS, copyright_notice="x" * 4000))
    assert chunks(grown) == list(CHUNKS)
    back = documents.remove_rights(written, RIGHTS)
    assert chunks(back) == list(CHUNKS)
    assert len(back) <= len(written)


@pytest.mark.parametrize(
    "layout", [Mp4(), Mp4(first=False), Mp4(co64=True), Mp4(gap=box(b"free", bytes(9000)))]
)
def test_what_was_put_in_can_be_taken_out_to_the_byte(layout: Mp4) -> None:
    source = layout.encoded()
    assert documents.remove_rights(documents.write_rights(source, RIGHTS), RIGHTS) == source


def places(data: bytes, *ends: str) -> list[int]:
    """The places in a table."""
    for path, content, _ in walk(data):
        if path.endswith(ends):
            (count,) = struct.unpack_from(">I", data, content + 4)
            return list(
                struct.unpack_from(f">{count}{'Q' if path.endswith('co64') else 'I'}", data, content + 8)
            )
    raise AssertionError(ends)


def untouched(data: bytes) -> list[tuple[str, bytes]]:
    """The boxes that hold no other and are neither ours, nor tables of places, nor padding."""
    ours = ("/meta", "/uuid", "/XMP_", "/cprt", "/auth", "/\xa9cpy", "/stco", "/co64", "/saio", "/free")
    holders = {path.rpartition("/")[0] for path, _, _ in walk(data)} | {"/moov/udta"}
    return [
        (path, data[start:end])
        for path, start, end in walk(data)
        if not path.endswith(ours) and path not in holders
    ]


def test_padding_is_used_so_that_nothing_moves() -> None:
    for layout in (
        Mp4(gap=box(b"free", bytes(9000))),
        Mp4(more=box(b"skip", bytes(9000))),
        Mp4(udta=full(b"meta", hdlr(b"mdir"), box(b"ilst"), box(b"free", bytes(9000)))),
        Mp4(udta=box(b"free", bytes(9000))),
    ):
        source = layout.encoded()
        written = mp4.splice(source, {"ilst": ilst.write(None, {"creators": ("A",), "usage_terms": "t"})})
        assert len(written) == len(source)
        result = written[0 : len(written)]
        assert result.index(CHUNKS[0]) == source.index(CHUNKS[0])
        assert chunks(result) == list(CHUNKS)


def test_padding_that_is_filled_exactly_goes() -> None:
    plain = mp4.splice(Mp4().encoded(), {"ilst": ilst.write(None, {"creators": ("A",)})})
    growth = len(plain) - len(Mp4().encoded())
    source = Mp4(gap=box(b"free", bytes(growth - 8))).encoded()
    written = mp4.splice(source, {"ilst": ilst.write(None, {"creators": ("A",)})})
    assert (len(written), "free" in kinds(written[0 : len(written)])) == (len(source), False)
    # Between 1 and 7 bytes cannot be a box: then the rest moves.
    source = Mp4(gap=box(b"free", bytes(growth - 8 + 3))).encoded()
    written = mp4.splice(source, {"ilst": ilst.write(None, {"creators": ("A",)})})
    assert (len(written), chunks(written[0 : len(written)])) == (len(source) + growth, list(CHUNKS))


def test_a_brand_decides_where_rights_are_put() -> None:
    expected = {
        b"isom": ["ilst", "xmp"],
        b"M4V ": ["ilst", "xmp"],
        b"qt  ": ["keys", "xmp"],
        b"3g2a": ["asset", "ilst", "xmp"],
    }
    for brand, stores in expected.items():
        written = documents.write_rights(Mp4(brand=brand).encoded(), RIGHTS)
        assert documents.read_rights(written).sources["copyright_notice"] == stores


def test_new_xmp_goes_to_the_end_or_before_what_must_be_last() -> None:
    def order(layout: Mp4) -> list[str]:
        return kinds(documents.write_rights(layout.encoded(), SHORT))

    assert order(Mp4()) == ["ftyp", "moov", "mdat", "uuid"]
    assert order(Mp4(open_end=True)) == ["ftyp", "moov", "mdat", "uuid"]
    assert order(Mp4(tail=mfra(0))) == ["ftyp", "moov", "mdat", "uuid", "mfra"]
    assert b"XMP_" in documents.write_rights(Mp4(brand=b"qt  ").encoded(), SHORT)


def mfra(place: int, wide: bool = False) -> bytes:
    """Random access of one fragment."""
    entry = struct.pack(">QQ" if wide else ">II", 0, place) + b"\1\1\1"
    tfra = box(b"tfra", bytes([wide, 0, 0, 0]), struct.pack(">III", 1, 0, 1), entry)
    return box(b"mfra", tfra, full(b"mfro", struct.pack(">I", len(tfra) + 24)))


@pytest.mark.parametrize("wide", [False, True])
def test_fragments(wide: bool) -> None:
    """Places in `tfhd`, `tfra` and `sidx` follow when the movie box in front grows."""
    head = Mp4().encoded()
    head = head[: head.index(b"mdat") - 4]
    version = bytes([wide, 0, 0, 0])
    between = box(b"abcd")
    index = struct.pack(">IIQQ" if wide else ">IIII", 1, 1000, 0, len(between))
    sidx_size = 8 + 4 + len(index) + 4 + 12
    place = len(head) + sidx_size + len(between)
    tfhd = box(b"tfhd", b"\0\0\0\1", b"\0\0\0\1", struct.pack(">Q", place))
    fragment = box(b"moof", full(b"mfhd", bytes(4)), box(b"traf", tfhd)) + box(b"mdat", b"fragment")
    sidx = box(b"sidx", version, index, struct.pack(">HHIII", 0, 1, len(fragment), 0, 0))
    source = head + sidx + between + fragment + mfra(place, wide)
    written = documents.write_rights(source, RIGHTS)
    moved = written.index(b"moof") - source.index(b"moof")
    assert moved > 0
    at = written.index(b"tfhd") + 12
    assert struct.unpack_from(">Q", written, at) == (place + moved,)
    at = written.rindex(b"tfra") + 20 + (8 if wide else 4)
    assert struct.unpack_from(">Q" if wide else ">I", written, at) == (place + moved,)
    assert written[written.index(b"sidx") :][: len(sidx) - 4] == sidx[4:]
    assert documents.essence_digest(written) == documents.essence_digest(source)


def test_metadata_between_fragments_is_not_grown() -> None:
    head = Mp4().encoded()
    moof = box(b"moof", full(b"mfhd", bytes(4)))
    source = head + moof + OLD_XMP + box(b"mdat", b"x")
    with pytest.raises(UnsupportedFormat, match="between its fragments"):
        documents.write_rights(source, RIGHTS)


def test_tracks_in_other_files_keep_their_places() -> None:
    source = Mp4(outside=True).encoded()
    written = documents.write_rights(source, RIGHTS)
    assert places(written, "stco") == places(source, "stco")


def test_items_of_the_file_follow() -> None:
    """A film with a still picture: `iloc` in the file's own metadata box."""
    iloc = full(b"iloc", b"\x44\0", struct.pack(">HHHHII", 1, 1, 0, 1, 0, 5))
    meta = full(b"meta", hdlr(b"pict"), iloc)
    layout = Mp4(gap=meta)
    start = layout.encoded().index(CHUNKS[0])
    placed = meta.replace(struct.pack(">II", 0, 5), struct.pack(">II", start, 5))
    written = documents.write_rights(replace(layout, gap=placed).encoded(), RIGHTS)
    at = written.index(b"iloc") + 4 + 4 + 2 + 2 + 2 + 2 + 2
    (place, length) = struct.unpack_from(">II", written, at)
    assert written[place : place + length] == CHUNKS[0][:5]


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        (Mp4(tail=box(b"moov", full(b"mvhd", bytes(96)))), "several movie boxes"),
        (Mp4(more=box(b"cmov", b"x")), "compressed"),
        (Mp4(gap=OLD_XMP * 2), "the same metadata twice"),
        (Mp4(udta=NAMED, more=NAMED), "the same metadata twice"),
        (Mp4(more=full(b"meta", hdlr(b"mp7t"), full(b"iloc", bytes(4)))), "items"),
    ],
)
def test_what_cannot_be_corrected_is_refused(layout: Mp4, reason: str) -> None:
    with pytest.raises(UnsupportedFormat, match=reason):
        documents.remove_rights(
            documents.write_rights(layout.encoded(), RIGHTS), Rights(source="S").over(RIGHTS)
        )


@pytest.mark.parametrize(
    "trailer", [b"\xff" * 300, b"camera trailer, no box", bytes(70_000) + b"x", b"\1\2\3"]
)
def test_what_cameras_put_behind_the_boxes_stays_last(trailer: bytes) -> None:
    source = Mp4().encoded() + trailer
    written = documents.write_rights(source, RIGHTS)
    assert written.endswith(trailer)
    assert documents.read_rights(written).rights == RIGHTS
    assert chunks(written[: -len(trailer)]) == list(CHUNKS)
    assert documents.write_rights(written, RIGHTS) is written
    assert documents.remove_rights(written, RIGHTS) == source


def test_a_film_that_was_cut_short_is_refused() -> None:
    with pytest.raises(CorruptFile, match="does not fit"):
        documents.write_rights(Mp4().encoded()[:-1], RIGHTS)


def test_old_quicktime_files_without_a_brand() -> None:
    media = box(b"mdat", bytes(70_000))
    for start in (media, box(b"wide") + media, Mp4(brand=b"").encoded()):
        assert documents.identify(start) == "quicktime"
    assert documents.identify(b"The free encyclopedia") is None


def test_films_without_movie_box_are_refused() -> None:
    with pytest.raises(CorruptFile, match="cut short"):
        documents.read_rights(box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", b"x"))


def test_chunks_inside_of_metadata_are_refused() -> None:
    """Data that the tables say stand where the metadata are would be torn apart."""
    source = bytearray(Mp4(udta=LIST).encoded())
    at = source.index(b"stco") + 12
    struct.pack_into(">I", source, at, source.index(b"ilst"))
    with pytest.raises(UnsupportedFormat, match="where its metadata or padding is"):
        documents.write_rights(bytes(source), RIGHTS)


def test_a_place_beyond_32_bits_is_refused() -> None:
    source = bytearray(Mp4().encoded())
    struct.pack_into(">I", source, source.index(b"stco") + 12, 0xFFFFFFFF)
    with pytest.raises(UnsupportedFormat, match="beyond what its table can say"):
        documents.write_rights(bytes(source), RIGHTS)


@pytest.mark.parametrize("first", [True, False])
def test_a_film_of_many_gigabytes_takes_little_memory(first: bool, tmp_path: Path) -> None:
    """A sparse file with a media box of 5 GB and its size in 64 bits."""
    size = 5 << 30
    head = box(b"ftyp", b"isom\0\0\0\0")
    mdat = struct.pack(">I4sQ", 1, b"mdat", size)
    moov = Mp4(co64=True)._moov(0)
    path = tmp_path / "f.mp4"
    path.write_bytes(head + moov + mdat if first else head + mdat)
    at = len(head) + (len(moov) if first else 0)
    os.truncate(path, at + size)
    if not first:
        with path.open("ab") as file:
            file.write(moov)
    tracemalloc.start()
    with open_large(path) as file:
        written = documents.write_rights(file, RIGHTS)
        assert documents.read_rights(written).rights == RIGHTS
        assert documents.write_rights(written, RIGHTS) is written
        assert (
            sum(piece[1] - piece[0] for piece in written.pieces if not isinstance(piece, bytes)) > size - 500
        )
        digest = iter(Document(file).essence())
        assert sum(len(next(digest)) for _ in range(64)) == 64 << 20
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_texts_of_old_writers_are_brought_up_to_date() -> None:
    macintosh = box(b"\xa9cpy", struct.pack(">HH", 5, 0), "© Zoë".encode("mac_roman"))
    assert usertext.read(macintosh) == {"copyright_notice": "© Zoë"}
    mended = usertext.write(macintosh, {"copyright_notice": "© Zoë"})
    assert mended == box(b"\xa9cpy", struct.pack(">H", 7), b"\x55\xc4", "© Zoë".encode())
    assert usertext.write(mended, {"copyright_notice": "© Zoë"}) == mended
    plain = box(b"\xa9cpy", struct.pack(">HH", 3, 0), b"(c)", struct.pack(">HH", 2, 5), b"xy")
    assert usertext.write(plain, {"copyright_notice": "(c)"}) == plain
    assert usertext.remove(plain, {"copyright_notice": "(c)"}) == box(
        b"\xa9cpy", struct.pack(">HH", 2, 5), b"xy"
    )
    wide = box(b"cprt", bytes(4), b"\x15\xc7", "© 東京".encode("utf-16") + bytes(2))
    assert asset.read(wide) == {"copyright_notice": "© 東京"}
    assert asset.write(wide, {"copyright_notice": "© 東京"}) == wide
    assert asset.write(wide, {"copyright_notice": "x"}) == box(b"cprt", bytes(4), b"\x15\xc7", b"x\0")


def test_an_item_list_keeps_what_is_not_ours() -> None:
    def item(kind: bytes, *values: bytes) -> bytes:
        return box(kind, *(box(b"data", b"\0\0\0\1", bytes(4), value) for value in values))

    def named(domain: bytes, name: bytes, value: bytes) -> bytes:
        value = box(b"data", b"\0\0\0\1", bytes(4), value)
        return box(b"----", full(b"mean", domain), full(b"name", name), value)

    others = (
        item(b"\xa9nam", b"T"),
        item(b"covr", b"\x89PNG"),
        named(b"org.other", b"LICENSE", b"https://o.org"),
    )
    ours = (
        item(b"cprt", b"old"),
        item(b"\xa9ART", b"A", b"B"),
        named(b"com.apple.iTunes", b"license", b"https://a.b"),
    )
    block = b"".join((others[0], ours[0], others[1], ours[1], ours[2], others[2]))
    assert ilst.read(block) == {
        "copyright_notice": "old",
        "creators": ("A", "B"),
        "web_statement": "https://a.b",
    }
    new = ilst.write(block, {"copyright_notice": "new", "creators": ("A", "C")})
    assert new == b"".join(
        (others[0], item(b"cprt", b"new"), others[1], item(b"\xa9ART", b"A; C"), ours[2], others[2])
    )
    gone = ilst.remove(
        new, {"copyright_notice": "new", "creators": ("A", "C"), "web_statement": "https://a.b"}
    )
    assert gone == b"".join(others)


def test_keys_are_added_behind_the_others_and_taken_out_again() -> None:
    block = keys.write(None, {})
    other = box(
        b"keys", bytes(4), struct.pack(">I", 2), box(b"mdta", b"com.x.make"), box(b"mdta", b"copyright")
    )
    other += box(b"ilst", box(b"\0\0\0\1", box(b"data", b"\0\0\0\1", bytes(4), b"Acme")))
    new = keys.write(other, {"copyright_notice": "©", "creators": ("A",)})
    assert (block, keys.read(new)) == (b"", {"copyright_notice": "©", "creators": ("A",)})
    assert b"com.apple.quicktime.copyright" not in new
    assert b"Acme" in new
    assert keys.remove(new, {"creators": ("A",)}) == keys.write(other, {"copyright_notice": "©"})
    alone = keys.write(None, {"creators": ("A",)})
    assert keys.remove(alone, {"creators": ("A",)}) == b""
    with pytest.raises(CorruptFile, match="number of entries"):
        keys.read(other.replace(struct.pack(">I", 2) + b"\0\0\0\x12", struct.pack(">I", 3) + b"\0\0\0\x12"))
    with pytest.raises(CorruptFile, match="without"):
        keys.read(box(b"keys", bytes(8)))


@pytest.mark.parametrize("kind", [b"jumb", b"uuid"])
def test_a_c2pa_manifest_is_warned_of(kind: bytes) -> None:
    content = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"manifest"
    found = documents.read_rights(Mp4(tail=box(kind, content)).encoded())
    assert found.has_c2pa
    assert "C2PA" in found.warnings[0]
    assert not documents.read_rights(Mp4().encoded()).has_c2pa

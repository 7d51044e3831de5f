"""HEIF and JPEG XL: places of items are right after the tables grow, in every form the tables have."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.rights import Rights
from stamp.formats import iloc, isobmff
from stamp.metadata.containers import heif, jxl
from stamp.metadata.stores import exif, xmp
from tests.helpers import documents

RIGHTS = Rights(copyright_notice="© 2026 Zoë 東京", creators=("Zoë", "Ł"), usage_terms="t")
CODESTREAM = bytes.fromhex(
    "ff0aa0004080480804010074004b188b1500d413e3ffc418ff004382720100dd731418dbfd9a4af8860f"
)
PICTURE = b"first half|second half"


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


@dataclass
class Form:
    """How the location box says where things stand."""

    version: int = 0
    offset_size: int = 4
    base_size: int = 0
    base: int = 0
    in_idat: bool = False
    to_the_end: bool = False
    with_metadata: bool = False
    meta_last: bool = False


FORMS = [
    Form(),
    Form(version=1, base_size=4, base=100),
    Form(version=2, offset_size=8, base_size=8),
    Form(version=1, offset_size=0, base_size=4),
    Form(version=1, in_idat=True),
    Form(to_the_end=True),
    Form(with_metadata=True),
    Form(version=1, base_size=4, base=20, with_metadata=True),
    Form(version=1, in_idat=True, with_metadata=True),
    Form(meta_last=True),
]


def build(form: Form) -> bytes:
    """A file with one picture in two extents (one where offsets have no field); EXIF and XMP if asked for."""
    contents = [PICTURE]
    if form.with_metadata:
        block = b"\0\0\0\x06Exif\0\0" + exif.write(None, {"creators": ("Old",)})
        contents += [block, xmp.write(None, {"source": "S"})]
    kinds = [b"hvc1\0", b"Exif\0", b"mime\0application/rdf+xml\0"]
    infes = [box(b"infe", struct.pack(">IHH", 2 << 24, n + 1, 0) + kinds[n]) for n in range(len(contents))]
    iinf = box(b"iinf", struct.pack(">IH", 0, len(infes)) + b"".join(infes))
    rest = box(b"hdlr", bytes(8) + b"pict" + bytes(13)) + box(b"pitm", struct.pack(">IH", 0, 1)) + iinf
    rest += box(b"idat", b"".join(contents)) if form.in_idat else b""

    def meta(start: int) -> bytes:
        out = bytes([form.version, 0, 0, 0, form.offset_size << 4 | 4, form.base_size << 4])
        out += len(contents).to_bytes(4 if form.version == 2 else 2, "big")
        at = start
        for number, content in enumerate(contents, 1):
            out += number.to_bytes(4 if form.version == 2 else 2, "big")
            out += struct.pack(">H", form.in_idat) if form.version else b""
            base = form.base if form.offset_size else at
            extents = [(at, len(content))]
            if number == 1 and form.offset_size:
                extents = [(at, 11), (at + 11, len(content) - 11)]
            out += bytes(2) + base.to_bytes(form.base_size, "big") + len(extents).to_bytes(2, "big")
            for begin, length in extents:
                out += (begin - base).to_bytes(form.offset_size, "big") + length.to_bytes(4, "big")
            at += len(content)
        return box(b"meta", bytes(4) + rest + box(b"iloc", out))

    ftyp = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    mdat = b"" if form.in_idat else box(b"mdat", b"".join(contents))
    if form.to_the_end:
        mdat = bytes(4) + mdat[4:]
    if form.meta_last:
        return ftyp + mdat + meta(len(ftyp) + 8)
    # With a base in front of the picture data the numbers stay positive.
    start = 0 if form.in_idat else len(ftyp) + len(meta(1000)) + 8
    return ftyp + meta(start) + mdat


def item_bytes(data: bytes, number: int) -> bytes:
    """The bytes of an item, found without the package."""

    def find(kind: bytes, start: int, end: int) -> tuple[int, int]:
        while start < end:
            size = struct.unpack_from(">I", data, start)[0] or end - start
            if data[start + 4 : start + 8] == kind:
                return start + 8, start + size
            start += size
        raise AssertionError(kind)

    start, end = find(b"meta", 0, len(data))
    at, _ = find(b"iloc", start + 4, end)
    version, sizes = data[at], data[at + 4 : at + 6]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    at += 6

    def take(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at], "big")

    for _ in range(take(4 if version == 2 else 2)):
        found = take(4 if version == 2 else 2)
        method = take(2) if version else 0
        take(2)
        base = take(base_size)
        extents = [(take(offset_size), take(length_size)) for _ in range(take(2))]
        if found == number:
            shift = find(b"idat", start + 4, end)[0] if method else 0
            return b"".join(data[shift + base + o : shift + base + o + size] for o, size in extents)
    raise AssertionError(number)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_item_is_where_the_table_says(form: Form) -> None:
    source = build(form)
    assert item_bytes(source, 1) == PICTURE
    assert documents.read_rights(source).rights == (
        Rights(creators=("Old",), source="S") if form.with_metadata else Rights()
    )
    written = documents.write_rights(source, RIGHTS)
    assert item_bytes(written, 1) == PICTURE
    blocks = {item_bytes(written, number) for number in (2, 3)}
    assert {block[:10] for block in blocks} == {b"\0\0\0\x06Exif\0\0", b"<?xpacket "}
    assert documents.read_rights(written).rights == RIGHTS.onto(documents.read_rights(source).rights)
    assert documents.essence_digest(written) == documents.essence_digest(source)
    assert documents.write_rights(written, RIGHTS) is written


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_old_blocks_of_ours_make_room_for_new_ones(form: Form) -> None:
    written = documents.write_rights(build(form), RIGHTS)
    again = documents.write_rights(written, Rights(usage_terms="u"))
    assert len(again) == len(written)
    assert item_bytes(again, 1) == PICTURE
    assert documents.read_rights(again).rights.creators == RIGHTS.creators


@pytest.mark.parametrize(
    ("sizes", "base", "offset"), [((4, 4, 4, 0), 70, 0), ((4, 4, 0, 0), 0, 70), ((0, 4, 8, 0), 70, 0)]
)
def test_a_new_place_is_in_the_base_offset_where_there_is_one(
    sizes: tuple[int, int, int, int], base: int, offset: int
) -> None:
    places = iloc.Locations(bytes(4), sizes, ()).located({3: (70, 5)})
    assert places.items == (iloc.Item(3, iloc.IN_FILE, 0, base, ((0, offset, 5),)),)
    assert iloc.parse(places.encoded()) == places


def test_new_items_describe_the_primary_one() -> None:
    written = documents.write_rights(build(Form()), RIGHTS)
    for number in (2, 3):
        assert struct.pack(">I4sHHH", 14, b"cdsc", number, 1, 1) in written


def test_blocks_that_describe_another_picture_are_left_to_it() -> None:
    written = documents.write_rights(build(Form()), RIGHTS)
    gain_map = written
    for number in (2, 3):
        gain_map = gain_map.replace(
            struct.pack(">4sHHH", b"cdsc", number, 1, 1), struct.pack(">4sHHH", b"cdsc", number, 1, 9)
        )
    assert documents.read_rights(gain_map).rights == Rights()
    again = documents.write_rights(gain_map, Rights(copyright_notice="other"))
    assert [item_bytes(again, number) for number in (1, 2, 3)] == [
        item_bytes(written, number) for number in (1, 2, 3)
    ]
    assert documents.read_rights(again).rights == Rights(copyright_notice="other")


def test_sequences_are_refused() -> None:
    with pytest.raises(UnsupportedFormat, match="sequence"):
        documents.write_rights(build(Form()) + box(b"moov", b""), RIGHTS)


def test_a_place_that_no_longer_fits_in_its_field_is_refused() -> None:
    places = iloc.Locations(bytes(4), (4, 4, 0, 0), (iloc.Item(1, 0, 0, 0, ((0, 2**32 - 1, 5),)),))
    with pytest.raises(UnsupportedFormat, match="too large for its field"):
        places.moved(lambda start: 1).encoded()


def test_a_damaged_table_is_refused() -> None:
    source = build(Form())
    at = source.index(b"iloc")
    for broken in (
        source[: at + 8] + b"\x77" + source[at + 9 :],
        source[: at + 4] + b"\5" + source[at + 5 :],
    ):
        with pytest.raises(CorruptFile):
            heif.extract(broken)


@pytest.mark.parametrize(
    "data", [b"\0\0\0\x09abcd", b"\0\0\0\7abcd", b"\0\0\0\1abcd\0\0", b"\0\0\0\x08abcdx"]
)
def test_boxes_must_fit(data: bytes) -> None:
    with pytest.raises(CorruptFile):
        isobmff.boxes(data)


def test_large_sizes() -> None:
    data = struct.pack(">I4sQ", 1, b"abcd", 18) + b"xy" + struct.pack(">I4s", 0, b"last") + b"z"
    assert isobmff.boxes(data) == [isobmff.Box(b"abcd", 0, 16, 18), isobmff.Box(b"last", 18, 26, 27)]


@pytest.mark.parametrize(("size", "end"), [(100, b""), (100, bytes(4)), (40_000, b""), (40_000, bytes(4))])
def test_boxes_are_the_same_read_at_once_and_one_by_one(size: int, end: bytes) -> None:
    content = box(b"free", bytes(3)) + struct.pack(">I4sQ", 1, b"mdat", 16 + size) + bytes(size)
    data = b"in front" + content + box(b"skip", b"") + end
    found = isobmff.boxes(data, 8, len(data), tail=isobmff.Tail.ZEROS)
    kinds = [(part.kind, data[part.content : part.end]) for part in found]
    assert kinds == [(b"free", bytes(3)), (b"mdat", bytes(size)), (b"skip", b"")]
    for cut in (1, 9):
        with pytest.raises(CorruptFile):
            isobmff.boxes(data, 8, len(data) - len(end) - cut, tail=isobmff.Tail.ZEROS)


def test_jxl_codestream_gets_boxes_and_stays_as_it_is() -> None:
    written = documents.write_rights(CODESTREAM, RIGHTS)
    kinds = [part.kind for part in isobmff.boxes(written)]
    assert kinds == [b"JXL ", b"ftyp", b"Exif", b"xml ", b"jxlc"]
    assert written.endswith(CODESTREAM)
    assert documents.essence_digest(written) == documents.essence_digest(CODESTREAM)
    again = documents.write_rights(written, Rights(copyright_notice="©", source="S"))
    assert documents.read_rights(again).rights == Rights(copyright_notice="©", source="S").over(RIGHTS)


def jbrd(*types: int, markers: Sequence[int] = (0xD9,)) -> bytes:
    """What begins a record that rebuilds a JPEG: an APP1 for each of the types, and then the markers."""
    spelled = {0: "00", 1: "10", 2: "010", 3: "011", 4: "1100"}
    bits = "0" + "".join(f"{marker - 0xC0:06b}"[::-1] for marker in [*[0xE1] * len(types), *markers])
    bits += "".join(spelled[kind] + f"{99:016b}"[::-1] for kind in types)
    return int(bits[::-1], 2).to_bytes(len(bits) // 8 + 1, "little")


def from_jpeg(record: bytes) -> bytes:
    """A JPEG XL with such a record, and an address in its XMP."""
    plain = documents.write_rights(CODESTREAM, Rights(web_statement="https://e.com/"))
    front = isobmff.boxes(plain)[2].start
    assert [part.kind for part in isobmff.boxes(plain)] == [b"JXL ", b"ftyp", b"xml ", b"jxlc"]
    return plain[:front] + box(b"jbrd", record) + plain[front:]


@pytest.mark.parametrize(
    "record",
    [
        jbrd(3),
        jbrd(0, 1, 2, 3),
        jbrd(4),
        jbrd(0, 0)[:-3],
        jbrd(markers=[0xC0] * 20000),
        b"",
        b"x",
    ],
)
def test_jxl_made_from_a_jpeg_keeps_what_rebuilds_it(record: bytes) -> None:
    transcoded = from_jpeg(record)
    with pytest.raises(UnsupportedFormat, match="rebuilt"):
        documents.write_rights(transcoded, RIGHTS)
    added = jxl.splice(transcoded, {"exif": exif.write(None, {"creators": ("A",)})})
    assert documents.read_rights(added).rights == Rights(web_statement="https://e.com/", creators=("A",))


@pytest.mark.parametrize("record", [jbrd(), jbrd(0, 1), jbrd(1, 2, 0, markers=[0xC4, 0xDA, 0xFE, 0xD9])])
def test_jxl_made_from_a_jpeg_without_xmp_can_change_the_xmp_that_was_added(record: bytes) -> None:
    transcoded = from_jpeg(record)
    rights = Rights(copyright_notice="©", usage_terms="t")
    written = jxl.splice(transcoded, {"xmp": xmp.write(jxl.extract(transcoded)["xmp"], rights.values())})
    assert documents.read_rights(written).rights == rights.over(Rights(web_statement="https://e.com/"))
    assert documents.remove_rights(written, rights) == transcoded
    with_exif = jxl.splice(transcoded, {"exif": exif.write(None, {"creators": ("A",)})})
    if record == jbrd(1, 2, 0, markers=[0xC4, 0xDA, 0xFE, 0xD9]):
        with pytest.raises(UnsupportedFormat, match="rebuilt"):
            documents.remove_rights(with_exif, Rights(creators=("A",)))
    else:
        assert documents.remove_rights(with_exif, Rights(creators=("A",))) == transcoded


def test_jxl_compressed_metadata_is_refused() -> None:
    written = documents.write_rights(CODESTREAM, RIGHTS) + box(b"brob", b"xml \x0b")
    with pytest.raises(UnsupportedFormat, match="Brotli"):
        documents.read_rights(written)


def gif(version: bytes = b"89a", *, trailer: bytes = b";") -> bytes:
    image = b",\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    loop = b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0"
    control = b"!\xf9\4\0\x0a\0\0\0"
    front = loop if version == b"89a" else b""
    return (
        b"GIF"
        + version
        + b"\1\0\1\0\x80\0\0"
        + b"\0\0\0\xff\xff\xff"
        + front
        + (control if front else b"")
        + image
        + trailer
    )


def test_gif_extension_stands_behind_the_loop_count() -> None:
    written = documents.write_rights(gif(), RIGHTS)
    at = written.index(b"!\xff\x0bXMP DataXMP<?xpacket")
    assert written[:at] == gif()[: gif().index(b"!\xf9")]
    assert written.endswith(gif()[gif().index(b"!\xf9") :])
    # A reader that takes the packet for sub-blocks comes out behind it.
    position = at + 14
    while written[position]:
        position += written[position] + 1
    assert written[position + 1 :] == gif()[gif().index(b"!\xf9") :]


def test_gif_of_1987_becomes_one_of_1989() -> None:
    written = documents.write_rights(gif(b"87a"), RIGHTS)
    assert written.startswith(b"GIF89a")
    assert documents.read_rights(written).rights == RIGHTS
    assert documents.write_rights(gif(b"87a"), Rights()).startswith(b"GIF87a")


def test_gif_without_trailer_and_with_bytes_behind_it() -> None:
    for trailer in (b"", b";garbage"):
        written = documents.write_rights(gif(trailer=trailer), RIGHTS)
        assert written.endswith(b"D\1\0" + trailer)
        assert documents.read_rights(written).rights == RIGHTS


@pytest.mark.parametrize("cut", [8, 15, 25, 40])
def test_gif_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(CorruptFile):
        documents.write_rights(gif()[:cut], RIGHTS)

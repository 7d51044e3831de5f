"""Where the blocks stand in each container, and what never changes."""

from __future__ import annotations

import io
import os
import re
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from PIL import Image

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.rights import NO_AI_TERMS, Rights
from stamp.formats import mpf, table
from stamp.formats.png import packed
from stamp.metadata.containers import gif, jpeg, png, rawprofile, tiff, webp
from stamp.metadata.document import Document
from stamp.metadata.essence import same_essence
from stamp.metadata.stores import exif, iptc, xmp
from stamp.storage.large import open_large
from tests.helpers import documents

RIGHTS = Rights(copyright_notice="© 2026 Zoë 東京", creators=("Zoë", "Ł"), usage_terms="a\nb", marked=True)
FORMATS = ["gif", "heif", "jpeg", "png", "tiff", "webp"]


def sample(name: str, mode: str = "RGB", **options: object) -> bytes:
    picture = Image.linear_gradient("L").resize((33, 21)).convert(mode)
    out = io.BytesIO()
    picture.save(out, "avif" if name == "heif" else name, **options)
    return out.getvalue()


def decoded(data: bytes) -> tuple[tuple[int, int], str, bytes]:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture.size, picture.mode, picture.tobytes()


def segments(data: bytes) -> list[tuple[int, bytes]]:
    """Marker and payload of each segment before the first scan, read without the package."""
    found = []
    at = 2
    while data[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, at + 2)
        found.append((data[at + 1], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of each PNG chunk; checksums are checked."""
    found = []
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + content)
        found.append((kind, content))
        at += 12 + length
    return found


def riff(data: bytes) -> list[tuple[bytes, bytes]]:
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    found = []
    at = 12
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        found.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_write_read_and_write_again(name: str) -> None:
    source = sample(name)
    assert documents.identify(source) == name
    written = documents.write_rights(source, RIGHTS)
    found = documents.read_rights(written)
    assert found.rights == RIGHTS
    assert found.container == name
    stores = {"gif": ["xmp"], "png": ["xmp", "exif", "text"]}
    assert found.sources["copyright_notice"] == stores.get(name, ["xmp", "exif"])
    assert found.sources["marked"] == ["xmp"]
    assert (found.conflicts, found.warnings) == ({}, [])
    assert documents.write_rights(written, RIGHTS) is written
    assert documents.write_rights(written, Rights()) is written
    assert decoded(written) == decoded(source)
    assert documents.essence_digest(written) == documents.essence_digest(source)


@pytest.mark.parametrize("name", FORMATS)
def test_one_field_changes_and_the_others_stay(name: str) -> None:
    written = documents.write_rights(sample(name), RIGHTS)
    changed = documents.write_rights(written, Rights(copyright_notice="© 2027", source="S"))
    assert documents.read_rights(changed).rights == Rights(copyright_notice="© 2027", source="S").over(RIGHTS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_bare_opt_out_keeps_the_terms_of_the_file(name: str) -> None:
    written = documents.write_rights(sample(name), RIGHTS)
    opted = documents.write_rights(written, Rights().without_ai())
    assert documents.read_rights(opted).rights == Rights().without_ai().onto(RIGHTS)
    assert documents.read_rights(opted).rights.usage_terms == f"a\nb {NO_AI_TERMS}"
    assert documents.write_rights(opted, Rights().without_ai()) is opted


@pytest.mark.parametrize("name", FORMATS)
def test_truncated_files_are_refused(name: str) -> None:
    source = documents.write_rights(sample(name), RIGHTS)
    for size in (16, 40, len(source) // 3):
        with pytest.raises((CorruptFile, UnsupportedFormat)):
            documents.write_rights(source[:size], RIGHTS)


def test_other_files_are_refused_with_the_names_of_those_handled() -> None:
    handled = ", ".join(table.FORMATS[name].title for name in table.NOTICES)
    for data in (b"", b"hello", b"\x89PNG", b"RIFF\0\0\0\0AVI "):
        assert documents.identify(data) is None
        with pytest.raises(UnsupportedFormat, match=re.escape(handled)):
            documents.read_rights(data)


def test_stores_that_differ_are_named() -> None:
    source = documents.write_rights(sample("jpeg"), RIGHTS)
    block = exif.write(jpeg.extract(source)["exif"], {"copyright_notice": "© else"})
    found = documents.read_rights(jpeg.splice(source, {"exif": block}))
    assert found.conflicts == {"copyright_notice": {"exif": "© else"}}
    assert found.rights == RIGHTS


def test_values_that_no_standard_allows_are_warned_of() -> None:
    packet = xmp.write(None, {"web_statement": "example.com", "source": "S"})
    found = documents.read_rights(jpeg.splice(sample("jpeg"), {"xmp": packet}))
    assert found.rights == Rights(source="S")
    assert found.values["xmp"]["web_statement"] == "example.com"
    assert found.warnings[0].startswith("XMP xmpRights:WebStatement: web_statement = 'example.com' must be")


def test_a_store_that_cannot_be_read_does_not_hide_the_others() -> None:
    source = jpeg.splice(documents.write_rights(sample("jpeg"), RIGHTS), {"xmp": b"<broken"})[:]
    found = documents.read_rights(source)
    assert found.rights == Rights(copyright_notice="© 2026 Zoë 東京", creators=("Zoë", "Ł"))
    assert found.warnings[0].startswith("XMP cannot be read: ")
    with pytest.raises(CorruptFile, match="XMP"):
        documents.write_rights(source, RIGHTS)


def test_jpeg_segments_stand_in_the_usual_order() -> None:
    source = sample("jpeg", icc_profile=b"profile", comment=b"kept")
    written = segments(documents.write_rights(source, RIGHTS))
    assert [(marker, payload[:5]) for marker, payload in written[:3]] == [
        (0xE0, b"JFIF\0"),
        (0xE1, b"Exif\0"),
        (0xE1, b"http:"),
    ]
    assert [item for item in written if item[0] != 0xE1] == segments(source)


def test_jpeg_blocks_are_replaced_where_they_stand_and_trailers_stay() -> None:
    source = sample("jpeg")
    packet = xmp.write(None, {"source": "S"})
    extension = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"G" * 32 + bytes(8) + b"<x/>")
    late = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet) + extension
    built = source[:2] + segment(0xFE, b"first") + late + source[2:] + b"trailer \xff\xd8\xff\xe1\0\0"
    written = documents.write_rights(built, RIGHTS)
    assert [payload[:9] for _, payload in segments(written)][:4] == [
        b"Exif\0\0MM\0",
        b"first",
        b"http://ns",
        b"http://ns",
    ]
    assert extension in written
    assert written.endswith(source[-50:] + b"trailer \xff\xd8\xff\xe1\0\0")


@pytest.mark.slow
@pytest.mark.parametrize("fill", [2, 59, 60, 61, 62, 63, 64, 65, 200, 3_000_000])
def test_jpeg_fill_bytes_and_padding_before_markers(fill: int) -> None:
    source = sample("jpeg", comment=b"kept")
    for at in (2, source.index(b"\xff\xfe"), source.index(b"\xff\xda")):
        filled = source[:at] + b"\xff" * fill + source[at:]
        written = documents.write_rights(filled, RIGHTS)
        assert documents.read_rights(written).rights == RIGHTS
        assert documents.remove_rights(written, RIGHTS) == filled
    with pytest.raises(CorruptFile, match="ends before the picture"):
        documents.write_rights(source[:2] + b"\xff" * fill, RIGHTS)


@pytest.mark.parametrize("length", [0, 61, 1_980, 1_990, 2_000, 2_040, 2_048, 65_533])
def test_jpeg_segments_of_any_length_are_passed_over(length: int, tmp_path: Path) -> None:
    source = sample("jpeg")
    comments = b"".join(segment(0xFE, bytes(length)) for _ in range(40))
    path = tmp_path / "photo.jpg"
    path.write_bytes(source[:2] + comments + source[2:])
    with open_large(path) as file:
        written = documents.write_rights(file, RIGHTS)
        assert documents.read_rights(written).rights == RIGHTS
        whole = written[0 : len(written)]
    assert whole == documents.write_rights(path.read_bytes(), RIGHTS)
    assert documents.read_rights(whole).rights == RIGHTS


def test_jpeg_with_an_absurd_number_of_segments_is_refused() -> None:
    source = sample("jpeg")
    with pytest.raises(CorruptFile, match="absurd"):
        documents.write_rights(source[:2] + segment(0xFE, b"") * 100_000 + source[2:], RIGHTS)


def test_jpeg_of_any_size_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(sample("jpeg"))
    os.truncate(path, 5 << 30)
    tracemalloc.start()
    with open_large(path) as file:
        written = documents.write_rights(file, RIGHTS)
        assert documents.read_rights(written).rights == RIGHTS
        assert documents.same_essence(file, written)
        assert len(written) > 5 << 30
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_jpeg_without_room_is_a_clear_error() -> None:
    terms = Rights(usage_terms="東" * 8000)
    full = jpeg.splice(sample("jpeg"), {"xmp": xmp.write(None, {"copyright_notice": "x" * 60_000})})[:]
    with pytest.raises(
        UnsupportedFormat, match=r"XMP with these rights has \d+ bytes, and its segment holds 65502"
    ):
        documents.write_rights(full, terms)


def test_jpeg_exif_over_several_segments_is_not_touched() -> None:
    source = sample("jpeg")
    two = segment(0xE1, b"Exif\0\0" + exif.write(None, {"creators": ("A",)})) + segment(0xE1, b"Exif\0\0more")
    with pytest.raises(UnsupportedFormat, match="several segments"):
        documents.write_rights(source[:2] + two + source[2:], RIGHTS)


@pytest.mark.parametrize("pieces", [1, 3])
def test_jpeg_iptc_is_kept_up_to_date(pieces: int) -> None:
    old = bytes((0x1C, 2, 116, 0, 3)) + b"old"
    irb = iptc.irb_of({0x0401: b"x" * (pieces - 1) * 65_000, iptc.IIM: old, 0x0BB7: b"tail"})
    step = len(irb) // pieces + 1
    parts = [irb[at : at + step] for at in range(0, len(irb), step)]
    source = sample("jpeg")
    built = source[:2] + b"".join(segment(0xED, b"Photoshop 3.0\0" + part) for part in parts) + source[2:]
    written = documents.write_rights(built, RIGHTS)
    found = documents.read_rights(written)
    assert found.sources["copyright_notice"] == ["xmp", "exif", "iptc"]
    assert found.values["iptc"] == {"copyright_notice": RIGHTS.copyright_notice, "creators": RIGHTS.creators}
    assert found.conflicts == {}
    assert b"8BIM\x0b\xb7\0\0\0\0\0\x04tail" in written
    assert documents.write_rights(written, RIGHTS) is written


def test_jpeg_photoshop_resources_without_iim_are_not_touched() -> None:
    source = sample("jpeg")
    resources = segment(0xED, b"Photoshop 3.0\0" + iptc.irb_of({0x03ED: b"resolution"}))
    written = documents.write_rights(source[:2] + resources + source[2:], RIGHTS)
    assert resources in written
    assert "iptc" not in documents.read_rights(written).values


def multi_picture(order: str, first: bytes, second: bytes) -> bytes:
    """Two JPEGs in one file, with an index (CIPA DC-007, section 5.2.3) behind a comment."""
    front = first[:2] + segment(0xFE, b"comment")
    at = len(front) + 8
    index_size = 8 + 2 + 3 * 12 + 4 + 32
    length = at + index_size + len(first) - 2
    index = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 3)
    index += struct.pack(order + "HHI4s", 0xB000, 7, 4, b"0100")
    index += struct.pack(order + "HHII", 0xB001, 4, 1, 2)
    index += struct.pack(order + "HHIII", 0xB002, 7, 32, index_size - 32, 0)
    index += struct.pack(order + "IIIHH", 0x030000, length, 0, 0, 0)
    index += struct.pack(order + "IIIHH", 0, len(second), length - at, 0, 0)
    return front + segment(0xE2, b"MPF\0" + index) + first[2:] + second


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("late", [False, True])
def test_jpeg_further_pictures_are_still_found(order: str, late: bool) -> None:
    second = sample("jpeg", "L")
    first = sample("jpeg")
    if late:  # XMP behind the index: growth there moves the second picture away from it
        first = (
            first[:2]
            + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp.write(None, {"source": "S"}))
            + first[2:]
        )
    written = documents.write_rights(multi_picture(order, first, second), RIGHTS)
    assert written.endswith(second)
    with Image.open(io.BytesIO(written)) as picture:
        assert picture.format == "MPO"
        assert picture.n_frames == 2
        entries = picture.mpinfo[0xB002]
        assert entries[0]["Size"] == len(written) - len(second)
        picture.seek(1)
        assert picture.tobytes() == Image.open(io.BytesIO(second)).tobytes()


@pytest.mark.parametrize("index", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"])
def test_a_damaged_index_is_left_alone(index: bytes) -> None:
    assert mpf.shifted(index, before=0, total=10) == index


def test_an_index_moves_though_the_picture_grows_by_nothing() -> None:
    data = multi_picture("<", sample("jpeg"), sample("jpeg", "L"))
    index = data[data.index(b"II*\0") :]
    moved = mpf.shifted(index, before=10, total=0)
    (was, now) = (struct.unpack_from("<I", raw, 50 + 16 + 8)[0] for raw in (index, moved))
    assert now == was - 10


def test_png_chunks_stand_before_the_image_data() -> None:
    source = sample("png", dpi=(72, 72))
    written = documents.write_rights(source, RIGHTS)
    found = chunks(written)
    kinds = [kind for kind, _ in found]
    assert kinds == [b"IHDR", b"pHYs", b"iTXt", b"eXIf", b"iTXt", b"iTXt", b"IDAT", b"IEND"]
    assert found[2][1].startswith(b"XML:com.adobe.xmp\0\0\0\0\0<?xpacket")
    assert found[4][1] == b"Copyright\0\0\0\0\0" + "© 2026 Zoë 東京".encode()
    latin = chunks(documents.write_rights(written, Rights(copyright_notice="© Zoë")))
    assert (b"tEXt", b"Copyright\0\xa9 Zo\xeb") in latin


def test_png_text_is_replaced_where_it_stands_in_any_form() -> None:
    source = chunks(sample("png"))
    old = [
        (b"zTXt", b"Copyright\0\0" + zlib.compress(b"old")),
        (b"iTXt", b"Copyright\0\0\0de\0\0" + "für Deutschland".encode()),
        (b"tEXt", b"Software\0kept"),
        (b"iTXt", b"Author\0\1\0\0\0" + zlib.compress("Łukasz".encode())),
    ]
    built = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in [source[0], *old, *source[1:]]
    )
    assert documents.read_rights(built).rights == Rights(copyright_notice="old", creators=("Łukasz",))
    written = chunks(documents.write_rights(built, Rights(copyright_notice="new", creators=("A", "B"))))
    assert written[1] == (b"tEXt", b"Copyright\0new")
    assert old[1] in written
    assert old[2] in written
    assert (b"tEXt", b"Author\0A; B") in written


def test_png_compressed_xmp_is_read_and_a_bomb_is_refused() -> None:
    packet = xmp.write(None, {"source": "S"})
    for content, fits in ((packet, True), (bytes(1 << 25), False)):
        chunk = b"iTXt" + b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(content)
        source = sample("png")
        built = (
            source[:33]
            + struct.pack(">I", len(chunk) - 4)
            + chunk
            + struct.pack(">I", zlib.crc32(chunk))
            + source[33:]
        )
        if fits:
            assert documents.read_rights(built).rights == Rights(source="S")
        else:
            with pytest.raises(CorruptFile, match="more than 16 MiB"):
                documents.read_rights(built)


def with_profiles(profiles: dict[bytes, bytes], kind: bytes, *more: bytes) -> bytes:
    """A PNG with raw profiles as ImageMagick spells them, and more whole chunks behind them."""
    texts = {
        b"Raw profile type " + name: b"\n%s\n%8d\n%s\n"
        % (name, len(profile), profile.hex("\n", -36).encode())
        for name, profile in profiles.items()
    }
    added = [
        packed(kind, name + b"\0" + (b"\0" + zlib.compress(text) if kind == b"zTXt" else text))
        for name, text in texts.items()
    ]
    source = sample("png")
    return source[:33] + b"".join((*added, *more)) + source[33:]


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt"])
@pytest.mark.parametrize("bare", [False, True])
def test_png_raw_profiles_are_kept_up_to_date(kind: bytes, bare: bool) -> None:
    iim = bytes((0x1C, 2, 116, 0, 3)) + b"old"
    profiles = {
        b"exif": (b"" if bare else b"Exif\0\0") + exif.write(None, {"creators": ("Old",)}),
        b"iptc": iim if bare else iptc.irb_of({iptc.IIM: iim}),
    }
    built = with_profiles(profiles, kind)
    assert documents.read_rights(built).rights == Rights(copyright_notice="old", creators=("Old",))
    written = documents.write_rights(built, RIGHTS)
    found = documents.read_rights(written)
    assert found.sources["copyright_notice"] == ["xmp", "exif", "iptc", "text"]
    assert found.conflicts == {}
    assert b"eXIf" not in written
    assert [item for item, _ in chunks(written)].count(kind) == 2
    assert documents.write_rights(written, RIGHTS) is written


def profile_in(data: bytes, name: bytes) -> bytes:
    """The bytes in a raw profile."""
    contents = dict(content.split(b"\0", 1) for _, content in chunks(data) if content.startswith(b"Raw "))
    text = contents[b"Raw profile type " + name]
    return bytes.fromhex(
        (zlib.decompress(text[1:]) if text[:1] == b"\0" else text).split(None, 2)[2].decode()
    )


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt"])
def test_png_xmp_in_a_raw_profile_stays_there(kind: bytes) -> None:
    source = with_profiles({b"xmp": xmp.write(None, {"copyright_notice": "old", "source": "S"})}, kind)
    assert documents.read_rights(source).values == {"xmp": {"copyright_notice": "old", "source": "S"}}
    written = documents.write_rights(source, RIGHTS)
    assert xmp.read(profile_in(written, b"xmp")) == {**RIGHTS.values(), "source": "S"}
    assert b"XML:com.adobe.xmp" not in written
    assert documents.write_rights(written, RIGHTS) is written
    assert b"Raw profile" not in png.splice(written, {"xmp": b""})


def test_png_raw_profiles_follow_what_counts() -> None:
    iim, old = bytes((0x1C, 2, 116, 0, 3)) + b"old", xmp.write(None, {"copyright_notice": "old"})
    stale = exif.write(None, {"copyright_notice": "older"})
    resources = {iptc.IIM: iim, iptc.DIGEST: iptc.digest(iim), 0x03ED: bytes(16)}
    profiles = {
        b"8bim": iptc.irb_of(resources),
        b"iptc": iim,
        b"xmp": old,
        b"exif": b"Exif\0\0" + stale,
        b"APP1": b"http://ns.adobe.com/xap/1.0/\0" + old,
    }
    packet = packed(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + old)
    source = with_profiles(profiles, b"tEXt", packet, packed(b"eXIf", stale))
    written = documents.write_rights(source, RIGHTS)
    blocks = png.extract(written)
    assert profile_in(written, b"xmp") == blocks["xmp"] != old
    assert profile_in(written, b"exif") == b"Exif\0\0" + blocks["exif"]
    assert profile_in(written, b"APP1") == profiles[b"APP1"]
    new = profile_in(written, b"iptc")
    assert iptc.read(blocks["iptc"])["copyright_notice"] == RIGHTS.copyright_notice
    assert profile_in(written, b"8bim") == iptc.irb_of(
        {**resources, iptc.IIM: new, iptc.DIGEST: iptc.digest(new)}
    )
    assert documents.read_rights(written).conflicts == {}
    assert documents.write_rights(written, RIGHTS) is written


def test_png_iim_in_photoshops_resources_alone() -> None:
    iim = bytes((0x1C, 2, 116, 0, 3)) + b"old"
    source = with_profiles({b"8bim": iptc.irb_of({iptc.IIM: iim})}, b"zTXt")
    assert documents.read_rights(source).values == {"iptc": {"copyright_notice": "old"}}
    assert documents.read_rights(documents.write_rights(source, RIGHTS)).sources["copyright_notice"] == [
        "xmp",
        "exif",
        "iptc",
        "text",
    ]
    without = with_profiles({b"8bim": iptc.irb_of({0x03ED: bytes(16)})}, b"zTXt")
    assert "iptc" not in png.extract(documents.write_rights(without, RIGHTS))
    assert profile_in(documents.write_rights(without, RIGHTS), b"8bim") == iptc.irb_of({0x03ED: bytes(16)})


@pytest.mark.parametrize("text", [b"", b"\nexif\n", b"\nexif\n 4\nzz", b"\nexif\n 4\n00", b"\nexif\nx\n00"])
def test_png_damaged_raw_profiles_are_refused(text: bytes) -> None:
    with pytest.raises(CorruptFile, match="raw profile"):
        rawprofile.decoded(text)


def test_png_with_a_wrong_checksum_on_metadata_is_refused() -> None:
    written = bytearray(documents.write_rights(sample("png"), RIGHTS))
    written[written.index(b"Zo\xc3\xab")] ^= 1
    with pytest.raises(CorruptFile, match="checksum"):
        documents.read_rights(bytes(written))


@pytest.mark.parametrize(
    ("options", "mode", "alpha"),
    [({}, "RGB", 0), ({"lossless": True}, "RGB", 0), ({"lossless": True}, "RGBA", 0x10), ({}, "RGBA", 0x10)],
)
def test_webp_gets_the_extended_header_that_it_needs(
    options: dict[str, object], mode: str, alpha: int
) -> None:
    picture = Image.linear_gradient("L").resize((33, 21)).convert(mode)
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize((33, 21)))
    out = io.BytesIO()
    picture.save(out, "webp", **options)
    source = out.getvalue()
    written = documents.write_rights(source, RIGHTS)
    found = riff(written)
    assert found[0] == (b"VP8X", bytes([0x0C | alpha, 0, 0, 0, 32, 0, 0, 20, 0, 0]))
    assert [kind for kind, _ in found[-2:]] == [b"EXIF", b"XMP "]
    pictures = (b"VP8 ", b"VP8L", b"ALPH")
    assert [item for item in found if item[0] in pictures] == [
        item for item in riff(source) if item[0] in pictures
    ]
    assert decoded(written) == decoded(source)


def test_webp_animation_profile_and_trailer_stay() -> None:
    frames = [Image.new("RGBA", (20, 10), (shade, 0, 0, shade)) for shade in (10, 100, 200)]
    out = io.BytesIO()
    frames[0].save(
        out, "webp", save_all=True, append_images=frames[1:], duration=[10, 20, 30], icc_profile=b"profile"
    )
    source = out.getvalue()
    written = documents.write_rights(source + b"trailer", RIGHTS)
    assert written.endswith(b"trailer")
    written = written.removesuffix(b"trailer")
    assert riff(written)[1:-2] == riff(source)[1:]
    assert riff(written)[0][1][0] == riff(source)[0][1][0] | 0x0C


def test_webp_exif_prefix_is_kept() -> None:
    block = exif.write(None, {"creators": ("A",)})
    source = webp.splice(sample("webp"), {"exif": b"Exif\0\0" + block})
    assert documents.read_rights(source).rights == Rights(creators=("A",))
    contents = dict(riff(documents.write_rights(source, RIGHTS)))
    assert contents[b"EXIF"].startswith(b"Exif\0\0MM\0*")


def test_tiff_keeps_every_byte_but_the_pointer() -> None:
    source = sample("tiff", compression="tiff_lzw", dpi=(300, 300)) + b"something behind"
    written = documents.write_rights(source, RIGHTS)
    assert written[8 : len(source)] == source[8:]
    assert xmp.read(tiff.extract(written)["xmp"])["copyright_notice"] == RIGHTS.copyright_notice


def test_what_is_kept_of_one_file_cannot_be_changed_through_its_report() -> None:
    source = documents.write_rights(sample("jpeg"), RIGHTS)
    first = documents.read_rights(source)
    first.values["xmp"].clear()
    first.values["exif"]["creators"] = ("somebody else",)
    assert documents.read_rights(source).values == documents.read_rights(source + b"\0").values
    assert documents.read_rights(source).values["exif"]["creators"] == RIGHTS.creators


def test_tiff_of_any_size_is_not_loaded(tmp_path: Path) -> None:
    (path := tmp_path / "a.tif").write_bytes(sample("tiff", big_tiff=True))
    os.truncate(path, 3 << 30)
    tracemalloc.start()
    with open_large(path) as file:
        given = Document(file)
        changed = given.with_rights(RIGHTS)
        assert same_essence(given, changed)
        assert changed.found.rights == documents.read_rights(changed.data).rights == RIGHTS
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_tiff_with_an_absurd_number_of_tags_is_refused() -> None:
    source = b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 70_000) + bytes(70_000 * 20 + 8)
    with pytest.raises(CorruptFile, match="directory"):
        documents.read_rights(source)


def test_tiff_pages_stay() -> None:
    out = io.BytesIO()
    pages = [Image.new("L", (5, 5), shade) for shade in (1, 2, 3)]
    pages[0].save(out, "tiff", save_all=True, append_images=pages[1:])
    with Image.open(io.BytesIO(documents.write_rights(out.getvalue(), RIGHTS))) as picture:
        assert picture.n_frames == 3
        for index, page in enumerate(pages):
            picture.seek(index)
            assert picture.tobytes() == page.tobytes()


def test_c2pa_manifests_are_noticed() -> None:
    jumbf = b"JP\0\1\0\0\0\1\0\0\0\x40jumb\0\0\0\x1ejumdc2pa"
    source = sample("jpeg")
    marked = {"jpeg": source[:2] + segment(0xEB, jumbf) + source[2:]}
    source = sample("png")
    marked["png"] = (
        source[:33] + struct.pack(">I", 0) + b"caBX" + struct.pack(">I", zlib.crc32(b"caBX")) + source[33:]
    )
    source = documents.write_rights(sample("webp"), RIGHTS) + b"C2PA\2\0\0\0xx"
    marked["webp"] = source[:4] + struct.pack("<I", len(source) - 8) + source[8:]
    for name, data in marked.items():
        found = documents.read_rights(data)
        assert found.has_c2pa
        assert any("C2PA" in warning for warning in found.warnings)
        assert documents.read_rights(documents.write_rights(data, RIGHTS)).has_c2pa
        assert not documents.read_rights(sample(name)).has_c2pa


def test_png_needs_header_and_image_data() -> None:
    head = b"\x89PNG\r\n\x1a\n"
    end = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    with pytest.raises(CorruptFile, match="no header or no image data"):
        png.extract(head + end)


def test_a_manifest_is_no_part_of_a_gif() -> None:
    manifest = b"\x21\xff\x0bC2PA_GIF\x01\x00\x00\x03abc\x00"
    plain = sample("gif")
    at = 13 + 3 * (2 << (plain[10] & 7)) if plain[10] & 0x80 else 13
    signed = plain[:at] + manifest + plain[at:]
    assert gif.has_c2pa(signed)
    assert b"".join(gif.essence(signed)) == b"".join(gif.essence(plain))

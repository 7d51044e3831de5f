"""JPEG segments hold 64 KiB: extended XMP is read and its rights move to the main packet; a full EXIF segment
is passed over.
"""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import stamp
from stamp.core.errors import NoticeNotWritten, UnsupportedFormat
from stamp.core.options import NoticeOptions
from stamp.core.rights import Rights
from stamp.formats import tiffblock
from stamp.metadata.containers import extended, jpeg
from stamp.metadata.stores import exif, xmp
from stamp.pipeline.notice import missing
from tests.helpers import documents

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
NOTE = 'xmlns:xmpNote="http://ns.adobe.com/xmp/note/"'
SPACES = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:my="urn:my"'


def plain() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((33, 21)).save(out, "jpeg")
    return out.getvalue()


def big_packet(size: int = 150_000) -> bytes:
    alternative = '<rdf:Alt><rdf:li xml:lang="x-default">old notice</rdf:li></rdf:Alt>'
    body = f"<dc:rights>{alternative}</dc:rights><my:depth>{'z' * size}</my:depth>"
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}><rdf:Description rdf:about="" {SPACES}>{body}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def with_extended(packet: bytes, codec: str = "utf-8", guid: bytes = b"") -> bytes:
    """A JPEG whose main packet names the extended `packet`."""
    name = guid or hashlib.md5(packet).hexdigest().upper().encode()
    note = f'<rdf:Description rdf:about="" {NOTE} xmpNote:HasExtendedXMP="{name.decode()}"/>'
    main = f"<rdf:RDF {RDF}>{note}</rdf:RDF>".encode(codec)
    payloads = [b"http://ns.adobe.com/xap/1.0/\0" + main, *reversed(extended.cut(packet))]
    segments = [struct.pack(">BBH", 0xFF, 0xE1, len(payload) + 2) + payload for payload in payloads]
    data = plain()
    return data[:2] + b"".join(segments) + data[2:]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_rights_move_from_the_extended_packet_to_the_main_one(codec: str) -> None:
    packet = big_packet()
    source = with_extended(packet, codec)
    found = documents.read_rights(source)
    assert found.sources == {"copyright_notice": ["xmpext"]}
    assert found.rights.copyright_notice == "old notice"
    written = documents.write_rights(source, Rights(copyright_notice="© 東京"))
    found = documents.read_rights(written)
    assert found.sources == {"copyright_notice": ["xmp", "exif"]}
    assert found.conflicts == {}
    blocks = jpeg.extract(written)
    assert blocks["xmpext"].count(b"z" * 150_000) == 1
    assert len(blocks["xmpext"]) < len(packet)
    assert extended.guid_in(blocks["xmp"]) == hashlib.md5(blocks["xmpext"]).hexdigest().upper().encode()
    assert documents.write_rights(written, Rights(copyright_notice="© 東京")) is written
    assert documents.essence_digest(written) == documents.essence_digest(source)


def test_the_extended_packet_is_left_alone_where_it_says_nothing_of_ours() -> None:
    source = with_extended(big_packet())
    written = documents.write_rights(source, Rights(credit_line="C"))
    assert jpeg.extract(written)["xmpext"] == big_packet()
    assert all(part in written for part in extended.cut(big_packet()))


def test_removal_reaches_the_extended_packet() -> None:
    removed = documents.remove_rights(with_extended(big_packet()), Rights(copyright_notice="old notice"))
    assert documents.read_rights(removed).rights == Rights()
    assert b"z" * 60_000 in removed


@pytest.mark.parametrize(
    "source",
    [
        with_extended(big_packet(), guid=b"0" * 32),
        with_extended(big_packet()).replace(extended.PREFIX, b"x" * len(extended.PREFIX), 1),
        with_extended(big_packet()).replace(b"xmpNote:HasExtendedXMP", b"xmpNote:HasExtendedYYY"),
    ],
    ids=["another packet's", "a part is missing", "not named"],
)
def test_what_does_not_belong_together_is_not_read_and_stays(source: bytes) -> None:
    assert documents.read_rights(source).rights == Rights()
    written = documents.write_rights(source, Rights(copyright_notice="©"))
    assert written.count(b"z" * 1000) == source.count(b"z" * 1000)
    assert documents.read_rights(written).rights.copyright_notice == "©"


def full_exif(room: int = 8, **values: str) -> bytes:
    block = exif.write(None, {"creators": ("A",), **values})
    filler = b"d" * (jpeg.LIMITS["exif"] - len(block) - 12 - room)
    filled = tiffblock.patch(block, {0x010E: (tiffblock.ASCII, filler)})
    return jpeg.splice(plain(), {"exif": filled})[:]


def test_a_full_exif_segment_is_passed_over_and_said_so(tmp_path: Path) -> None:
    source = full_exif()
    (tmp_path / "full.jpg").write_bytes(source)
    rights = Rights(copyright_notice="© " + "x" * 100)
    report = stamp.write_rights(tmp_path / "full.jpg", tmp_path / "out.jpg", rights)
    assert report.sources["copyright_notice"] == ("xmp",)
    assert report.notes == ("copyright_notice does not stand in EXIF: there is no room for it",)
    written = (tmp_path / "out.jpg").read_bytes()
    assert jpeg.extract(written)["exif"] == jpeg.extract(source)["exif"]
    assert documents.write_rights(written, rights) is written


def test_what_only_a_full_segment_could_hold_is_reported_and_the_rest_written(tmp_path: Path) -> None:
    source, output = tmp_path / "full.jpg", tmp_path / "out.jpg"
    source.write_bytes(full_exif())
    rights = Rights(copyright_notice="© " + "x" * 100, editor_notice="y" * 100, marked=True)
    report = stamp.write_rights(source, output, rights)
    assert report.written == ("copyright_notice", "marked")
    assert report.unsupported == {"editor_notice": "EXIF has no room for it"}
    assert report.rights == replace(rights, editor_notice=None, creators=("A",))
    assert missing(output, rights)[1] == ()
    alone, optional = Rights(editor_notice="y" * 100), NoticeOptions(optional=True)
    with pytest.raises(
        NoticeNotWritten, match="no place for editor_notice: EXIF has no room for it"
    ) as caught:
        stamp.write_rights(source, output, alone, overwrite=True)
    assert caught.value.unsupported == report.unsupported
    report = stamp.write_rights(source, output, alone, overwrite=True, options=optional)
    assert (report.written, tuple(report.unsupported)) == ((), ("editor_notice",))
    assert output.read_bytes() == source.read_bytes()


def test_a_segment_that_is_nearly_full_gets_what_no_other_store_can_hold(tmp_path: Path) -> None:
    (tmp_path / "full.jpg").write_bytes(full_exif(60))
    rights = Rights(copyright_notice="© " + "x" * 100, editor_notice="E")
    report = stamp.write_rights(tmp_path / "full.jpg", tmp_path / "out.jpg", rights)
    assert report.sources["editor_notice"] == ("exif",)
    assert report.sources["copyright_notice"] == ("xmp",)
    assert report.unsupported == {}
    written = (tmp_path / "out.jpg").read_bytes()
    assert documents.write_rights(written, rights) is written


def test_an_older_text_in_a_full_segment_is_not_taken_for_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "full.jpg").write_bytes(full_exif(editor_notice="old"))
    rights = Rights(credit_line="c", editor_notice="y" * 100)
    report = stamp.write_rights(tmp_path / "full.jpg", tmp_path / "out.jpg", rights)
    assert (report.written, report.unchanged) == (("credit_line",), ())
    assert report.unsupported == {"editor_notice": "EXIF has no room for it"}


def test_what_the_main_packet_has_no_room_for_is_refused() -> None:
    packet = xmp.write(None, {"usage_terms": "t"}).replace(b"\n", b"\n" * 7_000)
    source = jpeg.splice(plain(), {"xmp": packet})[:]
    with pytest.raises(UnsupportedFormat, match="its segment holds"):
        documents.write_rights(source, Rights(credit_line="x" * 8000, source="y" * 8000))

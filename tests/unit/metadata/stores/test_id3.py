"""ID3v2: what is written where in each version, and that everything else keeps its bytes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from stamp import write_rights
from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.rights import Party, Rights
from stamp.formats import id3 as id3tag
from stamp.metadata.document import Document
from stamp.metadata.stores import id3
from stamp.pipeline.notice import missing
from tests.helpers import documents

# MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame, here of silence.
MPEG = (b"\xff\xfb\x90\x00" + bytes(413)) * 3
NOTICE = {"copyright_notice": "© 東京"}


def synchsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(version: int, name: str, data: bytes, flags: int = 0) -> bytes:
    if version == 2:
        return name.encode() + len(data).to_bytes(3, "big") + data
    size = synchsafe(len(data)) if version == 4 else struct.pack(">I", len(data))
    return name.encode() + size + struct.pack(">H", flags) + data


def tag(version: int, *frames: bytes, flags: int = 0, padding: int = 0, extended: bytes = b"") -> bytes:
    body = extended + b"".join(frames) + bytes(padding)
    return b"ID3" + bytes([version, 0, flags]) + synchsafe(len(body)) + body


def frames(block: bytes) -> list[tuple[str, bytes]]:
    """Name and content of every frame, read without the package; no flags, no extended header."""
    version, end, at = block[3], 10 + int.from_bytes(block[6:10], "big"), 10
    end = 10 + sum(byte << shift for byte, shift in zip(block[6:10], (21, 14, 7, 0), strict=True))
    found = []
    head = 6 if version == 2 else 10
    while at + head <= end and block[at]:
        digits = block[at + 3 : at + 6] if version == 2 else block[at + 4 : at + 8]
        bits = 7 if version == 4 else 8
        size = sum(digit << bits * place for place, digit in enumerate(reversed(digits)))
        name = block[at : at + (3 if version == 2 else 4)].decode()
        found.append((name, block[at + head : at + head + size]))
        at += head + size
    assert not block[at:end].strip(b"\0")
    return found


@pytest.mark.parametrize(
    ("version", "name", "content"),
    [
        (2, "TCR", b"\1" + "\ufeff© 東京".encode("utf-16-le")),
        (3, "TCOP", b"\1" + "\ufeff© 東京".encode("utf-16-le")),
        (4, "TCOP", b"\3" + "© 東京".encode()),
    ],
)
def test_texts_in_each_version(version: int, name: str, content: bytes) -> None:
    title = frame(version, "TT2" if version == 2 else "TIT2", b"\0Song")
    block = tag(version, title, padding=500)
    written = id3.write(block, NOTICE)
    assert frames(written) == [(frames(block)[0][0], b"\0Song"), (name, content)]
    assert len(written) == len(block)
    assert id3.read(written) == NOTICE
    assert id3.write(written, NOTICE) is written


def test_ascii_is_latin_before_v24() -> None:
    written = id3.write(tag(3, padding=99), {"isrc": "USRC17607839"})
    assert frames(written) == [("TSRC", b"\0USRC17607839")]


def test_the_standard_frames_and_those_that_players_show() -> None:
    values = {
        "usage_terms": "a\nb",
        "web_statement": "https://example.com/é",
        "creators": ("A;B", "C"),
        "copyright_owners": (Party(name="O", id="7"),),
        "identifier": "00ff00ff00ff00ff",
    }
    written = id3.write(None, values)
    assert frames(written) == [
        ("USER", b"\3XXXa\nb"),
        ("TXXX", b"\3USAGETERMS\0a\nb"),
        ("WCOP", b"https://example.com/%C3%A9"),
        ("TXXX", b"\3LICENSE\0https://example.com/\xc3\xa9"),
        ("TPE1", b'\3"A;B"; C'),
        ("TOWN", b"\3O | id:7"),
        ("TXXX", b"\3IDENTIFIER\0stamp:00ff00ff00ff00ff"),
    ]
    assert written[3] == 4
    assert id3.read(written) == values


def test_v22_has_neither_user_nor_xmp(tmp_path: Path) -> None:
    data = tag(2, frame(2, "TT2", b"\0Song")) + MPEG
    rights = Rights(usage_terms="t", copyright_owners=[Party(name="O")], marked=True)
    written = documents.write_rights(data, rights)
    assert frames(written) == [
        ("TT2", b"\0Song"),
        ("TXX", b"\0USAGETERMS\0t"),
        ("TXX", b"\0MARKED\0True"),
        ("TXX", b"\0COPYRIGHTOWNER\0O"),
    ]
    assert Document(data).created == ("id3",)
    path = tmp_path / "old.mp3"
    path.write_bytes(data)
    assert write_rights(path, tmp_path / "new.mp3", rights).notes == ()
    assert documents.read_rights(written).rights == rights
    assert written.endswith(MPEG)
    assert documents.write_rights(written, rights) is written


def test_translations_without_a_place_in_v22_are_reported_and_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.mp3"
    path.write_bytes(tag(2, frame(2, "TT2", b"\0Song")) + MPEG)
    rights = Rights(copyright_notice="A", copyright_notice_translations={"de": "B"}, marked=True)
    report = write_rights(path, tmp_path / "new.mp3", rights)
    assert (report.written, report.notes) == (("copyright_notice", "marked"), ())
    assert list(report.unsupported) == ["copyright_notice_translations"]
    assert "a tag of ID3v2.2 has no frame for it" in report.unsupported["copyright_notice_translations"]
    assert missing(tmp_path / "new.mp3", rights)[1] == ()
    path.write_bytes(tag(3, frame(3, "TIT2", b"\0Song")) + MPEG)
    assert not write_rights(path, tmp_path / "newer.mp3", rights).unsupported


@pytest.mark.parametrize("version", [3, 4])
def test_other_frames_keep_their_bytes_flags_and_places(version: int) -> None:
    packed = zlib.compress(b"\0packed")
    flags, head = (0x0080, struct.pack(">I", 7)) if version == 3 else (0x0009, synchsafe(7))
    kept = [
        frame(version, "POPM", b"a@b\0\xff\0\0\0\1"),
        frame(version, "UFID", b"owner\0\xff\xfe\xff"),
        frame(version, "TCOP", b"\0old"),
        frame(version, "TALB", head + packed, flags),
        frame(version, "APIC", b"\0image/png\0\3\0" + b"\xff\xe0" * 200),
        frame(version, "TXXX", b"\0COPYRIGHT\0other"),
    ]
    written = id3.write(tag(version, *kept), NOTICE)
    text = b"\1" + "\ufeff© 東京".encode("utf-16-le") if version == 3 else b"\3" + "© 東京".encode()
    new = [*kept[:2], frame(version, "TCOP", text), *kept[3:]]
    assert written[10:].startswith(b"".join(new))
    assert not written[10 + len(b"".join(new)) :].strip(b"\0")


@pytest.mark.slow
def test_compressed_and_unsynchronised_frames_are_read() -> None:
    text = b"\3" + "© ÿ".encode()
    packed = synchsafe(len(text)) + zlib.compress(text)
    assert id3.read(tag(4, frame(4, "TCOP", packed, 0x0009)))["copyright_notice"] == "© ÿ"
    text = b"\1\xff\xfeA\0\xff\0"
    assert id3.read(tag(4, frame(4, "TCOP", b"\1\xff\0\xfeA\0\xff\0\0", 0x0002)))["copyright_notice"] == "Aÿ"
    grouped = tag(3, frame(3, "TCOP", b"G\0x", 0x0020))
    assert id3.read(grouped)["copyright_notice"] == "x"
    bomb = zlib.compress(bytes(id3tag.MAX_CONTENT + 1))
    assert id3.read(tag(3, frame(3, "TCOP", bytes(4) + bomb, 0x0080))) == {}


def test_an_unsynchronised_tag_of_v23_stays_one() -> None:
    image = frame(3, "APIC", b"\0image/png\0\3\0\xff\xe0\xff\0\xff")
    body = image.replace(b"\xff\0", b"\xff\0\0").replace(b"\xff\xe0", b"\xff\0\xe0")
    assert id3tag.synchronised(body) == image
    block = b"ID3\3\0\x80" + synchsafe(len(body) + 300) + body + bytes(300)
    written = id3.write(block, {"copyright_notice": "ÿ", "creators": ("東京",)})
    assert written[5] == 0x80
    assert len(written) == len(block)
    assert written[10:].startswith(body)
    assert b"\xff\xfe" not in written[10:]
    assert id3.read(written) == {"copyright_notice": "ÿ", "creators": ("東京",)}
    assert id3.write(written, {"creators": ("東京",)}) is written


def test_extended_headers_are_kept_right() -> None:
    title = frame(3, "TIT2", b"\0Song")
    old = struct.pack(">IHII", 10, 0x8000, 200, zlib.crc32(title))
    written = id3.write(tag(3, title, flags=0x40, padding=200, extended=old), NOTICE)
    size, flags, padding, checksum = struct.unpack(">IHII", written[10:24])
    assert (size, flags) == (10, 0x8000)
    body = written[24 : len(written) - padding]
    assert body.startswith(title)
    assert zlib.crc32(body) == checksum
    assert written[len(written) - padding :] == bytes(padding)
    title = frame(4, "TIT2", b"\3Song")
    old = synchsafe(12) + b"\1\x20\5" + bytes(5)
    written = id3.write(tag(4, title, flags=0x40, padding=9, extended=old), NOTICE)
    assert written[10:17] == old[:7]
    digits = written[17:22]
    assert sum(digit << 7 * place for place, digit in enumerate(reversed(digits))) == zlib.crc32(written[22:])


def test_a_footer_follows_the_header() -> None:
    body = frame(4, "TIT2", b"\3Song")
    start = b"\4\0\x10" + synchsafe(len(body))
    written = id3.write(b"ID3" + start + body + b"3DI" + start, NOTICE)
    size = len(written) - 20
    assert written[:10] == b"ID3\4\0\x10" + synchsafe(size)
    assert written[-10:] == b"3DI\4\0\x10" + synchsafe(size)
    assert id3.read(written) == NOTICE


def test_sizes_as_itunes_writes_them() -> None:
    """Whole numbers where v2.4 has seven bits a byte; once the tag is changed they are right."""
    picture = b"\0image/png\0\3\0" + bytes(range(256)) * 3
    wrong = b"APIC" + struct.pack(">IH", len(picture), 0) + picture
    title = frame(4, "TIT2", b"\3Song")
    for order in ([wrong, title], [title, wrong]):
        written = id3.write(tag(4, *order, padding=20), NOTICE)
        assert dict(frames(written)) == {
            "APIC": picture,
            "TIT2": b"\3Song",
            "TCOP": b"\3" + "© 東京".encode(),
        }


def test_texts_of_other_writers() -> None:
    def notice(content: bytes) -> object:
        return id3.read(tag(3, frame(3, "TCOP", content))).get("copyright_notice")

    assert notice(b"\0\xa9 2026\0") == "© 2026"
    assert notice(b"\1\xfe\xff\0A\0B") == "AB"
    assert notice(b"\1A\0B\0\0\0") == "AB"
    assert notice(b"\2\0A\0B") == "AB"
    assert notice(b"\1\xff\xfeA\0B") == "A"
    assert notice(b"") is None
    assert notice(b"\0 ") is None
    artists = tag(4, frame(4, "TPE1", b"\3A\0B; C\0"))
    assert id3.read(artists) == {"creators": ("A", "B; C")}
    assert id3.write(artists, {"creators": ("A", "B; C")}) is artists


def test_languages_of_the_terms_stay() -> None:
    block = tag(4, frame(4, "USER", b"\3engold"), frame(4, "USER", b"\3deualt"))
    written = id3.write(block, {"usage_terms": "new"})
    assert frames(written)[:2] == [("USER", b"\3engnew"), ("USER", b"\3deualt")]


def test_a_licence_by_name_and_the_identifiers_of_others_stay() -> None:
    block = tag(4, frame(4, "TXXX", b"\3license\0CC-BY 4.0"), frame(4, "TXXX", b"\3IDENTIFIER\0isbn:1"))
    values = {"web_statement": "https://e.com/", "identifier": "00ff00ff00ff00ff"}
    written = id3.write(block, values)
    assert ("TXXX", b"\3LICENSE\0CC-BY 4.0; https://e.com/") in frames(written)
    assert ("TXXX", b"\3IDENTIFIER\0isbn:1; stamp:00ff00ff00ff00ff") in frames(written)
    assert id3.write(written, values) is written
    removed = id3.remove(written, values)
    assert frames(removed) == [("TXXX", b"\3LICENSE\0CC-BY 4.0"), ("TXXX", b"\3IDENTIFIER\0isbn:1")]


def test_what_stands_behind_the_frames_stays_behind_them() -> None:
    junk = b"\0\0junk that nobody reads"
    written = id3.write(tag(3, frame(3, "TIT2", b"\0Song"), junk), {"isrc": "USRC17607839"})
    assert written.endswith(frame(3, "TSRC", b"\0USRC17607839") + junk)


@pytest.mark.parametrize(
    "block",
    [
        b"ID3\4\0\0\0\0\1",
        b"ID3\4\0\0\0\0\x7f\x7f" + bytes(20),
        b"ID3\4\0\0\0\0\0\x80",
        tag(3, b"TIT2\x7f\xff\xff\xff\0\0\0x"),
        tag(4, b"TIT2\0\0\x7f\x7f\0\0\0x"),
        tag(2, b"TT2\xff\xff\xff\0x"),
        tag(3, b"\xff\xff\xff\xff\0\0", flags=0x40),
    ],
)
def test_damaged_tags_are_refused(block: bytes) -> None:
    with pytest.raises(CorruptFile):
        id3.write(block, NOTICE)
    data = block + MPEG
    if documents.identify(data) == "mp3":
        with pytest.raises(CorruptFile):
            documents.write_rights(data, Rights(copyright_notice="x"))


def test_versions_that_nobody_knows_are_refused() -> None:
    for block in (b"ID3\5\0\0\0\0\0\0", b"ID3\2\0\x40\0\0\0\0"):
        with pytest.raises(UnsupportedFormat):
            id3.read(block)


def test_the_sound_and_the_tags_behind_it_stay() -> None:
    ape = b"x" * 10 + b"APETAGEX" + struct.pack("<IIII", 2000, 42, 1, 0) + bytes(8)
    trailer = ape + b"TAG" + bytes(125)
    rights = Rights(copyright_notice="© 東京")
    second = tag(3, frame(3, "TCOP", b"\0second"))
    for head in (b"", tag(3, frame(3, "TIT2", b"\0Song")), tag(4) + second):
        written = documents.write_rights(head + MPEG + trailer, rights)
        assert written.endswith((second if second in head else b"") + MPEG + trailer)
        assert documents.essence_digest(written) == documents.essence_digest(MPEG)
        assert documents.read_rights(written).rights == rights


def test_a_tag_that_was_not_there_goes_as_a_whole() -> None:
    rights = Rights(copyright_notice="© 東京", usage_terms="t")
    assert documents.remove_rights(documents.write_rights(MPEG, rights), rights) == MPEG


def test_c2pa_is_seen() -> None:
    manifest = frame(4, "GEOB", b"\0application/x-c2pa-manifest-store\0\0\0jumb")
    assert documents.read_rights(tag(4, manifest) + MPEG).has_c2pa
    assert not documents.read_rights(tag(4) + MPEG).has_c2pa


def test_mpeg_audio_is_told_from_its_frames() -> None:
    assert documents.identify(MPEG) == "mp3"
    assert documents.identify(tag(3) + bytes(500) + MPEG) == "mp3"
    assert documents.identify(MPEG[:417]) == "mp3"
    assert documents.identify(MPEG[:417] + b"TAG" + bytes(125)) == "mp3"
    assert documents.identify(MPEG[300:] + MPEG * 4) == "mp3"
    for other in (MPEG[:417] + b"x" * 600, b"\xff\xf1" + MPEG[2:], tag(3) + b"x" * 900, b"x" + MPEG[:-1]):
        assert documents.identify(other) is None

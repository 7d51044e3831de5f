"""Notices in WAV, RF64 and AIFF: other chunks keep their bytes, lengths are right, little is loaded."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.rights import Rights
from stamp.formats.source import Patched
from stamp.metadata import containers
from stamp.metadata.mapping.ascii import folded
from stamp.metadata.stores import id3, iff, info, xmp
from tests.helpers import documents

RIGHTS = Rights(copyright_notice="© 2026 Zoë 東京", creators=("Zoë; M", "Ł"), usage_terms="t", marked=True)
FMT = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
COMM = struct.pack(">hIh", 1, 4, 16) + b"\x40\x0e\xac\x44" + bytes(6)
Chunks = Sequence[tuple[bytes, bytes]]


def run(chunks: Chunks, order: str) -> bytes:
    return b"".join(
        kind + struct.pack(f"{order}I", len(content)) + content + bytes(len(content) % 2)
        for kind, content in chunks
    )


def wav(*chunks: tuple[bytes, bytes], behind: bytes = b"") -> bytes:
    body = b"WAVE" + run([(b"fmt ", FMT), *chunks], "<")
    return b"RIFF" + struct.pack("<I", len(body)) + body + behind


def aiff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"AIFF" + run([(b"COMM", COMM), *chunks], ">")
    return b"FORM" + struct.pack(">I", len(body)) + body


def chunks(data: bytes, order: str = "<") -> list[tuple[bytes, bytes]]:
    """Kind and content of all chunks behind the first, read without the package; lengths are checked."""
    end = 8 + struct.unpack_from(f"{order}I", data, 4)[0]
    assert end <= len(data)
    found, at = [], 12
    while at < end:
        (length,) = struct.unpack_from(f"{order}I", data, at + 4)
        found.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    assert at == end
    return found[1:]


def test_wav_gets_three_chunks_and_keeps_the_rest() -> None:
    others = [
        (b"bext", b"\xff" * 603),
        (b"JUNK", bytes(27)),
        (b"data", b"\1\2\3\4\5"),
        (b"iXML", b"<x/>"),
        (b"LIST", b"adtlxx"),
    ]
    source = wav(*others, behind=b"trailer")
    written = documents.write_rights(source, RIGHTS)
    assert written.endswith(b"trailer")
    found = chunks(written)
    assert found[:5] == others
    assert [kind for kind, _ in found[5:]] == [b"LIST", b"_PMX", b"id3 "]
    assert found[5][1] == b"INFO" + run([(b"ICOP", b"(C) 2026 Zoe ??\0"), (b"IART", b'"Zoe; M"; L\0')], "<")
    assert (xmp.read(found[6][1]), id3.read(found[7][1])) == (RIGHTS.values(), RIGHTS.values())
    assert documents.read_rights(written).rights == RIGHTS
    assert documents.read_rights(written).conflicts == {}
    assert documents.write_rights(written, RIGHTS) is written
    assert documents.remove_rights(written, RIGHTS) == source


def test_chunks_that_are_there_are_replaced_where_they_stand() -> None:
    old = wav(
        (b"ID3 ", id3.write(None, {"copyright_notice": "old"})),
        (b"LIST", b"INFO" + run([(b"INAM", b"Odd\0"), (b"ICOP", b"old\0"), (b"ISFT", b"x\0")], "<")),
        (b"data", b"\1\2"),
        (b"_PMX", xmp.write(None, {"source": "S"})),
    )
    found = chunks(documents.write_rights(old, Rights(copyright_notice="© new")))
    assert [kind for kind, _ in found] == [b"ID3 ", b"LIST", b"data", b"_PMX"]
    assert id3.read(found[0][1]) == {"copyright_notice": "© new"}
    assert found[1][1] == b"INFO" + run(
        [(b"INAM", b"Odd\0"), (b"ICOP", b"(C) new\0"), (b"ISFT", b"x\0")], "<"
    )
    assert found[2] == (b"data", b"\1\2")
    assert xmp.read(found[3][1]) == {"source": "S", "copyright_notice": "© new"}


def test_info_stands_before_the_full_text() -> None:
    """ffmpeg shows what it reads last."""
    old = wav((b"id3 ", id3.write(None, {"isrc": "USRC17607839"})), (b"data", b"\1\2"))
    kinds = [kind for kind, _ in chunks(documents.write_rights(old, RIGHTS))]
    assert kinds == [b"LIST", b"id3 ", b"data", b"_PMX"]


@pytest.mark.parametrize("counted", [0, 1])
@pytest.mark.parametrize("padded", [b"", b"\0"])
def test_a_last_chunk_of_odd_length(padded: bytes, counted: int) -> None:
    """Its padding may be missing, and counted or not."""
    body = b"WAVE" + run([(b"fmt ", FMT)], "<") + b"data\3\0\0\0abc"
    source = b"RIFF" + struct.pack("<I", len(body) + counted) + body + padded
    written = documents.write_rights(source, RIGHTS)
    assert chunks(written)[0] == (b"data", b"abc")
    assert documents.essence_digest(written) == documents.essence_digest(source)
    assert documents.read_rights(written).rights == RIGHTS


def rf64(size: int, *behind: tuple[bytes, bytes], kind: bytes = b"RF64") -> tuple[bytes, bytes]:
    """The bytes before and behind `size` bytes of samples."""
    after = bytes(size % 2) + run(behind, "<")
    head = run([(b"fmt ", FMT)], "<") + b"data\xff\xff\xff\xff"
    total = 4 + 36 + len(head) + size + len(after)
    ds64 = struct.pack("<QQQI", total, size, size // 2, 0)
    return kind + b"\xff\xff\xff\xffWAVE" + run([(b"ds64", ds64)], "<") + head, after


@pytest.mark.parametrize("kind", [b"RF64", b"BW64"])
def test_rf64_has_its_length_in_another_chunk(kind: bytes) -> None:
    head, after = rf64(4, (b"axml", b"<x/>"), kind=kind)
    source = head + b"\1\2\3\4" + after
    written = documents.write_rights(source, RIGHTS)
    assert written[:20] == source[:20]
    assert struct.unpack_from("<Q", written, 20)[0] == len(written) - 8
    assert written[28:].startswith(source[28:])
    assert documents.remove_rights(written, RIGHTS) == source


class Sparse:
    """A file of many gigabytes of zeros between two ends, that notes the largest slice it was asked for."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self.head, self.size, self.tail = head, size, tail
        self.largest = 0

    def __len__(self) -> int:
        return len(self.head) + self.size + len(self.tail)

    def __getitem__(self, span: slice, /) -> bytes:
        start, stop, _ = span.indices(len(self))
        self.largest = max(self.largest, stop - start)
        back = len(self.head) + self.size
        zeros = max(0, min(stop, back) - max(start, len(self.head)))
        return self.head[start:stop] + bytes(zeros) + self.tail[max(0, start - back) : max(0, stop - back)]


def test_a_file_of_many_gigabytes_is_not_loaded() -> None:
    size = 9 << 30
    head, after = rf64(size, (b"axml", b"<x/>"))
    source = Sparse(head, size, after)
    written = documents.write_rights(source, RIGHTS)
    assert isinstance(written, Patched)
    assert documents.read_rights(written).rights == RIGHTS
    assert struct.unpack("<Q", written[20:28])[0] == len(written) - 8
    assert written[len(source) - len(after) : len(source)] == after
    assert source.largest < 1 << 20


def test_a_riff_does_not_grow_beyond_4_gb() -> None:
    size = (1 << 32) - 100
    body = b"WAVE" + run([(b"fmt ", FMT)], "<") + b"data" + struct.pack("<I", size)
    source = Sparse(b"RIFF" + struct.pack("<I", len(body) + size) + body, size, b"")
    with pytest.raises(UnsupportedFormat, match="RF64"):
        documents.write_rights(source, RIGHTS)
    head = b"AIFF" + run([(b"COMM", COMM)], ">") + b"SSND" + struct.pack(">I", size)
    source = Sparse(b"FORM" + struct.pack(">I", len(head) + size) + head, size, b"")
    with pytest.raises(UnsupportedFormat, match="4 GB"):
        documents.write_rights(source, RIGHTS)


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\4\0\0\0WAV",
        b"RIFF\xff\xff\xff\xffWAVE" + run([(b"fmt ", FMT)], "<") + b"data\xff\xff\xff\xff" + bytes(9),
        b"RIFF\0\0\0\0WAVE" + run([(b"fmt ", FMT)], "<"),
        wav((b"data", b"")) + bytes(50),
        wav((b"data", bytes(50)))[:-20],
        wav((b"data", bytes(50))).replace(b"data\x32\0\0\0", b"data\xff\xff\xff\x7f"),
        b"RF64\xff\xff\xff\xffWAVE" + run([(b"fmt ", FMT), (b"data", bytes(60))], "<"),
        b"RF64\xff\xff\xff\xffWAVEds64\4\0\0\0" + bytes(60),
        aiff((b"SSND", bytes(50)))[:-20],
        b"FORM\0\0\0\0AIFF" + bytes(40),
    ],
)
def test_damaged_and_unfinished_files_are_refused(data: bytes) -> None:
    with pytest.raises((CorruptFile, UnsupportedFormat)):
        documents.write_rights(data, RIGHTS)


def test_aiff_gets_its_chunks_and_keeps_the_rest() -> None:
    others = [(b"NAME", b"Odd"), (b"MARK", bytes(9)), (b"SSND", bytes(13)), (b"APPL", b"stocxyz")]
    source = aiff(*others)
    written = documents.write_rights(source, RIGHTS)
    found = chunks(written, ">")
    assert found[:4] == others
    assert found[4:6] == [(b"(c) ", b"(C) 2026 Zoe ??"), (b"AUTH", b'"Zoe; M"; L')]
    assert [kind for kind, _ in found[6:]] == [b"APPL", b"ID3 "]
    assert found[6][1].startswith(b"XMP <?xpacket")
    assert documents.read_rights(written).rights == RIGHTS
    assert documents.write_rights(written, RIGHTS) is written
    assert documents.remove_rights(written, RIGHTS) == source


def test_aiff_texts_in_the_macintosh_encoding_are_read() -> None:
    source = aiff((b"(c) ", b"\xa9 2026 M\x9fller"), (b"SSND", bytes(8)), (b"AUTH", b"B; A"))
    assert documents.read_rights(source).rights == Rights(
        copyright_notice="© 2026 Müller", creators=("B", "A")
    )
    written = documents.write_rights(source, Rights(copyright_notice="© 2027"))
    assert [kind for kind, _ in chunks(written, ">")][:2] == [b"(c) ", b"AUTH"]
    assert iff.read(containers.load("aiff").extract(written)["iff"]) == {
        "copyright_notice": "(C) 2027",
        "creators": ("B", "A"),
    }


def test_info_of_other_writers() -> None:
    """Without padding, in UTF-8, in Windows' code page, with a rest that is no chunk."""
    block = b"INAM\3\0\0\0abcICOP\5\0\0\0\xa9 Z\xe9\0IART\4\0\0\0\xc3\xa9\0\0xx"
    assert info.read(block) == {"copyright_notice": "© Zé", "creators": ("é",)}
    written = info.write(block, {"copyright_notice": "© Zé"})
    assert written == b"INAM\3\0\0\0abcICOP\7\0\0\0(C) Ze\0\0IART\4\0\0\0\xc3\xa9\0\0xx"
    assert info.write(written, {"copyright_notice": "© Zé"}) == written
    with pytest.raises(CorruptFile):
        info.read(b"ICOP\x50\0\0\0abc")


def test_a_text_without_anything_legible_in_ascii_has_no_place_in_info() -> None:
    rights = Rights(copyright_notice="東京", creators=("東京", "Zoë"))
    written = documents.write_rights(wav((b"data", b"\1\2")), rights)
    assert dict(chunks(written))[b"LIST"] == b"INFO" + run([(b"IART", b"??; Zoe\0")], "<")
    assert documents.read_rights(written).rights == rights
    assert documents.write_rights(written, rights) is written
    changed = documents.write_rights(written, Rights(creators=("東京",)))
    assert b"LIST" not in dict(chunks(changed))
    assert documents.read_rights(changed).sources["creators"] == ["id3", "xmp"]


def test_folding() -> None:
    assert folded("© ℗ ® ™ Ærøskøbing Łódź") == "(C) (P) (R) TM AEroskobing Lodz"
    assert folded("– “Straße” ﬁ…") == '- "Strasse" fi...'
    assert folded("東京 😀 שלום") == "?? ? ????"

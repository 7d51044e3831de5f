"""Whatever the bytes, only our own errors come out, and what is written can be read."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import md5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.errors import CorruptFile, MediaError
from stamp.core.rights import Rights
from stamp.formats.png import packed
from stamp.formats.table import NOTICES
from stamp.metadata.containers import extended
from stamp.metadata.document import Document
from stamp.metadata.stores import ape, exif, id3, iff, info, iptc, pngtext, vorbis, xmp
from tests.helpers import documents
from tests.helpers.growth import assert_linear
from tests.media.shared import shared_files
from tests.media.small_files import sample

RIGHTS = Rights(
    copyright_notice="© 東京", creators=("Zoë",), usage_terms="t", marked=True, licensor_url="https://e.com/"
)
PIECES = ["", "<", ">", "&", '"', "'", "/", "rdf:", "=", "x", "\n", "]]>", "<!--"]
SIGNATURES = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\x40\0\0\0WEBP",
    b"II*\0",
    b"MM\0*",
    b"II+\0\x08\0\0\0",
    b"GIF89a",
    b"\xff\x0a",
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"\0\0\0\x10ftypavif\0\0\0\0",
    b"fLaC",
    b"fLaC\0\0\0\x22" + bytes(34),
    b"OggS\0\2",
    b"RIFF\x40\0\0\0WAVE",
    b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0",
    b"FORM\0\0\0\x40AIFF",
    b"ID3\2\0\0\0\0\0\x40",
    b"ID3\3\0\x80\0\0\0\x40",
    b"ID3\4\0\x40\0\0\0\x40",
]


def survives(data: bytes) -> None:
    """Reads and writes; if that works, the notice is there and writing again changes nothing."""
    with suppress(MediaError):
        documents.read_rights(data)
    try:
        written = documents.write_rights(data, RIGHTS)
    except MediaError:
        return
    if Document(data).unsupported.keys() >= RIGHTS.values().keys():
        assert written is data  # read, and never written to
        return
    assert documents.read_rights(written).rights == RIGHTS.onto(documents.read_rights(written).rights)
    assert documents.write_rights(written, RIGHTS) is written


@cache
def filled(name: str) -> bytes:
    """A file with every store filled."""
    old = Rights(copyright_notice="old", creators=("A", "B"), source="S")
    data = documents.write_rights(sample(name), old)
    if name == "jpeg":
        irb = b"Photoshop 3.0\0" + iptc.irb_of({iptc.IIM: b"\x1c\x02\x74\0\x03old", iptc.DIGEST: bytes(16)})
        data = data[:2] + b"\xff\xed" + (len(irb) + 2).to_bytes(2, "big") + irb + data[2:]
    return data


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTICES)
@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_mutated_files(name: str, data: st.DataObject) -> None:
    mutant = bytearray(filled(name))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutant) - 1))
        how = data.draw(st.sampled_from(["flip", "huge", "cut", "double", "zero"]))
        if how == "flip":
            mutant[at] ^= data.draw(st.integers(1, 255))
        elif how == "huge":
            mutant[at : at + 4] = b"\xff\xff\xff\xff"
        elif how == "zero":
            mutant[at : at + 8] = bytes(8)
        elif how == "double":
            mutant[at:at] = mutant[at : at + 40]
        else:
            del mutant[at : at + data.draw(st.integers(1, 60))]
    survives(bytes(mutant))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_extended_xmp(data: st.DataObject) -> None:
    """A main packet that names another one, whose parts say they are of it."""
    packet = xmp.write(None, {"copyright_notice": "old", "creators": ("A",)})
    guid = md5(packet).hexdigest().upper()
    note = f'<rdf:Description xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{guid}"/></rdf:RDF>'
    main = xmp.write(None, {"source": "S"}).replace(b"</rdf:RDF>", note.encode())
    half = len(packet) // 2
    parts = [packet[:half], packet[half:]]
    heads = [guid.encode() + struct.pack(">II", len(packet), at) for at in (0, half)]
    payloads = [b"http://ns.adobe.com/xap/1.0/\0" + main]
    payloads += [extended.PREFIX + head + part for head, part in zip(heads, parts, strict=True)]
    picture = sample("jpeg")
    mutant = bytearray(
        picture[:2]
        + b"".join(struct.pack(">BBH", 0xFF, 0xE1, len(p) + 2) + p for p in payloads)
        + picture[2:]
    )
    assert documents.read_rights(bytes(mutant)).values["xmpext"]["copyright_notice"] == "old"
    for _ in range(data.draw(st.integers(1, 5))):
        mutant[data.draw(st.integers(2, len(mutant) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(mutant))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(signature=st.sampled_from(SIGNATURES), rest=st.binary(max_size=200))
def test_any_bytes_behind_a_signature(signature: bytes, rest: bytes) -> None:
    survives(signature + rest)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_in_a_store(block: bytes) -> None:
    for read in (ape.read, exif.read, xmp.read, iptc.read, id3.read, vorbis.read, info.read, iff.read):
        with suppress(CorruptFile):
            read(block)
    pngtext.read(packed(b"tEXt", block))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_mutated_packets(data: st.DataObject) -> None:
    text = list(xmp.write(None, RIGHTS.values()).decode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at] = data.draw(st.sampled_from(PIECES))
    packet = "".join(text).encode()
    try:
        merged = xmp.write(packet, {"source": "S", "copyright_notice": "new"})
    except CorruptFile:
        return
    assert xmp.read(merged).items() >= {"source": "S", "copyright_notice": "new"}.items()


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_mutated_ape_tags(data: st.DataObject) -> None:
    mutant = bytearray(ape.write(None, {"copyright_notice": "old", "creators": ("A", "B")}))
    for _ in range(data.draw(st.integers(0, 3))):
        mutant[data.draw(st.integers(0, len(mutant) - 1))] = data.draw(st.integers(0, 255))
    front, behind = (data.draw(st.sampled_from([b"", b"TAG".ljust(128)])) for _ in range(2))
    survives(sample("mp3") + front + bytes(mutant) + behind)


def test_malformed_files_of_other_projects() -> None:
    for path in shared_files("images/malformed/*"):
        survives(path.read_bytes())


def many_parts_of_xmp(count: int) -> bytes:
    """A JPEG whose main packet names another one, of which that many parts of one byte are there."""
    guid = b"A" * 32
    packet = xmp.write(None, {}).replace(b"</rdf", b"<n HasExtendedXMP='" + guid + b"'/></rdf", 1)
    segments = [b"http://ns.adobe.com/xap/1.0/\0" + packet]
    segments += [extended.PREFIX + guid + struct.pack(">II", 2**32 - 1, at) + b"x" for at in range(count)]
    joined = b"".join(struct.pack(">BBH", 0xFF, 0xE1, len(part) + 2) + part for part in segments)
    return b"\xff\xd8" + joined + sample("jpeg")[2:]


def many_frames_of_id3(count: int) -> bytes:
    size = bytes(10 * count + 1 >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + b"TIT2\0\0\0\0\0\0" * count + bytes(1) + b"\xff\xfb\x90\0" * 2000


def refused_by(read: Callable[[bytes], object]) -> Callable[[bytes], object]:
    def work(block: bytes) -> None:
        with pytest.raises(CorruptFile):
            read(block)

    return work


MANY = 200_000
LARGE: dict[str, tuple[Callable[[bytes], object], Callable[[int], bytes]]] = {
    "chunks of PNG": (survives, lambda n: b"\x89PNG\r\n\x1a\n" + (bytes(4) + b"tEXt" + bytes(4)) * n),
    "chunks of WebP": (survives, lambda n: b"RIFF\xff\xff\xff\0WEBP" + b"VP8 \0\0\0\0" * n),
    "segments": (survives, lambda n: b"\xff\xd8" + b"\xff\xe1\0\x02" * n),
    "parts of XMP": (survives, lambda n: many_parts_of_xmp(n // 6)),
    "fill bytes": (survives, lambda n: b"\xff\xd8" + b"\xff" * 20 * n),
    "chunks of WAV": (
        survives,
        lambda n: struct.pack("<4sI4s", b"RIFF", 4 + 8 * n, b"WAVE") + b"fact\0\0\0\0" * n,
    ),
    "tags": (survives, lambda n: b"ID3\3\0\0\0\0\0\0" * n),
    "frames of ID3": (survives, many_frames_of_id3),
    "blocks of FLAC": (survives, lambda n: b"fLaC\0\0\0\x22" + bytes(34) + b"\1\0\0\0" * (n * 5 // 2)),
    "pages": (
        survives,
        lambda n: b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead" + bytes(11) + (b"OggS" + bytes(23)) * (n // 2),
    ),
    "comments": (refused_by(vorbis.read), lambda n: bytes(4) + (5 * n).to_bytes(4, "little") + bytes(20 * n)),
    "open brackets": (refused_by(xmp.read), lambda n: b"<" * 5 * n),
    "open quotes": (refused_by(xmp.read), lambda n: b"<a " + b'b="' * n),
    "open elements": (refused_by(xmp.read), lambda n: b"<a>" * n),
    "closing brackets": (refused_by(xmp.read), lambda n: b'<a b="' + b">" * 5 * n),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large_blocks_take_linear_time(name: str) -> None:
    """Megabytes of near misses."""
    work, make = LARGE[name]
    assert_linear(work, make, MANY)


def test_a_count_beyond_the_block_is_refused() -> None:
    with pytest.raises(CorruptFile):
        vorbis.read(b"\1\0\0\0x" + b"\xff" * 99)

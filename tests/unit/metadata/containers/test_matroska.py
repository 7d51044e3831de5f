"""Matroska and WebM: where tags go, and every place, size and checksum in the file right afterwards."""

from __future__ import annotations

import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.rights import Rights
from stamp.formats.ebml import doc_type
from stamp.metadata.containers import matroska
from stamp.metadata.stores import tags
from stamp.storage.large import open_large
from tests.helpers import documents
from tests.media.matroska_files import (
    CLUSTER,
    CUES,
    SEEK_HEAD,
    SEGMENT,
    TAGS,
    UNKNOWN,
    Mkv,
    check,
    ebml,
    segment,
    tag,
    tree,
)

RIGHTS = Rights(
    copyright_notice="© 2026 Zoë 東京 😀 שלום",
    creators=("Zoë", "Ł; x"),
    usage_terms="a\nb",
    web_statement="https://example.com/",
    marked=True,
)
OTHER = tag("TITLE", "Tale") + tag("COPYRIGHT", "of the sound", targets=ebml(0x63C5, b"\7"))
LAYOUTS = [
    Mkv(),
    Mkv(doctype=b"webm"),
    Mkv(void=2000),
    Mkv(void=40),
    Mkv(seek_void=0),
    Mkv(seek_void=3000),
    Mkv(seek_void=None),
    Mkv(seek_void=None, live=True, cues=False),
    Mkv(live=True, cues=False),
    Mkv(seek_void=0, live=True, cues=False, positions=False),
    Mkv(tags=ebml(TAGS, OTHER)),
    Mkv(tags=ebml(TAGS, OTHER), tags_last=True),
    Mkv(tags=ebml(TAGS, OTHER), void=3000),
    Mkv(tags=ebml(TAGS, OTHER), seek_void=0),
    Mkv(tags=ebml(TAGS, OTHER) + ebml(TAGS, tag("ARTIST", "A"))),
    Mkv(checksums=True),
    Mkv(checksums=True, seek_void=0),
    Mkv(checksums=True, segment_checksum=True),
    Mkv(segment_checksum=True, seek_void=None),
    Mkv(narrow=True),
    Mkv(narrow=True, tags=ebml(TAGS, OTHER), tags_last=True),
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=range(len(LAYOUTS)))
def test_write_read_and_write_again(layout: Mkv) -> None:
    source = layout.encoded()
    before = check(source)
    written = documents.write_rights(source, RIGHTS)
    after = check(written)
    assert (after[CLUSTER], after.get(CUES)) == (before[CLUSTER], before.get(CUES))
    found = documents.read_rights(written)
    assert (found.rights, found.conflicts, found.warnings) == (RIGHTS, {}, [])
    assert documents.write_rights(written, RIGHTS) is written
    assert documents.essence_digest(written) == documents.essence_digest(source)
    assert untouched(written) == untouched(source)
    if SEEK_HEAD in before:
        assert TAGS in indexed(written) or written.index(b"COPYRIGHT") < written.index(
            CLUSTER.to_bytes(4, "big")
        )
    grown = documents.write_rights(written, replace(RIGHTS, usage_terms="x" * 4000))
    check(grown)
    back = documents.remove_rights(written, RIGHTS)
    check(back)
    assert documents.read_rights(back).sources == {}
    assert labels(back) == labels(source)
    assert documents.essence_digest(back) == documents.essence_digest(source)


def untouched(data: bytes) -> list[bytes]:
    """The parts of the segment other than index, padding, tags, cues and clusters."""
    base, end = segment(data)
    ours = {SEEK_HEAD, 0xEC, TAGS, CUES, CLUSTER, 0xBF}
    parts, at = [], base
    for kind, start, _, stop in tree(data, base, end):
        if start >= at:
            at = stop
            parts += [] if kind in ours else [data[start:stop]]
    return parts


def indexed(data: bytes) -> list[int]:
    """What the index names."""
    return [
        int.from_bytes(data[at:end], "big")
        for kind, _, at, end in tree(data, *segment(data))
        if kind == 0x53AB
    ]


def test_what_stands_inside_of_a_text_that_is_taken_out_stays() -> None:
    url = ebml(0x67C8, ebml(0x45A3, b"URL"), ebml(0x4487, b"https://old.example/"))
    artist = ebml(0x67C8, ebml(0x45A3, b"ARTIST"), url, ebml(0x4487, b"Old"))
    source = ebml(TAGS, ebml(0x7373, ebml(0x63C0), artist))
    rights = {"creators": ("New",), "credit_line": "C"}
    written = tags.write(source, dict(rights))
    left = tags.remove(written, dict(rights))
    assert url in written
    assert left == ebml(TAGS, ebml(0x7373, ebml(0x63C0), ebml(0x67C8, ebml(0x45A3, b"ARTIST"), url)))
    assert tags.read(left) == {}
    assert tags.remove(tags.write(left, dict(rights)), dict(rights)) == left


def labels(data: bytes) -> list[bytes]:
    """The tags other than ours."""
    block = matroska.extract(data).get("tags", b"")
    return [name for name in (b"Tale", b"of the sound") if name in block]


def test_clusters_stay_where_they_are_where_there_is_room() -> None:
    for layout in (
        Mkv(),
        Mkv(void=2000),
        Mkv(tags=ebml(TAGS, OTHER)),
        Mkv(seek_void=60, live=True, cues=False),
    ):
        source = layout.encoded()
        written = documents.write_rights(source, RIGHTS)
        assert written.index(CLUSTER.to_bytes(4, "big")) == source.index(CLUSTER.to_bytes(4, "big"))
    assert len(documents.write_rights(Mkv(void=2000).encoded(), RIGHTS)) == len(Mkv(void=2000).encoded())


def test_without_room_in_the_index_tags_go_in_front() -> None:
    """A reader that does not look behind the clusters would miss them at the end."""
    for layout in (Mkv(seek_void=None), Mkv(seek_void=0), Mkv(seek_void=None, live=True, cues=False)):
        written = documents.write_rights(layout.encoded(), RIGHTS)
        assert written.index(b"COPYRIGHT") < written.index(CLUSTER.to_bytes(4, "big"))
        check(written)


@pytest.mark.parametrize("length", range(60))
def test_every_remainder_of_padding(length: int) -> None:
    """Tags that fit, or fit but for one byte, in the element that was there."""
    source = Mkv(tags=ebml(TAGS, tag("COPYRIGHT", "x" * 40), width=1), void=2 if length % 2 else 0).encoded()
    written = documents.write_rights(source, Rights(copyright_notice="y" * (length + 1)))
    check(written)
    assert documents.read_rights(written).rights.copyright_notice == "y" * (length + 1)
    if length < 40:
        assert len(written) == len(source)


def test_a_segment_too_large_for_its_size_field_gets_a_wider_one() -> None:
    source = Mkv().encoded()
    at = source.index(SEGMENT.to_bytes(4, "big")) + 4
    size = int.from_bytes(source[at : at + 8], "big") - (1 << 56)
    narrow = source[:at] + (size | 1 << 14).to_bytes(2, "big") + source[at + 8 :]
    check(narrow)
    big = Rights(usage_terms="x" * 8000, other_constraints="y" * 8000)
    written = documents.write_rights(narrow, big)
    check(written)
    assert documents.read_rights(written).rights == big


def test_removal_of_what_was_appended_restores_the_file() -> None:
    source = Mkv().encoded()
    assert documents.remove_rights(documents.write_rights(source, RIGHTS), RIGHTS) == source


def test_an_index_that_cannot_be_corrected_is_left_alone() -> None:
    """Places of one byte that would need two: the tags go to the end, where a full scan finds them."""
    source = Mkv(seek_void=0, narrow=True).encoded()
    written = documents.write_rights(source, RIGHTS)
    assert check(written)[TAGS] == 1
    assert written[: len(source)][60:] == source[60:]
    assert documents.read_rights(written).rights == RIGHTS


def test_only_tags_of_the_whole_file_are_ours() -> None:
    block = ebml(
        TAGS,
        tag("COPYRIGHT", "album", targets=ebml(0x68CA, b"\x32")),
        tag("COPYRIGHT", "track", targets=ebml(0x68CA, b"\x1e")),
        tag("COPYRIGHT", "chapter", targets=ebml(0x63C4, b"\1")),
        tag("COPYRIGHT", "auf Deutsch", language="ger"),
        tag("copyright", "lower"),
        tag("LICENSE", "CC BY"),
        tag("ARTIST", "A\0\0"),
    )
    assert tags.read(block) == {"copyright_notice": "album", "creators": ("A",)}
    new = tags.write(block, {"copyright_notice": "new", "web_statement": "https://e.org"})
    assert tags.read(new) == {"copyright_notice": "new", "creators": ("A",), "web_statement": "https://e.org"}
    for text in (b"track", b"chapter", b"auf Deutsch", b"CC BY"):
        assert text in new
    assert b"lower" not in new
    assert tags.write(new, {"copyright_notice": "new"}) == new
    assert tags.read(tags.remove(new, {"copyright_notice": "new", "creators": ("A",)})) == {
        "web_statement": "https://e.org"
    }
    assert tags.remove(ebml(TAGS, tag("ARTIST", "A")), {"creators": ("A",)}) == b""


def test_what_is_in_a_tag_besides_its_text_stays() -> None:
    inside = ebml(0x67C8, ebml(0x45A3, b"URL"), ebml(0x4487, b"https://me.org"))
    simple = ebml(0x67C8, ebml(0x45A3, b"ARTIST"), ebml(0x4484, b"\1"), ebml(0x4487, b"A"), inside)
    block = ebml(TAGS, ebml(0x7373, ebml(0x63C0), simple))
    new = tags.write(block, {"creators": ("B",)})
    assert tags.read(new) == {"creators": ("B",)}
    assert inside in new
    assert ebml(0x4484, b"\1") in new


def test_attachments_that_are_c2pa_manifests_are_warned_of() -> None:
    attached = ebml(0x61A7, ebml(0x466E, b"m.c2pa"), ebml(0x4660, b"application/c2pa"), ebml(0x465C, b"x"))
    assert documents.read_rights(Mkv(extra=ebml(0x1941A469, attached)).encoded()).has_c2pa
    font = ebml(0x61A7, ebml(0x466E, b"f.ttf"), ebml(0x4660, b"font/ttf"), ebml(0x465C, b"x"))
    assert not documents.read_rights(Mkv(extra=ebml(0x1941A469, font)).encoded()).has_c2pa


def test_damaged_files_are_refused() -> None:
    source = Mkv().encoded()
    base, _ = segment(source)
    first = source[base:].index(CLUSTER.to_bytes(4, "big")) + base
    for damaged in (
        source[:-1],
        source[:base],
        source[:20],
        source[: base + 3],
        source[:first] + CLUSTER.to_bytes(4, "big") + UNKNOWN + bytes(9),
        source[:first] + TAGS.to_bytes(4, "big") + UNKNOWN + source[first:],
        source[:base] + b"\0" * 40,
    ):
        with pytest.raises((CorruptFile, UnsupportedFormat)):
            documents.write_rights(damaged, RIGHTS)


def test_a_film_of_many_gigabytes_takes_little_memory(tmp_path: Path) -> None:
    """A sparse file with a block of 5 GB."""
    source = Mkv(seek_void=100, live=True, cues=False).encoded()
    size = 5 << 30
    path = tmp_path / "f.mkv"
    path.write_bytes(source + b"\xa3" + ((1 << 56) | size).to_bytes(8, "big"))
    os.truncate(path, len(source) + 9 + size)
    tracemalloc.start()
    with open_large(path) as file:
        written = documents.write_rights(file, RIGHTS)
        assert documents.read_rights(written).rights == RIGHTS
        essence = matroska.essence(file)
        assert sum(len(next(essence)) for _ in range(64)) > 32 << 20
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_the_kind_of_document() -> None:
    source = Mkv(doctype=b"webm").encoded()
    assert doc_type(source) == doc_type(source[:64]) == b"webm"
    assert doc_type(Mkv(doctype=b"matroska\0").encoded()) == b"matroska"
    header = source[: source.index(b"webm") + 4]
    for nothing in (b"", b"\x1a", header[:-5], header[4:], b"RIFF" + header[4:], ebml(0x1A45DFA3) + source):
        assert doc_type(nothing) == b""

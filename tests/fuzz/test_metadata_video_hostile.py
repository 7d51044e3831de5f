"""Whatever the bytes of a film, only our own errors come out, soon, and what is written can be read."""

from __future__ import annotations

import os
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.errors import CorruptFile, MediaError
from stamp.core.rights import Rights
from stamp.metadata.stores import asset, ilst, keys, tags, usertext
from stamp.storage.large import open_large
from tests.helpers import documents
from tests.helpers.growth import assert_linear
from tests.media.matroska_files import CLUSTER, CUES, SEEK_HEAD, SEGMENT, TAGS, UNKNOWN, Mkv, ebml, tag
from tests.media.mp4_files import Mp4, box, full, hdlr
from tests.media.muxer_files import FILMS, film
from tests.media.shared import shared_files

RIGHTS = Rights(
    copyright_notice="© 東京", creators=("Zoë", "B"), usage_terms="t", licensor_url="https://e.com/"
)
CORPUS = shared_files("video/malformed/*", "audio/malformed/*")
STARTS = [
    b"\0\0\0\x10ftypisom\0\0\0\0",
    b"\0\0\0\x10ftypqt  \0\0\0\0",
    b"\0\0\0\x08wide",
    Mkv().encoded()[:60],
]
KINDS = [
    b"moov",
    b"udta",
    b"meta",
    b"ilst",
    b"free",
    b"trak",
    b"stco",
    b"moof",
    b"sidx",
    b"mfra",
    b"uuid",
    b"mdat",
]


def survives(data: bytes) -> None:
    """Reads and writes; if that works, the notice is there, writing again changes nothing, and it can be
    taken out.
    """
    with suppress(MediaError):
        documents.read_rights(data)
    try:
        written = documents.write_rights(data, RIGHTS)
    except MediaError:
        return
    found = documents.read_rights(written).rights
    assert found == RIGHTS.onto(found)
    assert documents.write_rights(written, RIGHTS) is written
    assert digest(written) == digest(data)
    with suppress(MediaError):
        documents.remove_rights(written, RIGHTS)


def digest(data: bytes) -> str:
    """Clusters are only looked into for this."""
    try:
        return documents.essence_digest(data)
    except MediaError:
        return "damaged"


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> bytes:
    """Boxes in boxes, some with a size that is wrong."""
    content = (
        b"".join(draw(st.lists(trees(depth - 1), max_size=3))) if depth else draw(st.binary(max_size=30))
    )
    size = 8 + len(content) + draw(st.sampled_from([0, 0, 0, 0, 1, -1, 8, 1 << 31]))
    return struct.pack(">I", size) + draw(st.sampled_from(KINDS)) + content


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=200) | trees())
def test_any_bytes_behind_a_signature(start: bytes, rest: bytes) -> None:
    survives(start + rest)
    survives(start + box(b"moov", rest))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(sorted(FILMS)), data=st.data())
def test_mutated_films(name: str, data: st.DataObject) -> None:
    """In the boxes and elements of real films, where the media data are only a part."""
    mutant = bytearray(film(name, 0.2))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutant) - 1))
        how = data.draw(st.sampled_from(["flip", "huge", "zero", "cut", "double"]))
        if how == "flip":
            mutant[at] ^= data.draw(st.integers(1, 255))
        elif how == "huge":
            mutant[at : at + 4] = b"\xff\xff\xff\xff"
        elif how == "zero":
            mutant[at : at + 4] = bytes(4)
        elif how == "cut":
            del mutant[at : at + data.draw(st.integers(1, 40))]
        else:
            mutant[at:at] = mutant[at : at + 40]
    survives(bytes(mutant))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_in_a_store(block: bytes) -> None:
    boxed = [box(kind, block) for kind in (b"cprt", b"\xa9cpy", b"----", b"keys")]
    for store in (ilst, keys, asset, usertext, tags):
        for candidate in (block, ebml(TAGS, block), ebml(TAGS, ebml(0x7373, block)), *boxed):
            with suppress(CorruptFile):
                store.read(candidate)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_malformed_files_of_other_projects(path: Path) -> None:
    survives(path.read_bytes())


MANY = 8_000
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "boxes": lambda n: Mp4(tail=box(b"free") * n).encoded(),
    "user texts": lambda n: Mp4(udta=box(b"cprt", bytes(8)) * n).encoded(),
    "tracks": lambda n: Mp4(more=box(b"trak", box(b"mdia", box(b"minf", box(b"stbl")))) * n).encoded(),
    "metas": lambda n: Mp4(udta=full(b"meta", hdlr(b"mdir")) * n).encoded(),
    "items": lambda n: Mp4(udta=full(b"meta", hdlr(b"mdir"), box(b"ilst", box(b"cprt") * n))).encoded(),
    "keys": lambda n: Mp4(
        more=box(
            b"meta",
            hdlr(b"mdta"),
            box(b"keys", bytes(4), struct.pack(">I", n), box(b"mdta", b"copyright") * n),
            box(b"ilst", *(box(struct.pack(">I", i + 1)) for i in range(n))),
        )
    ).encoded(),
    "fragments": lambda n: Mp4(tail=box(b"moof", box(b"traf", full(b"tfhd", bytes(4)))) * n).encoded(),
    "parts of items": lambda n: Mp4(
        gap=full(b"meta", hdlr(b"pict"), box(b"iloc", b"\1\0\0\0\0\0\xff\xff", (b"\0\1\0\0\0\0\xff\xff") * n))
    ).encoded(),
    "voids": lambda n: Mkv(
        extra=ebml(0xEC, bytes(2000)) * (n // 10) + ebml(0xEC, width=1) * n, seek_void=0
    ).encoded(),
    "indexes": lambda n: Mkv(extra=ebml(SEEK_HEAD, ebml(0x4DBB, b"", width=1) * 500) * (n // 100)).encoded(),
    "tags": lambda n: Mkv(tags=ebml(TAGS, tag("A", "b")) * (n // 4)).encoded(),
    "texts": lambda n: Mkv(tags=ebml(TAGS, tag("COPYRIGHT", "b") * (n // 2))).encoded(),
    "clusters": lambda n: Mkv(extra=ebml(CLUSTER, width=1) * n, seek_void=None).encoded(),
    "open clusters": lambda n: Mkv(live=True).encoded() + (CLUSTER.to_bytes(4, "big") + UNKNOWN) * n,
    "nested cues": lambda n: Mkv(seek_void=None, extra=ebml(CUES, b"\xbb\x81" * n)).encoded(),
}


def nested(kind: bytes, depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = box(kind, content)
    return content


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_many_of_everything_take_linear_time(name: str) -> None:
    """Thousands of small parts."""
    assert_linear(survives, HOSTILE[name], MANY)


def test_deep_nesting_and_absurd_sizes() -> None:
    survives(Mp4(udta=nested(b"meta", 2000)).encoded())
    survives(Mp4(more=nested(b"trak", 2000)).encoded())
    cues = b""
    for _ in range(1500):
        cues = ebml(0xBB, cues)
    survives(Mkv(seek_void=None, extra=ebml(CUES, cues)).encoded())
    head = Mkv().encoded()[:30]
    for size in (b"\x01" + b"\xff" * 6 + b"\xfe", b"\x08" + bytes(4), b"\0" * 8, b"\xff"):
        survives(head + SEGMENT.to_bytes(4, "big") + size + bytes(50))
        survives(head + SEGMENT.to_bytes(4, "big") + UNKNOWN + TAGS.to_bytes(4, "big") + size + bytes(50))


@pytest.mark.parametrize("kind", ["moov/udta", "Tags", "stco"])
def test_absurd_metadata_of_a_sparse_file_are_not_loaded(kind: str, tmp_path: Path) -> None:
    """A gigabyte of zeros where the metadata should be."""
    size = 1 << 30
    if kind == "Tags":
        data = (
            Mkv(live=True, cues=False).encoded()
            + TAGS.to_bytes(4, "big")
            + ((1 << 56) | size).to_bytes(8, "big")
        )
    elif kind == "stco":
        table = struct.pack(">I4sII", size, b"stco", 0, (size - 16) // 4)
        parents = [(b"stbl", 8), (b"minf", 16), (b"mdia", 24), (b"trak", 32), (b"moov", 40)]
        data = table
        for parent, more in parents:
            data = struct.pack(">I4s", size + more, parent) + data
        data = box(b"ftyp", b"isom\0\0\0\0") + data
        size -= len(table)
    else:
        data = box(b"ftyp", b"isom\0\0\0\0") + struct.pack(">I4sI4s", size + 16, b"moov", size + 8, b"udta")
    path = tmp_path / "f"
    path.write_bytes(data)
    os.truncate(path, len(data) + size)
    tracemalloc.start()
    with open_large(path) as file, pytest.raises(MediaError):
        documents.write_rights(file, RIGHTS)
    assert tracemalloc.get_traced_memory()[1] < 16_000_000
    tracemalloc.stop()

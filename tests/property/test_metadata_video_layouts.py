"""In films of any layout every chunk, cluster and place is right after any number of changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.errors import UnsupportedFormat
from stamp.core.rights import Rights
from stamp.metadata.stores import ilst, keys, xmp
from tests.helpers import documents
from tests.helpers.any_rights import RIGHTS, with_slot
from tests.media.matroska_files import TAGS, Mkv, check, ebml, tag
from tests.media.mp4_files import CHUNKS, Mp4, box, chunks, full, hdlr

XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + xmp.write(None, {"source": "S"})
LIST = ilst.write(None, {"creators": ("A",)})
PADDING = st.integers(0, 3000).map(lambda size: box(b"free", bytes(size)))
OTHER = st.binary(max_size=20).map(lambda content: box(b"abcd", content))
META = st.builds(
    lambda before, after: full(b"meta", hdlr(b"mdir"), before, box(b"ilst", LIST), after),
    st.just(b"") | PADDING,
    st.just(b"") | PADDING,
)
NAMED = st.just(box(b"meta", hdlr(b"mdta"), keys.write(None, {"creators": ("A",)})))
TEXT = st.just(box(b"\xa9cpy", b"\0\3\0\0old")) | st.just(box(b"cprt", bytes(4), b"\x15\xc7old\0"))
FILMS = st.builds(
    Mp4,
    brand=st.sampled_from([b"isom", b"qt  ", b"3gp4", b""]),
    first=st.booleans(),
    co64=st.booleans(),
    long_sizes=st.booleans(),
    gap=st.tuples(PADDING | OTHER | st.just(b""), st.sampled_from([b"", box(b"uuid", XMP)]), PADDING).map(
        b"".join
    ),
    tail=st.lists(PADDING | OTHER, max_size=2).map(b"".join),
    udta=st.none()
    | st.tuples(st.just(b"") | OTHER, st.just(b"") | META | NAMED, st.just(b"") | TEXT).map(b"".join),
    more=st.just(b"") | PADDING | NAMED,
)
TAGGED = st.lists(st.sampled_from([tag("TITLE", "T"), tag("ARTIST", "A"), tag("X", "y" * 90)]), max_size=2)
CLIPS = st.builds(
    Mkv,
    seek_void=st.none() | st.just(0) | st.integers(2, 300),
    void=st.just(0) | st.integers(9, 1500),
    tags=st.just(b"") | TAGGED.map(lambda texts: ebml(TAGS, *texts)),
    tags_last=st.booleans(),
    live=st.booleans(),
    cues=st.booleans(),
    positions=st.booleans(),
    checksums=st.booleans(),
    segment_checksum=st.booleans(),
    narrow=st.booleans(),
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(layout=FILMS, first=RIGHTS, second=RIGHTS)
def test_chunks_of_films(layout: Mp4, first: Rights, second: Rights) -> None:
    source = layout.encoded()
    name = str(documents.identify(source))
    data = source
    for rights in (with_slot(first, name), with_slot(second, name)):
        written = documents.write_rights(data, rights)
        assert chunks(written) == list(CHUNKS)
        assert documents.write_rights(written, rights) is written
        found = documents.read_rights(written)
        assert found.rights == rights.onto(documents.read_rights(data).rights)
        data = written
    try:
        back = documents.remove_rights(data, documents.read_rights(data).rights)
    except UnsupportedFormat:
        assert source.count(b"mdtacom.apple") > 1  # keys in two places
        return
    assert chunks(back) == list(CHUNKS)
    assert documents.read_rights(back).sources == {}


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(layout=CLIPS, first=RIGHTS, second=RIGHTS)
def test_places_in_matroska(layout: Mkv, first: Rights, second: Rights) -> None:
    source = layout.encoded()
    check(source)
    data = source
    for rights in (with_slot(first, "matroska"), with_slot(second, "matroska")):
        try:
            written = documents.write_rights(data, rights)
        except UnsupportedFormat:
            assert layout.narrow or layout.seek_void in (None, 0)
            return
        check(written)
        assert documents.essence_digest(written) == documents.essence_digest(source)
        assert documents.write_rights(written, rights) is written
        assert documents.read_rights(written).rights == rights.onto(documents.read_rights(data).rights)
        data = written
    back = documents.remove_rights(data, documents.read_rights(data).rights)
    check(back)
    assert documents.read_rights(back).sources == {}

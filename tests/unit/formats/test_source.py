"""Files a slice at a time: patched without copying, read and written with flat memory."""

from __future__ import annotations

import os
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.rights import Rights
from stamp.formats.reading import MAX_BYTES
from stamp.formats.source import Edit, Patched, chunks
from stamp.metadata.containers.splicing import spliced
from stamp.storage import large
from stamp.storage.large import open_large
from tests.helpers import documents
from tests.media.mp4_files import CHUNKS, Mp4

SMALL_GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"

NOISE = random.Random(7).randbytes(200_001)


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    data = draw(st.binary(max_size=60))
    bounds = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    spans = zip(bounds[::2], bounds[1::2], strict=False)
    return data, [(start, end, draw(st.binary(max_size=9))) for start, end in spans]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(case=edited(), start=st.integers(0, 140), stop=st.integers(0, 140))
def test_a_patched_source_reads_as_the_spliced_bytes(
    case: tuple[bytes, list[Edit]], start: int, stop: int
) -> None:
    data, edits = case
    whole = spliced(data, edits)
    patched = Patched(data, edits)
    assert len(patched) == len(whole)
    assert patched[0 : len(whole)] == whole
    assert patched[start:stop] == whole[start:stop]
    pieces = (piece if isinstance(piece, bytes) else data[slice(*piece)] for piece in patched.pieces)
    assert b"".join(pieces) == whole


def test_where_bytes_of_a_patched_source_come_from() -> None:
    patched = Patched(b"0123456789", [(2, 4, b"abc"), (7, 7, b"de")])
    assert patched[0:13] == b"01abc456de789"
    assert patched.origin(0, 2) == (0, 2)
    assert patched.origin(5, 8) == (4, 7)
    assert patched.origin(6, 7) == (5, 6)
    assert patched.origin(10, 13) == (7, 10)
    assert [patched.origin(*span) for span in ((1, 3), (2, 4), (7, 9), (7, 11))] == [None] * 4


def test_a_change_of_the_work_itself_is_seen(tmp_path: Path) -> None:
    film = Mp4().encoded()
    written = documents.write_rights(film, Rights(copyright_notice="x"))
    at = written.index(CHUNKS[0])
    assert documents.same_essence(film, written)
    assert not documents.same_essence(film, written[:at] + b"?" + written[at + 1 :])
    (path := tmp_path / "f.mp4").write_bytes(film)
    with open_large(path) as file:
        view = documents.write_rights(file, Rights(copyright_notice="x"))
        at = film.index(CHUNKS[0])
        assert documents.same_essence(file, view)
        assert documents.same_essence(file, Patched(file, [(at, at + 1, film[at : at + 1])]))
        assert not documents.same_essence(file, Patched(file, [(at, at + 1, b"?")]))


def test_slices_of_a_large_file_are_those_of_its_bytes(tmp_path: Path) -> None:
    data = os.urandom(200_001)
    (path := tmp_path / "f").write_bytes(data)
    with open_large(path) as file:
        assert len(file) == len(data)
        for start, stop in (
            (0, 64),
            (3, 3),
            (9, 2),
            (65_530, 65_550),
            (0, 200_001),
            (199_990, 300_000),
            (5, 70_000),
        ):
            assert file[start:stop] == data[start:stop]
        assert b"".join(chunks(file, 7, 190_000)) == data[7:190_000]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=st.lists(st.tuples(st.integers(0, 200_100), st.sampled_from((0, 9, 4_000, 9_000, 66_000)))))
def test_slices_of_a_large_file_come_in_any_order(spans: list[tuple[int, int]], tmp_path: Path) -> None:
    (path := tmp_path / "f").write_bytes(NOISE)
    with open_large(path) as file:
        for start, length in spans:
            for place in (start, start + 8, max(start - 4, 0), 0):
                assert file[place : place + length] == NOISE[place : place + length]


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    (path := tmp_path / "f").write_bytes(bytes(200_000))
    with open_large(path) as file:
        os.truncate(path, 10)
        with pytest.raises(CorruptFile, match="shorter"):
            file[100_000:190_000]


@pytest.mark.parametrize("kernel", [True, False])
def test_pieces_of_a_file_are_written_in_order(
    kernel: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(3_000_000)
    (path := tmp_path / "f").write_bytes(data)
    if not kernel:
        monkeypatch.delattr(large.os, "copy_file_range", raising=False)
    with open_large(path) as file:
        file.write(tmp_path / "g", [b"new", (0, 10), b"", (5, 5), (1_000_000, 2_999_999), b"end"])
    assert (tmp_path / "g").read_bytes() == b"new" + data[:10] + data[1_000_000:2_999_999] + b"end"


def test_a_picture_of_many_gigabytes_is_not_loaded(tmp_path: Path) -> None:
    (path := tmp_path / "f.gif").write_bytes(SMALL_GIF)
    os.truncate(path, MAX_BYTES + 1)
    tracemalloc.start()
    with open_large(path) as file, pytest.raises(UnsupportedFormat, match="too large"):
        documents.read_rights(file)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_pictures_are_read_and_written_from_either(tmp_path: Path) -> None:
    rights = Rights(copyright_notice="© Ł")
    (path := tmp_path / "f.gif").write_bytes(SMALL_GIF)
    with open_large(path) as file:
        written = documents.write_rights(file, rights)
        assert documents.essence_digest(file) == documents.essence_digest(SMALL_GIF)
    assert written[0 : len(written)] == documents.write_rights(SMALL_GIF, rights)
    assert documents.read_rights(written).rights == rights

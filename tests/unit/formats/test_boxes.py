"""The one walker of boxes: what it takes behind the last whole box; trees; tables of chunk offsets."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.formats import chunk_offsets, mp4
from stamp.formats.isobmff import Box, BoxTree, Tail, boxes, meta_content, taken_apart, walk
from stamp.formats.source import Patched, Source
from stamp.storage.large import open_large
from tests.media.mp4_files import Mp4, box, full

WHOLE = box(b"ftyp", b"isom") + box(b"free", bytes(5))
FIRST, SECOND = Box(b"ftyp", 0, 8, 12), Box(b"free", 12, 20, 25)
BIG_CUT = struct.pack(">I4sQ", 1, b"mdat", 1 << 40) + b"media"
TAILS = {
    "nothing": b"",
    "four zeros": bytes(4),
    "many zeros": bytes(100),
    "crumbs": b"abcdefg",
    "cut": box(b"mdat", bytes(90))[:50],
    "cut, large": BIG_CUT,
    "header cut": BIG_CUT[:12],
    "shorter than its header": struct.pack(">I4s", 7, b"mdat") + b"media",
    "text": b"this was never a box",
}
ALLOWED = {
    Tail.NOTHING: {"nothing"},
    Tail.ZEROS: {"nothing", "four zeros", "many zeros"},
    Tail.CRUMBS: {"nothing", "four zeros", "crumbs"},
    Tail.CUT: {"nothing", "four zeros", "crumbs", "cut", "cut, large", "text"},
    Tail.ANYTHING: set(TAILS),
}


@pytest.mark.parametrize("tail", Tail)
@pytest.mark.parametrize("name", TAILS)
@pytest.mark.parametrize("far", [False, True], ids=["near", "far"])
def test_what_may_be_behind_the_last_box(tail: Tail, name: str, far: bool, tmp_path: Path) -> None:
    """Within a parent, where no size may be left open; `far` is more than what is read at once."""
    more = box(b"mdat", bytes(40_000)) if far else b""
    data = WHOLE + more + TAILS[name]
    (tmp_path / "a.mp4").write_bytes(data)
    with open_large(tmp_path / "a.mp4") as file:
        sources: tuple[Source, ...] = (data, file, Patched(data, []))
        for source in sources:
            if name not in ALLOWED[tail]:
                with pytest.raises(CorruptFile, match=rf"box at byte {len(WHOLE + more)} "):
                    boxes(source, 0, len(data), tail=tail)
                continue
            found = boxes(source, 0, len(data), tail=tail)
            assert found[:2] == [FIRST, SECOND]
            last = found[2 + far :]
            if tail is Tail.CUT and name in ("cut", "cut, large", "text"):
                assert [(part.start, part.end) for part in last] == [(len(WHOLE + more), len(data))]
            else:
                assert last == []


@pytest.mark.parametrize("tail", Tail)
def test_only_the_last_box_of_a_file_may_leave_its_size_open(tail: Tail) -> None:
    data = WHOLE + struct.pack(">I4s", 0, b"mdat") + b"media"
    assert boxes(data, tail=tail)[2:] == [Box(b"mdat", 25, 33, 38)]
    if tail is Tail.ANYTHING:
        assert boxes(data, 0, len(data), tail=tail) == [FIRST, SECOND]
    else:
        with pytest.raises(CorruptFile, match="box at byte 25 does not fit"):
            boxes(data, 0, len(data), tail=tail)


@pytest.mark.parametrize("tail", Tail)
def test_no_more_boxes_than_wanted(tail: Tail) -> None:
    assert len(boxes(box(b"free") * 9, most=9, tail=tail)) == 9
    with pytest.raises(CorruptFile, match=r"box at byte 72 is .* one too many"):
        boxes(box(b"free") * 10, most=9, tail=tail)


def test_boxes_come_before_what_is_wrong_behind_them() -> None:
    found = walk(WHOLE + b"?")
    assert [next(found), next(found)] == [FIRST, SECOND]
    with pytest.raises(CorruptFile):
        next(found)


@given(data=st.binary(max_size=80), start=st.integers(0, 20), tail=st.sampled_from(Tail))
def test_boxes_lie_one_behind_the_other_within_their_parent(data: bytes, start: int, tail: Tail) -> None:
    try:
        found = boxes(data, start, len(data), tail=tail)
    except CorruptFile:
        assert tail is not Tail.ANYTHING
        return
    position = start
    for part in found:
        assert part.start == position
        assert part.start + 8 <= part.content <= part.end <= len(data)
        position = part.end


@pytest.mark.parametrize(("version", "skipped"), [(bytes(4), 4), (b"", 0)], ids=["standard", "QuickTime"])
def test_where_the_boxes_of_meta_begin(version: bytes, skipped: int) -> None:
    data = box(b"meta", version, full(b"hdlr", bytes(4), b"mdir", bytes(13)))
    assert meta_content(data, *boxes(data)) == 8 + skipped


@pytest.mark.parametrize("large", [False, True])
def test_a_tree_gives_back_the_bytes_it_was_made_of(large: bool) -> None:
    more = struct.pack(">I4sQ", 1, b"trak", 16) + struct.pack(">I4sQ", 1, b"uuid", 17) + b"x"
    data = Mp4(long_sizes=large, udta=box(b"name", b"x"), more=box(b"trak") + more).encoded()
    moov = next(part for part in boxes(data) if part.kind == b"moov")
    tree = taken_apart(data, moov, mp4.PARENTS)
    assert tree.tobytes() == data[moov.start : moov.end]
    assert tree == mp4.read_moov(data)
    assert [child.kind for child in tree.children] == [b"mvhd", b"trak", b"udta", b"trak", b"trak", b"uuid"]
    assert mp4.handler(mp4.tracks(tree)[0]) == b"vide"


def test_trees_are_edited() -> None:
    data = box(b"moov", box(b"mvhd", b"1"), box(b"trak", b""), bytes(4))
    tree = taken_apart(data, *boxes(data), mp4.PARENTS)
    tree.put(BoxTree(b"mvhd", b"2"))
    tree.put(BoxTree(b"udta", b"3"))
    tree.drop(b"trak", b"iods")
    assert tree.tobytes() == box(b"moov", box(b"mvhd", b"2"), box(b"udta", b"3"))
    assert tree.get(b"udta", b"meta") is None
    with pytest.raises(CorruptFile, match="the box mdia/hdlr is missing"):
        mp4.handler(tree)


def test_trees_have_an_end() -> None:
    data = box(b"free")
    for _ in range(5000):
        data = struct.pack(">I4s", 8 + len(data), b"trak") + data
    with pytest.raises(CorruptFile, match="nested too deep"):
        taken_apart(data, *boxes(data), mp4.PARENTS)


@pytest.mark.parametrize("cut", [False, True])
def test_a_movie_box_is_found_behind_media_data(cut: bool) -> None:
    data = Mp4(first=False).encoded() + (box(b"free", bytes(90))[:30] if cut else b"")
    assert [part.kind for part in mp4.top_level(data)][:3] == [b"ftyp", b"mdat", b"moov"]
    assert len(mp4.tracks(mp4.read_moov(data))) == 1
    with pytest.raises(CorruptFile, match=r"the description of its tracks \(moov\) is missing"):
        mp4.read_moov(data.replace(b"moov", b"voom"))


def table(kind: bytes, offsets: list[int], flags: bytes = bytes(4), more: bytes = b"") -> bytes:
    wide = kind == b"co64" or (kind == b"saio" and flags[0])
    numbers = struct.pack(f">I{len(offsets)}{'Q' if wide else 'I'}", len(offsets), *offsets)
    return flags + (b"cenc\0\0\0\0" if flags[3] & 1 else b"") + numbers + more


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        (b"stco", bytes(4)),
        (b"co64", bytes(4)),
        (b"saio", bytes(4)),
        (b"saio", b"\1\0\0\0"),
        (b"saio", b"\0\0\0\1"),
        (b"saio", b"\1\0\0\1"),
    ],
)
def test_offsets_are_read_where_they_are(kind: bytes, flags: bytes) -> None:
    offsets = [48, 5000, 0xFFFF_FFF0]
    content = table(kind, offsets, flags, more=b"padding behind")
    data = b"in front" + content
    start, end, width = chunk_offsets.span(data, kind, 8, len(data))
    assert list(chunk_offsets.decoded(data[start:end], width)) == offsets
    assert chunk_offsets.encoded(offsets, width) == data[start:end]
    with pytest.raises(CorruptFile, match="a table of chunks is longer than its box"):
        chunk_offsets.span(data, kind, 8, end - 1)
    for size in range(len(content)):
        try:
            start, end, width = chunk_offsets.span(content[:size], kind, 0, size)
        except CorruptFile:
            continue
        assert end <= size


def track(kind: bytes, offsets: list[int]) -> BoxTree:
    samples = BoxTree(b"stbl", children=[BoxTree(kind, table(kind, offsets))])
    return BoxTree(b"trak", children=[BoxTree(b"mdia", children=[BoxTree(b"minf", children=[samples])])])


def test_offsets_of_a_track_grow_to_64_bits_when_asked() -> None:
    narrow = track(b"stco", [48, 5000])
    assert list(chunk_offsets.chunk_offsets(narrow)) == [48, 5000]
    chunk_offsets.set_chunk_offsets(narrow, [1, 2, 3])
    assert narrow == track(b"stco", [1, 2, 3])
    with pytest.raises(UnsupportedFormat, match="too large for its field of 4 bytes"):
        chunk_offsets.set_chunk_offsets(narrow, [1 << 32])
    chunk_offsets.widen(narrow)
    assert narrow == track(b"co64", [1, 2, 3])
    chunk_offsets.set_chunk_offsets(narrow, [1 << 32])
    assert narrow == track(b"co64", [1 << 32])

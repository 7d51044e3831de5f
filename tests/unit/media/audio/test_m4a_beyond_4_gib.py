"""A song whose new sound takes more than 32 bits can count: planned, not written."""

from __future__ import annotations

import struct

import pytest

from stamp.formats.chunk_offsets import chunk_offsets, set_chunk_offsets
from stamp.formats.isobmff import Box, BoxTree, boxes, taken_apart
from stamp.formats.mp4 import PARENTS, chunk_spans, read_moov
from stamp.media.audio.mp4_track import _planned
from tests.media import muxer_files

STBL = (b"mdia", b"minf", b"stbl")


def with_samples_of(data: bytes, size: int) -> bytes:
    """The movie box alone, of a file whose samples have `size` bytes and a chunk each."""
    moov = read_moov(data)
    track = moov.at(b"trak")
    lengths = track.at(*STBL, b"stsz")
    (count,) = struct.unpack_from(">I", lengths.content, 8)
    lengths.content = struct.pack(">3I", 0, size, count)
    track.at(*STBL, b"stsc").content = struct.pack(">5I", 0, 1, 1, 1, 1)
    set_chunk_offsets(track, range(count))
    return moov.tobytes()


@pytest.mark.parametrize(("size", "wide"), [(1 << 10, False), (1 << 28, True)])
def test_offsets_are_as_wide_as_the_sound_is_long(size: int, wide: bool) -> None:
    source = muxer_files.film("sound.m4a")
    spool = with_samples_of(source, size)
    plan = _planned(source, spool, 1000)
    described = plan.head + plan.tail
    media = sum(length for _, length in plan.sound)
    assert (media > 1 << 32) == wide

    (mdat,) = (at for at in range(len(plan.head)) if plan.head[at + 4 : at + 8] == b"mdat")
    first, kind = struct.unpack_from(">I4s", plan.head, mdat)
    assert (first, kind) == (1 if wide else media + 8, b"mdat")
    if wide:
        assert struct.unpack_from(">Q", plan.head, mdat + 8) == (media + 16,)
    at = described.index(b"moov") - 4
    moov: BoxTree = taken_apart(described, Box(b"moov", at, at + 8, len(described)), PARENTS)
    track = moov.at(b"trak")
    assert (track.get(*STBL, b"co64") is not None) == wide
    assert (track.get(*STBL, b"stco") is None) == wide
    lengths = [length for _, length in chunk_spans(track)]
    starts = [len(plan.head) + sum(lengths[:number]) for number in range(len(lengths))]
    assert list(chunk_offsets(track)) == starts
    assert boxes(described[at:])[0].kind == b"moov"

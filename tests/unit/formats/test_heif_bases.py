"""HEIF tables with base offsets are written without, and nothing moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stamp.core.errors import CorruptFile
from stamp.formats import iloc
from stamp.formats.heif_edit import without_bases
from stamp.formats.isobmff import boxes
from tests.media import phone_files


def places(data: bytes) -> iloc.Locations:
    meta = next(part for part in boxes(data) if part.kind == b"meta")
    table = next(part for part in boxes(data, meta.content + 4, meta.end) if part.kind == b"iloc")
    return iloc.parse(data[table.content : table.end])


@pytest.mark.parametrize("form", [(0, 4, 4, 4), (1, 4, 4, 4), (1, 4, 4, 8), (1, 8, 8, 8), (1, 8, 4, 4)])
@pytest.mark.parametrize("items", [1, 2, 9])
def test_nothing_moves(form: tuple[int, int, int, int], items: int) -> None:
    made = phone_files.Heif([phone_files.Item(b"Exif", b"x" * 20, [])] * items, form=form)
    data = replace(made, base=100).tobytes()
    fit = without_bases(data)
    assert len(fit) == len(data)
    before, after = places(data), places(fit)
    assert {item.base for item in before.items} == {100}
    assert after.sizes[2] == 0
    assert [item.spans() for item in after.items] == [item.spans() for item in before.items]
    assert without_bases(fit) == fit


def test_a_file_without_a_table() -> None:
    with pytest.raises(CorruptFile, match="no table of places"):
        without_bases(b"\0\0\0\x10ftypheic\0\0\0\0")

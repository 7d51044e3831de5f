"""Which letters a font file has: its `cmap` table (OpenType 1.9.1, "cmap"), formats 4 and 12.

Asked of the file, since a letter that is missing is drawn as a box and not reported; and since hundreds of
fonts are looked through, of which one is opened.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_COLLECTION = b"ttcf"
_OUTLINES = (b"glyf", b"CFF ", b"CFF2")
_UNICODE = {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}
_LARGEST = 8 << 20  # bytes of a table


def covers(path: Path, letters: frozenset[str]) -> bool:
    """Whether the (first) font in a file has an outline for each of these letters. False for what is no font;
    raises OSError."""
    wanted = {ord(letter) for letter in letters}
    with path.open("rb") as file:
        try:
            head = file.read(12)
            if head[:4] == _COLLECTION:
                file.seek(struct.unpack(">I", file.read(4))[0])
                head = file.read(12)
            count = struct.unpack(">H", head[4:6])[0]
            entries = struct.iter_unpack(">4sIII", file.read(16 * min(count, 256)))
            tables = {tag: (offset, size) for tag, _, offset, size in entries}
            if b"cmap" not in tables or not any(tag in tables for tag in _OUTLINES):
                return False
            offset, size = tables[b"cmap"]
            file.seek(offset)
            cmap = file.read(min(size, _LARGEST))
            return any(wanted <= _mapped(cmap, at, wanted) for at in _subtables(cmap))
        except (struct.error, IndexError):
            return False


def _subtables(cmap: bytes) -> Iterator[int]:
    """Where the tables for Unicode begin."""
    count = struct.unpack_from(">H", cmap, 2)[0]
    for number in range(count):
        platform, encoding, at = struct.unpack_from(">HHI", cmap, 4 + 8 * number)
        if (platform, encoding) in _UNICODE:
            yield at


def _mapped(cmap: bytes, at: int, wanted: set[int]) -> set[int]:
    """Those of `wanted` that have a glyph."""
    form = struct.unpack_from(">H", cmap, at)[0]
    if form == 4:
        return {code for code in wanted if code <= 0xFFFF and _glyph(cmap, at, code)}
    if form != 12:
        return set()
    groups = struct.unpack_from(">I", cmap, at + 12)[0]
    found: set[int] = set()
    for first, last, glyph in struct.iter_unpack(">III", cmap[at + 16 : at + 16 + 12 * groups]):
        found |= {code for code in wanted if first <= code <= last and glyph + code - first}
    return found


def _glyph(cmap: bytes, at: int, code: int) -> int:
    """The glyph of a format 4 table, 0 where there is none."""
    doubled = struct.unpack_from(">H", cmap, at + 6)[0]
    ends, starts = at + 14, at + 16 + doubled
    for place in range(0, doubled, 2):
        if struct.unpack_from(">H", cmap, ends + place)[0] < code:
            continue
        start = struct.unpack_from(">H", cmap, starts + place)[0]
        if start > code:
            return 0
        delta = struct.unpack_from(">H", cmap, starts + doubled + place)[0]
        ranges = starts + 2 * doubled + place
        offset = struct.unpack_from(">H", cmap, ranges)[0]
        if not offset:
            return int(code + delta) & 0xFFFF
        glyph = struct.unpack_from(">H", cmap, ranges + offset + 2 * (code - start))[0]
        return int(glyph + delta) & 0xFFFF if glyph else 0
    return 0

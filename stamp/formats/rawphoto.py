"""Which TIFF files are raw photographs: DNG, and the makers' own formats that are built on TIFF."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, Literal

from .ifd import TYPE_SIZES, Ifd, ifd_at, pages
from .source import Source

SUB_IFDS: Final = 330
_COMPRESSION, _PHOTOMETRIC, _DNG_VERSION = 259, 262, 50706
_SENSOR: Final = {32803, 34892}
"""Photometric interpretations: a colour filter array (TIFF/EP, section 5.2), linear raw (DNG 1.7)."""
_PACKED: Final = {32767, 32769, 32770, 34713, 65535}
"""Compressions: Sony ARW, Epson and others, Samsung SRW, Nikon NEF, Pentax PEF."""
_MOST: Final = 32
"""Directories that are looked at: raw files have fewer than ten."""
_MOST_ENTRIES: Final = 1000
"""Of a directory that is looked at: raw files have fewer than a hundred."""
_MOST_PLACES: Final = 1 << 20
"""Strips or tiles of a picture that are looked for."""
_INTEGERS: Final = {3: ("H", 2), 4: ("I", 4), 13: ("I", 4), 16: ("Q", 8), 18: ("Q", 8)}


def raw_name(data: Source) -> Literal["dng", "rawtiff"] | None:
    """Return the name of the format of a raw photograph that begins like a TIFF file, None for other TIFF.

    What is cut off, or damaged, is none: its reader says so.
    """
    # Canon CR2 and Phase One IIQ: headers of their own follow that of TIFF.
    if data[8:11] == b"CR\2" or data[8:12] in (b"IIII", b"MMMM"):
        return "rawtiff"
    for number, each in enumerate(islice(directories(data), _MOST)):
        said = _kind_of_picture(data, each)
        if number == 0 and _DNG_VERSION in said:
            return "dng"
        if said.get(_PHOTOMETRIC) in _SENSOR or said.get(_COMPRESSION) in _PACKED:
            return "rawtiff"
    return None


def directories(data: Source) -> Iterator[Ifd]:
    """Yield the directories of a TIFF file, each followed by those that its tag SubIFDs points to."""
    for page in pages(data):
        if page.count > _MOST_ENTRIES:
            continue
        yield page
        for tag, raw in page.entries(data):
            if tag == SUB_IFDS:
                subs = (ifd_at(data, page.layout, at) for at in longs(data, page, raw, _MOST) if at)
                yield from (sub for sub in subs if sub and sub.count <= _MOST_ENTRIES)


def longs(data: Source, ifd: Ifd, raw: bytes, most: int = _MOST_PLACES) -> tuple[int, ...]:
    """Return the values of an entry of whole numbers, as far as they are there, and `most` of them."""
    layout = ifd.layout
    kind, count, at = layout.unpack("H" + 2 * layout.word, raw, 2)
    code, size = _INTEGERS.get(kind, ("B", 0))
    if not size:
        return ()
    wanted = min(count, most) * size
    inline = count * size <= layout.word_size
    held = raw[-layout.word_size :][:wanted] if inline else data[at : at + wanted]
    return layout.unpack(f"{len(held) // size}{code}", held, 0)


def span(ifd: Ifd, raw: bytes, end: int) -> tuple[int, int]:
    """Return where the values of an entry are, as far as that is before `end`; nowhere if in the entry."""
    kind, count, at = ifd.layout.unpack("H" + 2 * ifd.layout.word, raw, 2)
    size = TYPE_SIZES.get(kind, 0) * count
    return (at, max(at, min(at + size, end))) if size > ifd.layout.word_size else (0, 0)


def _kind_of_picture(data: Source, ifd: Ifd) -> dict[int, int]:
    """Tag -> value of the entries that say which kind of picture a directory is about."""
    found: dict[int, int] = {}
    for tag, raw in ifd.entries(data):
        if tag == _DNG_VERSION:
            found[tag] = 1
        elif tag in (_COMPRESSION, _PHOTOMETRIC) and (values := longs(data, ifd, raw, 1)):
            found[tag] = values[0]
    return found

"""DNG (Adobe, Digital Negative 1.7): a TIFF file, which anybody may write to, and the specification says how.

XMP, IPTC-IIM and the tags of EXIF are where TIFF has them. All pictures, the raw one among them, are in
directories that tag SubIFDs of the first one points to; none of them moves, nor what only the maker reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...formats.ifd import Ifd, ifd_at
from ...formats.rawphoto import directories, longs, span
from ...formats.source import Source
from .tiff import STORES, extract, has_c2pa, splice

__all__ = ["STORES", "extract", "has_c2pa", "spans", "splice"]

_PLACES: Final = ((273, 279), (324, 325))
"""Offsets and lengths of strips, and of tiles."""
_EXIF, _MAKER_NOTE, _PRIVATE = 34665, 37500, 50740


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """The strips and tiles of all pictures, and the maker's own data."""
    end = len(data)
    for each in directories(data):
        entries = dict(each.entries(data))
        for offsets, lengths in _PLACES:
            places = (longs(data, each, entries[tag]) if tag in entries else () for tag in (offsets, lengths))
            yield from ((start, min(start + size, end)) for start, size in zip(*places, strict=False))
        if _PRIVATE in entries:
            yield span(each, entries[_PRIVATE], end)
        if _EXIF in entries:
            yield from _maker_note(data, each, entries[_EXIF])


def _maker_note(data: Source, ifd: Ifd, raw: bytes) -> Iterator[tuple[int, int]]:
    for at in longs(data, ifd, raw)[:1]:
        exif = ifd_at(data, ifd.layout, at)
        note = dict(exif.entries(data)).get(_MAKER_NOTE) if exif else None
        if exif and note:
            yield span(exif, note, len(data))

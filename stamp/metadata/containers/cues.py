"""The places in a Matroska segment that its elements state (RFC 9559), corrected when clusters move: cues
(section 5.1.5) and clusters' own positions (section 5.1.3.2). All count from the segment's content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from ...formats.ebml import CRC32, Element, checksum, checksum_value, elements, number
from ...formats.source import Edit, Source, chunks

Shift = Callable[[int], int]
"""How far what is at a place moves."""

_MAX_CUES: Final = 1 << 26
_MASTERS: Final = (0xBB, 0xB7, 0xDB)
_PLACES: Final = (0xF1, 0xEA, 0x97, 0xEB)
_POSITION: Final = 0xA7


class CannotMove(Exception):
    """A place does not fit in its element, or is where it cannot be corrected."""


def moved_cues(data: Source, cues: Element, shift: Shift) -> Iterator[Edit]:
    """The cues with every place corrected. Raises `CannotMove`, `CorruptFile`."""
    if cues.size > _MAX_CUES:
        raise CannotMove
    content = bytearray(data[cues.content : cues.end])
    old = bytes(content)
    first = next(elements(old), None)
    for part in _places(old, 0, len(old)):
        content[part.content : part.end] = _moved(old[part.content : part.end], shift)
    if content == old:
        return
    if first and first.id == CRC32:
        content[: first.end] = checksum([bytes(content[first.end :])])
    yield cues.content, cues.end, bytes(content)


def moved_cluster(data: Source, cluster: Element, shift: Shift) -> Iterator[Edit]:
    """A cluster's own position. Raises `CannotMove`, `CorruptFile`."""
    first: Element | None = None
    for part in elements(data, cluster.content, cluster.end):
        first = first or part
        if part.id != _POSITION:
            continue
        old = data[part.content : part.end]
        new = _moved(old, shift)
        if new == old:
            return
        yield part.content, part.end, new
        if first.id == CRC32:
            before, behind = chunks(data, first.end, part.content), chunks(data, part.end, cluster.end)
            yield first.end - 4, first.end, checksum_value(chain(before, (new,), behind))
        return


def _places(content: bytes, start: int, stop: int, depth: int = 0) -> Iterator[Element]:
    for part in elements(content, start, stop):
        if part.id in _MASTERS and depth == len(_MASTERS):
            raise CannotMove
        if part.id in _MASTERS:
            yield from _places(content, part.content, part.end, depth + 1)
        elif part.id in _PLACES:
            yield part
        elif part.id == CRC32 and start:
            raise CannotMove


def _moved(old: bytes, shift: Shift) -> bytes:
    place = number(old)
    try:
        return (place + shift(place)).to_bytes(len(old), "big")
    except OverflowError:
        raise CannotMove from None

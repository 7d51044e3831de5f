"""The shape of samples in Matroska and WebM: the size at which a picture is shown (RFC 9559, 5.1.4.1.28).

FFmpeg's muxer takes it from a field of the stream that PyAV cannot set. So the track gets a title that is
long enough, and the size is put into its place when the file is whole: nothing else moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from ...core.errors import CorruptFile
from ...formats.ebml import (
    CRC32,
    SEGMENT,
    Element,
    checksum,
    element,
    elements,
    encoded,
    packed_number,
    void_header,
)
from ...formats.source import Source

TITLE = "stamp: the size at which it is shown"
"""Longer than what comes into its place, in front of the title that a track has."""
_TRACKS, _ENTRY, _NAME, _VIDEO = 0x1654AE6B, 0xAE, 0x536E, 0xE0
_SHOWN = (0x54B0, 0x54BA)  # DisplayWidth, DisplayHeight
_UNIT = 0x54B2  # DisplayUnit, which the muxer calls unknown; pixels where it is not there
_HEAD = 1 << 22
_ANYWHERE = 1 << 63


def shown(width: int, height: int, sample_aspect: Fraction) -> tuple[int, int]:
    """The size in square pixels that has exactly the shape of a picture of `width` times `height` samples,
    and is no less high."""
    shape = Fraction(width, height) * sample_aspect
    scale = -(-height // shape.denominator)
    return shape.numerator * scale, shape.denominator * scale


def put(path: Path, size: tuple[int, int]) -> None:
    """Write the size (width, height) into the track that has `TITLE` in a Matroska file, and give it back its
    own title. Raises OSError; CorruptFile where there is no such track."""
    with open(path, "r+b") as file:
        data = file.read(_HEAD)
        tracks = _tracks(data)
        children = list(elements(data, tracks.content, tracks.end))
        parts = [data[part.start : part.end] for part in children]
        for number, part in enumerate(children):
            if part.id == _ENTRY and TITLE.encode() in parts[number]:
                parts[number] = data[part.start : part.content] + _entry(data, part.content, part.end, size)
        if children and children[0].id == CRC32:
            parts[0] = checksum(parts[1:])
        file.seek(tracks.content)
        file.write(b"".join(parts))


def _tracks(data: Source) -> Element:
    segment = next(part for part in _parts(data, 0, _ANYWHERE) if part.id == SEGMENT)
    for part in _parts(data, segment.content, segment.end):
        if part.id == _TRACKS and part.end <= len(data):
            return part
    raise CorruptFile("Matroska: its tracks are not at its beginning")


def _parts(data: Source, start: int, stop: int) -> Iterator[Element]:
    while start < min(stop, len(data)):
        part = element(data, start, stop)
        yield part
        start = part.end


def _entry(data: Source, start: int, end: int, size: tuple[int, int]) -> bytes:
    """The content of the track in data[start:end], as long as it was."""
    found = []
    for part in elements(data, start, end):
        content = data[part.content : part.end]
        if part.id == _NAME:
            name = content.removeprefix(TITLE.encode())
            found += [encoded(_NAME, name)] if name else []
        elif part.id == _VIDEO:
            kept = [
                content[each.start : each.end]
                for each in elements(content)
                if each.id not in (*_SHOWN, _UNIT)
            ]
            new = [encoded(kind, packed_number(value)) for kind, value in zip(_SHOWN, size, strict=True)]
            found.append(encoded(_VIDEO, *kept, *new))
        else:
            found.append(data[part.start : part.end])
    room = end - start - sum(map(len, found))
    void = void_header(room)
    return b"".join((*found, void, bytes(room - len(void))))

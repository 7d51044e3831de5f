"""The tags behind MPEG audio: ID3v1 with its extension, APEv2, Lyrics3, and ID3v2.4 that was appended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from . import ape, id3
from .source import Source

Kind = Literal["id3v1", "id3v1+", "ape", "lyrics3", "id3v2"]
ALL: Final[tuple[Kind, ...]] = ("id3v1", "id3v1+", "ape", "lyrics3", "id3v2")

_ID3V1, _EXTENSION = 128, 227
_LYRICS = 5120
"""The most that Lyrics3 v1 may take; it does not give its length."""


@dataclass(frozen=True, slots=True)
class EndTag:
    """A tag at data[at:end]."""

    kind: Kind
    at: int
    end: int


def tags(data: Source, front: int, kinds: tuple[Kind, ...] = ALL) -> Iterator[EndTag]:
    """The tags of these kinds at the end of a file, the last one first; none reaches before byte `front`."""
    end = len(data)
    while found := _last(data, front, end, kinds):
        yield found
        end = found.at


def _last(data: Source, front: int, end: int, kinds: tuple[Kind, ...]) -> EndTag | None:
    """The tag that ends at byte `end`."""
    for kind in kinds:
        if length := _length(data, front, end, kind):
            return EndTag(kind, end - length, end) if end - length >= front else None
    return None


def _length(data: Source, front: int, end: int, kind: Kind) -> int:
    """The length of the tag of a kind that ends at byte `end`, 0 where there is none."""

    def tail(count: int) -> bytes:
        return data[max(end - count, front) : max(end, front)]

    match kind:
        case "id3v1":
            # An APE tag of 131 bytes has its own "TAG" where that of ID3v1 would be.
            is_other = tail(_ID3V1 + 3)[: len(ape.MARK)] == ape.MARK
            return 0 if is_other or tail(_ID3V1)[:3] != b"TAG" else _ID3V1
        case "id3v1+":
            return _EXTENSION if tail(_EXTENSION)[:4] == b"TAG+" else 0
        case "ape":
            return ape.length(tail(ape.FRAME))
        case "lyrics3":
            return _lyrics_length(tail(_LYRICS))
        case "id3v2":
            footer = tail(id3.HEADER)
            is_footer = footer[:3] == b"3DI" and max(footer[-4:]) < 0x80
            return id3.number(footer[-4:]) + 2 * id3.HEADER if is_footer else 0


def _lyrics_length(tail: bytes) -> int:
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        return int(tail[-15:-9]) + 15
    begin = tail.rfind(b"LYRICSBEGIN") if tail[-9:] == b"LYRICSEND" else -1
    return len(tail) - begin if begin >= 0 else 0

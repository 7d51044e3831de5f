"""A whole file as it was before its notice was changed, kept in a receipt as pieces of the file as it is.

A notice is spliced in: but for some blocks, and for places in the file that these have moved, everything
stands in both files.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..core.errors import RightsError
from ..formats.source import CHUNK, Piece, Pieced, Source, chunks
from .block_delta import Piece as KeptPiece

_WORD: Final = 32
"""Bytes that are looked for at once, in the new file at regular places."""
_MAX_WORDS: Final = 1 << 16
_MAX_KEPT: Final = 1 << 18
"""There may be many thousands of receipts in one file. A film's tables of places may be larger; there, the
values bring back the file as well."""
_MAX_GROWTH: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class FormerFile:
    """A file that was there, in pieces (see `block_delta.Piece`) of the one that the run left, and its
    SHA-256 (hex)."""

    before: Sequence[KeptPiece]
    sha256: str

    def of(self, now: Source) -> Source:
        """The file as it was, where `now` is what the run has left. Raises `RightsError` where it is not, or
        for pieces that are none."""
        try:
            pieces = [_checked(piece, len(now)) for piece in self.before]
        except (TypeError, ValueError) as error:
            raise RightsError(f"the pieces of the file in the receipt cannot be read: {error}") from error
        file = Pieced(now, pieces)
        if len(file) > len(now) + _MAX_GROWTH or _sha256(file) != self.sha256:
            raise RightsError("the pieces in the receipt do not make the file that was there")
        return file


def former_file(before: Source, after: Source) -> list[KeptPiece] | None:
    """Return the pieces that make `before` of `after`; None where they would be too large."""
    head = _same_from(before, 0, after, 0)
    tail = _same_until(before, len(before), after, len(after), min(len(before), len(after)) - head)
    middle = _middle(before, head, len(before) - tail, after, head, len(after) - tail)
    if middle is None:
        return None
    pieces = [(0, head), *middle, (len(after) - tail, tail)]
    return [
        base64.b64encode(piece).decode() if isinstance(piece, bytes) else list(piece)
        for piece in pieces
        if isinstance(piece, bytes) or piece[1]
    ]


def _middle(
    before: Source, at: int, end: int, after: Source, first: int, last: int
) -> list[bytes | tuple[int, int]] | None:
    """Return before[at:end] in bytes and in (start, length) of what stands in after[first:last]."""
    step = max(_WORD, (last - first) // _MAX_WORDS)
    places: dict[bytes, int] = {}
    if end - at > _WORD:  # not worth it for less
        places = {after[place : place + _WORD]: place for place in range(first, last - _WORD + 1, step)}
    pieces: list[bytes | tuple[int, int]] = []
    done, kept = at, 0
    while at < end:
        place = places.get(before[at : min(at + _WORD, end)])
        if place is None:
            at, kept = at + 1, kept + 1
            if kept > _MAX_KEPT:
                return None
            continue
        back = _same_until(before, at, after, place, min(at - done, place))
        if done < at - back:
            pieces.append(before[done : at - back])
        size = _same_from(before, at, after, place, end - at)
        pieces.append((place - back, back + size))
        at = done = at + size
    if done < end:
        pieces.append(before[done:end])
    return pieces


def _same_from(one: Source, at: int, two: Source, place: int, most: int | None = None) -> int:
    """How many bytes from two places on are the same, at most `most`."""
    longest = min(len(one) - at, len(two) - place)
    most = longest if most is None else min(most, longest)
    size = 0
    while size < most:
        length = min(CHUNK, most - size)
        first, second = one[at + size : at + size + length], two[place + size : place + size + length]
        if first != second:
            return size + _common(first, second)
        size += length
    return size


def _same_until(one: Source, end: int, two: Source, until: int, most: int) -> int:
    """How many bytes up to two places are the same, at most `most`."""
    size = 0
    while size < most:
        length = min(CHUNK, most - size)
        first, second = one[end - size - length : end - size], two[until - size - length : until - size]
        if first != second:
            return size + _common(first[::-1], second[::-1])
        size += length
    return size


def _common(one: bytes, two: bytes) -> int:
    """How many bytes two texts of one length, which differ, begin with in common."""
    low, high = 0, len(one) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _checked(piece: KeptPiece, size: int) -> Piece:
    if isinstance(piece, str):
        return base64.b64decode(piece, validate=True)
    start, length = piece
    if not 0 <= start <= start + length <= size:
        raise ValueError(f"{list(piece)} is not in the file")
    return start, start + length


def _sha256(file: Source) -> str:
    digest = hashlib.sha256()
    for part in chunks(file, 0, len(file)):
        digest.update(part)
    return digest.hexdigest()

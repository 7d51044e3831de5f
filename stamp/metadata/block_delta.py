"""What a store's block was before a run, kept in a receipt where the values alone do not bring it back: a
text in an encoding that is not ours, further texts under one key, what was inside of one that was replaced.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..core.errors import RightsError

_STEP: Final = 32
"""Bytes that are looked for at once, in the new block at multiples of this."""
_MAX_BLOCK: Final = 1 << 24
_MAX_KEPT: Final = 1 << 14
"""There may be many thousands of receipts in one file."""

Piece = str | Sequence[int]
"""Bytes in Base64, or (start, length) of bytes that the new block has as well, such as a cover's."""


@dataclass(frozen=True, slots=True)
class Former:
    """A block that was there, in pieces, and the SHA-256 (hex) of the block that the run left."""

    before: Sequence[Piece]
    after_sha256: str

    def block(self, now: bytes) -> bytes | None:
        """The block as it was, None where `now` is not what the run has left. Raises `RightsError` for pieces
        that are none.
        """
        if _sha256(now) != self.after_sha256:
            return None
        block = bytearray()
        try:
            for piece in self.before:
                if isinstance(piece, str):
                    block += base64.b64decode(piece, validate=True)
                else:
                    start, length = piece
                    block += now[start : start + length]
                if len(block) > _MAX_BLOCK:
                    raise ValueError("it is too large")
        except (TypeError, ValueError) as error:
            raise RightsError(f"a block in the receipt cannot be read: {error}") from error
        return bytes(block)


def former(before: bytes, after: bytes) -> Former | None:
    """What brings `before` back where `after` is now; None where that would be too large."""
    if max(len(before), len(after)) > _MAX_BLOCK:
        return None
    places = {after[at : at + _STEP]: at for at in range(0, len(after) - _STEP + 1, _STEP)}
    pieces: list[Piece] = []
    at = done = kept = 0
    while at < len(before):
        place = places.get(before[at : at + _STEP])
        if place is None:
            at, kept = at + 1, kept + 1
            if kept > _MAX_KEPT:
                return None
            continue
        if done < at:
            pieces.append(_text(before[done:at]))
        size = _shared(before, at, after, place)
        pieces.append((place, size))
        at = done = at + size
    if done < at:
        pieces.append(_text(before[done:at]))
    return Former(tuple(pieces), _sha256(after))


def _shared(one: bytes, at: int, two: bytes, place: int) -> int:
    """How many bytes from two places on are the same."""
    low, high = 0, min(len(one) - at, len(two) - place)
    while low < high:
        middle = (low + high + 1) // 2
        if one[at + low : at + middle] == two[place + low : place + middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _sha256(block: bytes) -> str:
    import hashlib  # see `essence`

    return hashlib.sha256(block).hexdigest()

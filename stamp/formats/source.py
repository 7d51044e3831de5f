"""A file as the metadata code sees it: slices of bytes, whether it is in memory or too large for that."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import accumulate
from typing import Final, Protocol, TypeVar

Edit = tuple[int, int, bytes]
"""(start, end, replacement)."""
Piece = bytes | tuple[int, int]
"""Bytes that are new, or (start, end) of a span that stays."""

CHUNK: Final = 1 << 20

Parsed = TypeVar("Parsed")


class Source(Protocol):
    """`bytes`, or what reads a file a slice at a time. Slices have bounds of 0 or more and no step; one that
    passes the end is cut there, as in `bytes`.
    """

    def __len__(self) -> int: ...
    def __getitem__(self, span: slice, /) -> bytes: ...


class Pieced:
    """Spans of `source` and new bytes, as a `Source` that copies nothing.

    `pieces` is the result from front to back, for whoever writes it to disk. `memo` is for `memoised`.
    """

    def __init__(self, source: Source, pieces: Sequence[Piece]) -> None:
        self.source = source
        self.memo: dict[object, object] = {}
        self.pieces = pieces
        lengths = (len(piece) if isinstance(piece, bytes) else piece[1] - piece[0] for piece in pieces)
        self._starts = list(accumulate(lengths, initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, span: slice, /) -> bytes:
        start, stop, _ = span.indices(self._starts[-1])
        found: list[bytes] = []
        index = bisect_right(self._starts, start) - 1
        while index < len(self.pieces) and self._starts[index] < stop:
            piece, base = self.pieces[index], self._starts[index]
            first, last = max(start - base, 0), stop - base
            if isinstance(piece, bytes):
                found.append(piece[first:last])
            else:
                found.append(self.source[piece[0] + first : min(piece[0] + last, piece[1])])
            index += 1
        return b"".join(found)

    def origin(self, start: int, stop: int) -> tuple[int, int] | None:
        """Which span of `source` is there from `start` to `stop`; None where that is not one span."""
        index = bisect_right(self._starts, start) - 1
        piece = self.pieces[index] if index < len(self.pieces) else b""
        if isinstance(piece, bytes) or stop > self._starts[index + 1]:
            return None
        moved = piece[0] - self._starts[index]
        return start + moved, stop + moved


class Patched(Pieced):
    """`source` with edits applied. They do not overlap; those at one place keep their order."""

    def __init__(self, source: Source, edits: Sequence[Edit]) -> None:
        pieces: list[Piece] = []
        position = 0
        for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
            pieces += ((position, start), new)
            position = end
        super().__init__(source, [*pieces, (position, len(source))])


def memoised(parse: Callable[[Source], Parsed]) -> Callable[[Source], Parsed]:
    """`parse`, which is then asked once for each file with a `memo`; nobody may change what it has given."""

    @wraps(parse)
    def known(source: Source) -> Parsed:
        memo: dict[object, Parsed] | None = getattr(source, "memo", None)
        if memo is None:
            return parse(source)
        if parse not in memo:
            memo[parse] = parse(source)
        return memo[parse]

    return known


def chunks(source: Source, start: int, end: int) -> Iterator[bytes]:
    """source[start:end] in pieces of at most 1 MiB."""
    for at in range(start, end, CHUNK):
        yield source[at : min(at + CHUNK, end)]

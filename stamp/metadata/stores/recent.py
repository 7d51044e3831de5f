"""What was read last is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_LONGEST = 1 << 16
_MOST = 8

Parsed = TypeVar("Parsed")


def recent(parse: Callable[[bytes], Parsed]) -> Callable[[bytes], Parsed]:
    """`parse`, whose last results for small blocks are kept: a change reads the same block several times, and
    the files of a folder often have the same one. Nobody may change a result.
    """
    kept = lru_cache(maxsize=_MOST)(parse)

    @wraps(parse)
    def known(block: bytes) -> Parsed:
        return kept(block) if len(block) <= _LONGEST else parse(block)

    return known

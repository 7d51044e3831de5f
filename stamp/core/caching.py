"""Results of parsing that are kept: the last ones, and those of one file."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar, cast

_LONGEST = 1 << 16
_MOST = 8

Given = ParamSpec("Given")
Result = TypeVar("Result")


def lru_cached(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """`work`, whose last results for small blocks are kept: a change reads the same block several times, and
    the files of a folder often have the same one, or none, and get the same. Nobody may change a result.
    """
    kept = cast(Callable[Given, Result], lru_cache(maxsize=_MOST)(work))

    @wraps(work)
    def known(*given: Given.args, **more: Given.kwargs) -> Result:
        for part in given:
            if isinstance(part, bytes) and len(part) > _LONGEST:
                return work(*given, **more)
        return kept(*given, **more)

    return known

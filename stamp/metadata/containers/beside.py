"""Formats that have no place for a notice: theirs is in a sidecar, if anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...core.errors import UnsupportedFormat
from ...formats.source import Source

STORES: Final[tuple[str, ...]] = ()
READ_ONLY: Final = "this format cannot hold a notice that others find"


def extract(data: Source) -> dict[str, bytes]:
    """Nothing."""
    return {}


def splice(data: Source, blocks: Mapping[str, bytes]) -> Source:
    """Raise UnsupportedFormat."""
    raise UnsupportedFormat(READ_ONLY)


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest is there: not in a place that is known here."""
    return False


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """All of the file."""
    yield 0, len(data)

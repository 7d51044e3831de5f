"""One container a module: finds the stores in a file's bytes and splices changed ones back in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Final, Protocol, cast

from ...formats.source import Source

STREAMED: Final = frozenset(
    {"aiff", "flac", "jpeg", "matroska", "mp3", "mp4", "ogg", "quicktime", "threegp", "tiff", "wav"}
)
"""Containers that take a `Source`: files of many gigabytes are never loaded."""


class Container(Protocol):
    """What a module offers. One that is not in `STREAMED` is only given bytes, and returns bytes; one that is
    takes any `Source`, holds little of it in memory, and returns a `Patched`. `LIMITS`, where a module has
    it, says how many bytes the block of a store can have. A module has `essence`, or `spans`, which says
    where the work is, or both, where the spans hold more than that.
    """

    STORES: tuple[str, ...]

    def extract(self, data: Source) -> dict[str, bytes]: ...
    def splice(self, data: Source, blocks: Mapping[str, bytes]) -> Source:
        """`data` with the blocks of some stores replaced, put in, or taken out where they are empty."""
        ...

    def has_c2pa(self, data: Source) -> bool: ...
    def spans(self, data: Source) -> Iterator[tuple[int, int]]: ...


@cache
def load(name: str) -> Container:
    """Return the module for a format of `formats.table` that can carry a notice."""
    return cast(Container, import_module(f".{name}", __package__))

"""One container a module: finds the stores in a file's bytes and splices changed ones back in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Final, Protocol, cast

from ...formats.source import Source
from ...formats.table import FORMATS

LOADED: Final = frozenset({"gif", "heif", "jxl", "png", "webp"})
"""Containers that take bytes alone: their files are small, and loaded. All others take a `Source`, for files
of many gigabytes are never loaded.
"""


class Container(Protocol):
    """What a module offers. It takes any `Source`, holds little of it in memory, and returns a `Patched`; one
    in `LOADED` is only given bytes, and returns bytes. A module has `essence`, or `spans`, which says where
    the work is, or both, where the spans hold more than that. It may have `lacking`, the stores that one
    file cannot have, and why; `LIMITS`, how many bytes the block of a store can have; and `READ_ONLY`, why
    such files are never written to.
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
    """Return the module for a format of `formats.table`."""
    found = FORMATS[name]
    module = name if found.notice or found.shown else "beside"
    return cast(Container, import_module(f".{module}", __package__))

"""One store a module: bytes to values and back. No file I/O, and no knowledge of containers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from ...core.caching import lru_cached
from ...core.checks import Value

_MODULES = {"text": "pngtext", "sidecar": "xmp", "sidecar2": "xmp"}
"""The modules that are not called like the store."""


class Store(Protocol):
    """What a module offers."""

    def read(self, block: bytes) -> dict[str, Value]: ...
    def write(self, block: bytes | None, values: dict[str, Value]) -> bytes: ...
    def remove(self, block: bytes, values: dict[str, Value]) -> bytes:
        """`block` without the fields in `values`, which are as they are there (of translations and of a
        contact only the parts that go); b"" where nothing is left.
        """
        ...


@cache
def load(store: str) -> Store:
    """Return the module for a store of `mapping.fields.STORES`."""
    return cast(Store, import_module(f".{_MODULES.get(store, store)}", __package__))


@lru_cached
def read(store: str, block: bytes) -> Mapping[str, Value]:
    """Return what the block of a store says. Nobody may change it: it is kept."""
    return load(store).read(block)


@lru_cached
def write(store: str, block: bytes | None, values: tuple[tuple[str, Value], ...]) -> bytes:
    """Return `block`, None where there is none, with values in it."""
    return load(store).write(block, dict(values))

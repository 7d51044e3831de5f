"""The essence of a file: the image, the sound or the video itself, which no change of the notice touches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from ..formats.source import Pieced, Source

if TYPE_CHECKING:
    from .document import Document

_SLICE = 1 << 16


def essence_digest(document: Document) -> str:
    """Return the SHA-256 (hex) of the essence."""
    import hashlib  # loads OpenSSL, which few runs need, and takes 2 of 40 ms

    digest = hashlib.sha256()
    for part in document.essence():
        digest.update(part)
    return digest.hexdigest()


def same_essence(before: Document, after: Document) -> bool:
    """Return whether both files have the same essence; much quicker than two digests in memory, or where the
    container gives the `spans` in which all of it is and these are kept as they are.
    """
    data, changed = before.data, after.data
    spans: Callable[[Source], Iterator[tuple[int, int]]] | None = getattr(before.container, "spans", None)
    if spans and isinstance(changed, Pieced) and changed.source is data:
        kept = (changed.origin(*span) for span in spans(changed))
        if all(one == two for one, two in zip_longest(spans(data), kept)):
            return True
    if isinstance(data, bytes) and isinstance(changed, bytes):
        one, two = ([memoryview(part) for part in document.essence()] for document in (before, after))
        if [len(part) for part in one] == [len(part) for part in two]:
            return all(map(_equal, one, two))
    return essence_digest(before) == essence_digest(after)


def _equal(one: memoryview, two: memoryview) -> bool:
    # Views compare item by item, bytes at the speed of memory; slices keep the copies small.
    offsets = range(0, len(one), _SLICE)
    return all(bytes(one[at : at + _SLICE]) == bytes(two[at : at + _SLICE]) for at in offsets)

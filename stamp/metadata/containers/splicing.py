"""Replacing spans of a file's bytes."""

from __future__ import annotations

from ...formats.source import Edit

__all__ = ["Edit", "growth", "spliced"]


def spliced(data: bytes, edits: list[Edit]) -> bytes:
    """`data` with the edits applied; they do not overlap, and those at one place keep their order."""
    view = memoryview(data)
    pieces: list[bytes | memoryview] = []
    position = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += (view[position:start], new)
        position = end
    return b"".join((*pieces, view[position:]))


def growth(edits: list[Edit], until: int) -> int:
    """By how many bytes the file grows before offset `until`."""
    return sum(len(new) - (end - start) for start, end, new in edits if start < until)

"""Boxes of the ISO base media file format (ISO/IEC 14496-12, section 4.2), which MP4, QuickTime, HEIF, AVIF
and JPEG XL share: walked over where they are, written, and taken apart into a tree that can be edited.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, NamedTuple

from ..core.errors import CorruptFile, UnsupportedFormat
from .source import Source

MAX_BOXES: Final = 100_000
MAX_TOP_BOXES: Final = 500_000
"""A film that was recorded in fragments has two boxes for each of them."""

_head = struct.Struct(">I4s").unpack_from
_large_size = struct.Struct(">Q").unpack_from
_HEADER: Final = 8
_MAX_SLACK: Final = 1 << 16
_NEAR: Final = 1 << 14
"""What is not larger is read at once and not header by header: a slice of a file takes ten times as long as
one of bytes."""


class Box(NamedTuple):
    """A box at data[start:end]; its content begins at `content`."""

    kind: bytes
    start: int
    content: int
    end: int


class Tail(Enum):
    """What may be behind the last whole box."""

    NOTHING = auto()
    ZEROS = auto()
    """Zeros: QuickTime ends its user data with four."""
    CRUMBS = auto()
    """Less than a header."""
    CUT = auto()
    """A box that is cut off, and is taken to end where the data do; or less than a header."""
    ANYTHING = auto()
    """The walk ends where boxes stop making sense."""


def boxes(
    data: Source,
    start: int = 0,
    end: int | None = None,
    *,
    most: int = MAX_BOXES,
    tail: Tail = Tail.NOTHING,
) -> list[Box]:
    """Return the boxes in data[start:end]. Raises `CorruptFile` if they do not fill it but for what `tail`
    allows, or if there are more than `most`.

    Only the last box of a file, where `end` is not given, may leave its size open.
    """
    return list(walk(data, start, end, most=most, tail=tail))


def walk(
    data: Source,
    start: int = 0,
    end: int | None = None,
    *,
    most: int = MAX_BOXES,
    tail: Tail = Tail.NOTHING,
) -> Iterator[Box]:
    """Yield what `boxes` returns, one after the other."""
    stop = len(data) if end is None else end
    position, count = start, 0
    near = data[start:stop] if stop - start <= _NEAR else None
    while position < stop:
        if near is None:
            head = data[position : min(position + 16, stop)]
        else:
            head = near[position - start : position - start + 16]
        size, kind = _head(head) if len(head) >= _HEADER else (0, b"")
        content = position + _HEADER
        if size == 1 and len(head) == 16:
            (size,) = _large_size(head, _HEADER)
            content += 8
        elif size == 0:
            if tail is Tail.ZEROS and stop - position <= _MAX_SLACK and not any(data[position:stop]):
                return
            if kind and end is None:
                size = stop - position
        if size < content - position or position + size > stop:
            if tail is Tail.ANYTHING or (not kind and tail in (Tail.CRUMBS, Tail.CUT)):
                return
            if not kind:
                raise CorruptFile(f"a box at byte {position} is cut off, or one too many")
            if tail is not Tail.CUT or size < content - position:
                raise CorruptFile(f"the box at byte {position} does not fit in what holds it")
            size = stop - position
        if count == most:
            raise CorruptFile(f"a box at byte {position} is cut off, or one too many")
        yield Box(kind, position, content, position + size)
        position += size
        count += 1


def meta_content(data: Source, meta: Box) -> int:
    """Return where the boxes in a box `meta` begin: QuickTime's has no version and flags, the standard's
    has."""
    return meta.content + (0 if data[meta.content + 4 : meta.content + 8] == b"hdlr" else 4)


def packed(value: int, size: int) -> bytes:
    """Return a number in `size` bytes. Raises `UnsupportedFormat` where it does not fit."""
    try:
        return value.to_bytes(size, "big")
    except OverflowError:
        raise UnsupportedFormat(f"an offset or a count is too large for its field of {size} bytes") from None


def header(kind: bytes, size: int, *, large: bool = False) -> bytes:
    """Return the header of a box whose content has so many bytes; a `large` one gives them in 64 bits. Raises
    `UnsupportedFormat` where they do not fit."""
    if large:
        return packed(1, 4) + kind + packed(2 * _HEADER + size, 8)
    return packed(_HEADER + size, 4) + kind


def box(kind: bytes, *contents: bytes) -> bytes:
    """Return a box with its header. Raises `UnsupportedFormat` above 4 GiB."""
    return b"".join((header(kind, sum(map(len, contents))), *contents))


@dataclass(slots=True)
class BoxTree:
    """A box taken out of its file, with its children where it was taken apart further.

    content : what is behind the header; empty where there are `children`, which are the content then.
    large : the header gives the size in 64 bits.
    """

    kind: bytes
    content: bytes = b""
    children: list[BoxTree] = field(default_factory=list)
    large: bool = False

    def tobytes(self) -> bytes:
        """Return the box with its header. Raises `UnsupportedFormat` where its size does not fit in it."""
        content = b"".join(child.tobytes() for child in self.children) if self.children else self.content
        return header(self.kind, len(content), large=self.large) + content

    def get(self, *path: bytes) -> BoxTree | None:
        """Return the first box down this path of kinds; None where there is none."""
        found: BoxTree | None = self
        for kind in path:
            found = next((child for child in found.children if child.kind == kind), None) if found else None
        return found

    def at(self, *path: bytes) -> BoxTree:
        """`get`, for a box that must be there. Raises `CorruptFile`."""
        found = self.get(*path)
        if found is None:
            names = "/".join(kind.decode("latin1") for kind in path)
            raise CorruptFile(f"it cannot be decoded (the box {names} is missing)")
        return found

    def put(self, new: BoxTree) -> None:
        """Replace the first child of the same kind, or add one."""
        kinds = [child.kind for child in self.children]
        place = kinds.index(new.kind) if new.kind in kinds else len(kinds)
        self.children[place : place + 1] = [new]

    def drop(self, *kinds: bytes) -> None:
        """Take out the children of these kinds."""
        self.children = [child for child in self.children if child.kind not in kinds]


def taken_out(data: Source, part: Box) -> BoxTree:
    """Return a box in one piece."""
    return BoxTree(part.kind, data[part.content : part.end], large=_is_large(part))


def taken_apart(data: Source, part: Box, parents: frozenset[bytes], *, depth: int = 16) -> BoxTree:
    """Return the tree of a box, down to those that are none of `parents`. Raises `CorruptFile` for children
    that do not fit, zeros behind them aside, and for ones nested deeper than `depth`."""
    if part.kind not in parents:
        return taken_out(data, part)
    if not depth:
        raise CorruptFile(f"the boxes at byte {part.start} are nested too deep")
    inner = walk(data, part.content, part.end, tail=Tail.ZEROS)
    children = [taken_apart(data, child, parents, depth=depth - 1) for child in inner]
    return BoxTree(part.kind, b"", children, _is_large(part))


def _is_large(part: Box) -> bool:
    return part.content - part.start > _HEADER

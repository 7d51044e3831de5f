"""GIF (GIF89a specification, CompuServe 1990): XMP in an application extension (XMP part 3, section 1.1.2).

The packet is bare in the extension, without sub-block lengths; a 258-byte trailer catches readers that
take its bytes for lengths. A new extension goes behind the leading extensions (the loop count is often one),
before the first picture. GIF87a has no extensions: such a file becomes GIF89a.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from .splicing import spliced

STORES: Final = ("xmp",)

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_APPLICATION, _COMMENT = 0xFF, 0xFE
_XMP = b"\x0bXMP DataXMP"
_C2PA = b"\x0bC2PA_GIF\1\0\0"
_MAGIC = bytes([1, *range(255, -1, -1), 0])


@dataclass(frozen=True, slots=True)
class _Block:
    """An extension or an image at data[start:end]; `label` is the extension's, 0 for an image."""

    label: int
    start: int
    end: int

    def begins(self, data: bytes, identifier: bytes) -> bool:
        return self.label == _APPLICATION and data.startswith(identifier, self.start + 2, self.end)


def extract(data: bytes) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for a damaged block structure."""
    block = _xmp(data, _blocks(data))
    if block is None:
        return {}
    packet = data[block.start + 2 + len(_XMP) : block.end]
    if not packet.endswith(_MAGIC):
        raise CorruptFile("GIF: the XMP extension lacks its trailer")
    return {"xmp": packet.removesuffix(_MAGIC)}


def splice(data: bytes, blocks: Mapping[str, bytes]) -> bytes:
    """`data` with the block of "xmp" replaced, put in, or taken out where it is empty. Raises `CorruptFile`,
    or `UnsupportedFormat` for a packet that is not UTF-8.
    """
    packet = blocks["xmp"]
    if b"\0" in packet:
        raise UnsupportedFormat("GIF: an XMP packet here must be UTF-8")
    found = _blocks(data)
    old = _xmp(data, found)
    behind = next((block.start for block in found if block.label not in (_APPLICATION, _COMMENT)), None)
    front = behind if behind is not None else found[-1].end if found else _first(data)
    start, end = (old.start, old.end) if old else (front, front)
    new = bytes([_EXTENSION, _APPLICATION]) + _XMP + packet + _MAGIC if packet else b""
    return spliced(data, [(0, 6, b"GIF89a"), (start, end, new)])


def has_c2pa(data: bytes) -> bool:
    """Whether a C2PA manifest (application extension C2PA_GIF; C2PA 2.1, section A.3.3) is there."""
    return any(block.begins(data, _C2PA) for block in _blocks(data))


def essence(data: bytes) -> list[memoryview]:
    """Everything but the signature, XMP and a C2PA manifest: screen, palettes, pictures, delays, loops."""
    view, start = memoryview(data), len(b"GIF89a")
    parts: list[memoryview] = []
    xmp = _xmp(data, _blocks(data))
    for block in _blocks(data):
        if block == xmp or block.begins(data, _C2PA):
            parts.append(view[start : block.start])
            start = block.end
    return [*parts, view[start:]]


def _first(data: bytes) -> int:
    """Where the blocks begin: behind the screen descriptor and the global palette."""
    if len(data) < 13:
        raise CorruptFile("GIF: the file ends in its header")
    return 13 + _palette(data[10])


def _palette(flags: int) -> int:
    return 3 * (2 << (flags & 7)) if flags & 0x80 else 0


def _blocks(data: bytes) -> list[_Block]:
    """The blocks before the trailer; a file may end without one, as many do."""
    blocks: list[_Block] = []
    position = _first(data)
    while position < len(data) and data[position] != _TRAILER:
        start = position
        if data[start] == _EXTENSION and start + 2 < len(data):
            label, position = data[start + 1], start + 2
        elif data[start] == _IMAGE and start + 11 < len(data):
            label, position = 0, start + 11 + _palette(data[start + 9])
        else:
            raise CorruptFile(f"GIF: no block where one must stand (byte {start})")
        while position < len(data) and data[position]:
            position += data[position] + 1
        position += 1
        if position > len(data):
            raise CorruptFile("GIF: the file ends in a block")
        blocks.append(_Block(label, start, position))
    return blocks


def _xmp(data: bytes, blocks: list[_Block]) -> _Block | None:
    return next((block for block in blocks if block.begins(data, _XMP)), None)

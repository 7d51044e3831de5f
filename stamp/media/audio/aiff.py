"""AIFF, and AIFC without compression: where the samples stand.

"Audio Interchange File Format: AIFF" (Apple, version 1.3, 1989) and its AIFF-C draft of 1991.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Literal

from ...formats.reading import damaged, regular_file
from .decode import read_only
from .pcm import Layout, song
from .song import Song

_Kind = tuple[Literal["u", "i", "f"], Literal["<", ">"]]
_CODECS: dict[bytes, _Kind] = {
    b"NONE": ("i", ">"),
    b"twos": ("i", ">"),
    b"in24": ("i", ">"),
    b"in32": ("i", ">"),
    b"sowt": ("i", "<"),
    b"raw ": ("u", ">"),
    b"fl32": ("f", ">"),
    b"FL32": ("f", ">"),
    b"fl64": ("f", ">"),
    b"FL64": ("f", ">"),
}


def open_aiff(path: Path) -> Song:
    """An AIFC file whose samples are compressed can be read only. Raises CorruptFile, UnsupportedFormat."""
    with regular_file(path) as file:
        found = layout(file, path)
    return read_only(path, found, "aiff") if isinstance(found, str) else song(path, "AIFF", found)


def layout(file: BinaryIO, path: Path) -> Layout | str:
    """Find the samples of an AIFF file; where they are compressed, say what it is instead."""
    size = file.seek(0, 2)
    file.seek(0)
    packed = file.read(12)[8:] == b"AIFC"
    position = 12
    common, start = b"", None
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack(">4sI", file.read(8))
        if name == b"COMM":
            common = file.read(min(length, 22))
        elif name == b"SSND" and position + 16 <= size:
            start = position + 16 + struct.unpack(">I", file.read(4))[0]
        position += 8 + length + (length & 1)
    if len(common) < (22 if packed else 18) or start is None:
        raise damaged(path, "it has no samples, or does not tell their format")
    channels, frames, bits, rate = struct.unpack(">HIH10s", common[:18])
    codec = common[18:22] if packed else b"NONE"
    if codec not in _CODECS:
        return f"AIFC with {codec.decode('latin1').strip()}"
    kind, order = _CODECS[codec]
    width = (bits + 7) // 8
    hertz = _hertz(rate)
    if not channels or not hertz or width not in ((4, 8) if kind == "f" else (1, 2, 3, 4)):
        raise damaged(path, "the description of its samples contradicts itself")
    return Layout(hertz, channels, start, start + frames * width * channels, kind, width, order, bits)


def _hertz(extended: bytes) -> int:
    """An 80-bit number of IEEE 754: 15 bits of exponent, 64 of a mantissa that shows its first 1."""
    exponent, mantissa = struct.unpack(">HQ", extended)
    shift = 16383 + 63 - (exponent & 0x7FFF)
    return round(mantissa / (1 << shift)) if 0 <= shift < 64 and exponent < 0x8000 else 0

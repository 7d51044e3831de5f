"""AIFF, and AIFC without compression: where the samples are.

"Audio Interchange File Format: AIFF" (Apple, version 1.3, 1989) and its AIFF-C draft of 1991.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

from ...formats import riff
from ...formats.reading import damaged
from ...formats.source import Source
from ...storage.large import open_large
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
    with open_large(path) as data:
        found = layout(data)
    return read_only(path, found, "aiff") if isinstance(found, str) else song(path, "AIFF", found)


def layout(data: Source) -> Layout | str:
    """Find the samples of an AIFF file; where they are compressed, say what it is instead."""
    size = len(data)
    packed = data[8:12] == b"AIFC"
    common, start = b"", None
    for chunk in riff.chunks(data, 12, size, ">"):
        if chunk.kind == b"COMM":
            common = data[chunk.start : min(chunk.end, chunk.start + 22)]
        elif chunk.kind == b"SSND" and chunk.start + 8 <= size:
            start = chunk.start + 8 + int.from_bytes(data[chunk.start : chunk.start + 4], "big")
    if len(common) < (22 if packed else 18) or start is None:
        raise damaged("it has no samples, or does not tell their format")
    channels, frames, bits, rate = struct.unpack(">HIH10s", common[:18])
    codec = common[18:22] if packed else b"NONE"
    if codec not in _CODECS:
        return f"AIFC with {codec.decode('latin1').strip()}"
    kind, order = _CODECS[codec]
    width = (bits + 7) // 8
    hertz = _hertz(rate)
    if not channels or not hertz or width not in ((4, 8) if kind == "f" else (1, 2, 3, 4)):
        raise damaged("the description of its samples contradicts itself")
    return Layout(hertz, channels, start, start + frames * width * channels, kind, width, order, bits)


def _hertz(extended: bytes) -> int:
    """An 80-bit number of IEEE 754: 15 bits of exponent, 64 of a mantissa that shows its first 1."""
    exponent, mantissa = struct.unpack(">HQ", extended)
    shift = 16383 + 63 - (exponent & 0x7FFF)
    return round(mantissa / (1 << shift)) if 0 <= shift < 64 and exponent < 0x8000 else 0

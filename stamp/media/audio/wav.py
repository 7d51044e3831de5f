"""WAV, and RF64 or BW64 where it is too long for that: where the samples are.

The RIFF chunks are those of "Multimedia Programming Interface and Data Specifications 1.0" (1991); the 64-bit
sizes are those of EBU Tech 3306 and ITU-R BS.2088.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Literal

from ...formats import riff
from ...formats.reading import damaged, refused
from ...formats.source import Source
from ...storage.large import open_large
from .decode import read_only
from .pcm import Layout, song
from .song import Song

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_NAMES = {2: "ADPCM", 6: "A-law", 7: "mu-law", 0x11: "ADPCM", 0x50: "MPEG audio", 0x55: "MP3", 0xFF: "AAC"}
_GUID = bytes.fromhex("000000001000800000aa00389b71")  # KSDATAFORMAT_SUBTYPE_*, from its third byte on
# What writers to a pipe put there, who cannot come back to fill it in: SoX, LAME and opusdec, arecord.
_OPEN = (0x7FFFF000, 0x7FFFFFFF, 0x80000000)
_MOST_CHUNKS = 10_000
_Form = tuple[int, int, int, int, int]
"""(codec, channels, rate, bytes in a sample, bits of it that count)"""


def open_wav(path: Path) -> Song:
    """A WAV file whose samples are compressed can be read only. Raises CorruptFile, UnsupportedFormat."""
    with open_large(path) as data:
        found = layout(data)
    return read_only(path, found, "wav") if isinstance(found, str) else song(path, "WAV", found)


def layout(data: Source) -> Layout | str:
    """Find the samples of a WAV file; where they are compressed, say what it is instead."""
    size = len(data)
    long = data[0:4] != b"RIFF"
    data_size = None
    form: _Form | str | None = None
    for chunk in riff.chunks(data, 12, size, "<"):
        length = chunk.end - chunk.start
        if chunk.kind == b"ds64" and long:
            sizes = data[chunk.start : chunk.start + 16]
            data_size = struct.unpack("<Q", sizes[8:])[0] if len(sizes) == 16 else None
        elif chunk.kind == b"fmt ":
            form = _format(data[chunk.start : chunk.start + min(length, 40)])
        elif chunk.kind == b"data":
            if form is None:
                raise damaged("it does not tell the format of its samples")
            if isinstance(form, str):
                return form
            right = _length(length, data_size, size - chunk.start)
            found = _layout(form, chunk.start, right)
            if not long and length != right and size < riff.LENGTH_ELSEWHERE:
                return replace(found, repairs=_repairs(chunk.at, size))
            return replace(found, more=_more(data, form, found.end))
    raise damaged("it has no samples")


def _more(data: Source, form: _Form, end: int) -> tuple[tuple[int, int], ...]:
    """Further chunks of samples behind the one that ends at `end`: recorders that went on in the same file,
    and programs that join by appending, leave them. Most players play the first alone."""
    found = []
    (told,) = struct.unpack("<I", data[4:8])
    size = len(data) if told == riff.LENGTH_ELSEWHERE else min(told + 8, len(data))
    for chunk in islice(riff.chunks(data, end + end % 2, size, "<", unpadded=True), _MOST_CHUNKS):
        if chunk.kind == b"fmt " and _format(data[chunk.start : min(chunk.end, chunk.start + 40)]) != form:
            what = "the format of its samples changes on the way"
            raise refused(what, "split it at its second `fmt ` chunk first")
        if chunk.kind == b"data":
            found.append((chunk.start, chunk.end))
    return tuple(found)


def _length(length: int, long: int | None, there: int) -> int:
    """What a length means that may be a placeholder; `there` are the bytes to the end of the file."""
    if length == riff.LENGTH_ELSEWHERE:
        return there if long is None else long
    if length in _OPEN:
        return min(length, there)
    return length or there


def _repairs(data: int, size: int) -> tuple[tuple[int, bytes], ...]:
    """The lengths of the file and of the chunk at byte `data`, its last."""
    return (4, struct.pack("<I", size - 8)), (data + 4, struct.pack("<I", size - data - 8))


def _format(block: bytes) -> _Form | str:
    if len(block) < 16:
        raise damaged("the description of its samples is cut off")
    kind, channels, rate, _, align, bits = struct.unpack("<HHIIHH", block[:16])
    if kind == _EXTENSIBLE and len(block) >= 40 and block[26:40] == _GUID:
        kind = struct.unpack("<H", block[24:26])[0]
        bits = struct.unpack("<H", block[18:20])[0] or bits
    if kind not in (_PCM, _FLOAT):
        return f"WAV with {_NAMES.get(kind, f'codec {kind}')}"
    if not channels or not rate or align % channels or not 0 < bits <= 8 * (align // channels):
        raise damaged("the description of its samples contradicts itself")
    width = align // channels
    if width not in ((4, 8) if kind == _FLOAT else (1, 2, 3, 4)):
        return f"WAV with samples of {8 * width} bits"
    return kind, channels, rate, width, bits


def _layout(form: _Form, start: int, length: int) -> Layout:
    kind, channels, rate, width, bits = form
    letter: Literal["u", "i", "f"] = "f" if kind == _FLOAT else "u" if width == 1 else "i"
    return Layout(rate, channels, start, start + length, letter, width, "<", bits)

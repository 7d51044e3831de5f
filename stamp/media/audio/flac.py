"""FLAC (RFC 9639): new frames behind the source's own metadata blocks.

The frames come from FFmpeg's encoder, and are lossless like the source's. STREAMINFO and the seek table are
made anew, every other block and a leading ID3 tag are copied.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.errors import CorruptFile
from ...formats import flac, id3
from ...formats.reading import damaged, refused
from ...formats.source import Source
from ...storage.large import open_large
from . import sndfile
from .decode import Sound, decoded, examine
from .encode import encoder, packets, quantised
from .song import Song

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .song import Block

_FRAME = 4096  # FFmpeg's own choice grows with the rate, up to frames that its parser does not find again
_LONG = 200_000  # bytes of a frame that its parser may not find: measured between 166 and 295 kB
_PLACEHOLDER = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Header:
    """prefix : what is before "fLaC". blocks : (type, content) of each metadata block, in order. longest
    : bytes of the longest frame, 0 where that is not given."""

    prefix: bytes
    blocks: tuple[tuple[int, bytes], ...]
    rate: int
    channels: int
    bits: int
    frames: int
    longest: int


def open_flac(path: Path) -> Song:
    """Raises CorruptFile, and UnsupportedFormat for what FFmpeg cannot decode."""
    with open_large(path) as data:
        header = _header(data)
    sound = examine(path, "flac")
    if (sound.rate, sound.channels) != (header.rate, header.channels):
        raise damaged("its frames contradict its header")
    return Song(
        path,
        "FLAC",
        header.rate,
        header.channels,
        header.frames or None,
        lambda: sndfile.blocks(path) if header.longest > _LONG else decoded(path, "flac"),
        lambda target, blocks: _write(header, sound, target, blocks),
    )


def _header(data: Source) -> _Header:
    start = id3.prefix(data, most=None)
    first = start + len(flac.SIGNATURE)
    if data[start:first] != flac.SIGNATURE:
        raise damaged("the FLAC signature is missing")
    try:
        blocks = [(block.kind, data[block.start : block.end]) for block in flac.blocks(data, first)]
    except CorruptFile as error:
        raise damaged("its metadata is cut off") from error
    if blocks[0][0] != flac.STREAMINFO or len(blocks[0][1]) != 34:
        raise damaged("it does not begin with its STREAMINFO")
    # 20 bits of sample rate, 3 of channels - 1, 5 of bits - 1, 36 of samples (section 8.2)
    packed = int.from_bytes(blocks[0][1][10:18], "big")
    rate, channels = packed >> 44, (packed >> 41 & 7) + 1
    bits, frames = (packed >> 36 & 31) + 1, packed & (1 << 36) - 1
    if not rate:
        raise damaged("its header tells a sample rate of 0")
    longest = int.from_bytes(blocks[0][1][7:10], "big")
    return _Header(data[0:start], tuple(blocks), rate, channels, bits, frames, longest)


def _write(header: _Header, sound: Sound, target: Path, blocks: Iterable[Block]) -> list[str]:
    if header.bits > 24:
        raise refused(f"FLAC with {header.bits} bits cannot be marked", "convert it to 24 bits, or to WAV")
    bits = 16 if header.bits <= 16 else 24
    context = encoder("flac", sound, "s16" if bits == 16 else "s32", _FRAME)
    sizes, digest, total = array("Q"), hashlib.md5(usedforsecurity=False), 0

    def counted() -> Iterator[NDArray[Any]]:
        nonlocal total
        for block in quantised(blocks, header.bits):
            exact = block << (bits - header.bits)
            total += len(exact)
            digest.update(_little_endian(exact, bits))
            yield exact.astype(np.int16) if bits == 16 else exact << 8

    with open(target, "wb") as output:
        output.write(header.prefix + _metadata(header, header.blocks))
        for found in packets(context, counted()):
            sizes.extend(packet.size for packet in found)
            output.writelines(map(bytes, found))
        streaminfo = _streaminfo(header, bits, context.frame_size, total, sizes, digest.digest())
        output.seek(len(header.prefix))
        output.write(_metadata(header, _renewed(header, streaminfo, context.frame_size, total, sizes)))
    if header.frames and total != header.frames:
        raise damaged(f"its header tells of {header.frames} samples, there are {total}")
    if bits == header.bits:
        return []
    return [f"its samples of {header.bits} bits were written as {bits} bits, the low ones zero"]


def _little_endian(samples: NDArray[np.int32], bits: int) -> bytes:
    if bits == 16:
        return samples.astype("<i2").tobytes()
    four = np.ascontiguousarray(samples, "<i4").view(np.uint8).reshape(*samples.shape, 4)
    return four[..., : bits // 8].tobytes()


def _metadata(header: _Header, blocks: Iterable[tuple[int, bytes]]) -> bytes:
    parts = [flac.SIGNATURE]
    for index, (kind, content) in enumerate(blocks, 1):
        parts += [flac.header(kind, len(content), last=index == len(header.blocks)), content]
    return b"".join(parts)


def _streaminfo(header: _Header, bits: int, block: int, total: int, sizes: array[int], md5: bytes) -> bytes:
    packed = header.rate << 44 | header.channels - 1 << 41 | bits - 1 << 36 | total
    limits = struct.pack(">HH", block, block)
    frames = min(sizes, default=0).to_bytes(3, "big") + max(sizes, default=0).to_bytes(3, "big")
    return limits + frames + packed.to_bytes(8, "big") + md5


def _renewed(
    header: _Header, streaminfo: bytes, block: int, total: int, sizes: array[int]
) -> Iterator[tuple[int, bytes]]:
    """The metadata blocks, with a STREAMINFO and seek points (section 8.5) that fit the new frames."""
    starts = np.concatenate(([0], np.cumsum(np.frombuffer(sizes, np.uint64)))) if sizes else np.zeros(1)
    for kind, content in header.blocks:
        if kind == flac.STREAMINFO:
            yield kind, streaminfo
        elif kind == flac.SEEKTABLE:
            count = len(content) // 18
            old = struct.iter_unpack(">QQH", content[: 18 * count])
            wanted = sorted({first // block for first, _, _ in old if first < total})
            points = [(at * block, int(starts[at]), min(block, total - at * block)) for at in wanted]
            points += [(_PLACEHOLDER, 0, 0)] * (count - len(points))
            yield kind, b"".join(struct.pack(">QQH", *point) for point in points).ljust(len(content), b"\0")
        else:
            yield kind, content

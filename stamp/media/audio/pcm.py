"""Uncompressed samples, changed where they are: every other byte of the file is copied.

What is written is the source's sample plus the rounded difference that the mark makes. So samples that the
mark leaves alone keep all their bits, also those of 32-bit integers and of doubles, which float32 cannot
hold. There is no dither: it would add noise to silence (docs/adr/0055).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np

from ...formats.reading import damaged, decoding, regular_file
from .song import Portions, Song, block_frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .song import Block

_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the samples of a file are, and how they are stored.

    start, end : bytes; `end` is where the header says, which may be behind the end of a truncated file.
    kind : unsigned ("u", with the zero in the middle), signed ("i") or floating point ("f").
    width : bytes of one sample. order : "<" or ">".
    bits : the bits of a sample that count, the highest ones of `width` bytes.
    more : (start, end) of further runs of samples, in the order of the file.
    repairs : (byte, what belongs there) for lengths that whoever wrote the header did not know.
    """

    rate: int
    channels: int
    start: int
    end: int
    kind: Literal["u", "i", "f"]
    width: int
    order: Literal["<", ">"]
    bits: int
    more: tuple[tuple[int, int], ...] = ()
    repairs: tuple[tuple[int, bytes], ...] = ()

    @property
    def frame(self) -> int:
        """Bytes of one sample in all channels."""
        return self.width * self.channels

    @property
    def runs(self) -> list[tuple[int, int]]:
        """Where the runs of samples begin, and how many sample frames are in each."""
        spans = ((self.start, self.end), *self.more)
        return [(start, (end - start) // self.frame) for start, end in spans]

    @property
    def frames(self) -> int:
        return sum(count for _, count in self.runs)


def song(path: Path, title: str, layout: Layout) -> Song:
    """The song in a file whose samples are not compressed."""
    return Song(
        path,
        title,
        layout.rate,
        layout.channels,
        layout.frames,
        lambda: _blocks(path, layout),
        lambda target, blocks: _write(path, layout, target, blocks),
    )


def _blocks(path: Path, layout: Layout) -> Iterator[Block]:
    size = block_frames(layout.channels)
    with decoding(), regular_file(path) as file:
        for start, left in layout.runs:
            file.seek(start)
            while left:
                data = file.read(layout.frame * min(size, left))
                count = len(data) // layout.frame
                if not count:
                    return
                yield to_float(unpack(data[: count * layout.frame], layout), layout)
                left -= count


def _write(path: Path, layout: Layout, target: Path, blocks: Iterable[Block]) -> list[str]:
    clipped = 0
    given = Portions(blocks)
    with regular_file(path) as source, open(target, "wb") as output:
        size = source.seek(0, 2)
        there = sum(min(count, max(size - at, 0) // layout.frame) for at, count in layout.runs)
        if there < layout.frames:
            raise damaged(f"its header tells of {layout.frames} samples, there are {there}")
        source.seek(0)
        header = bytearray(source.read(layout.start))
        for place, right in layout.repairs:
            header[place : place + len(right)] = right
        output.write(header)
        for at, count in layout.runs:
            _copy(source, output, at - source.tell())
            for block in given.take(count):
                before = unpack(source.read(len(block) * layout.frame), layout)
                after, over = _changed(before, block, layout)
                clipped += over
                output.write(pack(after, layout))
            if source.tell() != at + count * layout.frame:
                raise ValueError("the blocks are not as long as the song")
        if not given.empty:
            raise ValueError("the blocks are longer than the song")
        _copy(source, output, size)
    return [f"{clipped} samples at full scale were clipped"] if clipped else []


def _copy(source: BinaryIO, output: BinaryIO, count: int) -> None:
    """Copy `count` bytes, or as many as there are."""
    while count and (data := source.read(min(count, _COPY))):
        output.write(data)
        count -= len(data)


def _changed(before: NDArray[Any], block: Block, layout: Layout) -> tuple[NDArray[Any], int]:
    """The samples with the mark, and how many of them had to be clipped."""
    if layout.kind == "f":
        with np.errstate(invalid="ignore"):  # what is infinite, or no number, stays as it is
            change = block.astype(np.float64) - to_float(before, layout)
        return before + np.where(np.isfinite(change), change, 0), 0
    full = 1 << (8 * layout.width - 1)
    step = 1 << (8 * layout.width - layout.bits)
    steps = (block - to_float(before, layout)) * np.float32(full / step)
    whole = np.int32 if layout.width < 4 else np.int64
    after: NDArray[np.signedinteger[Any]] = np.rint(steps, out=steps).astype(whole)
    after *= step
    after += before
    clipped = np.clip(after, np.minimum(-full, before), np.maximum(full - step, before))
    return clipped, int(np.count_nonzero(clipped != after))


def to_float(samples: NDArray[Any], layout: Layout) -> Block:
    """Samples as they come from `unpack`, on a scale of +-1."""
    if layout.kind == "f":
        with np.errstate(over="ignore"):  # a double may be beyond float32: infinite, which no mark takes
            return samples.astype(np.float32)
    return samples.astype(np.float32) * np.float32(0.5 ** (8 * layout.width - 1))


def unpack(data: bytes, layout: Layout) -> NDArray[Any]:
    """Bytes to samples (n, channels): floating point as it is, integers as signed ones of 8 to 32 bits."""
    kind, width = layout.kind, layout.width
    if width == 3:
        padded = np.zeros((len(data) // 3, 4), np.uint8)
        if layout.order == "<":
            padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        else:
            padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)[:, ::-1]
        samples: NDArray[Any] = padded.view("<i4")[:, 0] >> 8
    else:
        samples = np.frombuffer(data, np.dtype(f"{layout.order}{kind}{width}"))
        if kind == "u":
            samples = (samples ^ np.array(1 << (8 * width - 1), samples.dtype)).view(
                f"{layout.order}i{width}"
            )
    return samples.reshape(-1, layout.channels)


def pack(samples: NDArray[Any], layout: Layout) -> bytes:
    """The inverse of `unpack`."""
    kind, width = layout.kind, layout.width
    if width == 3:
        three = np.ascontiguousarray(samples, "<i4").view(np.uint8).reshape(-1, 4)[:, :3]
        return (three if layout.order == "<" else three[:, ::-1]).tobytes()
    if kind == "u":
        samples = samples.astype(np.int64) + (1 << (8 * width - 1))
    return samples.astype(np.dtype(f"{layout.order}{kind}{width}")).tobytes()

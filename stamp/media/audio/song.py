"""A song: its samples as blocks of float32, and a way to put others in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...formats.reading import named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float32]

_BLOCK = 1 << 16  # samples of all channels: enough that the work on a block outweighs the call


def block_frames(channels: int) -> int:
    """Sample frames in a block, about: the fewer the more channels there are, since readers and writers make
    several copies of one."""
    return max(_BLOCK // max(channels, 2), 1)


class Portions:
    """Blocks handed out in portions of so many sample frames, for a song that is in several pieces."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = iter(blocks)
        self._rest: Block | None = None

    def take(self, frames: int) -> Iterator[Block]:
        """The next `frames` sample frames, fewer where there are no more; to be read before the next call."""
        while frames > 0 and not self.empty:
            assert self._rest is not None
            block, self._rest = self._rest[:frames], self._rest[frames:]
            frames -= len(block)
            yield block

    @property
    def empty(self) -> bool:
        """Whether all were handed out."""
        while self._rest is None or not len(self._rest):
            self._rest = next(self._blocks, None)
            if self._rest is None:
                return True
        return False


class Faults:
    """packets : how many could not be decoded, or not in full, while a song was read."""

    def __init__(self) -> None:
        self.packets = 0

    @property
    def notes(self) -> list[str]:
        """What a person should know about it."""
        if self.packets == 1:
            return ["1 damaged packet of its sound was left out"]
        return [f"{self.packets} damaged packets of its sound were left out"] if self.packets else []


@dataclass(frozen=True, slots=True)
class Song:
    """An audio file whose header has been read.

    title : how people call the format, "MP3".
    rate, channels : in Hz; the order of channels is the file's own.
    frames : its length in sample frames by its header, None where that does not say.
    reader, writer : what `blocks` and `write` do, with errors that do not name the file.
    faults : what went wrong in `blocks` since it was called last.
    """

    path: Path
    title: str
    rate: int
    channels: int
    frames: int | None
    reader: Callable[[], Iterator[Block]]
    writer: Callable[[Path, Iterable[Block]], list[str]]
    faults: Faults = field(default_factory=Faults)

    def blocks(self) -> Iterator[Block]:
        """Read it from the start: float32 of shape (n, channels), full scale is +-1, n > 0. Each call starts
        anew. Raises CorruptFile."""
        with named(self.path):
            yield from self.reader()

    def write(self, target: Path, blocks: Iterable[Block]) -> list[str]:
        """Write a copy of the file to `target`, with the samples of `blocks` in the place of its own and
        everything else kept; return what a person should know about it. The blocks may be of any length;
        together they are as long as the source.

        Raises UnsupportedFormat where this kind of file cannot be written back in full, and CorruptFile for
        one that is damaged.
        """
        with named(self.path):
            return self.writer(target, blocks)

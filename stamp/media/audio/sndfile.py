"""Sound read by libsndfile, where FFmpeg's own decoders fall short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ...formats.reading import decoding
from .song import block_frames

if TYPE_CHECKING:
    from .song import Block


def blocks(path: Path | BinaryIO, order: Sequence[int] | None = None) -> Iterator[Block]:
    """All samples (n, channels); `order` says which of libsndfile's channels goes where. Raises
    CorruptFile."""
    import soundfile

    # Not `soundfile.blocks`: where a file ends early, that repeats what it read before.
    with decoding(), soundfile.SoundFile(path) as file:
        size = block_frames(file.channels)
        while len(block := file.read(size, dtype="float32", always_2d=True)):
            yield block[:, order] if order else block


def opens(path: Path | BinaryIO) -> bool:
    """Whether libsndfile knows what this file is."""
    import soundfile

    try:
        soundfile.info(path)
    except soundfile.LibsndfileError:
        return False
    return True

"""How many bits a second the pictures of a clip may take, so that all of it fits into a given size."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import UnsupportedFormat
from ...core.options import LEAST_RATE
from ...formats.reading import refused
from .clip import Clip, main_video, opened, reading

_A_PACKET = 16  # bytes that a container spends on one
_AHEAD = 1.0  # seconds' worth that an encoder may have beyond its rate
_REMEDY = "allow more, cut the clip, or scale it down first"


def rate_within(size: int, path: Path, clip: Clip) -> int:
    """Return the bit/s that the pictures of `clip`, the file `path`, may take so that the whole has at most
    `size` bytes: what is left by sound and all else that is copied.

    Raises UnsupportedFormat where that is too little for pictures; MediaError.
    """
    others = packets = 0
    with opened(path) as container:
        pictures = main_video(container)
        with reading():
            for packet in container.demux():
                packets += 1
                others += 0 if packet.stream == pictures else packet.size
    rate = int(8 * (size - others - _A_PACKET * packets) / (clip.seconds + _AHEAD))
    if rate < LEAST_RATE:
        raise refused(f"it cannot fit into {size} bytes: all but its pictures takes {others}", _REMEDY)
    return rate


def too_large(size: int) -> UnsupportedFormat:
    """The error about a finished clip that was to have `size` bytes at most."""
    return refused(f"it does not fit into {size} bytes, however coarsely it is coded", _REMEDY)

"""What is coded in clips and songs, without decoding it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av

from ..core.errors import CorruptFile


def packet_digest(path: Path) -> str:
    """Return the SHA-256 of all coded pictures and sounds with their times, as FFmpeg finds them. Two files
    that play the same have the same; a file whose index leads astray has another. Raises CorruptFile."""
    digest = hashlib.sha256()
    try:
        with av.open(str(path)) as file:
            for packet in file.demux():
                if packet.size:
                    digest.update(f"{packet.stream.index} {packet.pts} {packet.dts} {packet.size} ".encode())
                    digest.update(bytes(packet))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise CorruptFile(f"cannot be read through to its end ({error})") from error
    return digest.hexdigest()


def duration_ms(path: Path) -> int | None:
    """Return how long a clip or a song plays; None where that is not known."""
    try:
        with av.open(str(path)) as file:
            return None if file.duration is None else round(file.duration * 1000 / av.time_base)
    except (av.FFmpegError, OSError, ValueError):
        return None

"""A picture between reading and writing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

Pixels = NDArray[Any]
"""uint8 or uint16."""


WriteNotes = tuple[str, ...]
"""What a user should know about a file that was written, one sentence each."""


class Host(Protocol):
    """What one container keeps of the source file, so that new pixels can take the place of the old ones."""

    def encode(self, pixels: Pixels, quality_floor: int | None) -> tuple[bytes, list[str]]:
        """The source file with `pixels` (upright, shaped like those that were read), and notes."""
        ...


@dataclass(frozen=True)
class Picture:
    """A picture that was read for embedding.

    `pixels` is upright and C-contiguous, uint8 or uint16: (H, W) for gray pictures and for the Y plane of a
    YCbCr JPEG, (H, W, 3) for RGB, (H, W, 4) for RGBA. It may be read-only. `notes` has what a user
    should know, one sentence each.
    """

    path: Path
    format: str
    pixels: Pixels
    host: Host
    notes: list[str] = field(default_factory=list)

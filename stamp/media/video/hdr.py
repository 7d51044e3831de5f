"""Static HDR metadata (SMPTE ST 2086 mastering display, CTA-861.3 content light level) for encoders.

Encoders do not take it from the frames: it is written out in the words of each encoder's own options. The
container's copy is kept by the stream that is made after the source's.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any

from av import VideoFrame

_POINT, _NITS = 50_000, 10_000  # units of 0.00002 and of 0.0001 cd/m2


@dataclass(frozen=True, slots=True)
class Static:
    """primaries : (x, y) of red, green, blue and the white point, in CIE 1931 coordinates; None if not given.
    luminance : lowest and highest, in cd/m2; None if not given.
    light : maximum content and frame-average light level, in cd/m2; None if not given."""

    primaries: tuple[tuple[Fraction, Fraction], ...] | None = None
    luminance: tuple[Fraction, Fraction] | None = None
    light: tuple[int, int] | None = None

    @property
    def options(self) -> dict[str, str]:
        """As x264 and x265 name them."""
        options = {}
        if self.primaries and self.luminance:
            red, green, blue, white = (
                f"({round(x * _POINT)},{round(y * _POINT)})" for x, y in self.primaries
            )
            low, high = (round(value * _NITS) for value in self.luminance)
            options["mastering-display"] = f"G{green}B{blue}R{red}WP{white}L({high},{low})"
        if self.light:
            options["content-light"] = f"{self.light[0]},{self.light[1]}"
        return options


def side_data(frame: VideoFrame) -> dict[str, bytes]:
    """The blocks that come with a decoded frame, by FFmpeg's names for them."""
    blocks: Any = frame.side_data
    found: dict[str, bytes] = {}
    # By number, to the end: what iterating gives, and what is counted, changed in PyAV 19.
    with suppress(IndexError):
        for index in count():
            found[blocks[index].type.name] = bytes(blocks[index])
    return found


def static_metadata(frame: VideoFrame) -> Static:
    """What a decoded frame says of its mastering display and light level (libavutil's
    AVMasteringDisplayMetadata and AVContentLightMetadata, native byte order)."""
    blocks = side_data(frame)
    primaries = luminance = light = None
    mastering = blocks.get("MASTERING_DISPLAY_METADATA", b"")
    if len(mastering) >= 88:
        numbers = struct.unpack("=22i", mastering[:88])
        pairs = list(zip(numbers[0:20:2], numbers[1:20:2], strict=True))
        values = [Fraction(above, below) if below else Fraction(0) for above, below in pairs]
        if numbers[20]:
            red_x, red_y, green_x, green_y, blue_x, blue_y, white_x, white_y = values[:8]
            primaries = ((red_x, red_y), (green_x, green_y), (blue_x, blue_y), (white_x, white_y))
        if numbers[21]:
            luminance = (values[8], values[9])
    if len(blocks.get("CONTENT_LIGHT_LEVEL", b"")) >= 8:
        light = struct.unpack("=2I", blocks["CONTENT_LIGHT_LEVEL"][:8])
    return Static(primaries, luminance, light)

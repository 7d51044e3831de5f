"""Words for what a file holds beside its picture."""

from __future__ import annotations

from typing import Final

GAIN_MAP: Final = "the gain map (for HDR screens)"
DEPTH: Final = "the depth map or mask"
VIDEO: Final = "the motion video"
SMALL: Final = 512
"""Pixels of the longer side up to which a picture of the same scene is a thumbnail, too small to be of
use."""
REMEDY: Final = "export it as a single picture first, or write the notice alone (`watermark=False`)"


def kept(part: str) -> str:
    """Say that a part of the file is not marked."""
    return f"{part} is kept as it is, without the mark"

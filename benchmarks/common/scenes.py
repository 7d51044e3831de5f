"""What `stamp.embed_file` finds in the first scene of a clip, for runs that mark frames by themselves."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import av

from stamp.media.video.difficulty import EXCERPT_FRAMES, difficulty
from stamp.watermark.video import Allocation, allocation


def first_scene(path: Path) -> tuple[float, Allocation]:
    """Its difficulty, and the mark that it gets. Raises ValueError where the clip is too short to tell."""
    with av.open(str(path)) as container:
        frames = list(islice(container.decode(video=0), EXCERPT_FRAMES))
        bits = difficulty(frames)
    if bits is None:
        raise ValueError(f"{path} is too short")
    return bits, allocation(bits, (frames[0].height, frames[0].width))

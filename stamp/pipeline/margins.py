"""What is left of a mark in a coarse copy of a finished photo, clip or song."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from av.error import FFmpegError

from ..core.errors import MediaError
from ..core.margin import Margin
from ..media.audio import rung as songs
from ..media.audio.opening import open_song
from ..media.image import rung as photos
from ..media.video import rung as clips
from ..watermark.audio import agreement as in_songs
from ..watermark.image import agreement as in_photos
from ..watermark.video import agreement as in_clips
from ..watermark.video.detect import RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..core.key import Key
    from ..media.audio.song import Block, Song

_INTRO = 20  # seconds of a song, which may be quiet
_LONG = 1.1  # seconds of an excerpt of a clip, of which half as many frames say enough


def photo_margin(luma: NDArray[Any], payload: bytes, *, key: Key, marked_at: tuple[int, int]) -> Margin:
    """Measure a finished photo, by its luma, (H, W) uint8 or uint16; it had `marked_at`, (height, width),
    when it was marked."""
    score = in_photos.left_of(photos.as_shared(luma), payload, key=key, marked_at=marked_at)
    return Margin(photos.RUNG, score, in_photos.NEEDED)


def song_margin(path: Path, payload: bytes, *, key: Key, seconds: float) -> Margin | None:
    """Measure a finished song that lasts so many seconds; None at a sample rate that the rung does not have.
    Raises MediaError."""
    song = open_song(path)
    starts = _INTRO if seconds >= _INTRO + songs.SECONDS else 0
    heard = songs.as_shared(excerpt(song, starts * song.rate, songs.SECONDS * song.rate), song.rate)
    if heard is None:
        return None
    score = in_songs.left_of(heard, payload, key=key, sample_rate=song.rate, starts_s=starts)
    return Margin(songs.RUNG, score, in_songs.NEEDED)


def excerpt(song: Song, first: int, count: int) -> Block:
    """Return so many samples of a song from that one on, or what there is of them."""
    parts, at = [], 0
    for block in song.blocks():
        parts.append(block[max(first - at, 0) : max(first + count - at, 0)])
        at += len(block)
        if at >= first + count:
            break
    return np.concatenate(parts)


def clip_margin(
    path: Path, payload: bytes, *, key: Key, aspect: float, rung: clips.Rung, gain: float = 1.0
) -> Margin | None:
    """Measure a finished clip, whose pictures are shown with the proportions `aspect`; None where no excerpt
    of it can be had. gain : see `Margin`."""
    scored = in_clips.Agreement(payload, key=key, aspect=aspect)
    seen = 0
    with suppress(MediaError, FFmpegError):  # whoever reads the clip in full says what is wrong with it
        for frames in clips.excerpts(path, rung):
            for frame in _sampled(frames):
                scored.push(frame.luma, size=frame.size)
                seen += 1
    return Margin(rung.name, scored.score(), in_clips.NEEDED, gain) if seen else None


def _sampled(frames: Sequence[clips.Shared]) -> Iterable[clips.Shared]:
    """Of each twelfth of a second the frame that was coded in most bytes, as the reader takes them; of more
    than a second, of each sixth."""
    rate = RATE if frames[-1].seconds < _LONG else RATE / 2
    largest: dict[int, clips.Shared] = {}
    for frame in frames:
        slot = int(frame.seconds * rate)
        if slot not in largest or frame.size > largest[slot].size:
            largest[slot] = frame
    return largest.values()

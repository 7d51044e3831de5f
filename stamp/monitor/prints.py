"""Make the fingerprints of a work, from its file as it was before it was marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..formats.sniff import kind_of
from ..matching.constellation import Tones, tones_of
from ..matching.frame_prints import fingerprint
from ..matching.opencv import luma
from ..matching.picture_prints import whole_signs, work_points
from ..media.image.opening import read_luma
from ..pipeline.spans import sampled, samples_of
from .shards import Shards
from .store import PLACE, Print, Prints, packed

Made = list[Print] | Tones

_POINTED = 8  # frames: every four seconds
_NO_POINTS = np.zeros((0, 16), np.uint8), np.zeros(0, PLACE)


def prints_of(path: Path) -> Made:
    """Return the fingerprints of a photo or a clip, or the tones of a song. Raises MediaError, and
    MissingDependency without OpenCV."""
    kind = kind_of(path)
    if kind == "image":
        return [print_of(luma(read_luma(path), "picture"), kind)]
    if kind == "video":
        return list(_of_frames(path))
    return tones_of(*samples_of(path))


def _of_frames(path: Path) -> Iterator[Print]:
    """Signs of two frames a second, points of every eighth of these."""
    for number, (time, frame) in enumerate(sampled(path)):
        signs = fingerprint(frame)
        if number % _POINTED == 0:
            yield replace(print_of(frame, "video", time), signs=signs)
        elif signs is not None:
            yield Print("video", (frame.shape[1], frame.shape[0]), signs, *_NO_POINTS, time)


def print_of(plane: NDArray[Any], kind: str, time: float = 0.0) -> Print:
    """Return the fingerprint of a picture of luma (H, W) uint8."""
    points = work_points(plane)
    places = packed(points.places, points.scales, points.angles)
    size = plane.shape[1], plane.shape[0]
    return Print(kind, size, whole_signs(plane), points.codes, np.asarray(places), time)


def add_made(prints: Prints | Shards, work: str, made: Made) -> int:
    """Add what `prints_of` made of a work, and return how many fingerprints that is. Raises
    UnwritableFile."""
    if isinstance(made, Tones):
        prints.add_tones(work, made)
        return 1
    prints.add(work, made)
    return len(made)

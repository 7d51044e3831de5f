"""Luma of the frames of moving scenes, made from a seed: what the video mark is tested on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stamp.watermark.image.vectors import host_picture

Luma = NDArray[np.uint8]


def pan(
    shape: tuple[int, int], frames: int, *, speed: tuple[float, float] = (2.0, 3.0), seed: int = 0
) -> Iterator[Luma]:
    """A camera that pans over a painted backdrop, with a little sensor noise; each seed another.

    (H, W) uint8 frames, luma 16 to 235."""
    h, w = shape
    dy, dx = (int(abs(v) * frames) + 1 for v in speed)
    backdrop = np.roll(host_picture((h + dy, w + dx)), 37 * seed, (0, 1)).astype(np.float32)
    noise = np.random.default_rng(seed)
    for t in range(frames):
        y, x = int(speed[0] * t) % (dy + 1), int(speed[1] * t) % (dx + 1)
        view = backdrop[y : y + h, x : x + w] * np.float32(219 / 255) + 16
        yield np.clip(np.rint(view + noise.normal(0, 1.5, shape)), 0, 255).astype(np.uint8)

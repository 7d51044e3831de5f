"""A picture between reading and writing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...core.colour import LUMA_WEIGHTS

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

    format: str
    pixels: Pixels
    host: Host
    notes: list[str] = field(default_factory=list)


def over_gray(samples: Pixels) -> Pixels:
    """Rec. 601 luma (H, W) of gray, gray + alpha, RGB or RGBA samples; transparency shows mid-gray.

    Pixels that cannot be seen were not marked either: whatever hides there must not disturb the detector.
    """
    if samples.ndim == 2:
        return samples
    channels = samples.shape[2]
    colour, alpha = samples[..., : channels - 1 + channels % 2], samples[..., -1]
    luma = colour[..., 0] if channels < 3 else _luma(np.ascontiguousarray(colour))
    top = np.iinfo(samples.dtype).max
    if channels % 2 or alpha.min() == top:
        return luma
    share = alpha.astype(np.float32) / top
    return np.rint(luma * share + (top // 2 + 1) * (1 - share)).astype(samples.dtype)


def shown(samples: Pixels) -> Pixels:
    """Samples of gray, RGB or RGBA as they are shown: uint8, (H, W) or (H, W, 3); transparency shows
    mid-gray."""
    small = samples if samples.dtype == np.uint8 else (samples >> 8).astype(np.uint8)
    if small.ndim == 2 or small.shape[2] == 3:
        return small
    share = small[..., 3:].astype(np.float32) / 255
    return np.rint(small[..., :3] * share + 128 * (1 - share)).astype(np.uint8)


def deep_luma(samples: NDArray[Any]) -> Pixels:
    """Luma (H, W) uint16 of gray samples of 32 bits, or floats, whose white is in no header.

    White is the least of the usual values that all but a few samples keep to. Taken for too low a value, a
    picture would be white all over, and its mark not found.
    """
    values = np.nan_to_num(samples.astype(np.float64))
    usual = (1.0, 255.0, 65535.0) if samples.dtype.kind == "f" else (255.0, 65535.0)
    white = next((value for value in usual if np.mean(values > value) <= _BEYOND_WHITE), float(values.max()))
    return np.rint(np.clip(values / white, 0, 1) * 65535).astype(np.uint16)


_BEYOND_WHITE = 0.02  # share of the samples: highlights, in floating point


def _luma(colour: Pixels) -> Pixels:
    if colour.dtype == np.uint8:
        return np.asarray(Image.fromarray(colour).convert("L"))
    weights = np.array(LUMA_WEIGHTS, np.float32)
    return np.rint(colour.astype(np.float32) @ weights).astype(colour.dtype)

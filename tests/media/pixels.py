"""Pictures with the statistics of photographs, made from a seed: 1/f noise, edges, gradients and grain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def noise(shape: tuple[int, int], seed: int, exponent: float = 1.4) -> NDArray[np.float64]:
    """(H, W) of zero mean and unit deviation; amplitude falls as frequency ** -exponent."""
    h, w = shape
    frequency = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.rfftfreq(w)[None])
    frequency[0, 0] = 1
    phases = np.exp(2j * np.pi * np.random.default_rng(seed).random(frequency.shape))
    phases[0, 0] = 0
    field = np.fft.irfft2(phases * frequency**-exponent, s=shape)
    return (field - field.mean()) / field.std()


def photo(height: int, width: int, seed: int = 1) -> NDArray[np.uint8]:
    """(H, W, 3) RGB: a sky with a gradient above textured hills, boxes with hard edges in front."""
    random = np.random.default_rng(seed)
    texture, tint = noise((height, width), seed), noise((height, width), seed + 1000)
    y, x = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None]
    hills = y > 0.45 + 0.12 * np.sin(7 * x + seed)
    luma = np.where(hills, 105 + 30 * texture, 200 - 60 * y + 5 * texture)
    for _ in range(7):
        top, left = random.uniform(0.3, 0.85), random.uniform(0, 0.85)
        inside = (y > top) & (y < top + random.uniform(0.05, 0.3)) & (x > left) & (x < left + 0.12)
        luma = np.where(inside, random.uniform(40, 190) + 12 * texture, luma)
    luma += 1.5 * random.standard_normal((height, width))
    colour = np.where(hills, 14 + 6 * tint, -25 + 5 * tint)
    pixels = np.stack([luma + colour, luma + np.abs(colour) / 4, luma - colour], axis=-1)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def gray(height: int, width: int, seed: int = 1) -> NDArray[np.uint8]:
    """(H, W): the green channel of `photo`."""
    return np.ascontiguousarray(photo(height, width, seed)[:, :, 1])


def homography(points: NDArray[np.floating], places: NDArray[np.floating]) -> NDArray[np.float64]:
    """The (3, 3) matrix that takes four points, (4, 2), to four places."""
    rows, right = [], []
    for (x, y), (u, v) in zip(points, places, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(right)), 1).reshape(3, 3)

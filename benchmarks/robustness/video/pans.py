"""Clips of 1080 rows from photos: a hand-held camera that pans over them and zooms, with a sensor's noise.

    python -m benchmarks.robustness.video.pans --photos FILE FILE --out FOLDER

Few clips of that size are free to pass on, and it is what phones record. Ten seconds at 30 frames a second
and a phone's 15 Mb/s. Upright photos and those of fewer than a million pixels are passed over.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from math import cos, sin
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.common import clips

_WIDTH, _HEIGHT, _RATE, _FRAMES = 1920, 1080, 30, 300
_LEAST_PIXELS = 1_000_000
_NOISE = 2.0  # grey levels
_JITTER = 2.0  # pixels that the hand wanders in a frame
_NOISES = 7  # frames of noise, each shifted as it is used again


def views(photo: Image.Image, rng: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of what each frame shows."""
    steps = rng.normal(0, _JITTER, (_FRAMES, 2)).cumsum(0)
    hand = np.stack([np.convolve(column, np.ones(15) / 15, "same") for column in steps.T], 1)
    closer, phase = bool(rng.integers(2)), float(rng.uniform(0, 6))
    boxes = []
    for number in range(_FRAMES):
        done = number / _FRAMES
        zoom = 0.9 * (1 - 0.3 * done if closer else 0.7 + 0.3 * done)
        zoom *= min(photo.width / _WIDTH, photo.height / _HEIGHT)
        width, height = _WIDTH * zoom, _HEIGHT * zoom
        left = (photo.width - width) * (0.5 + 0.3 * sin(number / 140 + phase)) + hand[number, 0] * zoom
        top = (photo.height - height) * (0.5 + 0.3 * cos(number / 170 + phase)) + hand[number, 1] * zoom
        left = float(np.clip(left, 0, photo.width - width))
        top = float(np.clip(top, 0, photo.height - height))
        boxes.append((left, top, left + width, top + height))
    return boxes


def frame(
    photo: Image.Image, box: tuple[float, float, float, float], noise: NDArray[np.float32]
) -> av.VideoFrame:
    seen = np.asarray(photo.resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC, box, reducing_gap=1.0))
    noisy = np.clip(seen + noise[:, :, None], 0, 255).astype(np.uint8)
    return av.VideoFrame.from_ndarray(noisy, format="rgb24").reformat(format="yuv420p")


def write(photo: Image.Image, target: Path, rng: np.random.Generator) -> None:
    noises = [rng.normal(0, _NOISE, (_HEIGHT, _WIDTH)).astype(np.float32) for _ in range(_NOISES)]
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE, options={"preset": "fast"})
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.bit_rate = 15_000_000
        for number, box in enumerate(views(photo, rng)):
            picture = frame(photo, box, np.roll(noises[number % _NOISES], 37 * number, 1))
            picture.pts, picture.time_base = number, Fraction(1, _RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness.video.pans", description=__doc__)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for path in options.photos:
        with Image.open(path) as opened:
            photo = ImageOps.exif_transpose(opened).convert("RGB")
        if photo.width > photo.height and photo.width * photo.height >= _LEAST_PIXELS:
            rng = np.random.default_rng(clips.seed_of(path, options.seed))
            write(photo, options.out / f"pan_{path.stem}.mp4", rng)


if __name__ == "__main__":
    main()

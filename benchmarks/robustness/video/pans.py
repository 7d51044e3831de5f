"""Clips of 1080 rows, or others, from photos: a hand-held camera pans over them and zooms, with sensor noise.

    python -m benchmarks.robustness.video.pans --photos FILE FILE --out FOLDER
    python -m benchmarks.robustness.video.pans --photos FILE FILE --out FOLDER --rows 2160 --rate 60

Few clips of that size are free to pass on, and it is what phones record. Ten seconds at 30 frames a second,
16:9, and a phone's 15 Mb/s. Upright photos and those of fewer than a million pixels are passed over.
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

_SECONDS = 10
_LEAST_PIXELS = 1_000_000
_NOISE = 2.0  # grey levels
_JITTER = 2.0  # pixels that the hand wanders in a frame
_NOISES = 7  # frames of noise, each shifted as it is used again


def views(
    photo: Image.Image, size: tuple[int, int], frames: int, rng: np.random.Generator
) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of what each of the frames of `size`, (width, height), shows."""
    steps = rng.normal(0, _JITTER, (frames, 2)).cumsum(0)
    hand = np.stack([np.convolve(column, np.ones(15) / 15, "same") for column in steps.T], 1)
    closer, phase = bool(rng.integers(2)), float(rng.uniform(0, 6))
    boxes = []
    for number in range(frames):
        done = number / frames
        zoom = 0.9 * (1 - 0.3 * done if closer else 0.7 + 0.3 * done)
        zoom *= min(photo.width / size[0], photo.height / size[1])
        width, height = size[0] * zoom, size[1] * zoom
        left = (photo.width - width) * (0.5 + 0.3 * sin(number / 140 + phase)) + hand[number, 0] * zoom
        top = (photo.height - height) * (0.5 + 0.3 * cos(number / 170 + phase)) + hand[number, 1] * zoom
        left = float(np.clip(left, 0, photo.width - width))
        top = float(np.clip(top, 0, photo.height - height))
        boxes.append((left, top, left + width, top + height))
    return boxes


def frame(
    photo: Image.Image, box: tuple[float, float, float, float], noise: NDArray[np.float32]
) -> av.VideoFrame:
    seen = np.asarray(photo.resize(noise.shape[::-1], Image.Resampling.BICUBIC, box, reducing_gap=1.0))
    noisy = np.clip(seen + noise[:, :, None], 0, 255).astype(np.uint8)
    return av.VideoFrame.from_ndarray(noisy, format="rgb24").reformat(format="yuv420p")


def write(photo: Image.Image, target: Path, rows: int, rate: int, rng: np.random.Generator) -> None:
    width = rows * 16 // 9
    noises = [rng.normal(0, _NOISE, (rows, width)).astype(np.float32) for _ in range(_NOISES)]
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "fast"})
        stream.width, stream.height, stream.pix_fmt = width, rows, "yuv420p"
        stream.bit_rate = 15_000_000
        for number, box in enumerate(views(photo, (width, rows), _SECONDS * rate, rng)):
            picture = frame(photo, box, np.roll(noises[number % _NOISES], 37 * number, 1))
            picture.pts, picture.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness.video.pans", description=__doc__)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1080)
    parser.add_argument("--rate", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for path in options.photos:
        with Image.open(path) as opened:
            photo = ImageOps.exif_transpose(opened).convert("RGB")
        if photo.width > photo.height and photo.width * photo.height >= _LEAST_PIXELS:
            rng = np.random.default_rng(clips.seed_of(path, options.seed))
            write(photo, options.out / f"pan_{path.stem}.mp4", options.rows, options.rate, rng)


if __name__ == "__main__":
    main()

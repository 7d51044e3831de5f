"""Clips for a run, and FFmpeg to cut, edit and encode them: the program that imageio-ffmpeg ships, built up
by ffmpeg-python. No part of `stamp` takes part in attacking itself.

Both are imported where they are used, so that tables can be made without them."""

from __future__ import annotations

import argparse
import subprocess
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.common import photos, runner

SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".ogg", ".m4v"}


@dataclass(frozen=True)
class Shape:
    width: int
    height: int
    rate: Fraction

    @property
    def short(self) -> int:
        return min(self.width, self.height)

    def scaled_to(self, short: int) -> tuple[int, int]:
        """Even (width, height) with that shorter side; no clip is made larger, as no platform does."""
        scale = min(short / self.short, 1.0)
        return max(round(self.width * scale / 2) * 2, 2), max(round(self.height * scale / 2) * 2, 2)


def parser(name: str, description: str | None, *, seconds: float = 10.0) -> argparse.ArgumentParser:
    """The options that all benchmarks of clips share."""
    made = argparse.ArgumentParser(
        f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(benchmark=name, tools=["stamp"])
    add = made.add_argument
    add("--clips", nargs="+", type=Path, required=True, help="files or folders")
    add("--seconds", type=float, default=seconds, help=f"taken of each clip [{seconds:g}]")
    add("--out", type=Path, default=runner.RESULTS, help="folder for results [benchmarks/results]")
    add("--name", default=name.rsplit(".", 1)[-1], help="base name of the results")
    add("--seed", type=int, default=1)
    add("-j", "--jobs", type=int, default=1, help="processes [1]")
    return made


def find(paths: list[Path], leave_out: Sequence[str] = ()) -> list[Path]:
    """Every clip in `paths` (a folder's own files), sorted, but those whose names match a pattern.

    Raises FileNotFoundError where there is none.
    """
    found = {
        file
        for path in paths
        for file in (path.iterdir() if path.is_dir() else [path])
        if file.suffix.lower() in SUFFIXES
    }
    if not found:
        raise FileNotFoundError(f"no clips in {', '.join(map(str, paths))}")
    return photos.kept(sorted(found), leave_out)


def seed_of(path: Path, seed: int) -> int:
    return zlib.crc32(f"{seed}/{path.name}".encode())


def shape_of(path: Path) -> Shape:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return Shape(stream.width, stream.height, Fraction(stream.average_rate or 25))


def seconds_of(path: Path) -> float:
    with av.open(str(path)) as container:
        return float((container.duration or 0) / av.time_base)


def program() -> str:
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def source(path: Path | str, **options: Any) -> Any:
    """The video of a file, or of one of FFmpeg's own sources (`f="lavfi"`), to be filtered."""
    import ffmpeg

    return ffmpeg.input(str(path), **options).video


def overlay(back: Any, front: Any, **options: Any) -> Any:
    import ffmpeg

    return ffmpeg.overlay(back, front, **options)


def run(stream: Any) -> None:
    """Raises CalledProcessError, with what the program said, where it fails."""
    import ffmpeg

    command = ffmpeg.compile(
        stream.global_args("-v", "error", "-nostdin"), cmd=program(), overwrite_output=True
    )
    subprocess.run(command, check=True, capture_output=True)


def luma_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The first plane of a frame of 8 bits, in place."""
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width]


def cut(path: Path, target: Path, *, start: float = 0.0, seconds: float | None = None) -> None:
    """An excerpt without sound, coded so well that the first encoding is not the attack (x264, crf 12)."""
    span = {} if seconds is None else {"t": seconds}
    video = source(path, ss=start, **span).filter("crop", "trunc(iw/2)*2", "trunc(ih/2)*2")
    run(video.output(str(target), vcodec="libx264", preset="veryfast", crf=12, pix_fmt="yuv420p"))

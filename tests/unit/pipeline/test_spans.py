"""Clips and songs are compared as files: other rates, other sizes, and what is no clip."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

import stamp
from stamp.pipeline.spans import clips, songs
from tests.media.frames import pan
from tests.media.samples import music


def written(path: Path, frames: list[np.ndarray]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8, options={"crf": "20"})
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = "yuv420p"
        for luma in frames:
            frame = av.VideoFrame.from_ndarray(np.repeat(luma[..., None], 3, axis=2), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.slow
def test_clips(tmp_path: Path) -> None:
    frames = list(pan((240, 320), 48, speed=(1.0, 4.0)))
    original = written(tmp_path / "whole.mp4", frames)
    find = written(tmp_path / "part.mkv", [frame[20:220, 8:312] for frame in frames[16:40]])
    said, picture = clips(original, find, True)
    assert said.verdict == "agrees"
    # A camera that pans shows a crop of one frame in its neighbours, too.
    assert said.work_span == pytest.approx((2.0, 4.9), abs=1.0)
    assert said.overlap == pytest.approx(200 * 304 / (240 * 320), abs=0.05)
    assert picture is not None
    assert picture.dtype == np.uint8
    assert clips(original, find, False)[1] is None


@pytest.mark.slow
def test_songs(tmp_path: Path) -> None:
    whole = music(24.0, 48_000)
    soundfile.write(tmp_path / "whole.wav", whole, 48_000)
    soundfile.write(tmp_path / "part.flac", whole[5 * 48_000 : 15 * 48_000 : 2] * 0.3, 24_000)
    soundfile.write(tmp_path / "other.wav", music(12.0, 44_100, seed=5), 44_100)
    said = songs(tmp_path / "whole.wav", tmp_path / "part.flac", marked=False)
    assert said.verdict == "agrees"
    assert said.work_span == pytest.approx((5, 15), abs=0.1)
    assert songs(tmp_path / "whole.wav", tmp_path / "other.wav", marked=False).verdict == "unregistered"
    assert songs(tmp_path / "whole.wav", tmp_path / "other.wav", marked=True).verdict == "differs"


def test_what_is_no_clip_is_named(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", music(1.0), 44_100)
    with pytest.raises(stamp.MediaError, match=r"song\.wav"):
        clips(tmp_path / "song.wav", tmp_path / "song.wav", False)

"""From a mark to a verified packet: a clip and a song. The photo is in test_packets."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from stamp.catalogue.catalogue import Catalogue
from stamp.core.key import Key
from stamp.core.options import CopyOptions
from stamp.core.rights import Rights
from stamp.evidence.options import PacketOptions
from stamp.evidence.packet import make_packet
from stamp.evidence.verify import verify_packet
from stamp.pipeline.comparing import compare_find
from stamp.pipeline.files import embed_file
from stamp.pipeline.finding import Seen, add_find
from tests.media.frames import pan
from tests.media.samples import music
from tests.unit.evidence.conftest import AT
from tests.unit.evidence.test_packets import entries, text_of


def _clip(path: Path, frames: list[np.ndarray]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8, options={"crf": "18"})
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = "yuv420p"
        for luma in frames:
            frame = av.VideoFrame.from_ndarray(np.repeat(luma[..., None], 3, axis=2), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _recoded(source: Path, target: Path) -> Path:
    """The second half of a clip, cropped."""
    with av.open(str(source)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    return _clip(
        target, [np.ascontiguousarray(frame[20:-20, 10:-10]) for frame in frames[len(frames) // 3 :]]
    )


def _excerpt(source: Path, target: Path) -> Path:
    samples, rate = soundfile.read(source)
    soundfile.write(target, samples[5 * rate : 35 * rate] * 0.5, rate)
    return target


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["video", "audio"])
def test_clips_and_songs(tmp_path: Path, kind: str) -> None:
    key = Key.generate("tests")
    if kind == "video":
        source, marked = (
            _clip(tmp_path / "work.mp4", list(pan((480, 640), 48, speed=(1.0, 4.0)))),
            tmp_path / "m.mp4",
        )
    else:
        source, marked = tmp_path / "work.wav", tmp_path / "m.wav"
        soundfile.write(source, music(45.0, 44_100), 44_100)
    with Catalogue.open(tmp_path / "catalogue.sqlite") as catalogue:
        work = catalogue.works.add(source, title="Work").work
        rights = Rights(copyright_notice="© 2026 Ada")
        embed_file(source, marked, key=key, rights=rights, catalogue=catalogue, copy=CopyOptions(work=work))
        if kind == "video":
            capture = _recoded(marked, tmp_path / "found.mkv")
        else:
            capture = _excerpt(marked, tmp_path / "found.flac")
        find = add_find(catalogue, capture, keys=[key], seen=Seen(by="Ada")).find
        compare_find(catalogue, find)
        catalogue.finds.judge(find, "ours", "Ada")
        make_packet(catalogue, find, tmp_path / "p.zip", PacketOptions(at=AT))
    assert verify_packet(tmp_path / "p.zip").is_verified
    found = entries(tmp_path / "p.zip")
    said = json.loads(found["evidence.json"])
    assert said["comparison"]["verdict"] == "agrees"
    start, end = said["comparison"]["work_span"]
    assert end > start > 1
    assert found["pictures/comparison.jpg"][:2] == b"\xff\xd8"
    page = text_of(found["report.pdf"], 1, 1)
    assert "of the file, from 0:0" in page
    assert "Ada compared the two" in page

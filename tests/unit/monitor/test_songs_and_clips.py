"""Songs and clips are found in a catalogue, also parts of them; others are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from stamp.monitor.indexing import add_prints, prints_if_possible
from stamp.monitor.matching import match_file
from stamp.pipeline.cataloguing import Catalogue
from tests.unit.matching.test_clips import RATE as PER_SECOND
from tests.unit.matching.test_clips import Luma, clip
from tests.unit.matching.test_constellation import RATE, song

pytestmark = pytest.mark.slow


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue.open(tmp_path / "c.sqlite") as opened:
        yield opened


def add(catalogue: Catalogue, path: Path) -> str:
    work = catalogue.works.add(path).work
    made = prints_if_possible(path)
    assert made is not None
    add_prints(catalogue, work, made)
    return work


def test_part_of_a_song_is_a_copy(catalogue: Catalogue, tmp_path: Path) -> None:
    works = []
    for seed in (1, 2, 3):
        soundfile.write(tmp_path / f"{seed}.wav", song(40, seed), RATE)
        works.append(add(catalogue, tmp_path / f"{seed}.wav"))
    part = song(40, 2)[15 * RATE : 27 * RATE]
    noisy = part + 0.02 * np.random.default_rng(1).standard_normal(len(part))
    soundfile.write(tmp_path / "part.wav", noisy, RATE)
    report = match_file(catalogue, tmp_path / "part.wav")
    (match,) = report.matches
    assert (match.work, match.verdict, match.stage) == (works[1], "copy", "sound")
    assert match.work_span is not None
    assert match.work_span == (pytest.approx(15, abs=0.5), pytest.approx(27, abs=0.5))
    soundfile.write(tmp_path / "other.wav", song(12, 9), RATE)
    assert match_file(catalogue, tmp_path / "other.wav").outcome == "not_found"


def write(path: Path, frames: list[Luma]) -> Path:
    """A clip of these frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=PER_SECOND, options={"crf": "24"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode())
    return path


def test_part_of_a_clip_is_found_with_its_span(catalogue: Catalogue, tmp_path: Path) -> None:
    work = add(catalogue, write(tmp_path / "work.mp4", clip()))
    add(catalogue, write(tmp_path / "second.mp4", clip(20)))
    part = [np.ascontiguousarray(frame[:, ::-1]) for frame in clip()[24:64]]
    report = match_file(catalogue, write(tmp_path / "part.mp4", part), pictures=tmp_path / "drawn")
    match = report.matches[0]
    assert (match.work, match.verdict, match.mirrored) == (work, "copy", True)
    assert match.work_span is not None
    assert match.work_span[0] == pytest.approx(3, abs=0.7)
    assert report.pictures[0].is_file()
    other = match_file(catalogue, write(tmp_path / "other.mp4", clip(40)[:40]))
    assert other.outcome == "not_found"


def test_a_still_of_a_clip_is_found_with_its_moment(catalogue: Catalogue, tmp_path: Path) -> None:
    work = add(catalogue, write(tmp_path / "work.mp4", clip()))
    Image.fromarray(clip()[33]).save(tmp_path / "still.png")
    match = match_file(catalogue, tmp_path / "still.png").matches[0]
    assert match.work == work
    assert match.work_span is not None
    assert match.work_span[0] == pytest.approx(33 / PER_SECOND, abs=1.5)

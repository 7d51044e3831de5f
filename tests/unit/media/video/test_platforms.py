"""What platforms ask of clips, and what is made for them."""

from __future__ import annotations

import struct
import tomllib
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.key import Key
from stamp.core.options import PLATFORMS, EmbedOptions
from stamp.core.reports import EmbedReport
from stamp.media.video.clip import Clip, examine
from stamp.media.video.encoders import Settings
from stamp.media.video.luma import Turn
from stamp.media.video.mp4_index import Layout, layout
from stamp.media.video.platforms import findings, platform, with_codec
from stamp.pipeline.files import embed_file
from tests.media import video_files

KEY = Key.generate("platforms")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """A clip that everybody takes, by its facts."""
    path = tmp_path_factory.mktemp("good") / "clip.mp4"
    clip = examine(
        video_files.write(path, count=2, prepare=lambda container, stream: [video_files.add_sound(container)])
    )
    assert clip is not None
    return replace(clip, width=1080, height=1920, seconds=20.0, fps=30.0, frames=600)


def test_the_figures_have_a_date_and_a_source() -> None:
    text = resources.files("stamp.media.video").joinpath("platforms.toml").read_text("utf-8")
    assert set(tomllib.loads(text)) == set(PLATFORMS)
    for name in PLATFORMS:
        wanted = platform(name)
        assert wanted.read.year >= 2026
        assert wanted.sources
        assert all(source.startswith("https://") for source in wanted.sources)


@pytest.mark.parametrize("name", PLATFORMS)
def test_nothing_to_say_about_a_good_clip(name: str, good: Clip) -> None:
    assert findings(good, platform(name), 10_000_000, Layout(index_first=True, edit_lists=False)) == ()


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("youtube", {"muxer": "matroska"}, "mp4"),
        ("youtube", {"first_field": "top"}, "interlaced"),
        ("youtube", {"fps": 120.0}, "120.00"),
        ("youtube", {"audio_codec": "opus"}, "aac"),
        ("tiktok", {"fps": 15.0}, "15.00"),
        ("tiktok", {"seconds": 700.0}, "700.0"),
        ("tiktok", {"width": 200, "height": 356}, "200x356"),
        ("tiktok", {"turn": Turn(transposed=True)}, "9:16"),
        ("instagram", {"seconds": 2.0}, "2.0"),
        ("instagram", {"width": 3840, "height": 2160}, "3840"),
        ("instagram", {"audio_channels": 6}, "6"),
        ("instagram", {"sample_aspect": Fraction(4, 3)}, "9:16"),
    ],
)
def test_findings(name: str, changes: dict[str, Any], said: str, good: Clip) -> None:
    told = findings(replace(good, **changes), platform(name), 10_000_000, None)
    assert any(said in line and line.startswith(f"{name}: ") for line in told)


def test_findings_about_the_file(good: Clip) -> None:
    wanted = platform("instagram")
    told = " ".join(findings(good, wanted, 400_000_000, Layout(index_first=False, edit_lists=True)))
    assert "400000000" in told
    assert "index in front" in told
    assert "left out" in told
    late = findings(replace(good, staggered=True), wanted, 1, Layout(index_first=True, edit_lists=True))
    assert "starts" in " ".join(late)


def test_the_codec_is_changed_where_the_platform_does_not_take_it(good: Clip) -> None:
    wanted = platform("youtube")
    assert with_codec(Settings(), replace(good, codec="mpeg4"), wanted).codec == "h264"
    assert with_codec(Settings(codec="hevc"), replace(good, codec="mpeg4"), wanted).codec == "hevc"
    assert with_codec(Settings(), replace(good, codec="hevc", transfer=16), wanted).codec == "hevc"
    assert with_codec(Settings(), replace(good, codec="vp9", muxer="webm"), wanted).codec == "vp9"


def made(source: Path, target: Path, name: str) -> EmbedReport:
    return embed_file(source, target, key=KEY, options=EmbedOptions(platform=name, preset="veryfast"))


def times(path: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                found.setdefault(packet.stream.type, []).append(float(packet.pts * packet.time_base))
    return {kind: sorted(seconds) for kind, seconds in found.items()}


@pytest.mark.slow
def test_a_clip_for_youtube(tmp_path: Path) -> None:
    """4:4:4 MPEG-4 part 2 is no upload; sound and picture stay together without edit lists."""
    sound = lambda container, stream: [video_files.add_sound(container)]  # noqa: E731
    source = video_files.write(tmp_path / "in.mp4", size=(416, 240), pix_fmt="yuv444p", prepare=sound)
    report = made(source, tmp_path / "out.mp4", "youtube")
    assert layout(tmp_path / "out.mp4") == Layout(index_first=True, edit_lists=False)
    assert any("edit lists" in note for note in report.notes)
    before, after = times(source), times(tmp_path / "out.mp4")
    assert after["video"] == pytest.approx(before["video"], abs=1e-4)
    assert after["audio"] == pytest.approx([second for second in before["audio"] if second >= 0], abs=1e-4)
    with av.open(str(tmp_path / "out.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.profile) == ("h264", "yuv420p", "High")
        keys = [
            float(packet.pts * packet.time_base) for packet in container.demux(stream) if packet.is_keyframe
        ]
    assert max(b - a for a, b in pairwise(keys)) <= 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "options"),
    [
        ("in.mov", "prores_ks", "yuva444p10le", {"profile": "4444", "alpha_bits": "16"}),
        ("in.mp4", "libx265", "yuv444p12le", {"x265-params": "log-level=none"}),
    ],
)
def test_a_master_is_brought_to_what_the_platform_takes(
    name: str, codec: str, pix_fmt: str, options: dict[str, str], tmp_path: Path
) -> None:
    """That the platform's encoder does not take the master's own samples is no reason against it."""
    source = video_files.write(
        tmp_path / name, codec, size=(416, 240), pix_fmt=pix_fmt, count=24, options=options
    )
    target = tmp_path / f"out-{name}"
    report = made(source, target, "youtube")
    assert ("youtube: wants no transparency: it is left out" in report.notes) == pix_fmt.startswith("yuva")
    with av.open(str(target)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")


def test_a_damaged_index_is_named_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(struct.pack(">I4sI4s", 16, b"moov", 99, b"trak"))
    with pytest.raises(
        CorruptFile, match=r"cut\.mp4: the box at byte 8 does not fit in what holds it; fetch"
    ):
        layout(path)


def test_an_odd_size_is_refused_with_its_reason(tmp_path: Path) -> None:
    source = video_files.odd_444(tmp_path / "in.mp4")
    with pytest.raises(UnsupportedFormat, match="321x179 pixels as yuv420p; crop the clip to even sides"):
        made(source, tmp_path / "out.mp4", "youtube")


@pytest.mark.slow
def test_an_edit_list_that_is_needed_stays(tmp_path: Path) -> None:
    source = video_files.delayed(tmp_path / "in.mp4")
    made(source, tmp_path / "out.mp4", "instagram")
    found = layout(tmp_path / "out.mp4")
    assert found is not None
    assert found.edit_lists
    before, after = times(source), times(tmp_path / "out.mp4")
    for kind in ("video", "audio"):
        assert after[kind] == pytest.approx(before[kind], abs=1e-4)

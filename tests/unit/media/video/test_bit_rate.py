"""The highest rate of a clip that is encoded again."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

import stamp
from stamp.media.video.clip import examine
from stamp.media.video.fitting import rate_within
from stamp.media.video.transcode import plan_transcode
from tests.media import video_files

KEY = stamp.Key.generate("rates")


def rate(path: Path) -> float:
    """bit/s of the pictures."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [(packet.size, packet.pts) for packet in container.demux(stream) if packet.size]
        assert stream.time_base is not None
        ticks = max(pts or 0 for _, pts in packets) - min(pts or 0 for _, pts in packets)
        return 8 * sum(size for size, _ in packets) / float(ticks * stream.time_base)


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1"])
def test_pictures_keep_to_the_highest_rate_and_carry_the_mark(tmp_path: Path, codec: str) -> None:
    source = video_files.write(tmp_path / "in.mkv", size=(640, 360), count=120)
    free, held = tmp_path / "free.mkv", tmp_path / "held.mkv"
    payload = stamp.embed_file(source, free, key=KEY, options=stamp.EmbedOptions(codec=codec)).payload
    most = round(rate(free) * 0.7)
    options = stamp.EmbedOptions(codec=codec, max_bit_rate=most)
    stamp.embed_file(source, held, payload, key=KEY, options=options)
    assert rate(held) < 1.25 * most  # a buffer of two seconds fills at the beginning of a short clip
    assert rate(held) < rate(free)
    assert stamp.detect_file(held, keys=KEY).payload == payload


def test_a_codec_without_such_a_rate_is_refused(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "in.mkv", size=(416, 240), count=8)
    options = stamp.EmbedOptions(codec="ffv1", max_bit_rate=10_000)
    with pytest.raises(stamp.UnsupportedFormat, match="ffv1 has no highest bit rate"):
        stamp.embed_file(source, tmp_path / "out.mkv", key=KEY, options=options)


@pytest.mark.parametrize("value", [0, -1])
def test_a_rate_of_nothing_is_a_mistake(value: int) -> None:
    with pytest.raises(stamp.ArgumentError, match="max_bit_rate"):
        stamp.EmbedOptions(max_bit_rate=value)


def test_a_platform_does_not_lift_the_limit(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "in.mp4", size=(416, 240), count=8)
    clip = examine(source)
    assert clip is not None
    for rate, expected in ((300_000, "300000"), (None, "25000000"), (90_000_000, "25000000")):
        plan = plan_transcode(clip, stamp.EmbedOptions(platform="instagram", max_bit_rate=rate))
        assert plan.encoder.options.get("maxrate") == expected


def test_vp8_is_not_held_to_a_rate_that_nobody_asked_for(tmp_path: Path) -> None:
    clip = examine(video_files.write(tmp_path / "in.mkv", size=(416, 240), count=8))
    assert clip is not None
    plan = plan_transcode(clip, stamp.EmbedOptions(codec="vp8"))
    assert int(plan.encoder.options["b"]) > 10_000_000  # 0 is taken for FFmpeg's own 256 kbit/s


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_clip_fits_into_a_size(tmp_path: Path, suffix: str) -> None:
    source = video_files.write(tmp_path / f"in{suffix}", size=(640, 360), count=100)
    free, held = tmp_path / f"free{suffix}", tmp_path / f"held{suffix}"
    quick, rights = stamp.EmbedOptions(preset="veryfast"), stamp.Rights(copyright_notice="© A")
    stamp.embed_file(source, free, key=KEY, options=quick)
    size = free.stat().st_size * 2 // 3
    options = stamp.EmbedOptions(preset="veryfast", fit_size=size)
    report = stamp.embed_file(source, held, key=KEY, options=options, rights=rights)
    assert size // 3 < held.stat().st_size <= size
    assert stamp.detect_file(held, keys=KEY).payload == report.payload


@pytest.mark.slow
@pytest.mark.parametrize("rate", [3_000_000, 50_000_000], ids=["nearly", "far above what it takes"])
def test_a_clip_that_is_too_large_at_first_is_coded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    source = video_files.write(tmp_path / "in.mp4", size=(640, 360), count=50)
    monkeypatch.setattr("stamp.pipeline.video.rate_within", lambda size, path, clip: rate)
    options = stamp.EmbedOptions(preset="veryfast", fit_size=230_000)
    stamp.embed_file(source, tmp_path / "out.mp4", key=KEY, options=options)
    assert (tmp_path / "out.mp4").stat().st_size <= 230_000


def test_a_size_that_sound_alone_fills_is_refused(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "in.mp4", size=(416, 240), count=8)
    clip = examine(source)
    assert clip
    with pytest.raises(stamp.UnsupportedFormat, match=r"cannot fit into 1000 bytes.*; allow more"):
        rate_within(1000, source, clip)
    with pytest.raises(stamp.ArgumentError, match="fit_size"):
        stamp.EmbedOptions(fit_size=10)
    assert stamp.EmbedOptions(fit_size=10**6).idle("image") == ("`fit_size`",)

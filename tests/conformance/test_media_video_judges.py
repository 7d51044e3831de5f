"""What a clip keeps when its frames are written again, with ffprobe as the judge."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.media.video.clip import examine
from stamp.media.video.encoders import Settings, choose
from stamp.media.video.mp4_index import carry_over_boxes
from stamp.media.video.remux import rewrite
from stamp.media.video.transcode import Transcode
from tests.media import video_files

needs_ffprobe = pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed")

needs_judges = pytest.mark.skipif(
    not all(map(shutil.which, ("ffmpeg", "ffprobe", "mediainfo"))),
    reason="ffmpeg and mediainfo are not both installed",
)

# How the frames were coded, and what follows from the size of the result.
CODING = {
    *("size", "bit_rate", "filename", "extradata_size", "level", "profile", "has_b_frames", "refs"),
    *("nb_frames", "coded_width", "coded_height", "pkt_size", "pkt_pos", "pict_type", "key_frame"),
    *("encoder", "ENCODER", "r_frame_rate", "coded_picture_number", "crop_bottom", "crop_right"),
}


def probe(path: Path, *what: str) -> dict[str, Any]:
    run = subprocess.run(
        ["ffprobe", "-v", "error", *what, "-of", "json", str(path)], capture_output=True, check=True
    )
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def told(value: Any) -> Any:
    """What ffprobe told without how the frames were coded."""
    if isinstance(value, dict):
        return {
            name: told(inner)
            for name, inner in value.items()
            # Not said at all is progressive, too.
            if name not in CODING and (name, inner) != ("field_order", "progressive")
        }
    return [told(inner) for inner in value] if isinstance(value, list) else value


def brighter(luma: NDArray[Any], seconds: float) -> None:
    """An edit that changes every sample, and nothing beyond the range."""
    luma[:] = np.minimum(luma, luma.max() - 2) + 2


def rewritten(source: Path, target: Path, edit: Callable[..., None] = brighter) -> None:
    clip = examine(source)
    assert clip is not None
    fast = None if clip.codec in ("prores", "vp9", "mpeg4", "mpeg2video", "dnxhd") else "ultrafast"
    written = rewrite(Transcode(clip, choose(clip, Settings(preset=fast))), target, edit)
    if clip.muxer in ("mp4", "mov"):
        carry_over_boxes(source, target, written.track_ids)


@pytest.fixture(scope="module", params=video_files.CASES, ids=lambda name: name.replace(" ", "-"))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clip, and the same clip written again."""
    folder = tmp_path_factory.mktemp("pair")
    name, make = video_files.CASES[request.param]
    source, target = make(folder / name), folder / f"again-{name}"
    rewritten(source, target)
    return source, target


def planes(path: Path) -> list[list[NDArray[Any]]]:
    """The planes of all frames, luma first, decoded by libvpx where there is alpha in VP9."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        alpha = stream.metadata.get("alpha_mode") == "1"
        decoder = av.CodecContext.create("libvpx-vp9", "r") if alpha else stream.codec_context
        frames = []
        for packet in container.demux(stream):
            for frame in decoder.decode(packet if packet.size else None):
                dtype = "<u2" if frame.format.components[0].bits > 8 else "u1"
                frames.append(
                    [
                        np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width].astype(int)
                        for plane in frame.planes
                    ]
                )
        return frames


@pytest.mark.slow
def test_only_the_luma_changes_and_as_it_should(pair: tuple[Path, Path]) -> None:
    """Colour and alpha come through, whichever the format; the luma is the edited one."""
    before, after = map(planes, pair)
    assert len(before) == len(after)
    for one, two in zip(before, after, strict=True):
        assert len(one) == len(two)
        unit = 1 if one[0].max() < 256 else 4 if one[0].max() < 1024 else 16
        edited = one[0].copy()
        brighter(edited, 0)
        assert np.abs(two[0] - edited).mean() < 1.5 * unit
        assert (two[0] - one[0]).mean() == pytest.approx((edited - one[0]).mean(), abs=0.5)
        for left, right in zip(one[1:], two[1:], strict=True):
            assert np.abs(right - left).mean() < 2 * unit


@pytest.mark.slow
@needs_ffprobe
def test_ffprobe_tells_the_same(pair: tuple[Path, Path]) -> None:
    before, after = (
        told(probe(path, "-show_streams", "-show_format", "-show_chapters", "-show_programs"))
        for path in pair
    )
    assert after == before


@needs_ffprobe
def test_frames_are_shown_when_they_were_with_the_side_data_they_had(pair: tuple[Path, Path]) -> None:
    ask = ("-show_frames", "-select_streams", "v:0")
    before, after = (probe(path, *ask)["frames"] for path in pair)
    assert len(before) == len(after)
    for one, two in zip(before, after, strict=True):
        assert abs(float(one["pts_time"]) - float(two["pts_time"])) < 0.001
        for name in ("interlaced_frame", "top_field_first", "pix_fmt", "color_range", "color_space"):
            assert two.get(name) == one.get(name), name
    side = [
        [data for data in frames[0].get("side_data_list", []) if "unregistered" not in data["side_data_type"]]
        for frames in (before, after)
    ]
    assert sorted(side[0], key=str) == sorted(side[1], key=str)


@needs_ffprobe
def test_all_other_packets_are_the_same_to_the_bit(pair: tuple[Path, Path]) -> None:
    wanted = ("stream_index", "pts", "dts", "size", "data_hash", "flags")

    def others(path: Path) -> list[tuple[Any, ...]]:
        packets = probe(path, "-show_packets", "-show_data_hash", "md5")["packets"]
        return sorted(
            tuple(packet.get(name) for name in wanted)
            for packet in packets
            if packet["codec_type"] != "video"
        )

    before, after = map(others, pair)
    assert before == after


# Source -> FFmpeg's encoder, its options, and the title of the track.
WIDE = {
    "vp9.webm": ("libvpx-vp9", ["-deadline", "realtime", "-cpu-used", "8"], ""),
    "vp8.mkv": ("libvpx", ["-deadline", "realtime", "-cpu-used", "8"], "Cämera 1"),
    "av1.mkv": ("libsvtav1", ["-preset", "12"], ""),
    "ffv1.mkv": ("ffv1", [], "x" * 200),
}


@pytest.mark.slow
@needs_judges
@pytest.mark.parametrize("name", WIDE)
def test_samples_that_are_not_square_stay_so_in_matroska(name: str, tmp_path: Path) -> None:
    encoder, options, title = WIDE[name]
    source, target = tmp_path / name, tmp_path / f"again-{name}"
    picture = ["-f", "lavfi", "-i", "testsrc2=size=352x288:duration=0.4,setsar=16/11", "-pix_fmt", "yuv420p"]
    named = ["-metadata:s:v", f"title={title}"] if title else []
    command = ["ffmpeg", "-v", "error", *picture, "-c:v", encoder, *options, *named, str(source)]
    subprocess.run(command, check=True, timeout=60)
    clip = examine(source)
    assert clip is not None
    speed = {"libvpx": "8", "libvpx-vp9": "8", "libsvtav1": "12"}.get(encoder)
    rewrite(Transcode(clip, choose(clip, Settings(preset=speed))), target, brighter)
    ask = ("-show_streams", "-show_format")
    before, after = (probe(path, *ask)["streams"][0] for path in (source, target))
    for field in ("sample_aspect_ratio", "display_aspect_ratio", "width", "height", "codec_name"):
        assert after[field] == before[field]
    assert after["sample_aspect_ratio"] == "16:11"
    assert after["tags"].get("title") == (title or None)
    tracks = []
    for path in (source, target):
        run = subprocess.run(
            ["mediainfo", "--Output=JSON", path], capture_output=True, check=True, timeout=60
        )
        tracks.append(json.loads(run.stdout)["media"]["track"][1])
    for field in ("PixelAspectRatio", "DisplayAspectRatio", "Title", "Width", "Height", "Format"):
        assert tracks[1].get(field) == tracks[0].get(field)
    command = ["ffmpeg", "-v", "error", "-xerror", "-i", str(target), "-f", "null", "-"]
    assert not subprocess.run(command, capture_output=True, check=True, timeout=60).stderr


MXF = {
    "mpeg2video": ["-b:v", "8M", "-pix_fmt", "yuv422p", "-g", "12"],
    "libx264": ["-preset", "ultrafast", "-pix_fmt", "yuv420p"],
    "dnxhd": ["-profile:v", "dnxhr_hq", "-pix_fmt", "yuv422p"],
}


def mxf(path: Path, codec: str) -> Path:
    """A clip with a timecode, and two tracks of PCM."""
    picture = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=0.6"]
    tone = ["-f", "lavfi", "-i", "sine=duration=0.6:sample_rate=48000"]
    tracks = ["-map", "0", "-map", "1", "-map", "1", "-c:a", "pcm_s24le", "-timecode", "01:02:03:04"]
    command = ["ffmpeg", "-v", "error", *picture, *tone, *tracks, "-c:v", codec, *MXF[codec], str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


def seen_by_mediainfo(path: Path) -> list[dict[str, Any]]:
    run = subprocess.run(["mediainfo", "--Output=JSON", path], capture_output=True, check=True, timeout=60)
    tracks: list[dict[str, Any]] = json.loads(run.stdout)["media"]["track"]
    return tracks


@pytest.mark.slow
@needs_judges
@pytest.mark.parametrize("codec", MXF)
def test_mxf_keeps_its_timecode_its_sound_and_its_codec(codec: str, tmp_path: Path) -> None:
    source, target = mxf(tmp_path / "in.mxf", codec), tmp_path / "out.mxf"
    rewritten(source, target)
    streams = [probe(path, "-show_streams", "-count_frames")["streams"] for path in (source, target)]
    fields = (
        "codec_name",
        "pix_fmt",
        "width",
        "height",
        "nb_read_frames",
        "start_time",
        "duration",
        "sample_rate",
    )
    for before, after in zip(*streams, strict=True):
        assert [after.get(field) for field in fields] == [before.get(field) for field in fields]
    seen = [seen_by_mediainfo(path) for path in (source, target)]
    assert seen[1][0]["Format_Profile"] == "OP-1a"
    for before, after in zip(*seen, strict=True):
        for field in (
            "@type",
            "Format",
            "TimeCode_FirstFrame",
            "TimeCode_LastFrame",
            "FrameCount",
            "BitDepth",
        ):
            assert after.get(field) == before.get(field)
    sounds = [
        subprocess.run(
            ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "streamhash", "-"],
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for path in (source, target)
    ]
    assert sounds[0] == sounds[1] != b""


@pytest.mark.slow
@needs_judges
def test_an_operational_pattern_that_cannot_be_written_is_a_loss(tmp_path: Path) -> None:
    source, atom = mxf(tmp_path / "in.mxf", "dnxhd"), tmp_path / "atom.mxf"
    command = ["ffmpeg", "-v", "error", "-i", source, "-map", "0:v", "-c", "copy", "-f", "mxf_opatom", atom]
    subprocess.run(command, check=True, timeout=60)
    one, other = examine(source), examine(atom)
    assert one is not None
    assert other is not None
    assert (one.losses("dnxhd"), one.timecode) == ((), "01:02:03:04")
    assert other.losses("dnxhd") == ("an operational pattern other than 1a",)


@pytest.mark.slow
@needs_ffprobe
def test_the_index_comes_first(tmp_path: Path) -> None:
    for name, make in (video_files.CASES["rotated phone"], video_files.CASES["HDR10"]):
        rewritten(make(tmp_path / name), tmp_path / "again.mp4")
        data = (tmp_path / "again.mp4").read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.slow
@needs_ffprobe
@pytest.mark.parametrize("codec", ["libmp3lame", "ac3", "mp2", "aac", "pcm_s16le", "adpcm_ima_wav"])
def test_sound_in_avi_keeps_its_clock(codec: str, tmp_path: Path) -> None:
    """Its header counts frames, or bytes; taken for the other, two seconds end after a part of one."""
    sound = lambda container, stream: [video_files.add_sound(container, codec, 2)]  # noqa: E731
    source, target = video_files.write(tmp_path / "in.avi", "mpeg4", prepare=sound), tmp_path / "out.avi"
    rewritten(source, target)
    ask = ("-select_streams", "a", "-show_streams", "-show_packets", "-show_data_hash", "md5")
    before, after = (probe(path, *ask) for path in (source, target))
    for name in ("time_base", "duration", "nb_frames"):
        assert after["streams"][0].get(name) == before["streams"][0].get(name), name
    for one, two in zip(before["packets"], after["packets"], strict=True):
        assert [two.get(name) for name in ("pts", "size", "data_hash")] == [
            one.get(name) for name in ("pts", "size", "data_hash")
        ]


@pytest.mark.slow
@needs_ffprobe
@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "1", "b-pyramid": "none"}, {"bf": "3"}], ids=str)
@pytest.mark.parametrize("suffix", ["flv", "ts", "avi"])
def test_nothing_moves_where_no_edit_list_could_move_it_back(
    suffix: str, options: dict[str, str], tmp_path: Path
) -> None:
    """Coding that runs farther ahead than in the source begins before 0, and muxers then move all tracks."""
    sound = lambda container, stream: [video_files.add_sound(container, "libmp3lame")]  # noqa: E731
    source, target = tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    video_files.write(source, options=options, prepare=sound)
    clip = examine(source)
    assert clip is not None
    rewrite(Transcode(clip, choose(clip, Settings())), target, brighter)
    for kind, which in (("v", "best_effort_timestamp_time"), ("a", "pts_time")):
        ask = ("-select_streams", kind, "-show_frames", "-show_entries", f"frame={which}")
        before, after = (probe(path, *ask)["frames"] for path in (source, target))
        # Of the last frames in AVI, ffprobe tells no time.
        one, two = ([float(each.get(which, -1)) for each in frames] for frames in (before, after))
        assert two == pytest.approx(one, abs=0.001), kind

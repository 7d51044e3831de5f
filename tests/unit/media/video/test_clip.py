"""Clips in and out: what is told about them, how they are turned, what is refused, what stays."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.core.errors import CorruptFile, MediaError, UnsupportedFormat
from stamp.core.key import Key
from stamp.core.options import EmbedOptions
from stamp.formats import mp4
from stamp.formats.chunk_offsets import chunk_offsets
from stamp.formats.isobmff import BoxTree, box, boxes, taken_apart
from stamp.media.video import display_size
from stamp.media.video.clip import Clip, examine
from stamp.media.video.difficulty import EXCERPT_FRAMES
from stamp.media.video.encoders import Settings, choose
from stamp.media.video.frames import Look, watched
from stamp.media.video.hdr import side_data
from stamp.media.video.luma import Turn, turn_of
from stamp.media.video.mp4_index import _make_room, carry_over_boxes
from stamp.media.video.picture_track import _decoding_threads
from stamp.media.video.remux import rewrite
from stamp.media.video.timing import Order
from stamp.media.video.transcode import Transcode, plan_transcode
from stamp.pipeline.files import detect_file, embed_file
from tests.media import video_files


def examined(path: Path) -> Clip:
    clip = examine(path)
    assert clip is not None
    return clip


def again(source: Path, target: Path, **settings: Any) -> tuple[str, ...]:
    clip = examined(source)
    written = rewrite(Transcode(clip, choose(clip, Settings(**settings))), target, lambda luma, seconds: None)
    return written.notes


def times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        packets = container.demux(video=0)
        return sorted(float(packet.pts * packet.time_base) for packet in packets if packet.pts is not None)


@pytest.mark.parametrize(("cpus", "threads"), [(1, 1), (2, 3), (3, 4), (4, 4), (64, 4)])
def test_many_processors_take_no_more_memory(cpus: int, threads: int) -> None:
    assert _decoding_threads(cpus) == threads


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, EXCERPT_FRAMES - 1, EXCERPT_FRAMES, 40])
def test_the_first_frames_are_seen_before_any_is_edited(count: int, tmp_path: Path) -> None:
    clip = examined(video_files.write(tmp_path / "in.mp4", count=count, options={"bf": "2"}))
    seen: list[str] = []
    edited: list[float] = []

    def preview(frames: list[av.VideoFrame]) -> None:
        seen.append(f"preview of {len(frames)}")

    def edit(luma: NDArray[Any], seconds: float) -> None:
        seen.append("edit")
        edited.append(seconds)

    rewrite(Transcode(clip, choose(clip, Settings())), tmp_path / "out.mp4", edit, preview=preview)
    assert seen == [f"preview of {min(count, EXCERPT_FRAMES)}", *["edit"] * count]
    assert edited == times(tmp_path / "out.mp4") == times(tmp_path / "in.mp4")


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarter", range(4))
def test_a_display_matrix_turns_the_view(quarter: int, mirrored: bool) -> None:
    """(x, y) is shown at (ax + cy, bx + dy), moved to where no coordinate is below 0."""
    turns = [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)]
    a, b, c, d = turns[quarter]
    if mirrored:
        a, c = -a, -c
    one = 1 << 16
    turn = turn_of(struct.pack("=9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30))
    plane = np.arange(12).reshape(3, 4)
    y, x = np.mgrid[:3, :4]
    shown_x, shown_y = a * x + c * y, b * x + d * y
    shown = np.zeros((4, 3) if b else (3, 4), int)
    shown[shown_y - shown_y.min(), shown_x - shown_x.min()] = plane
    assert np.array_equal(turn.upright(plane), shown)


def test_no_matrix_is_no_turn() -> None:
    assert turn_of(None) == turn_of(b"short") == Turn()


@pytest.mark.parametrize(
    ("case", "facts"),
    [
        ("rotated phone", {"muxer": "mov", "turn": Turn(True, flip_columns=True), "shown_size": (180, 320)}),
        ("HDR10", {"depth": 10, "codec": "hevc", "is_hdr": True, "full_range": False, "tag": "hvc1"}),
        ("HLG", {"is_hdr": True, "transfer": 18}),
        ("everything in Matroska", {"muxer": "matroska", "audio_codec": "opus", "staggered": False}),
        ("late picture", {"staggered": True}),
        ("interlaced", {"first_field": "top", "sample_aspect": Fraction(16, 15)}),
        ("full range", {"full_range": True, "shown_size": (427, 180)}),
        ("ProRes with alpha", {"alpha": True, "codec": "prores", "first_field": ""}),
        ("VP9 with alpha", {"alpha": True, "muxer": "webm", "pix_fmt": "yuva420p"}),
        ("odd size, 4:4:4", {"pix_fmt": "yuv444p", "width": 321, "height": 179}),
    ],
)
def test_what_is_told_about_a_clip(case: str, facts: dict[str, Any], tmp_path: Path) -> None:
    name, make = video_files.CASES[case]
    clip = examined(make(tmp_path / name))
    assert {fact: getattr(clip, fact) for fact in facts} == facts


def test_hdr_is_told_to_the_encoder(tmp_path: Path) -> None:
    clip = examined(video_files.hdr10(tmp_path / "hdr.mp4"))
    options = choose(clip, Settings()).options["x265-params"]
    assert "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)" in options
    assert "max-cll=1000,400" in options
    av1 = choose(clip, Settings(codec="av1")).options["svtav1-params"]
    assert "L(1000.0000,0.0050)" in av1
    assert "content-light=1000,400" in av1


def test_av1_is_coded_without_the_filter_that_eats_marks(tmp_path: Path) -> None:
    clip = examined(video_files.write(tmp_path / "clip.mp4", count=4))
    assert "enable-tf=0" in choose(clip, Settings(codec="av1")).options["svtav1-params"]


@pytest.mark.parametrize(
    ("name", "codec", "clock"),
    [
        ("ninety.mp4", "mpeg4", Fraction(1, 90_000)),
        ("variable.mkv", "mpeg4", Fraction(1, 1000)),
        ("variable2.mkv", "mpeg2video", Fraction(1, 1000)),
        ("motion.mov", "mjpeg", Fraction(1, 600)),
        ("lossless.mkv", "ffv1", Fraction(1, 1000)),
    ],
)
def test_times_survive_encoders_that_know_constant_rates_only(
    name: str, codec: str, clock: Fraction, tmp_path: Path
) -> None:
    source = tmp_path / name
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    video_files.write(source, codec, pix_fmt=pix_fmt, count=12, muxer_options={})
    shifted = tmp_path / f"shifted-{name}"
    gaps = np.cumsum([7, *[40, 40, 80, 200, 40, 66, 34, 125, 40, 40, 51]])
    with av.open(str(source)) as old, av.open(str(shifted), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet, moment in zip(old.demux(video=0), gaps, strict=False):
            packet.pts = packet.dts = round(moment / 1000 / clock)
            packet.time_base, packet.duration = clock, 0
            packet.stream = stream
            new.mux(packet)
    again(shifted, tmp_path / f"again-{name}")
    assert times(tmp_path / f"again-{name}") == pytest.approx(times(shifted), abs=0.001)


def rate_in_the_stream(path: Path) -> Fraction:
    """What the picture itself says of its rate, without a container."""
    bare = path.with_suffix(".h264")
    with av.open(str(path)) as source, av.open(str(bare), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    with av.open(str(bare)) as container:
        return Fraction(str(container.streams.video[0].codec_context.framerate))


def test_a_steady_rate_is_told_in_the_stream_too(tmp_path: Path) -> None:
    """And not the ticks of the clock, which players that look there would take for it."""
    source, target = video_files.write(tmp_path / "in.mp4", count=12), tmp_path / "out.mp4"
    again(source, target)
    assert rate_in_the_stream(target) == rate_in_the_stream(source) == 25
    assert times(target) == times(source)


@pytest.mark.slow
def test_a_player_that_seeks_finds_all_that_a_key_frame_needs(tmp_path: Path) -> None:
    """Open groups of pictures in AV1 have no key frame but the first one; in H.264, frames are coded after a
    key frame that are shown before it, and need others."""
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    video_files.write(source, "libsvtav1", size=(192, 128), count=360, options={"preset": "12"})
    clip = examined(source)
    rewrite(Transcode(clip, choose(clip, Settings(preset="12"))), target, lambda *_: None)
    with av.open(str(target)) as container:
        assert sum(packet.is_keyframe for packet in container.demux(video=0)) > 1

    again(video_files.write(source, count=8), target)
    assert b"open_gop=0" in target.read_bytes()


def test_a_late_picture_starts_when_it_did(tmp_path: Path) -> None:
    """To the tick of its clock, not to the millisecond in which edit lists of the movie are often told."""
    ticks = [1024 + 512 * number for number in range(12)]
    sound = lambda container, stream: [video_files.add_sound(container)]  # noqa: E731
    source = video_files.write(
        tmp_path / "in.mp4",
        rate=Fraction(24),
        times=ticks,
        time_base=Fraction(1, 12_288),
        count=12,
        prepare=sound,
        muxer_options={"movie_timescale": "12288"},
    )
    target = tmp_path / "out.mp4"
    again(source, target)
    assert times(target) == times(source)
    assert times(target)[0] == 1024 / 12_288


def test_a_late_sound_starts_when_it_did(tmp_path: Path) -> None:
    """To its sample, and again when the clip is written once more."""
    sound = lambda container, stream: [video_files.add_sound(container, "pcm_s16le", start=97)]  # noqa: E731
    exact = {"movie_timescale": "48000"}
    source = video_files.write(tmp_path / "in.mov", count=12, prepare=sound, muxer_options=exact)
    once, twice = tmp_path / "once.mov", tmp_path / "twice.mov"
    again(source, once)
    again(once, twice)
    for path in (source, once, twice):
        with av.open(str(path)) as container:
            assert container.streams.audio[0].start_time == 97
        assert times(path) == times(source)


def packet(stream: Any, pts: int, duration: int = 2880) -> av.Packet[Any]:
    made = av.Packet(b"sound")
    made.stream, made.time_base = stream, Fraction(1, 90_000)
    made.pts, made.dts, made.duration = pts, pts, duration
    return made


@pytest.mark.parametrize(("strict", "second"), [(True, 2881), (False, 2880)])
def test_times_that_stand_still_or_go_back_are_put_in_order(strict: bool, second: int) -> None:
    with av.open(io.BytesIO(), "w", format="mpegts") as container:
        stream = container.add_stream("mp2", rate=48_000)
        order = Order(strict=strict)
        packets = [packet(stream, time) for time in (2880, 2880, 2000, 5760)]
        for each in packets:
            order.put(each)
        third = second + strict
        assert [each.dts for each in packets] == [2880, second, third, 5760]
        assert [each.pts for each in packets] == [2880, second, third, 5760]
        assert order.moved == 1 + strict


def test_the_last_packet_of_a_copied_track_ends_where_the_track_does(tmp_path: Path) -> None:
    """FFmpeg takes it for as long as the others, where an edit list cuts the track."""
    sound = lambda container, stream: [video_files.add_sound(container)]  # noqa: E731
    source, target = video_files.write(tmp_path / "in.mp4", prepare=sound), tmp_path / "out.mp4"
    data = source.read_bytes()
    tops = [taken_apart(data, part, mp4.PARENTS) for part in boxes(data)]
    moov = next(top for top in tops if top.kind == b"moov")
    (track,) = (each for each in mp4.tracks(moov) if mp4.handler(each) == b"soun")
    edits = track.at(b"edts", b"elst")
    edits.content = edits.content[:8] + struct.pack(">I", mp4.movie_scale(moov)) + edits.content[12:]
    source.write_bytes(b"".join(top.tobytes() for top in tops))
    again(source, target)
    with av.open(str(target)) as container:
        assert container.streams.audio[0].duration == pytest.approx(48_000, abs=2)
    made = mp4.read_moov(target.read_bytes())
    (track,) = (each for each in mp4.tracks(made) if mp4.handler(each) == b"soun")
    assert mp4.media_time(track) == (48_000, pytest.approx(49_024, abs=2))


def test_a_cover_in_matroska_stays_an_attachment(tmp_path: Path) -> None:
    picture = io.BytesIO()
    av.VideoFrame(64, 48, "rgb24").to_image().save(picture, "JPEG")

    def prepare(container: Any, stream: Any) -> list[Callable[[], None]]:
        container.add_attachment("cover.jpg", "image/jpeg", picture.getvalue())
        return []

    source, target = tmp_path / "in.mkv", tmp_path / "out.mkv"
    video_files.write(source, count=4, prepare=prepare)
    again(source, target)
    for path in (source, target):
        with av.open(str(path)) as container:
            (cover,) = container.streams.video[1:]
            assert bytes(next(container.demux(cover))) == picture.getvalue()
            assert {key.lower(): value for key, value in cover.metadata.items()}["filename"] == "cover.jpg"


def test_subtitles_in_mp4(tmp_path: Path) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    video_files.write(
        source, count=40, prepare=lambda container, stream: [video_files.add_subtitles(container, "mov_text")]
    )
    again(source, target)

    def lines(path: Path) -> list[tuple[bytes, int | None]]:
        # An empty sample of two bytes ends a line; muxers put it in where there is a gap.
        with av.open(str(path)) as container:
            packets = list(container.demux(subtitles=0))
            return [(bytes(packet), packet.pts) for packet in packets if packet.size > 2]

    assert lines(target) == lines(source)
    assert len(lines(target)) == 3


def test_what_cannot_be_kept_is_refused_or_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = video_files.write(tmp_path / "in.mp4", size=(416, 240), count=8)
    clip = replace(examined(source), dynamic_hdr=("Dolby Vision",))
    assert clip.losses(clip.codec) == ("Dolby Vision",)
    monkeypatch.setattr("stamp.pipeline.video.examine", lambda path: clip if path == source else None)
    with pytest.raises(UnsupportedFormat, match="Dolby Vision"):
        embed_file(source, tmp_path / "out.mp4", key=Key.generate())
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["ffv1", "hevc"])
def test_the_shape_of_samples_is_kept_in_another_codec(codec: str, tmp_path: Path) -> None:
    source = video_files.write(
        tmp_path / "in.mkv", size=(416, 240), count=24, video={"sample_aspect_ratio": Fraction(4, 3)}
    )
    options = EmbedOptions(codec=codec, preset=None if codec == "ffv1" else "ultrafast", margin=False)
    report = embed_file(source, tmp_path / "out.mkv", key=Key.generate(), options=options)
    assert (report.notes, examined(tmp_path / "out.mkv").sample_aspect) == ((), Fraction(4, 3))


@pytest.mark.parametrize(
    ("size", "aspect", "shown"),
    [
        ((352, 288), Fraction(16, 11), (512, 288)),
        ((720, 480), Fraction(8, 9), (640, 480)),
        ((641, 359), Fraction(1001, 1000), (641641, 359000)),
    ],
)
def test_the_size_at_which_a_clip_is_shown_has_its_exact_shape(
    size: tuple[int, int], aspect: Fraction, shown: tuple[int, int]
) -> None:
    assert display_size.shown(*size, aspect) == shown
    assert Fraction(*shown) == Fraction(*size) * aspect


def test_a_codec_that_the_container_does_not_take_is_refused(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "in.mov", count=4)
    with pytest.raises(UnsupportedFormat, match=r"does not take libvpx-vp9.*`codec`"):
        again(source, tmp_path / "out.mov", codec="vp9")


def test_pictures_that_ffmpeg_does_not_know_are_no_song(tmp_path: Path) -> None:
    path = video_files.write(tmp_path / "in.mp4", count=4)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"dav9").replace(b"avcC", b"davC"))
    with pytest.raises(UnsupportedFormat, match="decode its picture"):
        embed_file(path, tmp_path / "out.mp4", key=Key.generate())
    with pytest.raises(UnsupportedFormat, match="decode its picture"):
        detect_file(path, keys=Key.generate())


@pytest.mark.parametrize("pix_fmt", ["rgb48le", "pal8", "gbrpf32le", "yuv420p10be"])
def test_frames_without_luma_or_plain_colours_are_refused(tmp_path: Path, pix_fmt: str) -> None:
    clip = replace(examined(video_files.write(tmp_path / "in.mkv", count=2)), pix_fmt=pix_fmt)
    with pytest.raises(UnsupportedFormat, match="luma"):
        plan_transcode(clip, EmbedOptions())


def test_a_codec_without_an_encoder_is_refused(tmp_path: Path) -> None:
    clip = replace(examined(video_files.write(tmp_path / "in.mp4", count=2)), codec="theora")
    with pytest.raises(UnsupportedFormat, match="`codec`"):
        choose(clip, Settings())
    with pytest.raises(UnsupportedFormat, match=r"yuv420p12le; .*`codec` \(av1"):
        choose(replace(clip, codec="vp9", pix_fmt="yuv420p12le"), Settings())
    with pytest.raises(UnsupportedFormat, match="interlaced"):
        choose(replace(clip, codec="vp9", first_field="top"), Settings())
    with pytest.raises(UnsupportedFormat, match="`crf`"):
        choose(replace(clip, codec="ffv1"), Settings(crf=20))


def looked_at(source: Path | io.BytesIO, *, references_only: bool = False) -> list[Look]:
    """All that is shown of a clip, kept."""
    with watched(source, references_only=references_only) as watching:
        assert watching is not None
        clip, looks = watching
        assert isinstance(source, io.BytesIO) or clip == examined(source)
        return [replace(look, luma=look.luma.copy()) for look in looks]


def broken(path: Path) -> Path:
    """A clip with packets that no decoder takes, in a container that is whole."""
    whole = video_files.write(path.with_name("whole.mkv"), count=24, options={"g": "4"})
    with av.open(str(whole)) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(video=0)):
            if packet.size:
                bad = av.Packet(b"\0\0\0\7\x65nonsense") if number == 8 else packet
                bad.pts, bad.dts, bad.time_base = packet.pts, packet.dts, packet.time_base
                bad.stream = stream
                new.mux(bad)
    return path


def test_damage_is_refused_or_counted(tmp_path: Path) -> None:
    source = broken(tmp_path / "broken.mkv")
    clip = examined(source)
    encoder = choose(clip, Settings(preset="ultrafast"))
    with pytest.raises(CorruptFile, match=r"broken\.mkv"):
        rewrite(Transcode(clip, encoder), tmp_path / "out.mkv", lambda luma, seconds: None)
    written = rewrite(
        Transcode(clip, encoder, tolerant=True), tmp_path / "out.mkv", lambda luma, seconds: None
    )
    assert 20 <= written.frames < 24
    assert "damaged" in written.notes[0]
    assert len(looked_at(source)) >= 20


@pytest.mark.parametrize(
    ("told", "left", "what"),
    [
        (True, 0.5, r"the last \d+ bytes of it are missing"),
        (True, -1, "the last 1 bytes of it are missing"),
        (False, 0.5, r"its header tells of 4\.0 s, there are [12]\.\d s"),
    ],
)
def test_matroska_that_ends_early_is_refused_or_said(
    told: bool, left: float, what: str, tmp_path: Path
) -> None:
    """Its demuxer takes the end of the file for that of the clip."""
    source = video_files.write(tmp_path / "in.mkv", count=60, rate=15, options={"g": "10", "bf": "0"})
    whole = source.read_bytes() if told else of_unknown_size(source.read_bytes())
    source.write_bytes(whole[: int(len(whole) * left) if left > 0 else int(left)])
    clip, target = examined(source), tmp_path / "out.mkv"
    encoder = choose(clip, Settings(preset="ultrafast"))
    with pytest.raises(CorruptFile, match=rf"in\.mkv: damaged, {what}"):
        rewrite(Transcode(clip, encoder), target, lambda luma, seconds: None)
    written = rewrite(Transcode(clip, encoder, tolerant=True), target, lambda luma, seconds: None)
    assert re.match(what, written.notes[0])


def test_matroska_of_unknown_size_is_whole(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "in.mkv", count=12)
    source.write_bytes(of_unknown_size(source.read_bytes()))
    live = video_files.write(tmp_path / "live.mkv", count=12, muxer_options={"live": "1"})
    for path in (source, live):
        assert again(path, tmp_path / "out.mkv", preset="ultrafast") == ()
        assert times(tmp_path / "out.mkv") == times(path)


def of_unknown_size(matroska: bytes) -> bytes:
    """A segment whose size is not told (RFC 8794, 6.2): all ones."""
    at = matroska.index(b"\x18\x53\x80\x67") + 4
    assert matroska[at] == 1
    return matroska[: at + 1] + b"\xff" * 7 + matroska[at + 8 :]


def test_matroska_that_ends_in_an_attachment_is_damaged(tmp_path: Path) -> None:
    """Its demuxer calls that an error of input and output, as if the disk were to blame."""

    def prepare(container: Any, stream: Any) -> list[Callable[[], None]]:
        container.add_attachment("font.ttf", "font/ttf", bytes(range(256)) * 500)
        return []

    source = video_files.write(tmp_path / "in.mkv", count=4, prepare=prepare)
    source.write_bytes(source.read_bytes()[:20_000])
    with pytest.raises(CorruptFile, match=r"in\.mkv: damaged"):
        examine(source)


class Pipe(io.BytesIO):
    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation("underlying stream is not seekable")


@pytest.mark.slow
def test_a_file_object_is_read_from_its_beginning_if_it_can_seek(tmp_path: Path) -> None:
    key, data = Key.generate(), video_files.write(tmp_path / "in.mp4", count=8).read_bytes()
    file = io.BytesIO(data)
    file.seek(0, io.SEEK_END)
    assert not detect_file(file, keys=key).present
    assert not detect_file(Pipe(data), keys=key).present
    with pytest.raises(CorruptFile, match="empty"):
        detect_file(io.BytesIO(), keys=key)
    with pytest.raises(CorruptFile, match=r"^damaged"):
        detect_file(io.BytesIO(b"fLaC"), keys=key)


def test_a_hole_in_a_steady_clip_is_said(tmp_path: Path) -> None:
    whole, holed = (
        video_files.write(tmp_path / "whole.mkv", count=60, rate=15, options={"g": "10", "bf": "0"}),
        tmp_path / "holed.mkv",
    )
    with av.open(str(whole)) as source, av.open(str(holed), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size and packet.pts is not None and not 1300 <= packet.pts < 2600:
                packet.stream = stream
                output.mux(packet)
    assert again(whole, tmp_path / "out.mkv", preset="ultrafast") == ()
    (note,) = again(holed, tmp_path / "out.mkv", preset="ultrafast")
    assert note == "a piece of 1.3 s seems to be missing before 2.6 s of the picture"


def test_frames_for_the_detector(tmp_path: Path) -> None:
    source = video_files.phone(tmp_path / "phone.mov")
    every = [(look.luma.shape, look.seconds, look.key) for look in looked_at(source)]
    assert {shape for shape, _, _ in every} == {(320, 180)}
    assert [seconds for _, seconds, _ in every] == pytest.approx([n / 25 for n in range(40)])
    assert [key for _, _, key in every] == [True] + 39 * [False]
    some = [look.seconds for look in looked_at(io.BytesIO(source.read_bytes()), references_only=True)]
    assert 0 < len(some) <= 40
    assert set(some) <= {seconds for _, seconds, _ in every}


def test_every_frame_comes_with_the_bytes_that_it_was_coded_in(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "clip.mp4", count=24)
    with av.open(str(source)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
    expected = [packet.size for packet in sorted(packets, key=lambda packet: packet.pts or 0)]
    sizes = [look.size for look in looked_at(source)]
    assert sizes[0] == expected[0]
    assert all(size >= coded for size, coded in zip(sizes, expected, strict=True))
    assert max(sizes) == max(expected)


def test_a_frame_that_came_earlier_counts_as_half_a_packet(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "clip.mp4", "libsvtav1", count=40, options={"preset": "12"})
    with av.open(str(source)) as container:
        packets = [packet.size for packet in container.demux(video=0) if packet.pts is not None]
    assert min(packets) < 8
    sizes = [look.size for look in looked_at(source)]
    assert sizes[0] == packets[0]
    assert min(sizes) > sum(packets) / len(packets) / 8


def test_no_frame_stands_out_where_all_are_key_frames(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "all.mkv", "ffv1", count=6)
    assert [look.key for look in looked_at(source)] == [True] + 5 * [False]


@pytest.mark.parametrize("name", ["http:x.mp4", "concat:a|b.mp4", "list.mp4"])
def test_names_and_playlists_lead_nowhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MediaError, match="cannot be read"):
        examine(Path(name))
    Path("list.mp4").write_text("ffconcat version 1.0\nfile '/etc/hostname'\n")
    with pytest.raises(CorruptFile):
        examine(Path("list.mp4"))


XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + b"<x:xmpmeta/>"


@pytest.mark.parametrize("end", [b"", bytes(4)], ids=["", "zeros"])
def test_boxes_of_the_source_come_along(end: bytes, tmp_path: Path) -> None:
    """A file is given user data, and an XMP box, that FFmpeg knows nothing about; zeros may end its index."""
    plain = video_files.write(tmp_path / "plain.mp4", count=8).read_bytes()
    own = box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7+52.5200+013.4050/"), box(b"SNAL", b"thumbnail"))
    at = plain.index(b"moov") - 4  # the index is at the end
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    index = plain[at + 8 :]
    source.write_bytes(plain[:at] + box(b"moov", index, own, end) + box(b"uuid", XMP))
    clip = examined(source)
    written = rewrite(Transcode(clip, choose(clip, Settings())), target, lambda luma, seconds: None)
    packets = [bytes(packet) for packet in av.open(str(target)).demux()]
    carry_over_boxes(source, target, written.track_ids)
    made = target.read_bytes()
    assert made.count(own) == made.count(box(b"uuid", XMP)) == 1
    assert made.index(b"moov") < made.index(b"mdat")
    assert [bytes(packet) for packet in av.open(str(target)).demux()] == packets
    assert list(tmp_path.glob("*.index")) == []


def test_chunk_offsets_grow_to_64_bits_when_they_must() -> None:
    def index(offsets: list[int], kind: bytes = b"stco") -> bytes:
        letter = "I" if kind == b"stco" else "Q"
        table = box(kind, bytes(4), struct.pack(f">I{len(offsets)}{letter}", len(offsets), *offsets))
        return box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", table)))))

    def roomy(data: bytes) -> BoxTree:
        moov = taken_apart(data, *boxes(data), mp4.PARENTS)
        _make_room(moov, 1000)
        return moov

    low, high = [48, 5000], [48, 0xFFFF_FF00]
    assert roomy(index(low)).tobytes() == index(low)
    assert roomy(index(high)).tobytes() == index(high, b"co64")
    assert roomy(index(high, b"co64")).tobytes() == index(high, b"co64")
    assert list(chunk_offsets(roomy(index(high)).at(b"trak"))) == high


def test_an_edit_of_what_the_decoder_predicts_from_changes_no_other_frame(tmp_path: Path) -> None:
    """Without `make_writable` every frame after the first would be wrong."""
    source = video_files.write(tmp_path / "in.mp4", count=24)
    seen: list[NDArray[Any]] = []

    def wipe(luma: NDArray[Any], seconds: float) -> None:
        seen.append(luma.copy())
        luma[:] = 16

    clip = examined(source)
    rewrite(Transcode(clip, choose(clip, Settings(preset="ultrafast"))), tmp_path / "out.mp4", wipe)
    untouched = [look.luma for look in looked_at(source)]
    assert all(np.array_equal(one, two) for one, two in zip(seen, untouched, strict=True))


@pytest.mark.slow
def test_options_reach_the_encoder(tmp_path: Path) -> None:
    source = video_files.write(tmp_path / "in.mp4", size=(416, 240), count=16)
    sizes = {}
    for crf in (10, 24):
        target = tmp_path / f"{crf}.mp4"
        embed_file(source, target, key=Key.generate(), options=EmbedOptions(crf=crf, preset="fast"))
        sizes[crf] = target.stat().st_size
    assert sizes[10] > 1.5 * sizes[24]


def test_a_second_video_track_is_copied_and_that_is_said(tmp_path: Path) -> None:
    small = video_files.write(tmp_path / "small.mkv", size=(160, 90), count=8)
    source, target = tmp_path / "in.mkv", tmp_path / "out.mkv"
    large = video_files.write(tmp_path / "large.mkv", size=(480, 272), count=8)
    with av.open(str(large)) as one, av.open(str(small)) as two, av.open(str(source), "w") as both:
        streams = [both.add_stream_from_template(each.streams.video[0]) for each in (one, two)]
        for each, stream in zip((one, two), streams, strict=True):
            for packet in each.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    both.mux(packet)
    report = embed_file(source, target, key=Key.generate(), options=EmbedOptions(preset="ultrafast"))
    assert any("1 more tracks" in note for note in report.notes)

    def second(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(video=1) if packet.size]

    assert second(target) == second(source)


@pytest.mark.parametrize(
    ("block", "name"),
    [("DOVI_METADATA", "Dolby Vision"), ("DYNAMIC_HDR_VIVID", "HDR Vivid")],
)
def test_metadata_of_each_frame_is_noticed_and_lost_on_demand(
    block: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no encoder here that makes such a clip, so the decoder is made to say so."""
    source, target = video_files.hdr10(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    monkeypatch.setattr(
        "stamp.media.video.clip.side_data", lambda frame: {**side_data(frame), block: b"told by each frame"}
    )
    clip = examined(source)
    assert (clip.dynamic_hdr, clip.losses(clip.codec)) == ((name,), (name,))
    rewrite(Transcode(clip, choose(clip, Settings(preset="ultrafast"))), target, lambda luma, seconds: None)
    monkeypatch.undo()
    made = examined(target)
    assert (made.losses(made.codec), made.hdr, made.transfer) == ((), clip.hdr, clip.transfer)


def test_a_rotation_survives_another_codec(tmp_path: Path) -> None:
    source, target = video_files.phone(tmp_path / "in.mov"), tmp_path / "out.mov"
    again(source, target, codec="hevc", preset="ultrafast")
    assert (examined(target).turn, examined(target).codec) == (examined(source).turn, "hevc")


def test_tracks_that_a_container_does_not_take_are_refused(tmp_path: Path) -> None:
    """A Matroska file is taken for an MP4 one, which has no place for subtitles of this kind."""
    clip = replace(examined(video_files.full_mkv(tmp_path / "in.mkv")), muxer="mp4")
    with pytest.raises(UnsupportedFormat, match="track 3 cannot be copied"):
        rewrite(Transcode(clip, choose(clip, Settings())), tmp_path / "out.mp4", lambda luma, seconds: None)


def test_what_a_muxer_says_no_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = video_files.write(tmp_path / "in.mp4", count=4)
    clip = examined(source)
    monkeypatch.setattr("stamp.media.video.streams._TAGS", {"nope"})
    clip = replace(clip, tag="nope")
    with pytest.raises(UnsupportedFormat, match=r"in\.mp4.*cannot be written again"):
        rewrite(Transcode(clip, choose(clip, Settings())), tmp_path / "out.mp4", lambda luma, seconds: None)

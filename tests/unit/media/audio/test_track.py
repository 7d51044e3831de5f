"""The sound of a clip, encoded again beside packets that are copied."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.core.errors import UnsupportedFormat
from stamp.media.audio.track import SoundTrack
from tests.media import audio_files
from tests.media.samples import chord

Samples = NDArray[np.float32]


class Later:
    """Gives what it is given, all of it at the end, and counts."""

    def __init__(self) -> None:
        self.blocks: list[Samples] = []

    def push(self, block: Samples) -> Samples:
        self.blocks.append(block)
        return block[:0]

    def flush(self) -> Samples:
        return np.concatenate(self.blocks)


def clip(path: Path, muxer: str, codec: str, kind: str, *, delay: float = 0.0, gap: float = 0.0) -> Path:
    """A clip of 2 s with 1 s of sound that begins after `delay` and has a gap in its middle."""
    rate = 48_000
    tune = chord(rate, 2, rate)
    with av.open(str(path), "w", format=muxer) as container:
        video = container.add_stream("mpeg4", rate=25, width=32, height=32, pix_fmt="yuv420p")
        sound = container.add_stream(codec, rate=rate, layout="stereo")
        sound.metadata["language"] = "fra"
        sound.codec_context.format = kind
        sound.codec_context.open()
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((48, 32), 5 * number, np.uint8), "yuv420p")
            container.mux(video.encode(frame))
        size = sound.codec_context.frame_size or 1024
        for start in range(0, rate, size):
            part = audio_files.as_type(tune[start : start + size], kind)
            frame = av.AudioFrame.from_ndarray(part, kind, "stereo")
            late = delay + (gap if start > rate // 2 else 0)
            frame.sample_rate, frame.pts = rate, start + round(late * rate)
            for packet in sound.codec_context.encode(frame):
                packet.stream, packet.time_base = sound, Fraction(1, rate)
                container.mux(packet)
        container.mux(video.encode(None))
        container.mux(sound.encode(None))
    return path


def rewritten(path: Path, target: Path, muxer: str) -> Samples:
    """Copy a clip with its sound encoded again; returns what the transform was given."""
    transform = Later()
    with av.open(str(path)) as source, av.open(str(target), "w", format=muxer) as output:
        video = output.add_stream_from_template(source.streams.video[0])
        track = SoundTrack(source.streams.audio[0], output, transform)
        for packet in source.demux():
            if not packet.size:
                continue
            if packet.stream.type == "audio":
                output.mux(track.push(packet))
            else:
                packet.stream = video
                output.mux(packet)
        output.mux(track.flush())
    return transform.flush()


def packets(path: Path, kind: str) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        found = container.demux(getattr(container.streams, kind)[0])
        return [(float(p.pts * p.time_base), bytes(p)) for p in found if p.size and p.pts is not None]


def heard(path: Path) -> tuple[float, Samples]:
    """When the sound begins, in seconds, and its samples."""
    with av.open(str(path)) as container:
        frames = list(container.decode(container.streams.audio[0]))
        parts = [
            f.to_ndarray().reshape(-1, 2) if not f.format.is_planar else f.to_ndarray().T for f in frames
        ]
        return float(frames[0].pts * frames[0].time_base), np.concatenate(parts)


CASES = {
    "mov": (".mov", "pcm_s24le", "s32"),
    "matroska": (".mkv", "flac", "s16"),
    "mp4": (".mp4", "aac", "fltp"),
    "webm": (".webm", "libopus", "flt"),
    "mpegts": (".ts", "ac3", "fltp"),
}


@pytest.mark.parametrize("muxer", CASES)
def test_the_picture_is_copied_and_the_sound_stays_in_time(muxer: str, tmp_path: Path) -> None:
    suffix, codec, kind = CASES[muxer]
    path = clip(tmp_path / f"in{suffix}", "matroska" if muxer == "webm" else muxer, codec, kind, delay=0.4)
    target = tmp_path / f"out{suffix}"
    given = rewritten(path, target, "matroska" if muxer == "webm" else muxer)
    assert packets(target, "video") == packets(path, "video")
    (start, before), (again, after) = heard(path), heard(target)
    assert again == pytest.approx(start, abs=0.025)
    if codec.startswith(("pcm", "flac")):
        assert again == start
        np.testing.assert_array_equal(after, before)
    else:  # MP4 and Matroska round the start to a millisecond
        at = 5000 + round((start - again) * 48_000)
        loss = min(np.mean((after[at + lag :][:35_000] - before[5000:40_000]) ** 2) for lag in range(-60, 61))
        assert loss < 0.02 * np.mean(before[5000:40_000] ** 2)
    assert given.dtype == np.float32
    assert len(given) == pytest.approx(48_000, abs=2048)
    with av.open(str(target)) as container:
        assert container.streams.audio[0].language == "fra"


def test_a_gap_becomes_silence(tmp_path: Path) -> None:
    """Else everything behind it would come too early."""
    path = clip(tmp_path / "in.mkv", "matroska", "flac", "s16", gap=0.25)
    given = rewritten(path, tmp_path / "out.mkv", "matroska")
    assert len(given) == pytest.approx(60_000, abs=200)
    assert np.count_nonzero(~given.any(axis=1)) == pytest.approx(12_000, abs=200)


def test_a_single_wrong_time_is_no_gap(tmp_path: Path) -> None:
    """Program streams have two packets of one time now and then: the first of them is early."""
    path, wrong = clip(tmp_path / "clip.mkv", "matroska", "ac3", "fltp"), tmp_path / "wrong.mkv"
    with av.open(str(path)) as source, av.open(str(wrong), "w", format="matroska") as output:
        streams = {each.index: output.add_stream_from_template(each) for each in source.streams}
        number = 0
        for packet in source.demux():
            if packet.stream.type == "audio" and packet.size:
                number += 1
                if number == 15:
                    packet.pts = packet.dts = packet.pts + 32
            packet.stream = streams[packet.stream.index]
            if packet.size:
                output.mux(packet)
    assert len(rewritten(wrong, tmp_path / "out.mkv", "matroska")) == len(
        rewritten(path, tmp_path / "right.mkv", "matroska")
    )


def test_a_codec_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = audio_files.made(tmp_path, "ogg-vorbis")
    with av.open(str(path)) as source, av.open(str(tmp_path / "out.mkv"), "w", format="matroska") as output:
        with pytest.raises(UnsupportedFormat, match="sound in vorbis cannot be marked; convert"):
            SoundTrack(source.streams.audio[0], output, Later())
        output.add_stream_from_template(source.streams.audio[0])
        output.start_encoding()

"""The sound of clips: marked beside the picture, and found where the picture says nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from stamp import Key, detect_file, embed_file
from stamp.core.errors import AlreadyMarked, OutputError, UnsupportedFormat
from stamp.core.options import EmbedOptions
from stamp.jobs.demo import paint
from stamp.jobs.keys import KeyFile
from stamp.jobs.plan import Job
from stamp.jobs.tasks import EmbedTask
from tests.media import audio_files
from tests.media.samples import music

PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
KEY = Key.generate("clips")
RATE = 48_000


def clip(path: Path, codec: str = "aac", *, silent: bool = False, seconds: float = 6.0) -> Path:
    """A clip that pans over a painting, with music."""
    paint(path.with_suffix(".jpg"), size=(640, 360))
    with Image.open(path.with_suffix(".jpg")) as painting:
        texture = np.asarray(painting.convert("L"))
    samples = music(seconds, RATE) * (0 if silent else 1)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10, width=480, height=360, pix_fmt="yuv420p")
        video.options = {"preset": "ultrafast", "crf": "18"}
        sound = container.add_stream(codec, rate=RATE, layout="stereo")
        sound.codec_context.format = "fltp" if codec == "aac" else "s16"
        sound.codec_context.open()
        for number in range(int(seconds * 10)):
            planes = np.full((540, 480), 128, np.uint8)
            left = 2 * number % 160
            planes[:360] = texture[:, left : left + 480]
            container.mux(video.encode(av.VideoFrame.from_ndarray(planes, "yuv420p")))
        size = sound.codec_context.frame_size or 1024
        for start in range(0, len(samples), size):
            part = audio_files.as_type(samples[start : start + size], sound.codec_context.format.name)
            frame = av.AudioFrame.from_ndarray(part, sound.codec_context.format.name, "stereo")
            frame.sample_rate, frame.pts = RATE, start
            container.mux(sound.encode(frame))
        container.mux(video.encode(None))
        container.mux(sound.encode(None))
    return path


def with_sound(path: Path, song: Path, target: Path) -> Path:
    """The picture of one file with the sound of another, packet by packet."""
    with av.open(str(path)) as source, av.open(str(song)) as music, av.open(str(target), "w") as output:
        streams = [source.streams.video[0], music.streams.audio[0]]
        made = [output.add_stream_from_template(stream) for stream in streams]
        for container, stream, out in zip((source, music), streams, made, strict=True):
            for packet in container.demux(stream):
                if packet.size:
                    packet.stream = out
                    output.mux(packet)
    return target


def without_picture(path: Path, target: Path) -> Path:
    """The sound alone, packet by packet."""
    with av.open(str(path)) as source, av.open(str(target), "w", format="mp4") as output:
        stream = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    return target


@pytest.mark.slow
def test_picture_and_sound_carry_the_same_payload(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4")
    target = tmp_path / "marked.mp4"
    report = embed_file(path, target, PAYLOAD, key=KEY, options=EmbedOptions(audio=True))
    assert report.payload == PAYLOAD
    assert report.marked_share is not None
    assert report.marked_share > 0.2
    seen = detect_file(target, keys=KEY, first=True)
    assert (seen.payload, seen.scheme) == (PAYLOAD, "stamp.video.2")
    heard = detect_file(without_picture(target, tmp_path / "sound.mp4"), keys=KEY)
    assert (heard.payload, heard.scheme) == (PAYLOAD, "stamp.audio.1")


@pytest.mark.slow
def test_a_marked_song_is_found_in_an_unmarked_clip(tmp_path: Path) -> None:
    song = audio_files.write(tmp_path / "song", music(8, RATE), RATE, "wav-16")
    embed_file(song, song, PAYLOAD, key=KEY, overwrite=True)
    path = clip(tmp_path / "clip.mkv", "flac", seconds=1)
    target = with_sound(path, song, tmp_path / "with-song.mkv")
    found = detect_file(target, keys=KEY, search=False)
    assert (found.payload, found.scheme) == (PAYLOAD, "stamp.audio.1")
    assert not detect_file(path, keys=KEY, search=False).present
    marked = tmp_path / "marked.mkv"
    with pytest.raises(AlreadyMarked):  # that sound would be marked twice
        embed_file(target, marked, bytes(8), key=KEY, options=EmbedOptions(audio=True))
    assert embed_file(target, marked, bytes(8), key=KEY).former_payload is None


@pytest.mark.slow
def test_silence_is_kept_as_it_is_and_the_picture_marked(tmp_path: Path) -> None:
    path, target = clip(tmp_path / "clip.mp4", silent=True), tmp_path / "marked.mp4"
    report = embed_file(path, target, PAYLOAD, key=KEY, options=EmbedOptions(audio=True))
    assert report.marked_share is None
    assert "its sound is silent, cannot carry a mark, and was kept as it is" in report.notes
    assert packets(target) == packets(path)
    assert detect_file(target, keys=KEY, first=True).payload == PAYLOAD


def packets(path: Path) -> list[bytes]:
    """The packets of the sound."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]


def test_sound_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mkv", "flac", seconds=1)
    vorbis = audio_files.write(tmp_path / "v", music(1, RATE), RATE, "ogg-vorbis")
    target = with_sound(path, vorbis, tmp_path / "vorbis.mkv")
    with pytest.raises(UnsupportedFormat, match=r"vorbis.mkv: sound in vorbis cannot be marked"):
        embed_file(target, tmp_path / "marked.mkv", PAYLOAD, key=KEY, options=EmbedOptions(audio=True))
    assert not (tmp_path / "marked.mkv").exists()


@pytest.mark.slow
def test_resume_asks_the_sound_too(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", seconds=12)
    job = Job(path, tmp_path / "marked.mp4")
    pictures = EmbedTask(KeyFile.of(KEY, "key"), resume=True)
    both = replace(pictures, options=EmbedOptions(audio=True))
    first = pictures(job)
    assert pictures(job).resumed
    with pytest.raises(OutputError, match="in its pictures alone"):
        both(job)
    again = replace(both, overwrite=True)(job)
    assert (again.payload, again.resumed) == (first.payload, False)
    assert both(job).resumed


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [2, 12], ids=["too short", "long enough"])
def test_resume_expects_no_mark_in_silence_or_in_a_moment(seconds: int, tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", silent=seconds > 2, seconds=seconds)
    job = Job(path, tmp_path / "marked.mp4")
    task = EmbedTask(KeyFile.of(KEY, "key"), resume=True, options=EmbedOptions(audio=True))
    assert [task(job).resumed for _ in range(2)] == [False, True]


@pytest.mark.slow
def test_a_file_of_clips_without_pictures_says_what_did_nothing(tmp_path: Path) -> None:
    path = without_picture(clip(tmp_path / "clip.mp4", seconds=12), tmp_path / "song.mp4")
    report = embed_file(path, tmp_path / "out.mp4", key=KEY, options=EmbedOptions(codec="hevc"))
    assert "it has no moving pictures, so that `codec` did nothing" in report.notes

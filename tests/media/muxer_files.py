"""Short files by FFmpeg's muxers in every layout that MP4 and Matroska have, and the packets in them."""

from __future__ import annotations

import hashlib
import io
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np


@dataclass(frozen=True)
class Made:
    """A film: FFmpeg's muxer with its options, codecs (None: no such track), tags; `extras` adds chapters
    and, in Matroska, an attachment.
    """

    muxer: str
    video: str | None = "mpeg4"
    audio: str | None = "aac"
    options: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    extras: bool = False


def flags(value: str) -> tuple[tuple[str, str], ...]:
    return (("movflags", value),)


OLD = (("copyright", "© old"), ("artist", "Old"), ("title", "Film 東京"), ("comment", "Kommentar"))
FILMS = {
    "plain.mp4": Made("mp4"),
    "faststart.mp4": Made("mp4", options=flags("+faststart"), tags=OLD, extras=True),
    "fragments.mp4": Made("mp4", options=flags("+frag_keyframe+empty_moov+default_base_moof")),
    "places.mp4": Made("mp4", options=flags("+frag_keyframe+empty_moov")),
    "dash.mp4": Made("mp4", options=flags("+dash+frag_keyframe+global_sidx+skip_trailer")),
    "named.mp4": Made("mp4", options=flags("+use_metadata_tags"), tags=OLD),
    "sound.m4a": Made("ipod", video=None, tags=OLD),
    "film.m4v": Made("ipod", video="mpeg4"),
    "plain.mov": Made("mov"),
    "tagged.mov": Made("mov", options=flags("+faststart"), tags=OLD),
    "phone.3gp": Made("3gp", tags=OLD),
    "plain.mkv": Made("matroska"),
    "tagged.mkv": Made("matroska", tags=OLD, extras=True),
    "front.mkv": Made("matroska", tags=OLD, options=(("cues_to_front", "1"), ("reserve_index_space", "400"))),
    "film.webm": Made("webm", video="libvpx", audio="libopus", tags=OLD),
    "live.webm": Made("webm", video="libvpx", audio="libopus", options=(("live", "1"),)),
    "sound.mka": Made("matroska", video=None, audio="flac"),
}


@cache
def film(name: str, seconds: float = 1.2) -> bytes:
    """The film as a file."""
    # Some muxers read again what they wrote, for which they need a path.
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder) / name, FILMS[name], seconds)
        return (Path(folder) / name).read_bytes()


def _write(path: Path, made: Made, seconds: float) -> None:
    with av.open(path, "w", format=made.muxer, options=dict(made.options)) as container:
        container.metadata.update(dict(made.tags))
        if made.extras:
            container.set_chapters(
                [
                    {
                        "id": n,
                        "start": n * 500,
                        "end": n * 500 + 500,
                        "time_base": Fraction(1, 1000),
                        "metadata": {"title": f"Teil {n} 東京"},
                    }
                    for n in range(2)
                ]
            )
        video = container.add_stream(made.video, rate=25) if made.video else None
        audio = container.add_stream(made.audio, rate=48000) if made.audio else None
        if video:
            video.width, video.height, video.pix_fmt, video.gop_size = 64, 48, "yuv420p", 6
        if audio:
            audio.layout = "mono"
        if made.extras and made.muxer == "matroska":
            container.add_attachment("a.txt", "text/plain", b"attached " * 20)
        for number in range(round(25 * seconds) if video else 0):
            planes = np.full((72, 64), 40 + number * 7 % 200, np.uint8)
            planes[number % 40 : number % 40 + 6] = 220
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            picture.pts = number
            container.mux(video.encode(picture))
        for number in range(round(50 * seconds) if audio else 0):
            wave = np.sin(np.arange(960) * 0.05 * (1 + number % 3)) * 0.3
            samples = (wave * 2**31).astype(np.int32) if made.audio == "flac" else wave.astype(np.float32)
            kind = {"flac": "s32", "libopus": "flt"}.get(made.audio or "", "fltp")
            sound = av.AudioFrame.from_ndarray(samples[None], format=kind, layout="mono")
            sound.sample_rate, sound.pts = 48000, number * 960
            container.mux(audio.encode(sound))
        for stream in filter(None, (video, audio)):
            container.mux(stream.encode())


def packets(data: bytes) -> list[tuple[object, ...]]:
    """What a demuxer gives: for each packet its stream, times, key flag and content; then the tracks."""
    with av.open(io.BytesIO(data)) as container:
        found: list[tuple[object, ...]] = [
            (
                packet.stream_index,
                packet.pts,
                packet.dts,
                packet.duration,
                packet.is_keyframe,
                hashlib.md5(bytes(packet)).hexdigest(),
            )
            for packet in container.demux()
            if packet.size
        ]
        for stream in container.streams:
            extradata = bytes(stream.codec_context.extradata or b"") if stream.codec_context else b""
            found.append((stream.index, stream.type, stream.start_time, stream.duration, extradata))
        found.append(tuple(str(chapter) for chapter in container.chapters()))
        return found

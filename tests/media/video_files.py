"""Video files with what real ones have (HDR, a turn, subtitles, ...): each function writes one with PyAV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

SRT = "application/x-truetype-font"
PHONE_TAGS = {
    "com.apple.quicktime.make": "Apple",
    "com.apple.quicktime.location.ISO6709": "+52.5200+013.4050+034.000/",
    "creation_time": "2026-05-04T10:11:12.000000Z",
}


_PAN = 64  # columns


def _scene(width: int, height: int, seed: int = 0) -> NDArray[np.float32]:
    """A picture (height, width + _PAN) of soft shapes with some grain, 0 to 1, to pan over."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width + _PAN), np.float32)
    for cells in (3, 7, 17, 41):
        coarse = rng.random((cells, cells + 2)).astype(np.float32)
        rows = np.linspace(0, cells - 1.001, height)
        columns = np.linspace(0, cells + 0.999, width + _PAN)
        r, c = rows.astype(int), columns.astype(int)
        fr, fc = (rows - r)[:, None], (columns - c)[None]
        upper = coarse[r][:, c] * (1 - fc) + coarse[r][:, c + 1 - (c == cells + 1)] * fc
        lower = coarse[np.minimum(r + 1, cells - 1)][:, c] * (1 - fc)
        lower = lower + coarse[np.minimum(r + 1, cells - 1)][:, c + 1 - (c == cells + 1)] * fc
        picture += (upper * (1 - fr) + lower * fr) / cells**0.5
    picture += 0.02 * rng.standard_normal(picture.shape).astype(np.float32)
    return np.clip((picture - picture.min()) / np.ptp(picture), 0, 1)


def _frames(
    count: int, size: tuple[int, int], pix_fmt: str, *, full: bool = False, seed: int = 0
) -> list[av.VideoFrame]:
    """A pan over `_scene`, there and back, in any planar format; alpha is a ramp, chroma is a slope."""
    width, height = size
    picture = _scene(width, height, seed)
    made = []
    for number in range(count):
        frame = av.VideoFrame(width, height, pix_fmt)
        for index, plane in enumerate(frame.planes):
            bits = frame.format.components[index].bits
            low, high = (0, 2**bits - 1) if full or index == 3 else (16 << (bits - 8), 235 << (bits - 8))
            if index == 0:
                left = _PAN - abs(_PAN - number % (2 * _PAN))
                values = picture[:, left : left + width] * (high - low) + low
            else:
                slope = np.linspace(0.4, 0.6, plane.width, dtype=np.float32)
                values = np.broadcast_to(slope * 2**bits, (plane.height, plane.width))
            dtype = np.dtype("<u2" if bits > 8 else "u1")
            target = np.frombuffer(plane, dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
            target[:, : plane.width] = np.rint(values)
        made.append(frame)
    return made


def write(
    path: Path,
    codec: str = "libx264",
    *,
    size: tuple[int, int] = (320, 180),
    pix_fmt: str = "yuv420p",
    count: int = 40,
    rate: int | Fraction = 25,
    times: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    options: dict[str, str] | None = None,
    video: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
    stream_tags: dict[str, str] | None = None,
    muxer_options: dict[str, str] | None = None,
    prepare: Callable[[av.container.OutputContainer, Any], list[Callable[[], None]]] | None = None,
    full: bool = False,
) -> Path:
    """One clip. `prepare(container, video stream)` adds streams and returns what is to be done to fill
    them."""
    fast = {"preset": "ultrafast", "crf": "20"} if codec in ("libx264", "libx265") else {}
    with av.open(str(path), "w", options=muxer_options) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(codec, rate=rate, options=fast | (options or {}))
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.time_base = time_base or 1 / Fraction(rate)
        stream.codec_context.time_base = time_base or 1 / Fraction(rate)
        for name, value in (video or {}).items():
            setattr(stream.codec_context, name, value)
        stream.metadata.update(stream_tags or {})
        fill = prepare(container, stream) if prepare else []
        for number, frame in enumerate(_frames(count, size, pix_fmt, full=full)):
            frame.pts = times[number] if times else number
            frame.time_base = time_base or 1 / Fraction(rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for step in fill:
            step()
    return path


def bars(path: Path) -> Path:
    """Eight flat bars: little for a mark to hide in."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height = 320, 180
        for number in range(32):
            frame = av.VideoFrame(320, 180, "yuv420p")
            for index, plane in enumerate(frame.planes):
                levels = np.linspace(32, 220, 8) if index == 0 else np.full(8, 128)
                row = np.repeat(levels, plane.width // 8)
                np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width] = row
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def add_sound(
    container: Any, codec: str = "aac", seconds: float = 1.6, *, language: str = "eng", start: int = 0
) -> Callable[[], None]:
    """A tone in two channels; returns what writes it."""
    stream = container.add_stream(codec, rate=48000)
    stream.layout = "stereo"
    stream.metadata["language"] = language

    def fill() -> None:
        size = stream.codec_context.frame_size or 1024
        for number in range(int(seconds * 48000) // size):
            moments = (np.arange(size) + number * size) / 48000
            tone = np.stack([np.sin(2 * np.pi * 440 * moments), np.sin(2 * np.pi * 550 * moments)]) * 0.3
            name = stream.codec_context.format.name
            dtype, peak = {"flt": ("f4", 1), "s32": ("i4", 2**31 - 1)}.get(name[:3], ("i2", 32767))
            samples = (tone * peak).astype(dtype)
            if not name.endswith("p"):
                samples = np.ascontiguousarray(samples.T.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(samples, format=name, layout="stereo")
            frame.sample_rate, frame.pts = 48000, number * size + start
            frame.time_base = Fraction(1, 48000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    return fill


def add_subtitles(container: Any, codec: str = "subrip", language: str = "eng") -> Callable[[], None]:
    stream = container.add_mux_stream(codec, time_base=Fraction(1, 1000))
    stream.metadata["language"] = language

    def fill() -> None:
        for number in range(3):
            text = f"line {number}".encode()
            packet = av.Packet(len(text).to_bytes(2, "big") + text if codec == "mov_text" else text)
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = number * 500
            packet.duration, packet.is_keyframe = 400, True
            container.mux(packet)

    return fill


def variable_rate(path: Path) -> Path:
    """Frames at anything between 25 and 5 a second."""
    gaps = [40, 40, 80, 200, 40, 66, 34, 125] * 8
    times = np.cumsum([0, *gaps])[:48].tolist()
    sound = lambda container, stream: [add_sound(container, seconds=3)]  # noqa: E731
    return write(path, count=48, times=times, time_base=Fraction(1, 1000), prepare=sound)


def phone(path: Path) -> Path:
    """Portrait, by a display matrix, with a phone's own tags."""

    def prepare(container: Any, stream: Any) -> list[Callable[[], None]]:
        stream.set_display_rotation(-90)
        return [add_sound(container)]

    return write(path, tags=PHONE_TAGS, muxer_options={"movflags": "use_metadata_tags"}, prepare=prepare)


HDR10 = (
    "log-level=none:hdr10=1:repeat-headers=1:chromaloc=2:max-cll=1000,400:"
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
)
BT2020 = {"color_primaries": 9, "colorspace": 9, "color_range": 1}


def hdr10(path: Path) -> Path:
    video = BT2020 | {"color_trc": 16, "codec_tag": "hvc1"}
    return write(path, "libx265", pix_fmt="yuv420p10le", options={"x265-params": HDR10}, video=video)


def hlg(path: Path) -> Path:
    video = BT2020 | {"color_trc": 18, "codec_tag": "hvc1"}
    options = {"x265-params": "log-level=none"}
    return write(path, "libx265", pix_fmt="yuv420p10le", options=options, video=video)


def full_mkv(path: Path) -> Path:
    """Two sound tracks, subtitles, chapters, a font, tags."""

    def prepare(container: Any, stream: Any) -> list[Callable[[], None]]:
        fill = [add_sound(container, "libopus"), add_sound(container, "aac", language="deu")]
        fill.append(add_subtitles(container))
        container.add_attachment("font.ttf", "font/ttf", bytes(range(256)) * 8)
        container.set_chapters(
            [
                {
                    "id": 1,
                    "start": 0,
                    "end": 800,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": "One"},
                },
                {
                    "id": 2,
                    "start": 800,
                    "end": 1600,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": "Two"},
                },
            ]
        )
        return fill

    tags = {"title": "Everything at once", "ARTIST": "Ada"}
    return write(
        path, time_base=Fraction(1, 1000), times=[40 * n for n in range(40)], tags=tags, prepare=prepare
    )


def delayed(path: Path) -> Path:
    """The picture starts 400 ms after the sound."""
    sound = lambda container, stream: [add_sound(container, seconds=2)]  # noqa: E731
    times = [400 + 40 * n for n in range(40)]
    return write(path, time_base=Fraction(1, 1000), times=times, prepare=sound)


def interlaced(path: Path) -> Path:
    """Top field first, in wide samples."""
    video = {"flags": 0x20000000 | 0x40000, "sample_aspect_ratio": Fraction(16, 15), "colorspace": 5}
    return write(path, size=(352, 288), options={"x264-params": "tff=1"}, video=video)


def full_range(path: Path) -> Path:
    video = {"sample_aspect_ratio": Fraction(4, 3), "color_range": 2, "colorspace": 6}
    return write(path, pix_fmt="yuvj420p", video=video, full=True)


def prores_alpha(path: Path) -> Path:
    """With a timecode, and PCM sound."""
    sound = lambda container, stream: [add_sound(container, "pcm_s16le")]  # noqa: E731
    options = {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"}
    tags = {"timecode": "01:02:03:04"}
    return write(
        path,
        "prores_ks",
        pix_fmt="yuva444p10le",
        count=16,
        options=options,
        stream_tags=tags,
        prepare=sound,
    )


def vp9_alpha(path: Path) -> Path:
    options = {"crf": "20", "b": "0", "deadline": "realtime", "cpu-used": "8", "auto-alt-ref": "0"}
    times = [40 * n for n in range(24)]
    return write(
        path,
        "libvpx-vp9",
        pix_fmt="yuva420p",
        count=24,
        options=options,
        times=times,
        time_base=Fraction(1, 1000),
        stream_tags={"alpha_mode": "1"},
    )


def odd_444(path: Path) -> Path:
    return write(path, size=(321, 179), pix_fmt="yuv444p")


def webm(path: Path) -> Path:
    options = {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "8"}
    sound = lambda container, stream: [add_sound(container, "libopus")]  # noqa: E731
    times = [40 * n for n in range(32)]
    return write(
        path,
        "libvpx-vp9",
        count=32,
        options=options,
        times=times,
        time_base=Fraction(1, 1000),
        prepare=sound,
    )


CASES: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "variable rate": ("variable.mp4", variable_rate),
    "rotated phone": ("phone.mov", phone),
    "HDR10": ("hdr10.mp4", hdr10),
    "HLG": ("hlg.mp4", hlg),
    "everything in Matroska": ("full.mkv", full_mkv),
    "late picture": ("delayed.mp4", delayed),
    "interlaced": ("interlaced.mp4", interlaced),
    "full range": ("full_range.mp4", full_range),
    "ProRes with alpha": ("alpha.mov", prores_alpha),
    "VP9 with alpha": ("alpha.webm", vp9_alpha),
    "odd size, 4:4:4": ("odd.mp4", odd_444),
    "WebM": ("clip.webm", webm),
}
"""The twelve clips on which tools lose something."""

"""What happens to a published clip: renditions of platforms, edits of re-uploaders, and chains of both.

Rates are bits per pixel of real listings of downloads (yt-dlp, gallery-dl, instaloader issue threads, 2019 to
2026): they model the rate of a rendition, not the encoder behind it, which is not public. Chat apps code on
the phone, with the simplest tools of its encoder; their rates are those of the public sources: Signal
(signalapp/Signal-Android, VideoConstants.kt: 2 Mb/s at 720 rows, no less than 500 kb/s at 480), and
Telegram's `makeVideoBitrate` at its lowest (0.8 of 2.26 Mb/s at 720 rows, less by area).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import clips

Edit = Callable[[Any, clips.Shape], Any]


@dataclass(frozen=True)
class Rendition:
    """One version of a clip that a platform offers: shorter side, codec, bits per pixel, FFmpeg's name of the
    pixels' format; and what is done before, if anything."""

    short: int
    codec: str
    bits_per_pixel: float
    pixels: str = "yuv420p"
    edit: Edit | None = None

    def apply(self, source: Path, target: Path) -> None:
        shape = clips.shape_of(source)
        width, height = shape.scaled_to(self.short)
        rate = int(self.bits_per_pixel * width * height * shape.rate)
        settings = {
            "AVC": {"vcodec": "libx264", "preset": "faster", "maxrate": int(1.5 * rate), "bufsize": 2 * rate},
            "AVC baseline": {"vcodec": "libx264", "preset": "superfast", "profile:v": "baseline"},
            "HEVC": {"vcodec": "libx265", "preset": "superfast", "x265-params": "log-level=error"},
            "VP9": {"vcodec": "libvpx-vp9", "deadline": "good", "cpu-used": 5, "row-mt": 1},
            "AV1": {"vcodec": "libsvtav1", "preset": 10},
        }[self.codec]
        video = clips.source(source) if self.edit is None else self.edit(clips.source(source), shape)
        video = video.filter("scale", width, height, flags="bicubic")
        clips.run(video.output(str(target), video_bitrate=rate, pix_fmt=self.pixels, **settings))


@dataclass(frozen=True)
class Quality:
    """x264 at a constant rate factor, after an edit or none; where an edit asks for other times, of an
    excerpt."""

    crf: int = 20
    edit: Edit | None = None
    start: float = 0.0
    seconds: float | None = None

    def apply(self, source: Path, target: Path) -> None:
        span = {} if self.seconds is None else {"t": self.seconds}
        video = clips.source(source, ss=self.start, **span)
        if self.edit is not None:
            video = self.edit(video, clips.shape_of(source))
        video = video.filter("scale", "trunc(iw/2)*2", "trunc(ih/2)*2")
        clips.run(
            video.output(str(target), vcodec="libx264", preset="veryfast", crf=self.crf, pix_fmt="yuv420p")
        )


Step = Rendition | Quality

RENDITIONS: dict[str, Step] = {
    "YouTube 144p AVC": Rendition(144, "AVC", 0.09),
    "YouTube 240p AVC": Rendition(240, "AVC", 0.05),
    "YouTube 360p AVC": Rendition(360, "AVC", 0.041),
    "YouTube 480p VP9": Rendition(480, "VP9", 0.028),
    "YouTube 480p AV1": Rendition(480, "AV1", 0.0197),
    "YouTube 720p AVC": Rendition(720, "AVC", 0.041),
    "YouTube 1080p AV1": Rendition(1080, "AV1", 0.016),
    "YouTube 1440p VP9": Rendition(1440, "VP9", 0.025),
    "YouTube 2160p AV1": Rendition(2160, "AV1", 0.0139),
    "TikTok 360p AVC": Rendition(360, "AVC", 0.037),
    "TikTok 540p AVC": Rendition(576, "AVC", 0.054),
    "TikTok 720p HEVC": Rendition(720, "HEVC", 0.033),
    "TikTok 1080p HEVC": Rendition(1080, "HEVC", 0.022),
    "TikTok 540p HEVC, 93 kb/s": Rendition(576, "HEVC", 0.0053),
    "Instagram 360p AVC": Rendition(360, "AVC", 0.053),
    "Instagram 720p AVC": Rendition(720, "AVC", 0.072),
    "Instagram 720p VP9": Rendition(720, "VP9", 0.0114),
    "Instagram 720p VP9, 100 kb/s": Rendition(720, "VP9", 0.0036),
    "Signal 480p, 500 kb/s": Rendition(480, "AVC baseline", 0.0407),
    "Signal 720p": Rendition(720, "AVC baseline", 0.0723),
    "Telegram 360p": Rendition(360, "AVC baseline", 0.065),
    "x264 crf 33": Quality(33),
}
HARSH = ("YouTube 144p AVC", "YouTube 240p AVC", "TikTok 540p HEVC, 93 kb/s", "Instagram 720p VP9, 100 kb/s")


def _zoom(share: float) -> Edit:
    """`share` of the picture's sides is cut off, the rest fills the frame."""
    return lambda v, s: v.filter("crop", f"iw*{1 - share}", f"ih*{1 - share}").filter(
        "scale", s.width, s.height
    )


def _scale(factor: float) -> Edit:
    return lambda v, s: v.filter(
        "scale", f"trunc(iw*{factor}/2)*2", f"trunc(ih*{factor}/2)*2", flags="bicubic"
    )


def _speed(factor: float) -> Edit:
    return lambda v, s: v.filter("setpts", f"PTS/{factor}").filter("fps", float(s.rate))


def _rate(fps: int) -> Edit:
    return lambda v, s: v.filter("fps", fps)


def _simple(name: str, *arguments: Any, **named: Any) -> Edit:
    return lambda v, s: v.filter(name, *arguments, **named)


def _letterbox(v: Any, s: clips.Shape) -> Any:
    return v.filter("pad", "iw", "trunc(ih*1.3/2)*2", "0", "(oh-ih)/2")


def _pillarbox(v: Any, s: clips.Shape) -> Any:
    return v.filter("pad", "trunc(iw*1.3/2)*2", "ih", "(ow-iw)/2", "0")


def _caption(v: Any, s: clips.Shape) -> Any:
    """An opaque band over a fifth of the picture, with lighter lines in it."""
    v = v.filter("drawbox", 0, "ih*0.75", "iw", "ih*0.2", color="black", thickness="fill")
    for line in (0.79, 0.86):
        v = v.filter("drawbox", "iw*0.1", f"ih*{line}", "iw*0.8", "ih*0.04", color="white", thickness="fill")
    return v


def _upright(v: Any, s: clips.Shape) -> Any:
    """On a blurred copy of itself in a frame of 9:16, as phones show wide clips."""
    both = v.filter_multi_output("split")
    width, height = s.short, round(s.short * 16 / 9 / 2) * 2
    back = both[0].filter("scale", -2, height).filter("crop", width, height).filter("gblur", sigma=20)
    front = both[1].filter("scale", width, -2)
    return clips.overlay(back, front, x=0, y="(H-h)/2")


def _in_picture(share: float) -> Edit:
    """A picture in a picture that moves and is not marked."""

    def edit(v: Any, s: clips.Shape) -> Any:
        back = clips.source(f"mandelbrot=size={s.width}x{s.height}:rate={float(s.rate)}", f="lavfi")
        small = v.filter("scale", f"trunc(iw*{share}/2)*2", f"trunc(ih*{share}/2)*2", flags="bicubic")
        return clips.overlay(back, small, x="W*0.5", y="H*0.08", shortest=1)

    return edit


def _camcorder(v: Any, s: clips.Shape) -> Any:
    """Filmed from a screen: perspective, noise, softness."""
    v = v.filter(
        "perspective",
        "W*0.02",
        "H*0.01",
        "W*0.99",
        "H*0.03",
        "W*0.01",
        "H*0.98",
        "W*0.985",
        "H*0.99",
        sense=0,
    )
    return v.filter("gblur", sigma=0.8).filter("noise", alls=6, allf="t")


EDITS: dict[str, Step] = {
    "mirror": Quality(edit=_simple("hflip")),
    "zoom 5 %": Quality(edit=_zoom(0.05)),
    "zoom 10 %": Quality(edit=_zoom(0.1)),
    "scale 0.5": Quality(edit=_scale(0.5)),
    "scale 1.5": Quality(edit=_scale(1.5)),
    "aspect 4:3": Quality(edit=_simple("scale", "trunc(iw*0.85/2)*2", "ih")),
    "rotate 1": Quality(edit=_simple("rotate", "PI/180")),
    "letterbox": Quality(edit=_letterbox),
    "pillarbox": Quality(edit=_pillarbox),
    "upright on blur": Quality(edit=_upright),
    "caption": Quality(edit=_caption),
    "speed 0.95": Quality(edit=_speed(0.95)),
    "speed 1.10": Quality(edit=_speed(1.1)),
    "speed 1.25": Quality(edit=_speed(1.25)),
    "15 fps": Quality(edit=_rate(15)),
    "24 fps": Quality(edit=_rate(24)),
    "25 fps": Quality(edit=_rate(25)),
    "60 fps": Quality(edit=_rate(60)),
    "drop 10 %": Quality(edit=_simple("select", "mod(n,10)")),
    "warm": Quality(edit=_simple("colorbalance", rs=0.15, bs=-0.15)),
    "black and white": Quality(edit=_simple("hue", s=0)),
    "darker": Quality(edit=_simple("eq", brightness=-0.1, contrast=0.85, gamma=0.9)),
    "blur": Quality(edit=_simple("gblur", sigma=1.2)),
    "sharpen": Quality(edit=_simple("unsharp", 5, 5, 1.0)),
    "denoise": Quality(edit=_simple("hqdn3d", 4)),
    "median": Quality(edit=_simple("median", 1)),
    "camcorder": Quality(edit=_camcorder),
    "picture in picture 60 %": Quality(edit=_in_picture(0.6)),
    "picture in picture 45 %": Quality(edit=_in_picture(0.45)),
}
UNSURE = ("camcorder", "picture in picture 60 %", "picture in picture 45 %")

CHAINS: dict[str, tuple[str, ...]] = {
    "mirror + TikTok 540p AVC": ("mirror", "TikTok 540p AVC"),
    "zoom 10 % + YouTube 480p VP9": ("zoom 10 %", "YouTube 480p VP9"),
    "speed 1.10 + Instagram 720p AVC": ("speed 1.10", "Instagram 720p AVC"),
    "letterbox + YouTube 360p AVC": ("letterbox", "YouTube 360p AVC"),
    "upright on blur + TikTok 720p HEVC": ("upright on blur", "TikTok 720p HEVC"),
    "warm + caption + Instagram 720p AVC": ("warm", "caption", "Instagram 720p AVC"),
    "mirror + zoom 5 % + speed 1.10 + TikTok 540p AVC": (
        "mirror",
        "zoom 5 %",
        "speed 1.10",
        "TikTok 540p AVC",
    ),
    "YouTube 720p AVC + TikTok 540p AVC": ("YouTube 720p AVC", "TikTok 540p AVC"),
}


def excerpts(start: float) -> dict[str, tuple[Step, ...]]:
    """Three seconds from anywhere, as a platform shows them."""
    piece = Quality(edit=None, start=start, seconds=3.0)
    renditions = ("YouTube 480p VP9", "YouTube 720p AVC", "TikTok 540p AVC", "Instagram 720p AVC")
    return {f"3 s + {name}": (piece, RENDITIONS[name]) for name in renditions}


def random_chains(count: int, seed: int) -> dict[str, tuple[Step, ...]]:
    """One to three everyday edits with random parameters, exported once, and the rendition of a platform."""
    rng = np.random.default_rng(seed)
    usual = [
        name for name, step in RENDITIONS.items() if isinstance(step, Rendition) and 360 <= step.short <= 1080
    ]
    renditions = [name for name in usual if name not in HARSH]
    made: dict[str, tuple[Step, ...]] = {}
    while len(made) < count:
        drawn = _drawn(rng)
        chosen = [list(drawn)[i] for i in sorted(rng.choice(len(drawn), rng.integers(1, 4), replace=False))]
        rendition, start, seconds, crf = (
            rng.choice(renditions),
            rng.uniform(0, 2),
            rng.uniform(4, 8),
            rng.integers(18, 27),
        )
        edit = _in_order([drawn[name] for name in chosen])
        export = Quality(int(crf), edit, float(start), float(seconds))
        made[" + ".join([*chosen, f"{seconds:.1f} s", str(rendition)])] = (export, RENDITIONS[rendition])
    return made


def _drawn(rng: np.random.Generator) -> dict[str, Edit]:
    """Every kind of edit, with parameters of its own, in the order in which they are made."""
    zoom, logo = rng.uniform(0.02, 0.15), rng.uniform(0.1, 0.25)
    wide, high = rng.uniform(0.75, 1, 2)
    left, top = rng.uniform(0, 1, 2)
    aspect, turn, bars = rng.uniform(0.85, 1.15), rng.uniform(-2, 2), rng.uniform(1.1, 1.4)
    speed, rate = rng.uniform(0.9, 1.25), int(rng.choice([15, 24, 25, 60]))
    bright, contrast, saturation = rng.uniform(-0.1, 0.1), rng.uniform(0.8, 1.25), rng.uniform(0, 1.5)
    blur, sharp, grain = rng.uniform(0.5, 1.5), rng.uniform(0.4, 1.5), int(rng.integers(3, 10))
    return {
        "mirror": _simple("hflip"),
        f"zoom {100 * zoom:.0f} %": _zoom(zoom),
        f"crop to {100 * wide:.0f} x {100 * high:.0f} %": _simple(
            "crop", f"iw*{wide}", f"ih*{high}", f"(iw-ow)*{left}", f"(ih-oh)*{top}"
        ),
        f"aspect {aspect:.2f}": _simple("scale", f"trunc(iw*{aspect}/2)*2", "ih"),
        f"rotate {turn:.1f}": _simple("rotate", turn * np.pi / 180),
        f"colours {bright:.2f} {contrast:.2f} {saturation:.1f}": _simple(
            "eq", brightness=bright, contrast=contrast, saturation=saturation
        ),
        f"blur {blur:.1f}": _simple("gblur", sigma=blur),
        f"sharpen {sharp:.1f}": _simple("unsharp", 5, 5, sharp),
        "denoise": _simple("hqdn3d", 4),
        f"grain {grain}": _simple("noise", alls=grain, allf="t"),
        "caption": _caption,
        f"logo {100 * logo:.0f} %": _simple(
            "drawbox", "iw*0.05", "ih*0.05", f"iw*{logo}", f"ih*{logo}", color="red", thickness="fill"
        ),
        f"letterbox {bars:.2f}": _simple("pad", "iw", f"trunc(ih*{bars}/2)*2", "0", "(oh-ih)/2"),
        "upright on blur": _upright,
        f"speed {speed:.2f}": _speed(speed),
        f"{rate} fps": _rate(rate),
    }


def _in_order(edits: Sequence[Edit]) -> Edit:
    return lambda v, s: reduce(lambda video, edit: edit(video, s), edits, v)


def groups(start: float, random: int = 0, seed: int = 1) -> dict[str, dict[str, tuple[Step, ...]]]:
    """All attacks, by the rows that they are counted in: so many `random` chains, the same for all clips."""
    steps = RENDITIONS | EDITS
    return {
        # The names of groups are keys of the results, and stay.
        "platform rungs": {n: (s,) for n, s in RENDITIONS.items() if n not in HARSH},
        "edits": {n: (s,) for n, s in EDITS.items() if n not in UNSURE},
        "chains": {n: tuple(steps[part] for part in parts) for n, parts in CHAINS.items()},
        "excerpts of 3 s": excerpts(start),
        "harshest rungs": {n: (RENDITIONS[n],) for n in HARSH},
        "camcorder and picture in picture": {n: (EDITS[n],) for n in UNSURE},
        "random chains": random_chains(random, seed),
    }


def offered(steps: tuple[Step, ...], shape: clips.Shape) -> bool:
    """Whether a platform makes these renditions of a clip of `shape`: those of 360 rows need as many, and
    those of more than 1080 rows, too."""
    return all(
        step.short < 360 or (shape.short >= 360 and step.short <= max(shape.short, 1080))
        for step in steps
        if isinstance(step, Rendition)
    )


def apply(steps: tuple[Step, ...], source: Path, folder: Path) -> Path:
    """The last of the files that the steps make of `source`."""
    for number, step in enumerate(steps):
        vp9 = isinstance(step, Rendition) and step.codec == "VP9"
        target = folder / f"step{number}{'.webm' if vp9 else '.mp4'}"
        step.apply(source, target)
        source = target
    return source

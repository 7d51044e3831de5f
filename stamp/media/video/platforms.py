"""What a platform asks of an upload: findings about a clip, and settings for its encoder.

The figures are in `platforms.toml`, with the date they were read and where. Findings advise and refuse
nothing: platforms take more than they recommend.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from importlib import resources
from typing import Any

from .clip import Clip
from .encoders import Encoder, Settings
from .mp4_index import Layout

_RATE_TOLERANCE = 0.02  # 60000/1001 counts as 60


@dataclass(frozen=True, slots=True)
class Platform:
    """read : when the figures were read, from `sources`. The rest is None or empty where nothing is asked.

    containers, codecs, audio : by FFmpeg's names. sides : least and most pixels. widest : most pixels in a
    row. fps, shortest_s, longest_s, largest_bytes, highest_bps : limits. keyframes_s : seconds from one to
    the next. aspect : the shape that fills the screen. rung : the lowest ordinary rendition that it makes,
    rows of the shorter side and bits per pixel and frame, in H.264.
    """

    name: str
    read: date
    sources: tuple[str, ...]
    containers: tuple[str, ...]
    codecs: tuple[str, ...]
    audio: tuple[str, ...]
    fps: tuple[float, float]
    largest_bytes: int
    longest_s: float
    rung: tuple[int, float]
    shortest_s: float = 0.0
    sides: tuple[int, int] | None = None
    widest: int | None = None
    highest_bps: int | None = None
    audio_rate: int | None = None
    audio_channels: int | None = None
    keyframes_s: float | None = None
    aspect: str | None = None
    progressive: bool = False
    edit_lists: bool = True


def platform(name: str) -> Platform:
    """The requirements of "youtube", "tiktok" or "instagram". Raises KeyError for others."""
    table = tomllib.loads(resources.files(__package__).joinpath("platforms.toml").read_text("utf-8"))[name]
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    return Platform(name=name, **fields)


def findings(clip: Clip, wanted: Platform, size_bytes: int, layout: Layout | None) -> tuple[str, ...]:
    """What the platform would like otherwise, one sentence each; `layout` is None outside MP4 and
    QuickTime."""
    return tuple(f"{wanted.name}: {what}" for what in _findings(clip, wanted, size_bytes, layout))


def _findings(clip: Clip, wanted: Platform, size_bytes: int, layout: Layout | None) -> Iterator[str]:
    def listed(names: tuple[str, ...]) -> str:
        return " or ".join(names)

    width, height = clip.shown_size
    if clip.muxer not in wanted.containers:
        yield f"wants {listed(wanted.containers)}, this is {clip.muxer}"
    if clip.codec not in wanted.codecs and clip.codec == codec_for(clip, wanted):
        yield f"wants {listed(wanted.codecs)}, this is {clip.codec}"
    if clip.audio_codec and clip.audio_codec not in wanted.audio:
        yield f"wants sound in {listed(wanted.audio)}, this is {clip.audio_codec}"
    if wanted.audio_rate and clip.audio_rate > wanted.audio_rate:
        yield f"wants sound of at most {wanted.audio_rate} Hz, this has {clip.audio_rate}"
    if wanted.audio_channels and clip.audio_channels > wanted.audio_channels:
        yield f"wants at most {wanted.audio_channels} channels of sound, this has {clip.audio_channels}"
    if wanted.sides and not wanted.sides[0] <= min(width, height) <= max(width, height) <= wanted.sides[1]:
        yield f"wants sides of {wanted.sides[0]} to {wanted.sides[1]} pixels, this is {width}x{height}"
    if wanted.widest and width > wanted.widest:
        yield f"wants at most {wanted.widest} pixels in a row, this has {width}"
    if wanted.aspect and Fraction(width, height) != Fraction(*map(int, wanted.aspect.split(":"))):
        yield f"fills the screen with {wanted.aspect}, this is {width}x{height}"
    low, high = wanted.fps
    if clip.fps and not low - _RATE_TOLERANCE <= clip.fps <= high + _RATE_TOLERANCE:
        yield f"wants {low:g} to {high:g} frames a second, this has {clip.fps:.2f}"
    if not wanted.shortest_s <= clip.seconds <= wanted.longest_s:
        yield f"wants {wanted.shortest_s:g} to {wanted.longest_s:g} seconds, this has {clip.seconds:.1f}"
    if size_bytes > wanted.largest_bytes:
        yield f"takes files of {wanted.largest_bytes} bytes, this has {size_bytes}"
    if clip.alpha and codec_for(clip, wanted) in ("h264", "hevc"):
        yield "wants no transparency: it is left out"
    if wanted.progressive and clip.first_field:
        yield "wants whole frames, these are interlaced: deinterlace first"
    if layout and not wanted.edit_lists and layout.edit_lists:
        if clip.staggered:
            yield "wants no edit lists, but this one says when the sound and when the picture starts"
        else:
            yield "wants no edit lists: those of the source are left out"
    if layout and not layout.index_first:
        yield "wants the index in front: it is moved there"


def codec_for(clip: Clip, wanted: Platform) -> str:
    """The clip's own codec if the platform takes it, else H.264, where the container does. HDR stays as it
    is: eight bits cannot hold it."""
    if clip.codec in wanted.codecs or clip.is_hdr or clip.muxer == "webm":
        return clip.codec
    return "h264"


def with_codec(settings: Settings, clip: Clip, wanted: Platform) -> Settings:
    """The settings with the platform's codec, where the user named none."""
    return settings if settings.codec else replace(settings, codec=codec_for(clip, wanted))


def sampled(clip: Clip, codec: str) -> Clip:
    """The clip as it is coded for a platform: in 4:2:0, which none says otherwise of H.264 and HEVC."""
    if codec not in ("h264", "hevc"):
        return clip
    pix_fmt = "yuv420p10le" if clip.is_hdr else "yuvj420p" if clip.full_range else "yuv420p"
    return replace(clip, pix_fmt=pix_fmt, alpha=False)


def prepared(encoder: Encoder, clip: Clip, wanted: Platform) -> Encoder:
    """The encoder as the platform likes it: its distance of key frames, its highest rate."""
    options = dict(encoder.options)
    if encoder.name in ("libx264", "libx265"):
        if wanted.keyframes_s and clip.fps:
            options["g"] = str(max(1, round(wanted.keyframes_s * clip.fps)))
        if wanted.highest_bps and wanted.highest_bps < float(options.get("maxrate", "inf")):
            options |= {"maxrate": str(wanted.highest_bps), "bufsize": str(2 * wanted.highest_bps)}
        if encoder.name == "libx264":
            options |= {"profile": "high", "bf": "2"}
    return replace(encoder, options=options)

"""Which encoder writes a clip's codec again, and with which settings.

The codec stays what it was, and the quality is visually lossless unless asked otherwise: the mark should be
the only thing that a second generation changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import av
from av.codec import Codec

from ...formats.reading import refused
from .clip import Clip
from .luma import is_rgb


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user wants of the encoder; None leaves the default.

    codec : FFmpeg's name for it. crf : the encoder's own scale of quality, lower is better. preset : its own
    word for speed. max_bit_rate : bit/s.
    """

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    max_bit_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Encoder:
    """name : FFmpeg's encoder. pix_fmt : of the frames that it takes. options : as FFmpeg has them.
    qscale : constant quantiser of the old MPEG codecs, None elsewhere."""

    name: str
    pix_fmt: str
    options: Mapping[str, str]
    qscale: float | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    encoder: str
    quality: float | None  # of the option `knob`, None where there is no scale
    knob: str = "crf"
    preset: str = ""
    speed: str = "preset"  # the option that a preset sets, "" where there is none


# Qualities at which a second generation is not told from the first by eye; they are not equal bitrates.
_KINDS = {
    "h264": _Kind("libx264", 17, preset="medium"),
    "hevc": _Kind("libx265", 18, preset="medium"),
    "av1": _Kind("libsvtav1", 20, preset="7"),
    "vp9": _Kind("libvpx-vp9", 18, preset="3", speed="cpu-used"),
    "vp8": _Kind("libvpx", 6, preset="2", speed="cpu-used"),
    "prores": _Kind("prores_ks", None, speed=""),
    "ffv1": _Kind("ffv1", None, speed=""),
    "mpeg2video": _Kind("mpeg2video", 2, "qscale", speed=""),
    "mpeg4": _Kind("mpeg4", 2, "qscale", speed=""),
    "mjpeg": _Kind("mjpeg", 2, "qscale", speed=""),
    "dnxhd": _Kind("dnxhd", None, speed=""),
}
# Apple ProRes white paper: the four characters name the profile.
_PRORES = {"apco": "proxy", "apcs": "lt", "apcn": "standard", "apch": "hq", "ap4h": "4444", "ap4x": "4444xq"}
_SVTAV1_ROOF = 100_000_000  # bit/s; it takes no higher limit
_VP8_ROOF = 60_000_000  # libvpx's crf needs a highest bit rate for VP8


def choose(clip: Clip, settings: Settings) -> Encoder:
    """The encoder for `clip`.

    Raises UnsupportedFormat where there is none, or where it cannot take what the clip is.
    """
    codec = settings.codec or clip.codec
    if codec not in _KINDS:
        raise refused(
            f"there is no encoder here for {codec}", f"choose one with `codec` ({', '.join(_KINDS)})"
        )
    kind = _KINDS[codec]
    if kind.encoder == "libx264" and is_rgb(clip.pix_fmt):
        kind = replace(kind, encoder="libx264rgb")
    options = dict(_SPECIAL[codec](clip)) if codec in _SPECIAL else {}
    quality = kind.quality if settings.crf is None else settings.crf
    if settings.crf is not None and kind.quality is None:
        raise refused(f"{codec} has no scale of quality", "leave `crf` out")
    if settings.preset is not None and not kind.speed:
        raise refused(f"{codec} has no presets", "leave `preset` out")
    if kind.speed:
        options[kind.speed] = settings.preset or kind.preset
    if quality is not None and kind.knob == "crf":
        options["crf"] = f"{quality:g}"
    encoder = Encoder(
        kind.encoder,
        _pixel_format(kind.encoder, clip),
        options,
        qscale=quality if kind.knob == "qscale" else None,
    )
    if settings.max_bit_rate is not None:
        if quality is None:
            what = f"{codec} has no highest bit rate"
            raise refused(what, "leave `max_bit_rate` out, or choose another `codec`")
        encoder = _capped(encoder, settings.max_bit_rate, quality)
    return _interlaced(encoder, clip) if clip.first_field else encoder


def _capped(encoder: Encoder, rate: int, quality: float) -> Encoder:
    """The encoder with no better quality than before, and at most `rate` bit/s, with a buffer of one
    second."""
    if encoder.name == "libsvtav1":
        rate = min(rate, _SVTAV1_ROOF)
    limit = {"maxrate": str(rate), "bufsize": str(rate)}
    if encoder.name in ("libx264", "libx264rgb", "libx265", "libsvtav1"):
        return replace(encoder, options={**encoder.options, **limit})
    limit["b"] = str(rate)
    if encoder.name == "libvpx":
        return replace(encoder, options={**encoder.options, **limit})
    # The others hold a limit only where they aim at a rate. Where it is not needed they do not spend it:
    # their finest quantiser is that of the quality, in which libvpx counts as its crf does.
    limit["qmin"] = str(max(1, round(quality)))
    if encoder.name == "libvpx-vp9":
        limit["minrate"] = str(rate)  # a constant rate: of any other, hard scenes take twice as much
    options = {name: value for name, value in encoder.options.items() if name != "crf"}
    return replace(encoder, options={**options, **limit}, qscale=None)


def _pixel_format(encoder: str, clip: Clip) -> str:
    """The clip's own pixel format, or one that holds all of it."""
    taken = [format_.name for format_ in Codec(encoder, "w").video_formats or ()]
    # prores_ks takes 10 bits of what FFmpeg decodes as 12; full range is no part of the format.
    fitting = [clip.pix_fmt, clip.pix_fmt.replace("yuvj", "yuv")]
    if encoder == "libx264rgb":
        fitting += ["rgb24"] if clip.depth == 8 and not clip.alpha else []
    if encoder == "prores_ks":
        fitting.append(clip.pix_fmt.replace("p12", "p10"))
    for name in fitting:
        if name in taken:
            _check_size(encoder, name, clip)
            return name
    raise refused(
        f"{encoder} cannot encode {clip.pix_fmt}",
        "choose another with `codec` (av1 takes 10 bits, ffv1 in Matroska anything), or convert it first",
    )


def _check_size(encoder: str, pix_fmt: str, clip: Clip) -> None:
    """x264 and x265 take no half samples of colour."""
    form = av.VideoFormat(pix_fmt)
    rest = clip.width % (2 // form.chroma_width(2)), clip.height % (2 // form.chroma_height(2))
    if encoder in ("libx264", "libx265") and any(rest):
        what = f"{encoder} cannot encode {clip.width}x{clip.height} pixels as {pix_fmt}"
        raise refused(what, "crop the clip to even sides first, or choose another codec with `codec`")


def _interlaced(encoder: Encoder, clip: Clip) -> Encoder:
    if encoder.name in ("libx264", "libx264rgb"):
        order = "tff=1" if clip.first_field == "top" else "bff=1"
        given = encoder.options.get("x264-params")
        options = {"x264-params": f"{given}:{order}" if given else order}
        return replace(encoder, options={**encoder.options, **options})
    if encoder.name in ("mpeg2video", "prores_ks", "dnxhd", "ffv1", "mpeg4"):
        return encoder
    raise refused(
        f"{encoder.name} cannot encode interlaced frames", "deinterlace the clip first, or `codec` h264"
    )


def _reordering(clip: Clip) -> list[str]:
    """B frames run one frame ahead, and two where other B frames are predicted from them."""
    if clip.ahead is None or clip.ahead >= 2:
        return []
    return ["b-pyramid=0" if clip.ahead else "bframes=0"]


def _x264(clip: Clip) -> dict[str, str]:
    told = clip.hdr.options
    # Otherwise the stream itself gives the ticks of its clock for a frame rate, some 10,000 a second.
    words = ["force-cfr=1"] if clip.steady else []
    words += _reordering(clip)
    words += [f"mastering-display={told['mastering-display']}"] if "mastering-display" in told else []
    words += [f"cll={told['content-light']}"] if "content-light" in told else []
    return {"x264-params": ":".join(words)} if words else {}


def _x265(clip: Clip) -> dict[str, str]:
    told = clip.hdr.options
    words = ["log-level=error", *_reordering(clip)]
    if told:
        words += ["hdr10=1", "repeat-headers=1"]
    if "mastering-display" in told:
        words.append(f"master-display={told['mastering-display']}")
    if "content-light" in told:
        words.append(f"max-cll={told['content-light']}")
    return {"x265-params": ":".join(words)}


def _svtav1(clip: Clip) -> dict[str, str]:
    # Its filter along time, which is for noise, takes a mark that stands still on moving things for noise: of
    # a phone's clip two thirds were left (docs/adr/0104).
    words = ["enable-tf=0"]
    if clip.hdr.primaries and clip.hdr.luminance:
        red, green, blue, white = (f"({float(x):.5f},{float(y):.5f})" for x, y in clip.hdr.primaries)
        low, high = (float(value) for value in clip.hdr.luminance)
        words.append(f"mastering-display=G{green}B{blue}R{red}WP{white}L({high:.4f},{low:.4f})")
    if clip.hdr.light:
        words.append(f"content-light={clip.hdr.light[0]},{clip.hdr.light[1]}")
    return {"svtav1-params": ":".join(words)}


def _vpx(clip: Clip) -> dict[str, str]:
    options = {"deadline": "good", "b": "0"}
    # With an alpha channel, libvpx codes it as a second picture that must not lag behind the first.
    return options | ({"auto-alt-ref": "0", "lag-in-frames": "0"} if clip.alpha else {})


def _vp8(clip: Clip) -> dict[str, str]:
    return {**_vpx(clip), "b": str(_VP8_ROOF)}


def _prores(clip: Clip) -> dict[str, str]:
    profile = _PRORES.get(clip.tag)
    options = {"vendor": "apl0"} | ({"profile": profile} if profile else {})
    return options | ({"alpha_bits": "16"} if clip.alpha else {})


def _dnxhd(clip: Clip) -> dict[str, str]:
    if not clip.profile.startswith("DNXHR"):
        what = f"{clip.profile or 'DNxHD'} has fixed rates only"
        raise refused(what, "choose `codec` h264 or ffv1, of 10 bits prores")
    return {"profile": clip.profile.lower().replace(" ", "_")}


def _mpeg2(clip: Clip) -> dict[str, str]:
    return {"gop_timecode": clip.timecode} if clip.timecode else {}


_SPECIAL: Mapping[str, Callable[[Clip], dict[str, str]]] = {
    "h264": _x264,
    "hevc": _x265,
    "av1": _svtav1,
    "vp9": _vpx,
    "vp8": _vp8,
    "prores": _prores,
    "dnxhd": _dnxhd,
    "mpeg2video": _mpeg2,
}


def configure(context: av.VideoCodecContext, encoder: Encoder) -> None:
    """Put the settings into an encoder's context that is not open yet."""
    if encoder.name == "libsvtav1":
        # It prints its settings to stderr and knows no other way of being told not to (1: errors only).
        os.environ.setdefault("SVT_LOG", "1")
    context.pix_fmt = encoder.pix_fmt
    context.options = dict(encoder.options)
    if encoder.qscale is not None:
        context.qscale = True
        context.global_quality = round(encoder.qscale)

"""The encoder and the stream of a marked clip, made after those of the source."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from math import lcm
from typing import cast

import av
from av.audio.stream import AudioStream
from av.codec.context import Flags as CodecFlags
from av.container import OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from ...core.errors import UnsupportedFormat
from ...formats.reading import refused
from .clip import Clip
from .encoders import Encoder, configure
from .luma import is_rgb

# ISO BMFF: the characters by which the codec of the source is named, where a muxer takes more than one.
_TAGS = {
    "avc1",
    "avc3",
    "hvc1",
    "hev1",
    "apco",
    "apcs",
    "apcn",
    "apch",
    "ap4h",
    "ap4x",
    "AVdh",
    "mp4v",
    "jpeg",
}
# These know constant rates, or clocks of 16 bits, only: frames are numbered, and packets get the times back.
COUNTING = {"mpeg2video", "mpeg4"}


# AVCOL_SPC_RGB, AVCOL_SPC_UNSPECIFIED: a picture with a plane of luma has the first only where a reader knows
# nothing of its colours, as FFmpeg's of FLV with HEVC, AV1 or VP9.
_IDENTITY, _UNKNOWN = 0, 2
_TICKS = 1000  # a second, in which FFmpeg before its version 9 counts the edits of a movie
_MOST_TICKS = 2**31 - 1


# In frames whose size in bytes varies, as MP3's does where the rate leaves a rest.
_IN_FRAMES = {"aac", "ac3", "flac", "mp2", "mp3"}


def copied_stream(output: OutputContainer, source: Stream, clip: Clip) -> Stream:
    """The stream for the packets of `source` as they are. Raises ValueError where the muxer has no place for
    its codec."""
    made = output.add_stream_from_template(source, opaque=True)
    if clip.muxer == "avi" and isinstance(source, AudioStream) and isinstance(made, AudioStream):
        # AVI counts sound in bytes or in frames (dwSampleSize of AVISTREAMHEADER), by these two in FFmpeg's
        # muxer, which PyAV can set only for a codec that it opens.
        heard, base = source.codec_context, source.time_base or 0
        made.codec_context.options = {"frame_size": str(heard.frame_size or round(heard.sample_rate * base))}
        if heard.codec.canonical_name in _IN_FRAMES:
            made.codec_context.options |= {"block_align": "0"}
        made.codec_context.open()
    return made


def muxer_options(clip: Clip, begins: Iterable[tuple[int, Fraction]], *, edit_lists: bool) -> dict[str, str]:
    """begins : when the streams begin, the picture first: a count, and its unit in seconds."""
    if clip.muxer == "mpegts":
        return {"mpegts_m2ts_mode": str(int(clip.timed_packets))}
    if clip.muxer not in ("mp4", "mov"):
        return {}
    # Spherical and stereoscopic descriptions count as unofficial, but they were there.
    options = {"strict": "unofficial", "write_btrt": "0"} | ({"brand": clip.brand} if clip.brand else {})
    ticks = 1
    for start, base in begins:
        common = lcm(ticks, base.denominator)
        if (start * base * _TICKS).denominator > 1 and common <= _MOST_TICKS:
            ticks = common
    if ticks > 1:
        options["movie_timescale"] = str(ticks)
    # B frames then point back by negative offsets instead of an edit list (ISO/IEC 14496-12, 8.6.1.3).
    return options if edit_lists else options | {"use_editlist": "0", "movflags": "negative_cts_offsets"}


def open_encoder(video: VideoStream, clip: Clip, encoder: Encoder, *, global_header: bool) -> VideoStream:
    """A stream of a container that nobody sees, whose open codec context is the encoder."""
    stream = _described(video, clip, encoder)
    context = stream.codec_context
    rate = video.average_rate or video.guessed_rate or Fraction(25)
    context.width, context.height = clip.width, clip.height
    context.framerate = rate
    context.time_base = 1 / rate if encoder.name in COUNTING else video.time_base or 1 / rate
    if video.sample_aspect_ratio:
        context.sample_aspect_ratio = video.sample_aspect_ratio
    if context.colorspace == _IDENTITY and not is_rgb(clip.pix_fmt):
        context.colorspace = _UNKNOWN
    context.bit_rate = 0
    # A stream made after another one has lost the encoder's defaults: x264's and SVT-AV1's closed groups of
    # pictures, without which a player that seeks shows frames whose references it has not.
    flags = int(av.CodecContext.create(encoder.name, "w").flags | CodecFlags.frame_duration)
    if global_header:
        flags |= CodecFlags.global_header
    if clip.first_field:
        flags |= CodecFlags.interlaced_dct | CodecFlags.interlaced_me
    context.flags = flags
    context.thread_count = 0
    configure(context, encoder)
    try:
        context.open()
    except (av.error.FFmpegError, ValueError) as error:
        remedy = "leave out `crf` and `preset`, or choose another encoder with `codec`"
        raise refused(f"{encoder.name} does not take it ({error})", remedy) from error
    return stream


def _described(video: VideoStream, clip: Clip, encoder: Encoder) -> VideoStream:
    """An encoder with the colours, the place of the chroma samples and the order of fields of the source.

    PyAV shows not all of these, but a stream that is made after another one inherits them; that works where
    FFmpeg's first encoder for the codec is the one that is wanted.
    """
    hidden = av.open(io.BytesIO(), "w", format=clip.muxer)
    if not clip.dynamic_hdr:
        with suppress(ValueError, av.error.FFmpegError):
            stream = hidden.add_stream_from_template(video, opaque=False)
            if stream.codec_context.name == encoder.name:
                stream.codec_context.extradata = None
                stream.codec_context.level = -99  # AV_LEVEL_UNKNOWN: let the encoder choose
                return stream
    try:
        stream = av.open(io.BytesIO(), "w", format=clip.muxer).add_stream(encoder.name)  # type: ignore[assignment]
    except ValueError as error:
        raise _no_place(encoder.name) from error
    old, new = video.codec_context, stream.codec_context
    new.color_primaries, new.color_trc = old.color_primaries, old.color_trc
    new.colorspace, new.color_range = old.colorspace, old.color_range
    return stream


def _no_place(encoder: str) -> UnsupportedFormat:
    what = f"its container does not take {encoder}"
    return refused(what, "choose another codec with `codec`")


def video_stream(output: OutputContainer, video: VideoStream, clip: Clip, coded: VideoStream) -> VideoStream:
    """The stream for what the encoder of `coded` gives out. It is made after the source's where the codec
    stays: so it keeps the display matrix, HDR and stereoscopic descriptions of the container to the bit."""
    context = coded.codec_context
    same = context.codec.canonical_name == clip.codec and not clip.dynamic_hdr
    if same:
        stream = output.add_stream_from_template(video, opaque=True)
        stream.codec_context.extradata = context.extradata
    else:
        try:
            cast(OutputContainer, coded.container).start_encoding()  # fills in what the new one is made after
        except av.error.FFmpegError as error:
            raise _no_place(context.name) from error
        stream = output.add_stream_from_template(coded, opaque=True)
        stream.time_base = video.time_base
        if clip.display_matrix:
            stream.set_display_matrix(struct.unpack("=9i", clip.display_matrix[:36]))
    stream.codec_context.framerate = context.framerate
    if video.sample_aspect_ratio:
        stream.codec_context.sample_aspect_ratio = video.sample_aspect_ratio
    if clip.muxer in ("mp4", "mov"):
        if same and clip.tag in _TAGS:
            stream.codec_context.codec_tag = clip.tag
        elif context.codec.canonical_name == "hevc":
            stream.codec_context.codec_tag = "hvc1"  # the only one that Apple's players take
    return stream

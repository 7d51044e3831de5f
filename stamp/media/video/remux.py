"""Write a clip again: its frames decoded, handed out, and encoded; everything else copied as it is."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, cast

import av
from av.codec.context import Flags as CodecFlags
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..source import damaged, refused
from .clip import PICTURES, STREAM, Clip, decoder_for, opened, reading
from .encoders import Encoder, configure
from .luma import luma_plane

Edit = Callable[[NDArray[Any], float], None]
"""Called with the upright luma of each frame, to be changed in place, and its time in seconds."""

Progress = Callable[[int], None]
"""Called with the number of frames that are done."""


class Sound(Protocol):
    """Marks one audio stream: takes its packets, gives back those to write instead of them."""

    def push(self, packet: Packet[Any]) -> list[Packet[Any]]: ...

    def flush(self) -> list[Packet[Any]]: ...


MakeSound = Callable[[Stream, OutputContainer], Sound]

_BITEXACT = 0x0400  # AVFMT_FLAG_BITEXACT
_GLOBAL_HEADER = 0x40  # AVFMT_GLOBALHEADER
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
_COUNTING = {"mpeg2video", "mpeg4"}
_STALE = ("bps", "number_of_bytes", "_statistics")  # mkvmerge's statistics of the packets that were replaced


@dataclass(frozen=True, slots=True)
class Written:
    """frames : how many were written. track_ids : of the streams written, in order, as the source has them.
    notes : what the user should know."""

    frames: int
    track_ids: tuple[int, ...]
    notes: tuple[str, ...]


def rewrite(
    clip: Clip,
    target: Path,
    encoder: Encoder,
    edit: Edit,
    *,
    progress: Progress = lambda done: None,
    make_sound: MakeSound | None = None,
    edit_lists: bool = True,
) -> Written:
    """Write the clip to `target` with `edit` applied to every frame.

    Timestamps, codec, colour, HDR, display matrix, interlacing, chapters, attachments, tags and all other
    streams are those of the source. `make_sound` makes what marks an audio stream; None copies them all.
    Without `edit_lists`, an MP4 file gets none: what decoders would leave out at the start of the sound is
    left out in whole packets.

    Raises CorruptFile, UnsupportedFormat, MediaError for the source; OSError for the target.
    """
    assert clip.path is not None
    with opened(clip.path) as source:
        job = _Job(source, clip, target, encoder, make_sound, edit_lists=edit_lists)
        try:
            for packet in _packets(source, job.inputs, clip.path):
                job.take(packet, edit)
                progress(job.frames)
            job.finish()
        except BaseException:
            with suppress(av.error.FFmpegError, OSError, ValueError):
                job.output.close()
            raise
    if job.frames == 0:
        raise damaged(clip.path, "no frame of it can be decoded")
    return Written(job.frames, tuple(job.track_ids), tuple(job.notes))


def _packets(source: InputContainer, streams: list[Stream], path: Path) -> Iterator[Packet[Any]]:
    """All packets; at the end one without data for each stream."""
    packets = source.demux(streams)
    while True:
        with reading(path):
            packet = next(packets, None)
        if packet is None:
            return
        if packet.is_corrupt:
            raise damaged(path, "it ends early or parts of it are missing")
        yield packet


class _Times:
    """The time of each frame on the source's clock, strictly growing."""

    def __init__(self, stream: VideoStream) -> None:
        self.base = stream.time_base or Fraction(1, 90_000)
        self.step = max(1, round(1 / (stream.average_rate or Fraction(25)) / self.base))
        self.shown: list[int] = []
        self.durations: dict[int, int] = {}
        self.first = self.end = 0

    def of(self, frame: VideoFrame) -> int:
        """The time of the next frame, which is given to it as well."""
        # AVI tells the order of decoding only.
        pts = frame.pts if frame.pts is not None else frame.dts
        if not self.shown:
            self.first = pts = pts or 0
        elif pts is None or pts <= self.shown[-1]:
            pts = self.shown[-1] + self.step
        self.shown.append(pts)
        self.durations[pts] = frame.duration or self.step
        self.end = pts + self.durations[pts]
        frame.pts, frame.time_base = pts, self.base
        return pts

    def __getitem__(self, number: int | None) -> int | None:
        """The time of a frame by its number; before the first, one step for each."""
        if number is None:
            return None
        return self.shown[number] if number >= 0 else self.first + number * self.step


class _Job:
    def __init__(
        self,
        source: InputContainer,
        clip: Clip,
        target: Path,
        encoder: Encoder,
        make_sound: MakeSound | None,
        *,
        edit_lists: bool,
    ) -> None:
        self.source, self.clip, self.edit_lists = source, clip, edit_lists
        self.path = clip.path or target
        self.notes: list[str] = []
        self.frames = 0
        self.output: OutputContainer = av.open(
            str(target),
            "w",
            format=clip.muxer,
            options=_muxer_options(clip, edit_lists=edit_lists),
            metadata_errors="surrogateescape",
        )
        self.output.flags |= _BITEXACT  # no dates, no random numbers
        self.output.metadata.update(source.metadata)
        chapters = source.chapters()
        if chapters:
            self.output.set_chapters(chapters)
        self.video: VideoStream = source.streams[clip.index]  # type: ignore[assignment]
        self.decoder = decoder_for(self.video)
        self.outputs: dict[int, Stream] = {}
        self.sounds: dict[int, Sound] = {}
        self.track_ids: list[int] = []
        self.inputs: list[Stream] = []
        for stream in source.streams:
            if stream.index == clip.index:
                header = bool(int(self.output.format.flags) & _GLOBAL_HEADER)
                coded = _open_encoder(self.video, clip, encoder, global_header=header)
                self.encoder = coded.codec_context
                self.video_out = _video_stream(self.output, self.video, clip, coded)
                made: Stream | None = self.video_out
            elif stream.type == "audio" and make_sound is not None:
                self.sounds[stream.index] = make_sound(stream, self.output)
                self.inputs.append(stream)
                self.track_ids.append(stream.id)
                continue
            else:
                made = self._copied(stream)
            if made is not None:
                made.metadata.update(stream.metadata)
                made.disposition = stream.disposition
                if clip.muxer == "mpegts":
                    made.id = stream.id
                self.outputs[stream.index] = made
                self.inputs.append(stream)
                self.track_ids.append(stream.id)
        for name in [name for name in self.video_out.metadata if name.lower().startswith(_STALE)]:
            del self.video_out.metadata[name]
        if self.video_out.metadata.get("handler_name") == "VideoHandler":
            del self.video_out.metadata[
                "handler_name"
            ]  # the muxer's own word, which a timecode is not to get
        self.times = _Times(self.video)
        self.counting = encoder.name in _COUNTING
        self.held: Packet[Any] | None = None
        self.first_dts = 0

    def _copied(self, stream: Stream) -> Stream | None:
        """The stream that takes the packets of `stream` as they are; None where it is not to be copied."""
        if stream.type == "attachment":
            self.output.add_stream_from_template(stream)
            return None  # it is written with the header
        if (
            stream.type == "video"
            and stream.disposition & PICTURES
            and self.clip.muxer in ("matroska", "webm")
        ):
            self._attach_picture(stream)
            return None
        if stream.type in ("data", "unknown"):
            return self._copied_data(stream)
        try:
            return self.output.add_stream_from_template(stream, opaque=True)
        except ValueError as error:
            what = f"{stream.type} track {stream.index}"
            raise refused(self.path, f"{what} cannot be copied ({error})", "remove it first") from error

    def _copied_data(self, stream: Stream) -> Stream | None:
        if "timecode" in stream.metadata or (self.source.chapters() and not stream.name):
            return None  # written anew, from the stream's tag and from the chapters
        # A muxer refuses the header as a whole for one track that it does not know: ask it beforehand.
        try:
            with av.open(io.BytesIO(), "w", format=self.clip.muxer) as trial:
                trial.add_stream_from_template(stream)
                trial.start_encoding()
        except (av.error.FFmpegError, ValueError):
            name = stream.metadata.get("handler_name", "").strip() or f"track {stream.index}"
            self.notes.append(f"the data of {name!r} has no encoder here and was left out")
            return None
        return self.output.add_stream_from_template(stream)

    def _attach_picture(self, stream: Stream) -> None:
        """Matroska keeps covers as attachments, which FFmpeg shows as video of one packet."""
        with opened(self.path) as again, reading(self.path):
            packet = next(again.demux(again.streams[stream.index]), None)
            if packet is None or not packet.size:
                return
            tags = {name.lower(): value for name, value in stream.metadata.items()}
            name = tags.get("filename", f"cover{stream.index}")
            made = self.output.add_attachment(name, tags.get("mimetype", "image/jpeg"), bytes(packet))
            made.metadata.update(stream.metadata)

    def take(self, packet: Packet[Any], edit: Edit) -> None:
        index = packet.stream.index
        last = not packet.size and packet.dts is None
        if not packet.size and not (last and index == self.clip.index):
            return
        if index != self.clip.index:
            if index in self.sounds:
                self.output.mux(self.sounds[index].push(packet))
            elif self.edit_lists or packet.pts is None or packet.pts + (packet.duration or 0) > 0:
                packet.stream = self.outputs[index]
                self.output.mux_one(packet)
            return
        with reading(self.path):
            frames = self.decoder.decode(None if last else packet)
        for frame in frames:
            self._edit(frame, edit)
            for coded in self.encoder.encode(frame):
                self._mux(coded)

    def _edit(self, frame: VideoFrame, edit: Edit) -> None:
        clip = self.clip
        if (frame.width, frame.height, frame.format.name) != (clip.width, clip.height, clip.pix_fmt):
            found = f"{frame.width}x{frame.height} {frame.format.name}"
            raise refused(self.path, f"the picture changes its format to {found}", "cut the clip there first")
        if frame.is_corrupt:
            raise damaged(self.path, "a frame of it cannot be decoded in full")
        times = self.times
        pts = times.of(frame)
        # The decoder predicts later frames from this one, and the encoder is not to repeat its frame types.
        frame.make_writable()
        frame.pict_type = 0
        edit(clip.turn.upright(luma_plane(frame)), float((pts - times.first) * times.base))
        if self.counting:
            frame.pts, frame.time_base, frame.duration = self.frames, self.encoder.time_base, 1
        self.frames += 1

    def _mux(self, packet: Packet[Any]) -> None:
        if self.counting:
            packet.pts, packet.dts = self.times[packet.pts], self.times[packet.dts]
            packet.time_base, packet.duration = self.times.base, 0
        # Not every encoder hands durations on, and the last one cannot be told from the frames' times.
        duration = self.times.durations.pop(packet.pts, 0) if packet.pts is not None else 0
        packet.duration = packet.duration or duration
        packet.stream = self.video_out
        if self.held is not None:
            self.output.mux_one(self.held)
        elif packet.dts is not None:
            self.first_dts = packet.dts
        self.held = packet

    def finish(self) -> None:
        if self.frames:
            for coded in self.encoder.encode(None):
                self._mux(coded)
        if self.held is not None:
            if self.clip.muxer in ("mp4", "mov") and self.held.dts is not None:
                # There a track is as long as its packets in the order of decoding, which ends before the
                # last frame is shown.
                rest = self.times.end - self.times.first - (self.held.dts - self.first_dts)
                self.held.duration = max(rest, 1)
            self.output.mux_one(self.held)
        for sound in self.sounds.values():
            self.output.mux(sound.flush())
        self.output.close()


def _muxer_options(clip: Clip, *, edit_lists: bool) -> dict[str, str]:
    if clip.muxer not in ("mp4", "mov"):
        return {}
    # Spherical and stereoscopic descriptions count as unofficial, but they were there.
    options = {"strict": "unofficial", "write_btrt": "0"} | ({"brand": clip.brand} if clip.brand else {})
    # B frames then point back by negative offsets instead of an edit list (ISO/IEC 14496-12, 8.6.1.3).
    return options if edit_lists else options | {"use_editlist": "0", "movflags": "negative_cts_offsets"}


def _open_encoder(video: VideoStream, clip: Clip, encoder: Encoder, *, global_header: bool) -> VideoStream:
    """A stream of a container that nobody sees, whose open codec context is the encoder."""
    stream = _described(video, clip, encoder)
    context = stream.codec_context
    rate = video.average_rate or video.guessed_rate or Fraction(25)
    context.width, context.height = clip.width, clip.height
    context.framerate = rate
    context.time_base = 1 / rate if encoder.name in _COUNTING else video.time_base or 1 / rate
    if video.sample_aspect_ratio:
        context.sample_aspect_ratio = video.sample_aspect_ratio
    context.bit_rate = 0
    flags = int(CodecFlags.frame_duration)
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
        path = clip.path or STREAM
        remedy = "leave out --crf and --preset, or choose another encoder with --codec"
        raise refused(path, f"{encoder.name} does not take it ({error})", remedy) from error
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
        what = f"its container does not take {encoder.name}"
        raise refused(clip.path or STREAM, what, "choose another codec with --codec") from error
    old, new = video.codec_context, stream.codec_context
    new.color_primaries, new.color_trc = old.color_primaries, old.color_trc
    new.colorspace, new.color_range = old.colorspace, old.color_range
    return stream


def _video_stream(output: OutputContainer, video: VideoStream, clip: Clip, coded: VideoStream) -> VideoStream:
    """The stream for what the encoder of `coded` gives out. It is made after the source's where the codec
    stays: so it keeps the display matrix, HDR and stereoscopic descriptions of the container to the bit."""
    context = coded.codec_context
    same = context.codec.canonical_name == clip.codec and not clip.dynamic_hdr
    if same:
        stream = output.add_stream_from_template(video, opaque=True)
        stream.codec_context.extradata = context.extradata
    else:
        cast(OutputContainer, coded.container).start_encoding()  # fills in what the new stream is made after
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

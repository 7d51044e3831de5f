"""Write a clip again: its frames decoded, handed out, and encoded; everything else copied as it is."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ...core.errors import CorruptFile
from ...formats.reading import damaged, refused
from ..tolerance import AS_THEY_ARE
from .clip import PICTURES, Clip, decoder_for, missing_bytes, opened, reading
from .difficulty import EXCERPT_FRAMES
from .encoders import Encoder
from .luma import luma_plane
from .streams import COUNTING, copied_stream, muxer_options, open_encoder, video_stream
from .timing import Order, Times, fraction

Edit = Callable[[NDArray[Any], float], None]
"""Called with the upright luma of each frame, to be changed in place, and its time in seconds."""

Preview = Callable[[list[VideoFrame]], None]
"""Called once, with the first frames: `EXCERPT_FRAMES` of them, or all where there are fewer."""

Progress = Callable[[int], None]
"""Called with the number of frames that are done."""


class Sound(Protocol):
    """Marks one audio stream: takes its packets, gives back those to write instead of them."""

    def push(self, packet: Packet[Any]) -> list[Packet[Any]]: ...

    def flush(self) -> list[Packet[Any]]: ...


MakeSound = Callable[[Stream, OutputContainer], Sound]

_BITEXACT = 0x0400  # AVFMT_FLAG_BITEXACT
_GLOBAL_HEADER = 0x40  # AVFMT_GLOBALHEADER
_NONSTRICT = 0x20000  # AVFMT_TS_NONSTRICT
_MATROSKA = ("matroska", "webm")
_SLACK = 1.0  # seconds by which the length that a header tells may be too long
_LONG = 1.0  # seconds between two frames of a steady clip from which some are missing
_MOST_THREADS = 4
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
    preview: Preview = lambda frames: None,
    progress: Progress = lambda done: None,
    make_sound: MakeSound | None = None,
    edit_lists: bool = True,
    tolerant: bool = False,
) -> Written:
    """Write the clip to `target` with `edit` applied to every frame, after a `preview` of the first ones.

    Timestamps, codec, colour, HDR, display matrix, interlacing, chapters, attachments, tags and all other
    streams are those of the source. `make_sound` makes what marks an audio stream; None copies them all.
    Without `edit_lists`, an MP4 file gets none: what decoders would leave out at the start of the sound is
    left out in whole packets. With `tolerant`, damaged packets and frames are passed over, and counted in a
    note.

    Raises CorruptFile, UnsupportedFormat, MediaError for the source; OSError for the target.
    """
    assert clip.path is not None
    with opened(clip.path) as source:
        job = _Job(source, clip, target, encoder, make_sound, edit_lists=edit_lists, tolerant=tolerant)
        try:
            job.check_size()
            for packet in job.packets():
                job.take(packet, preview, edit)
                progress(job.frames)
            job.finish()
        except BaseException as error:
            with suppress(av.error.FFmpegError, OSError, ValueError):
                job.output.close()
            if isinstance(error, av.error.FFmpegError) and not isinstance(error, OSError):
                what = f"it cannot be written again with all its tracks ({error.strerror})"
                raise refused(clip.path, what, "leave out the unusual ones first") from error
            raise
    if job.frames == 0:
        raise damaged(clip.path, "no frame of it can be decoded")
    if job.copied.moved:
        job.notes.append(f"{job.copied.moved} packets had the time of the one before them, and got the next")
    if job.faults:
        job.notes.append(f"{job.faults} damaged packets or frames were passed over")
    return Written(job.frames, tuple(job.track_ids), tuple(job.notes))


def _decoding_threads(cpus: int) -> int:
    """What FFmpeg would take, but no more than keep up with an encoder: each holds frames, and 16 took 78 MB
    more at 1080 rows than four."""
    return min(cpus + 1 if cpus > 1 else 1, _MOST_THREADS)


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
        tolerant: bool,
    ) -> None:
        self.source, self.clip, self.edit_lists = source, clip, edit_lists
        self.tolerant, self.faults = tolerant, 0
        self.path = clip.path or target
        self.notes: list[str] = []
        self.frames = 0
        self.held_back: list[VideoFrame] | None = []  # until there are enough for the preview
        self.video: VideoStream = source.streams[clip.index]  # type: ignore[assignment]
        self.times = Times(self.video, in_order=clip.muxer == "avi")
        self.output: OutputContainer = av.open(
            str(target),
            "w",
            format=clip.muxer,
            options=muxer_options(clip, self._begins(), edit_lists=edit_lists),
            **AS_THEY_ARE,
        )
        self.output.flags |= _BITEXACT  # no dates, no random numbers
        self.output.metadata.update(source.metadata)
        # FFmpeg 9 joins a tag that stands in several places; a muxer does not take two dates.
        for name in [name for name in source.metadata if name.lower() == "creation_time"]:
            self.output.metadata[name] = source.metadata[name].partition(";")[0]
        chapters = source.chapters()
        if chapters:
            self.output.set_chapters(chapters)
        self.decoder = decoder_for(self.video)
        self.decoder.thread_count = _decoding_threads(os.cpu_count() or 1)
        self.outputs: dict[int, Stream] = {}
        self.sounds: dict[int, Sound] = {}
        self.track_ids: list[int] = []
        self.inputs: list[Stream] = []
        for stream in source.streams:
            if stream.index == clip.index:
                header = bool(int(self.output.format.flags) & _GLOBAL_HEADER)
                coded = open_encoder(self.video, clip, encoder, global_header=header)
                self.encoder = coded.codec_context
                self.video_out = video_stream(self.output, self.video, clip, coded)
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
        self.counting = encoder.name in COUNTING
        self.copied = Order(strict=not int(self.output.format.flags) & _NONSTRICT)
        self.held: Packet[Any] | None = None
        self.first_dts = 0
        self.seen = 0.0  # seconds, the end of what there was to read

    def _begins(self) -> Iterator[tuple[int, Fraction]]:
        yield self.video.start_time or 0, fraction(self.times.base)
        for stream in self.source.streams:
            if stream.start_time and stream.time_base:
                yield stream.start_time, fraction(stream.time_base)

    def _copied(self, stream: Stream) -> Stream | None:
        """The stream that takes the packets of `stream` as they are; None where it is not to be copied."""
        if stream.type == "attachment":
            self.output.add_stream_from_template(stream)
            return None  # it is written with the header
        if stream.type == "video" and stream.disposition & PICTURES and self.clip.muxer in _MATROSKA:
            self._attach_picture(stream)
            return None
        if stream.type in ("data", "unknown"):
            return self._copied_data(stream)
        try:
            return copied_stream(self.output, stream, self.clip)
        except ValueError as error:
            what = f"{stream.type} track {stream.index}"
            raise refused(self.path, f"{what} cannot be copied ({error})", "remove it first") from error

    def _copied_data(self, stream: Stream) -> Stream | None:
        titles = len(self.source.chapters())
        if "timecode" in stream.metadata or (titles and stream.frames == titles):
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

    def packets(self) -> Iterator[Packet[Any]]:
        """All packets; at the end one without data for each stream."""
        packets = self.source.demux(self.inputs)
        while True:
            with reading(self.path):
                packet = next(packets, None)
            if packet is None:
                return
            if packet.pts is not None and packet.time_base:
                self.seen = max(self.seen, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            if packet.is_corrupt:
                self._fault("it ends early or parts of it are missing")
            yield packet

    def _fault(self, what: str) -> None:
        self.faults += 1
        if not self.tolerant:
            raise damaged(self.path, what)

    def _decoded(self, packet: Packet[Any] | None) -> list[VideoFrame]:
        try:
            with reading(self.path):
                return self.decoder.decode(packet)
        except CorruptFile:
            if not self.tolerant:
                raise
            self.faults += 1
            return []

    def take(self, packet: Packet[Any], preview: Preview, edit: Edit) -> None:
        index = packet.stream.index
        last = not packet.size and packet.dts is None
        if not packet.size and not (last and index == self.clip.index):
            return
        if index != self.clip.index:
            if index in self.sounds:
                self.output.mux(self.sounds[index].push(packet))
            elif self.edit_lists or packet.pts is None or packet.pts + (packet.duration or 0) > 0:
                self.copied.put(packet)
                packet.stream = self.outputs[index]
                self.output.mux_one(packet)
            return
        for frame in self._after_preview(self._decoded(None if last else packet), preview, last=last):
            self._edit(frame, edit)
            for coded in self.encoder.encode(frame):
                self._mux(coded)

    def _after_preview(self, decoded: list[VideoFrame], preview: Preview, *, last: bool) -> list[VideoFrame]:
        """Those of the frames, in order, that may be edited now."""
        for frame in decoded:
            # The decoder predicts later frames from this one. A copy also gives its own buffer back at once.
            frame.make_writable()
        if self.held_back is None:
            return decoded
        self.held_back += decoded
        if len(self.held_back) < EXCERPT_FRAMES and not last:
            return []
        frames, self.held_back = self.held_back, None
        preview(frames[:EXCERPT_FRAMES])
        return frames

    def _edit(self, frame: VideoFrame, edit: Edit) -> None:
        clip = self.clip
        if (frame.width, frame.height, frame.format.name) != (clip.width, clip.height, clip.pix_fmt):
            found = f"{frame.width}x{frame.height} {frame.format.name}"
            raise refused(self.path, f"the picture changes its format to {found}", "cut the clip there first")
        if frame.is_corrupt:
            self._fault("a frame of it cannot be decoded in full")
        times = self.times
        before = times.last if times.started else None
        pts = times.of(frame)
        gap = 0.0 if before is None else float((pts - before) * times.base)
        if clip.steady and gap > _LONG:
            place = float((pts - times.first) * times.base)
            self.notes.append(
                f"a piece of {gap:.1f} s seems to be missing before {place:.1f} s of the picture"
            )
        frame.pict_type = 0  # the encoder is not to repeat those of the source
        edit(clip.turn.upright(luma_plane(frame)), float((pts - times.first) * times.base))
        if self.counting:
            times.number(frame, fraction(self.encoder.time_base))
        self.frames += 1

    def _mux(self, packet: Packet[Any]) -> None:
        if self.counting:
            self.times.restore(packet)
        # Not every encoder hands durations on, and the last one cannot be told from the frames' times.
        duration = self.times.durations.pop(packet.pts, 0) if packet.pts is not None else 0
        packet.duration = packet.duration or duration
        packet.stream = self.video_out
        if self.held is not None:
            self.output.mux_one(self.held)
        elif packet.dts is not None:
            self.first_dts = packet.dts
        self.held = packet

    def check_size(self) -> None:
        """Of Matroska, FFmpeg does not say that it ends in the middle."""
        missing = missing_bytes(self.path) if self.clip.muxer in _MATROSKA else 0
        if missing:
            self._complain(f"the last {missing} bytes of it are missing")

    def _check_length(self) -> None:
        """Where no size is told, at least the length may be."""
        told = (self.source.duration or 0) / av.time_base
        if self.clip.muxer in _MATROSKA and self.seen < told - _SLACK:
            self._complain(f"its header tells of {told:.1f} s, there are {self.seen:.1f} s")

    def _complain(self, what: str) -> None:
        if not self.tolerant:
            raise damaged(self.path, what)
        self.notes.append(what)

    def finish(self) -> None:
        self._check_length()
        if self.frames:
            # One packet at a time: a long look ahead takes seconds, in which Ctrl-C would not be heard.
            for coded in self.encoder.encode_lazy(None):
                self._mux(coded)
        if self.held is not None:
            if self.clip.muxer in ("mp4", "mov") and self.held.dts is not None:
                # There a track is as long as its packets in the order of decoding, which ends before the
                # last frame is shown.
                rest = self.times.end - self.times.first - (self.held.dts - self.first_dts)
                self.held.duration = max(self.held.duration or 1, rest)
            self.output.mux_one(self.held)
        for sound in self.sounds.values():
            self.output.mux(sound.flush())
        self.output.close()

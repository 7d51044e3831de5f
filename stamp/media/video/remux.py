"""Write a clip again: its frames decoded, handed out, and encoded; everything else copied as it is."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, cast

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from ...formats.reading import damaged, refused
from ..tolerance import AS_THEY_ARE
from . import display_size
from .clip import PICTURES, missing_bytes, opened, reading
from .picture_track import Damage, Draw, Edit, PictureTrack, Preview
from .streams import copied_stream, muxer_options
from .timing import Order, fraction
from .transcode import Transcode

Progress = Callable[[int], None]
"""Called with the number of frames that are done."""


class Sound(Protocol):
    """Marks one audio stream: takes its packets, gives back those to write instead of them."""

    def push(self, packet: Packet[Any]) -> list[Packet[Any]]: ...

    def flush(self) -> list[Packet[Any]]: ...


MakeSound = Callable[[Stream, OutputContainer], Sound | None]

_BITEXACT = 0x0400  # AVFMT_FLAG_BITEXACT
_NONSTRICT = 0x20000  # AVFMT_TS_NONSTRICT
_MATROSKA = ("matroska", "webm")
_SLACK = 1.0  # seconds by which the length in a header may be too long
_STALE = ("bps", "number_of_bytes", "_statistics")  # mkvmerge's statistics of the packets that were replaced


@dataclass(frozen=True, slots=True)
class Written:
    """frames : how many were written. track_ids : of the streams written, in order, as the source has them.
    notes : what the user should know."""

    frames: int
    track_ids: tuple[int, ...]
    notes: tuple[str, ...]


def rewrite(
    plan: Transcode,
    target: Path,
    edit: Edit,
    *,
    preview: Preview = lambda frames: None,
    progress: Progress = lambda done: None,
    make_sound: MakeSound | None = None,
    draw: Draw | None = None,
) -> Written:
    """Write the clip of `plan` to `target` with `edit` applied to every frame, after a `preview` of the first
    ones; `draw` comes before `edit`.

    Timestamps, codec, colour, HDR, display matrix, interlacing, chapters, attachments, tags and all other
    streams are those of the source. `make_sound` makes what marks an audio stream, or None for one that is
    to be copied.

    Raises CorruptFile, UnsupportedFormat, MediaError for the source; OSError for the target.
    """
    clip = plan.clip
    assert clip.path is not None
    damage = Damage(tolerant=plan.tolerant)
    with opened(clip.path) as source:
        stream = cast(VideoStream, source.streams[clip.index])
        pictures = PictureTrack(stream, plan, edit, preview, damage, draw)
        job = _Job(source, clip.path, target, plan, pictures, damage, make_sound)
        try:
            job.check_size()
            for packet in job.packets():
                job.take(packet)
                progress(pictures.frames)
            job.finish()
            if job.shown:
                display_size.put(target, job.shown)
        except BaseException as error:
            with suppress(av.error.FFmpegError, OSError, ValueError):
                job.output.close()
            if isinstance(error, av.error.FFmpegError) and not isinstance(error, OSError):
                what = f"it cannot be written again with all its tracks ({error.strerror})"
                raise refused(what, "leave out the unusual ones first") from error
            raise
        if pictures.frames == 0:
            raise damaged("no frame of it can be decoded")
    notes = [*job.notes, *damage.notes]
    if job.copied.moved:
        notes.append(f"{job.copied.moved} packets had the time of the one before them, and got the next")
    if damage.faults:
        notes.append(f"{damage.faults} damaged packets or frames were passed over")
    return Written(pictures.frames, tuple(job.track_ids), tuple(notes))


class _Job:
    """All streams of a clip on their way to its copy: the pictures through `pictures`, sounds through what
    `make_sound` gives, the others as they are.

    inputs : the streams whose packets are wanted; track_ids : their numbers in the source's container.
    """

    def __init__(
        self,
        source: InputContainer,
        path: Path,
        target: Path,
        plan: Transcode,
        pictures: PictureTrack,
        damage: Damage,
        make_sound: MakeSound | None,
    ) -> None:
        self.source, self.path, self.clip, self.edit_lists = source, path, plan.clip, plan.edit_lists
        self.pictures, self.damage = pictures, damage
        self.notes: list[str] = []
        self.outputs: dict[int, Stream] = {}
        self.sounds: dict[int, Sound] = {}
        self.track_ids: list[int] = []
        self.inputs: list[Stream] = []
        self.shown: tuple[int, int] | None = None  # where the muxer has to be told
        self.seen = 0.0  # seconds, the end of what there was to read
        self.output = self._opened(target)
        self.copied = Order(strict=not int(self.output.format.flags) & _NONSTRICT)
        for stream in source.streams:
            if stream.index == self.clip.index:
                self._add_pictures(stream)
            elif stream.type == "audio" and make_sound and (sound := make_sound(stream, self.output)):
                self._add_sound(stream, sound)
            else:
                self._add_copy(stream)

    def _opened(self, target: Path) -> OutputContainer:
        """The copy, with the tags and the chapters of the source, but without its streams."""
        source, clip = self.source, self.clip
        options = muxer_options(clip, self._begins(), edit_lists=self.edit_lists)
        output: OutputContainer = av.open(str(target), "w", format=clip.muxer, options=options, **AS_THEY_ARE)
        output.flags |= _BITEXACT  # no dates, no random numbers
        output.metadata.update(source.metadata)
        # FFmpeg 9 joins a tag that is in several places; a muxer does not take two dates.
        for name in [name for name in source.metadata if name.lower() == "creation_time"]:
            output.metadata[name] = source.metadata[name].partition(";")[0]
        chapters = source.chapters()
        if chapters:
            output.set_chapters(chapters)
        return output

    def _begins(self) -> Iterator[tuple[int, Fraction]]:
        yield self.pictures.begins
        for stream in self.source.streams:
            if stream.start_time and stream.time_base:
                yield stream.start_time, fraction(stream.time_base)

    def _add_pictures(self, stream: Stream) -> None:
        made = self.pictures.add_to(self.output)
        self._add(stream, made)
        for name in [name for name in made.metadata if name.lower().startswith(_STALE)]:
            del made.metadata[name]
        if made.metadata.get("handler_name") == "VideoHandler":
            del made.metadata["handler_name"]  # the muxer's own word, which a timecode is not to get
        clip = self.clip
        if clip.muxer in _MATROSKA and clip.sample_aspect != 1:
            self.shown = display_size.shown(clip.width, clip.height, clip.sample_aspect)
            made.metadata["title"] = display_size.TITLE + made.metadata.get("title", "")

    def _add_sound(self, stream: Stream, sound: Sound) -> None:
        self.sounds[stream.index] = sound
        self.inputs.append(stream)
        self.track_ids.append(stream.id)

    def _add_copy(self, stream: Stream) -> None:
        made = self._copied(stream)
        if made is not None:
            self._add(stream, made)

    def _add(self, stream: Stream, made: Stream) -> None:
        """Let `made`, with the tags of `stream`, take what becomes of its packets."""
        made.metadata.update(stream.metadata)
        made.disposition = stream.disposition
        if self.clip.muxer == "mpegts":
            made.id = stream.id
        self.outputs[stream.index] = made
        self.inputs.append(stream)
        self.track_ids.append(stream.id)

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
            raise refused(f"{what} cannot be copied ({error})", "remove it first") from error

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
        with opened(self.path) as again, reading():
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
            with reading():
                packet = next(packets, None)
            if packet is None:
                return
            if packet.pts is not None and packet.time_base:
                self.seen = max(self.seen, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            if packet.is_corrupt:
                self.damage.pass_over("it ends early or parts of it are missing")
            yield packet

    def take(self, packet: Packet[Any]) -> None:
        """Write what becomes of a packet."""
        index = packet.stream.index
        if index == self.clip.index:
            last = not packet.size and packet.dts is None
            if packet.size or last:
                self.pictures.push(None if last else packet)
        elif not packet.size:
            return
        elif index in self.sounds:
            self.output.mux(self.sounds[index].push(packet))
        elif self.edit_lists or packet.pts is None or packet.pts + (packet.duration or 0) > 0:
            self.copied.put(packet)
            packet.stream = self.outputs[index]
            self.output.mux_one(packet)

    def check_size(self) -> None:
        """Of Matroska, FFmpeg does not say that it ends in the middle."""
        missing = missing_bytes(self.path) if self.clip.muxer in _MATROSKA else 0
        if missing:
            self.damage.note(f"the last {missing} bytes of it are missing")

    def _check_length(self) -> None:
        """Where no size is given, at least the length may be."""
        told = (self.source.duration or 0) / av.time_base
        if self.clip.muxer in _MATROSKA and self.seen < told - _SLACK:
            self.damage.note(f"its header tells of {told:.1f} s, there are {self.seen:.1f} s")

    def finish(self) -> None:
        """Write what the encoders still have, and close the copy."""
        self._check_length()
        self.pictures.finish()
        for sound in self.sounds.values():
            self.output.mux(sound.flush())
        self.output.close()

"""The pictures of a clip: one track decoded, edited, and encoded again."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ...core.errors import CorruptFile
from ...formats.reading import damaged, refused
from .clip import decoder_for, reading
from .difficulty import EXCERPT_FRAMES
from .dynamic_hdr import Carried
from .luma import edit_luma
from .streams import COUNTING, open_encoder, video_stream
from .timing import Times, fraction
from .transcode import Transcode

Edit = Callable[[NDArray[Any], float], None]
"""Called with the upright luma of each frame, to be changed in place, and its time in seconds."""

Draw = Callable[[VideoFrame, float], None]
"""Called with each frame before it is edited, to be drawn on, and its time in seconds."""

Preview = Callable[[list[VideoFrame]], None]
"""Called once, with the first frames: `EXCERPT_FRAMES` of them, or all where there are fewer."""

_GLOBAL_HEADER = 0x40  # AVFMT_GLOBALHEADER
_LONG = 1.0  # seconds between two frames of a steady clip from which some are missing
_MOST_THREADS = 4


class Damage:
    """What is wrong with the source: refused, or with `tolerant` passed over.

    faults : how many packets and frames were passed over. notes : what the user should know.
    """

    def __init__(self, *, tolerant: bool) -> None:
        self.tolerant = tolerant
        self.faults = 0
        self.notes: list[str] = []

    def pass_over(self, what: str) -> None:
        """Count a packet or a frame that is damaged. Raises CorruptFile where it is not tolerated."""
        self.faults += 1
        if not self.tolerant:
            raise damaged(what)

    def note(self, what: str) -> None:
        """Note what is missing. Raises CorruptFile where it is not tolerated."""
        if not self.tolerant:
            raise damaged(what)
        self.notes.append(what)


class PictureTrack:
    """The main video stream of a clip on its way through a decoder, `edit` and an encoder.

    frames : how many were edited so far. begins : when the first is shown, a count and its unit in seconds.
    """

    def __init__(
        self,
        stream: VideoStream,
        plan: Transcode,
        edit: Edit,
        preview: Preview,
        damage: Damage,
        draw: Draw | None = None,
    ) -> None:
        self._stream, self._plan, self._edit, self._preview = stream, plan, edit, preview
        self._draw = draw
        self._damage = damage
        self._times = Times(stream, in_order=plan.clip.muxer == "avi")
        self._decoder = decoder_for(stream)
        self._decoder.thread_count = _decoding_threads(os.cpu_count() or 1)
        self._counting = plan.encoder.name in COUNTING
        self._awaited: list[VideoFrame] | None = []  # until there are enough for the preview
        self._held: Packet[Any] | None = None
        self._carried = Carried(stream.codec_context.extradata or b"") if plan.clip.carried_hdr else None
        self._first_dts = 0
        self.frames = 0

    @property
    def begins(self) -> tuple[int, Fraction]:
        return self._stream.start_time or 0, fraction(self._times.base)

    def add_to(self, output: OutputContainer) -> VideoStream:
        """Open the encoder, and return the stream of `output` that takes its packets."""
        header = bool(int(output.format.flags) & _GLOBAL_HEADER)
        coded = open_encoder(self._stream, self._plan.clip, self._plan.encoder, global_header=header)
        self._output, self._encoder = output, coded.codec_context
        self._made = video_stream(output, self._stream, self._plan.clip, coded)
        return self._made

    def push(self, packet: Packet[Any] | None) -> None:
        """Take a packet, and write those that are ready; None is the end of the packets."""
        if self._carried and packet is not None:
            self._carried.take(packet)
        for frame in self._after_preview(self._decoded(packet), last=packet is None):
            self._change(frame)
            for coded in self._encoder.encode(frame):
                self._mux(coded)

    def finish(self) -> None:
        """Write what is left in the encoder."""
        if self.frames:
            # One packet at a time: a long look ahead takes seconds, in which Ctrl-C would not be heard.
            for coded in self._encoder.encode_lazy(None):
                self._mux(coded)
        if self._held is None:
            return
        if self._plan.clip.muxer in ("mp4", "mov") and self._held.dts is not None:
            # There a track is as long as its packets in the order of decoding, which ends before the last
            # frame is shown.
            rest = self._times.end - self._times.first - (self._held.dts - self._first_dts)
            self._held.duration = max(self._held.duration or 1, rest)
        self._output.mux_one(self._held)

    def _decoded(self, packet: Packet[Any] | None) -> list[VideoFrame]:
        try:
            with reading():
                return self._decoder.decode(packet)
        except CorruptFile:
            if not self._damage.tolerant:
                raise
            self._damage.faults += 1
            return []

    def _after_preview(self, decoded: list[VideoFrame], *, last: bool) -> list[VideoFrame]:
        """Those of the frames, in order, that may be edited now."""
        for frame in decoded:
            # The decoder predicts later frames from this one. A copy also gives its own buffer back at once.
            frame.make_writable()
        if self._awaited is None:
            return decoded
        self._awaited += decoded
        if len(self._awaited) < EXCERPT_FRAMES and not last:
            return []
        frames, self._awaited = self._awaited, None
        self._preview(frames[:EXCERPT_FRAMES])
        return frames

    def _change(self, frame: VideoFrame) -> None:
        """Edit a frame, and give it its time."""
        clip, times = self._plan.clip, self._times
        if (frame.width, frame.height, frame.format.name) != (clip.width, clip.height, clip.pix_fmt):
            found = f"{frame.width}x{frame.height} {frame.format.name}"
            raise refused(f"the picture changes its format to {found}", "cut the clip there first")
        if frame.is_corrupt:
            self._damage.pass_over("a frame of it cannot be decoded in full")
        before = times.last if times.started else None
        pts = times.of(frame)
        seconds = float((pts - times.first) * times.base)
        gap = 0.0 if before is None else float((pts - before) * times.base)
        if clip.steady and gap > _LONG:
            self._damage.notes.append(
                f"a piece of {gap:.1f} s seems to be missing before {seconds:.1f} s of the picture"
            )
        frame.pict_type = 0  # the encoder is not to repeat those of the source
        if self._draw:
            self._draw(frame, seconds)
        edit_luma(frame, clip.turn, lambda luma: self._edit(luma, seconds))
        if self._counting:
            times.number(frame, fraction(self._encoder.time_base))
        self.frames += 1

    def _mux(self, packet: Packet[Any]) -> None:
        if self._counting:
            self._times.restore(packet)
        # Not every encoder hands durations on, and the last one does not follow from the frames' times.
        duration = self._times.durations.pop(packet.pts, 0) if packet.pts is not None else 0
        packet.duration = packet.duration or duration
        if self._carried:
            packet = self._carried.put(packet)
        packet.stream = self._made
        if self._held is not None:
            self._output.mux_one(self._held)
        elif packet.dts is not None:
            self._first_dts = packet.dts
        self._held = packet


def _decoding_threads(cpus: int) -> int:
    """What FFmpeg would take, but no more than keep up with an encoder: each holds frames, and 16 took 78 MB
    more at 1080 rows than four."""
    return min(cpus + 1 if cpus > 1 else 1, _MOST_THREADS)

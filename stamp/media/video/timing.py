"""The times of frames on their way through an encoder."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol

from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


class Ratio(Protocol):
    """What `Fraction` and PyAV's own numbers have in common."""

    @property
    def numerator(self) -> int: ...
    @property
    def denominator(self) -> int: ...


def fraction(value: Ratio) -> Fraction:
    """PyAV 19 has numbers of its own, which are not the standard library's."""
    return Fraction(value.numerator, value.denominator)


def told_end(stream: Stream) -> int:
    """When a track ends by its container, on its own clock; far away where that does not say."""
    return (stream.start_time or 0) + stream.duration if stream.duration else 1 << 62


class Order:
    """Keeps the times of copied packets in order: muxers refuse what stands still or goes back, and demuxers
    of MPEG streams, where not every packet has a time, guess some twice.

    strict : the muxer wants times that grow. moved : how many were changed.
    """

    def __init__(self, *, strict: bool) -> None:
        self._least, self._last, self.moved = int(strict), dict[int, int](), 0

    def put(self, packet: Packet[Any]) -> None:
        stream = packet.stream
        if packet.dts is None:
            return
        least = self._last.get(stream.index, packet.dts - self._least) + self._least
        if packet.dts < least:
            packet.dts = least
            packet.pts = packet.pts if packet.pts is None else max(packet.pts, least)
            self.moved += 1
        self._last[stream.index] = packet.dts
        # An MP4 says how long the last packet lasts; FFmpeg makes it as long as the others.
        end = told_end(stream)
        if packet.pts is not None and packet.pts < end < packet.pts + (packet.duration or 0):
            packet.duration = end - packet.pts


class Times:
    """The time of each frame on the source's clock, strictly growing.

    in_order : the container has the order of decoding only, as AVI does; other times are guesses.
    """

    def __init__(self, stream: VideoStream, *, in_order: bool) -> None:
        self._in_order = in_order
        self.base = stream.time_base or Fraction(1, 90_000)
        self.step = max(1, round(1 / (stream.average_rate or Fraction(25)) / self.base))
        self.started = False
        self.first = self.last = self.end = 0
        self._told = told_end(stream)
        self.durations: dict[int, int] = {}
        self.numbered: dict[int, int] = {}
        self._count = 0

    def of(self, frame: VideoFrame) -> int:
        """The time of the next frame, which is given to it as well."""
        pts = frame.dts if frame.pts is None or (self._in_order and frame.dts is not None) else frame.pts
        if not self.started:
            self.first = pts = pts or 0
            self.started = True
        elif pts is None or pts <= self.last:
            pts = self.last + self.step
        self.last = pts
        self.durations[pts] = frame.duration or self.step
        self.end = pts + self.durations[pts]
        if pts < self._told:
            self.end = min(self.end, self._told)
        frame.pts, frame.time_base = pts, self.base
        return pts

    def number(self, frame: VideoFrame, base: Fraction) -> None:
        """Give a frame its number for a time, for `restore` to take back from its packet."""
        self.numbered[self._count] = self.last
        frame.pts, frame.time_base, frame.duration = self._count, base, 1
        self._count += 1

    def restore(self, packet: Packet[Any]) -> None:
        """The times instead of the numbers; before the first frame, one step for each."""
        number = packet.dts or 0
        packet.pts = self.numbered[packet.pts or 0]
        packet.dts = self.numbered[number] if number >= 0 else self.first + number * self.step
        packet.time_base, packet.duration = self.base, 0
        self.numbered.pop(number - 1, None)  # no later packet comes before this one's dts

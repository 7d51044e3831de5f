"""What HDR clips say of each frame, Dolby Vision's RPUs and HDR10+, on its way beside the frames.

No encoder is asked for it: the units of the source's packets are put, byte for byte, into those packets that
show the same frames.
"""

from __future__ import annotations

import struct
from typing import Any

from av.packet import Packet

from ...formats import hevc

_MANY = 512  # packets that wait for their frame; more are of frames that never come


def is_whole(block: bytes) -> bool:
    """Whether frames whose `DOVI_METADATA` (libavutil's AVDOVIMetadata) is `block` are whole pictures by
    themselves, as profile 8 has them: in profile 5 their colours are none that a player without Dolby Vision
    knows, and in 4 and 7 a second layer goes with them."""
    if len(block) < 8:
        return False
    (at,) = struct.unpack("=Q", block[:8])
    header = block[at : at + 17]
    if len(header) < 17:
        return False
    profile, full_range, spatial, disabled = header[4], header[10], header[15], header[16]
    return profile == 1 and not full_range and not (spatial and not disabled)


class Carried:
    """The units of one track of HEVC. extradata : of the source's stream."""

    def __init__(self, extradata: bytes) -> None:
        self._size = hevc.length_size(extradata)
        self._waiting: dict[int, tuple[list[bytes], list[bytes]]] = {}

    def take(self, packet: Packet[Any]) -> None:
        """Keep what a packet of the source says of its frame."""
        if packet.pts is None or not packet.size:
            return
        before, after = [], []
        for unit in hevc.units(bytes(packet), self._size):
            if hevc.type_of(unit) == hevc.RPU:
                after.append(unit)
            elif (told := hevc.hdr10_plus(unit)) is not None:
                before.append(told)
        if len(self._waiting) < _MANY:
            self._waiting[packet.pts] = before, after

    def put(self, packet: Packet[Any]) -> Packet[Any]:
        """Return a coded packet with what was said of its frame."""
        found = self._waiting.pop(packet.pts, None) if packet.pts is not None else None
        if found is None or not any(found):
            return packet
        made: Packet[Any] = Packet(hevc.with_units(bytes(packet), *found))
        made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
        made.time_base, made.is_keyframe = packet.time_base, packet.is_keyframe
        return made

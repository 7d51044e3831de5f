"""Matroska and WebM with sound alone: the sound track is written again, the rest is copied.

Matroska (RFC 9559) keeps tags, chapters and attachments in elements that FFmpeg's muxer writes back in full.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.stream import Disposition

from ...formats.ebml import doc_type
from ...formats.reading import damaged, decoding, refused, regular_file
from ..tolerance import AS_THEY_ARE
from .decode import Sound, decoded, examine, opened
from .encode import Counted, lossy_note
from .song import Faults, Song
from .track import SoundTrack

if TYPE_CHECKING:
    from .song import Block

_HEAD = 64  # bytes, of which a header needs 40
_BITEXACT = 0x0400  # AVFMT_FLAG_BITEXACT: no dates, no random numbers
_SLACK = 0.1  # seconds that a header may count too much, with what decoders leave out
_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails


def open_matroska(path: Path) -> Song:
    """The first sound track of a Matroska file. Raises CorruptFile, UnsupportedFormat."""
    sound = examine(path, "matroska")
    with regular_file(path) as file:
        muxer = "webm" if doc_type(file.read(_HEAD)) == b"webm" else "matroska"
    faults = Faults()
    return Song(
        path,
        "WebM" if muxer == "webm" else "Matroska",
        sound.rate,
        sound.channels,
        None,
        lambda: decoded(path, "matroska", faults=faults),
        lambda target, blocks: _write(path, muxer, sound, target, blocks),
        faults,
    )


class _Given:
    """Gives the marked blocks for those of the source, as many samples in the end."""

    def __init__(self, blocks: Iterable[Block], channels: int) -> None:
        self._blocks = iter(blocks)
        self._none = np.zeros((0, channels), np.float32)

    def push(self, block: Block) -> Block:
        return next(self._blocks, self._none)

    def flush(self) -> Block:
        return np.concatenate([self._none, *self._blocks])


def _write(path: Path, muxer: str, sound: Sound, target: Path, blocks: Iterable[Block]) -> list[str]:
    rate = round(8 * os.path.getsize(path) / sound.seconds) if sound.seconds else None
    counted = Counted(blocks)
    with opened(path, "matroska") as source:
        sounds = source.streams.audio
        others = [
            s for s in source.streams if s.type in ("video", "subtitle") and not s.disposition & _PICTURES
        ]
        if len(sounds) > 1 or others:
            raise refused("there are other tracks beside its sound", "put the sound in a file of its own")
        with av.open(str(target), "w", format=muxer, **AS_THEY_ARE) as output:
            output.flags |= _BITEXACT
            output.metadata.update(source.metadata)
            output.set_chapters(source.chapters())
            _attach(source, output)
            given = _Given(counted, sounds[0].codec_context.layout.nb_channels)
            track = SoundTrack(sounds[0], output, given, bit_rate=rate)
            for packet in _packets(source):
                output.mux(track.push(packet))
            output.mux(track.flush())
            new = track.stream.bit_rate or 0
    told, there = sound.seconds or 0, counted.frames / sound.rate
    short = there < told - _SLACK
    if not track.lossy:
        if short:
            raise damaged(f"its header tells of {told:.2f} s, there are {there:.2f} s")
        return []
    notes = [lossy_note(sound.codec, new, rate or 0)]
    if short:
        notes.append(f"of its {told:.2f} s, {there:.2f} s could be read: it is damaged or cut off")
    return notes


def _packets(source: InputContainer) -> Iterable[Any]:
    packets = iter(source.demux(source.streams.audio[0]))
    while True:
        with decoding():
            packet = next(packets, None)
        if packet is None:
            return
        if packet.size:
            yield packet


def _attach(source: InputContainer, output: OutputContainer) -> None:
    """Copy the attachments, and the covers, which FFmpeg shows as video of one packet."""
    for stream in source.streams:
        if stream.type == "attachment":
            output.add_stream_from_template(stream)
        elif stream.type == "video":
            picture = next(source.demux(stream))
            tags = {name.lower(): value for name, value in stream.metadata.items()}
            name = tags.get("filename", f"cover{stream.index}")
            output.add_attachment(name, tags.get("mimetype", "image/jpeg"), bytes(picture))
    if source.streams.video:
        source.seek(0)

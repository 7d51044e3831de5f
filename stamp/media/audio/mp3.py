"""MP3: new frames between the source's own tags.

Encoded by LAME at a constant rate, with a LAME header, so that players leave out the encoder's delay and
padding: what comes out is as long as the source, and begins where it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import av

from ...formats import endtags, id3, mpegaudio
from ...formats.reading import refused, regular_file
from ...formats.source import Source
from ...storage.large import open_large
from .decode import Section, Sound, cut, decoded, examine, opened
from .encode import Counted, lossy_note, mux, raised_rate
from .gapless import with_gapless
from .lame import NO_GAINS, completed, find_header
from .sink import Shifted
from .song import Faults, Song

if TYPE_CHECKING:
    from .song import Block

_MPEG1 = 32_000  # Hz, and above
_LEAST = 64_000
_HEAD = 2048
_SLACK = 4096  # bytes: the header frame itself, and a packet that is counted or not
_DELAY = 576 + 529  # LAME's encoder and any decoder


@dataclass(frozen=True, slots=True)
class _Place:
    """tags : the byte behind the tags in front. start, end : of the sound, from the first frame to the tags
    behind it."""

    tags: int
    start: int
    end: int


def open_mp3(path: Path) -> Song:
    """MP3, and MP2 for reading. Raises CorruptFile, UnsupportedFormat."""
    with open_large(path) as data:
        place = _placed(data)
    with _between_tags(path, place) as section:
        sound = examine(path, "mp3", section)
        section.seek(0)
        header = find_header(section.read(_HEAD))
    # Songs that were joined, or cut, by a program that knows nothing of headers have the first one's.
    fits = header is not None and place.end - place.start <= header.size + _SLACK
    frames = header.length if header and fits else None
    gains = header.gains if header else NO_GAINS
    faults = Faults()
    return Song(
        path,
        "MP3",
        sound.rate,
        sound.channels,
        frames,
        lambda: cut(_blocks(path, place, faults), frames),
        lambda target, blocks: _write(path, place, sound, gains, target, blocks),
        faults,
    )


def _placed(data: Source) -> _Place:
    tags, start = id3.prefix(data, most=None), first_frame(data)
    start = tags if start is None else start
    end = min((tag.at for tag in endtags.tags(data, start)), default=len(data))
    return _Place(tags, start, end)


def first_frame(data: Source) -> int | None:
    """The first byte of MPEG audio, behind the ID3v2 tags and what else is in front of it; None where
    there is none. FFmpeg's demuxer passes over junk, too, but then takes the header frame for sound."""
    start = id3.prefix(data, most=None)
    body = data[start : start + mpegaudio.SEARCHED]
    if body[:1] == b"\xff" and body[1:2] >= b"\xe0":  # a damaged frame is one, too
        return start
    at = mpegaudio.first_frame(body, tagged=start > 0)
    return None if at is None else start + at


@contextmanager
def _between_tags(path: Path, place: _Place) -> Iterator[BinaryIO]:
    with regular_file(path) as file:
        yield cast(BinaryIO, Section(file, place.start, place.end))


def _blocks(path: Path, place: _Place, faults: Faults) -> Iterator[Block]:
    with _between_tags(path, place) as section:
        yield from decoded(path, "mp3", section, faults=faults)


def _bit_rate(path: Path, place: _Place, rate: int) -> int:
    """Counted: a header gives the length of what the file was before it was cut."""
    with _between_tags(path, place) as section, opened(path, "mp3", section) as container:
        sizes = [packet.size for packet in container.demux(audio=0) if packet.size]
    return round(8 * sum(sizes) * rate / (len(sizes) * _samples(rate))) if sizes else 0


def _samples(rate: int) -> int:
    """Samples in a frame of layer III."""
    return 1152 if rate >= _MPEG1 else 576


def _write(
    path: Path, place: _Place, sound: Sound, gains: bytes, target: Path, blocks: Iterable[Block]
) -> list[str]:
    if sound.codec != "mp3":
        raise refused(f"a file with {sound.codec} in it cannot be marked", "convert it to MP3 or WAV")
    source = _bit_rate(path, place, sound.rate)
    rates = mpegaudio.BITRATES[sound.rate >= _MPEG1, 3]
    wanted = raised_rate(source, sound, least=_LEAST, most=320_000)
    rate = next((rate for rate in rates if 1020 * rate >= wanted), rates[-1])
    with regular_file(path) as file:
        prefix = file.read(place.tags)
        file.seek(place.end)
        suffix = file.read()
    counted = Counted(blocks)
    options = {"id3v2_version": "0", "write_id3v1": "0", "write_xing": "1"}
    with open(target, "w+b") as output:
        output.write(prefix)
        shifted = cast(BinaryIO, Shifted(output, len(prefix)))
        with av.open(shifted, "w", format="mp3", options=options) as muxer:
            packets = sum(mux(muxer, "libmp3lame", sound, "fltp", counted, bit_rate=1000 * rate))
        output.seek(0, 2)
        output.write(suffix)
        samples = packets * _samples(sound.rate)
        padding = max(samples - counted.frames - _DELAY, 0)
        output.seek(len(prefix))
        head = completed(output.read(_HEAD), counted.frames, gains)
        output.seek(0)
        output.write(with_gapless(prefix, _DELAY, padding, counted.frames) + head)
    notes = [lossy_note("MP3", 1000 * rate, source)]
    # Behind them, players would take the new header frame for sound.
    if junk := place.start - place.tags:
        notes.append(f"{junk} bytes before its first frame, which are no sound, were left out")
    return notes

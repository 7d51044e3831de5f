"""Ogg Vorbis (Vorbis I specification) and Ogg Opus (RFC 7845): a new stream under the source's own comments.

The comment header, cover pictures and chapters in it included, is copied byte by byte. FFmpeg as PyAV brings
it has no good encoder for Vorbis, so that comes from libsndfile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import av
import numpy as np

from ...formats.reading import decoding, refused, regular_file
from ...formats.source import Pieced, Source
from ...storage.large import open_large
from . import sndfile
from .decode import Section, Sound, cut, decoded, examine
from .encode import OPUS_OPTIONS, lossy_note, mux, raised_rate, regular
from .ogggraft import Grafted
from .oggsurvey import HEADERS, Survey, links, survey
from .sink import Pipe
from .song import Faults, Portions, Song

if TYPE_CHECKING:
    from .song import Block

_LEAST = {"vorbis": 80_000, "opus": 64_000}
_MOST = {"vorbis": 250_000, "opus": 256_000}
_ALL = 1 << 62
_VORBIS_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 250)
"""kbit/s of one channel at the qualities 0 to 10 of libvorbis (44.1 kHz, as in its documentation)."""
_VORBIS_ORDER = {
    3: (0, 2, 1),
    5: (0, 2, 1, 3, 4),
    6: (0, 2, 1, 4, 5, 3),
    7: (0, 2, 1, 5, 6, 4, 3),
    8: (0, 2, 1, 6, 7, 4, 5, 3),
}
"""FFmpeg's channels in the order of Vorbis (Vorbis I specification, section 4.3.9)."""


@dataclass(frozen=True, slots=True)
class _Link:
    """One stream of a chain: where it is in the file, and what its pages show."""

    start: int
    end: int
    pages: Survey


def open_ogg(path: Path) -> Song:
    """A chain of streams of one kind is one song. Raises CorruptFile, and UnsupportedFormat for what FFmpeg
    cannot decode."""
    sound = examine(path, "ogg")
    found = _surveyed(path, sound)
    faults = Faults()
    names = {"vorbis": "Ogg Vorbis", "opus": "Ogg Opus"}
    title = names.get(sound.codec, f"Ogg with {sound.codec}")
    return Song(
        path,
        title,
        sound.rate,
        sound.channels,
        sum(link.pages.frames for link in found) if found else None,
        lambda: _blocks(path, sound, found, faults),
        lambda target, blocks: _write(path, title, sound, found, target, blocks),
        faults,
    )


def _surveyed(path: Path, sound: Sound) -> list[_Link]:
    """Empty where the pages do not show what there is: other codecs, several streams at once or of several
    kinds, damage."""
    if sound.codec not in HEADERS:
        return []
    try:
        with open_large(path) as data:
            found = _links(data, sound.codec)
    except (ValueError, IndexError):
        return []
    return found if _alike(found) else []


def _links(data: Source, codec: str) -> list[_Link]:
    """The streams of a chain, most often one. Raises ValueError, IndexError for what is damaged."""
    whole = survey(data, codec)
    if whole.streams == 1:
        return [_Link(0, len(data), whole)]
    return [_Link(*span, survey(Pieced(data, [span]), codec)) for span in links(data)]


def _alike(found: list[_Link]) -> bool:
    """Whether there is one stream at a time, and each has the channels and the rate of the first."""
    return all(link.pages.streams == 1 and link.pages.form == found[0].pages.form for link in found)


def _blocks(path: Path, sound: Sound, found: list[_Link], faults: Faults) -> Iterator[Block]:
    """The samples. Vorbis whose pages are in order is read by libvorbis: FFmpeg's decoder leaves out the
    first 128 samples of some songs that begin in silence, or are very short."""
    if not found:
        yield from decoded(path, "ogg", faults=faults)
        return
    packets = 0
    for link in found:
        faults.packets = 0
        with regular_file(path) as file:
            # By its path, libsndfile reads a file by itself.
            part = cast(BinaryIO, Section(file, link.start, link.end)) if len(found) > 1 else None
            yield from _linked(path, part, sound, link.pages, faults)
        packets += faults.packets
    faults.packets = packets


def _linked(
    path: Path, part: BinaryIO | None, sound: Sound, pages: Survey, faults: Faults
) -> Iterator[Block]:
    if sound.codec == "vorbis" and pages.plain and sndfile.opens(part or path):
        if part:
            part.seek(0)
        order = _VORBIS_ORDER.get(sound.channels)
        channels = order and [order.index(channel) for channel in range(len(order))]
        return sndfile.blocks(part or path, channels)
    # A decoder gives what is to be left out at the end, too, where it is not in the last packet.
    return cut(decoded(path, "ogg", part, faults=faults), pages.frames)


def _write(
    path: Path, title: str, sound: Sound, found: list[_Link], target: Path, blocks: Iterable[Block]
) -> list[str]:
    if sound.codec not in HEADERS:
        raise refused(f"{title} cannot be marked", "convert it to FLAC, Ogg Vorbis or Opus")
    found = found or _whole(path, sound.codec)
    seconds = sum(link.pages.held for link in found) / sound.rate
    source = round(8 * sum(link.pages.size for link in found) / seconds) if seconds else 0
    wanted = raised_rate(source, sound, least=_LEAST[sound.codec], most=_MOST[sound.codec])
    encode = _vorbis if sound.codec == "vorbis" else _opus
    given = Portions(blocks)
    size = 0
    with open(target, "wb") as output:
        for link in found:
            # Where packets of a damaged chain were left out, its last stream lacks what they held.
            portion = given.take(link.pages.frames if link is not found[-1] else _ALL)
            headers = link.pages.headers
            grafted = Grafted(output, headers[1], len(headers), link.pages.serial)
            start = None
            for data in encode(sound, wanted, portion):
                grafted.feed(data)
                start = output.tell() if start is None else start
            size += output.tell() - (start or 0)
    new = round(8 * size / seconds) if seconds else wanted
    notes = [lossy_note(title, new, source)]
    if len(found) > 1:
        notes.append(f"a chain of {len(found)} streams, marked as one song")
    for number, link in enumerate(found, 1):
        where = f"stream {number} of it: " if len(found) > 1 else ""
        notes += (where + note for note in _faults(link.pages, sound.rate))
    return notes


def _whole(path: Path, codec: str) -> list[_Link]:
    """The streams of a file that is to be written again; says why that cannot be. Raises UnsupportedFormat
    for several streams side by side, or of several kinds; CorruptFile."""
    with decoding(), open_large(path) as data:
        if survey(data, codec).streams > 1:
            what = "an Ogg file with several streams at once, or of several kinds, cannot be marked"
            raise refused(what, "split it first")
        return _links(data, codec)


def _faults(found: Survey, rate: int) -> list[str]:
    """What a person should know about a file whose pages are not as they should be."""
    notes = []
    if found.lost:
        notes.append(f"{found.lost} of its pages are missing or damaged, and so is the sound in them")
    elif found.told != found.frames:
        told = "do not tell its length" if found.told is None else f"tell of {found.told / rate:.2f} s"
        notes.append(f"its pages {told}: the {found.frames / rate:.2f} s in its packets were kept")
    if not found.ended:
        notes.append("no page says that it is the last: it may be cut off")
    return notes


def _opus(sound: Sound, bit_rate: int, blocks: Iterable[Block]) -> Iterator[bytes]:
    pipe = Pipe()
    with av.open(cast(BinaryIO, pipe), "w", format="opus") as container:
        for _ in mux(container, "libopus", sound, "flt", blocks, bit_rate=bit_rate, options=OPUS_OPTIONS):
            yield pipe.take()
    yield pipe.take()


def _vorbis(sound: Sound, bit_rate: int, blocks: Iterable[Block]) -> Iterator[bytes]:
    import soundfile

    rates = [1000 * rate for rate in _VORBIS_RATES]
    quality = float(np.interp(bit_rate / sound.channels, rates, np.linspace(0, 1, len(rates))))
    order = _VORBIS_ORDER.get(sound.channels, tuple(range(sound.channels)))
    pipe = Pipe()
    with soundfile.SoundFile(
        pipe,
        "w",
        samplerate=sound.rate,
        channels=sound.channels,
        format="OGG",
        subtype="VORBIS",
        compression_level=1 - quality,
    ) as file:
        for block in regular(blocks, 4096):  # libvorbis puts what it is given at once on the stack
            file.write(block[:, order])
            yield pipe.take()
    yield pipe.take()

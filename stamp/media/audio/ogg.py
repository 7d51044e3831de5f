"""Ogg Vorbis (Vorbis I specification) and Ogg Opus (RFC 7845): a new stream under the source's own comments.

The comment header, cover pictures and chapters in it included, is copied byte by byte. FFmpeg as PyAV brings
it has no good encoder for Vorbis, so that comes from libsndfile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import av
import numpy as np

from ...formats.reading import decoding, refused
from ...storage.large import open_large
from . import sndfile
from .decode import Sound, cut, decoded, examine
from .encode import OPUS_OPTIONS, lossy_note, mux, raised_rate, regular
from .ogggraft import Grafted
from .oggsurvey import HEADERS, Survey, survey
from .sink import Pipe
from .song import Faults, Song

if TYPE_CHECKING:
    from .song import Block

_LEAST = {"vorbis": 80_000, "opus": 64_000}
_MOST = {"vorbis": 250_000, "opus": 256_000}
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


def open_ogg(path: Path) -> Song:
    """Raises CorruptFile, and UnsupportedFormat for what FFmpeg cannot decode."""
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
        found.frames if found else None,
        lambda: _blocks(path, sound, found, faults),
        lambda target, blocks: _write(path, title, sound, found, target, blocks),
        faults,
    )


def _surveyed(path: Path, sound: Sound) -> Survey | None:
    """None where the pages do not show what there is: other codecs, several streams, damage."""
    if sound.codec not in HEADERS:
        return None
    try:
        with open_large(path) as data:
            found = survey(data, sound.codec)
    except (ValueError, IndexError):
        return None
    return found if found.streams == 1 else None


def _blocks(path: Path, sound: Sound, found: Survey | None, faults: Faults) -> Iterator[Block]:
    """The samples. Vorbis whose pages are in order is read by libvorbis: FFmpeg's decoder leaves out the
    first 128 samples of some songs that begin in silence, or are very short."""
    if sound.codec == "vorbis" and found and found.plain and sndfile.opens(path):
        order = _VORBIS_ORDER.get(sound.channels)
        return sndfile.blocks(path, order and [order.index(channel) for channel in range(len(order))])
    # A decoder gives what is to be left out at the end, too, where it is not in the last packet.
    return cut(decoded(path, "ogg", faults=faults), found.frames if found else None)


def _write(
    path: Path, title: str, sound: Sound, found: Survey | None, target: Path, blocks: Iterable[Block]
) -> list[str]:
    if sound.codec not in HEADERS:
        raise refused(f"{title} cannot be marked", "convert it to FLAC, Ogg Vorbis or Opus")
    if found is None:
        found = _whole(path, sound.codec)
    seconds = found.held / sound.rate
    source = round(8 * found.size / seconds) if seconds else 0
    wanted = raised_rate(source, sound, least=_LEAST[sound.codec], most=_MOST[sound.codec])
    encode = _vorbis if sound.codec == "vorbis" else _opus
    with open(target, "wb") as output:
        grafted = Grafted(output, found.headers[1], len(found.headers), found.serial)
        start = None
        for data in encode(sound, wanted, blocks):
            grafted.feed(data)
            start = output.tell() if start is None else start
        size = output.tell() - (start or 0)
    new = round(8 * size / seconds) if seconds else wanted
    return [lossy_note(title, new, source), *_faults(found, sound.rate)]


def _whole(path: Path, codec: str) -> Survey:
    """The survey of a file that is to be written again; says why there is none. Raises UnsupportedFormat for
    more than one stream, side by side or one after the other; CorruptFile."""
    with decoding(), open_large(path) as data:
        found = survey(data, codec)
    if found.streams > 1:
        raise refused("an Ogg file with several streams cannot be marked", "split it first")
    return found


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

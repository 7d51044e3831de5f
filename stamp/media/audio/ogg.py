"""Ogg Vorbis (Vorbis I specification) and Ogg Opus (RFC 7845): a new stream under the source's own comments.

The comment header, cover pictures and chapters in it included, is copied byte by byte. FFmpeg as PyAV brings
it has no good encoder for Vorbis, so that comes from libsndfile.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import av
import numpy as np

from ...metadata.containers.oggpage import FIRST
from ..source import damaged, decoding, refused, regular_file
from . import sndfile
from .decode import Sound, cut, decoded, examine
from .encode import lossy_note, mux, raised_rate, regular
from .oggpages import Grafted, packets, parse, read_pages
from .sink import Pipe
from .song import Song

if TYPE_CHECKING:
    from .song import Block

_HEADERS = {"vorbis": 3, "opus": 2}
_LEAST = {"vorbis": 80_000, "opus": 64_000}
_MOST = {"vorbis": 250_000, "opus": 256_000}
_MAGIC = {"vorbis": b"\x01vorbis", "opus": b"OpusHead"}
_TAIL = 2 * 65_307  # a page is no longer than half of that (RFC 3533, section 6)
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
class _Header:
    """comment : the comment header, as it is. serial : the number of the stream."""

    comment: bytes
    serial: int


def open_ogg(path: Path) -> Song:
    """Raises CorruptFile, and UnsupportedFormat for what FFmpeg cannot decode."""
    sound = examine(path, "ogg")
    frames = _frames(path, sound)
    names = {"vorbis": "Ogg Vorbis", "opus": "Ogg Opus"}
    title = names.get(sound.codec, f"Ogg with {sound.codec}")
    return Song(
        path,
        title,
        sound.rate,
        sound.channels,
        frames,
        lambda: _blocks(path, sound, frames),
        lambda target, blocks: _write(path, title, sound, target, blocks),
    )


def _blocks(path: Path, sound: Sound, frames: int | None) -> Iterator[Block]:
    """The samples. Vorbis alone in its file is read by libvorbis: FFmpeg's decoder leaves out the first 128
    samples of some songs that begin in silence, or are very short."""
    if sound.codec == "vorbis" and frames is not None and sndfile.opens(path):
        order = _VORBIS_ORDER.get(sound.channels)
        return sndfile.blocks(path, order and [order.index(channel) for channel in range(len(order))])
    return cut(decoded(path, "ogg"), frames)


def _frames(path: Path, sound: Sound) -> int | None:
    """The length that the last page tells: a decoder gives the padding, too, where it is the only page."""
    with regular_file(path) as file:
        head = file.read(_TAIL)
        size = file.seek(0, 2)
        file.seek(max(size - _TAIL, 0))
        tail = file.read()
    with suppress(ValueError):
        first, last = parse(head), parse(tail, max(tail.rfind(b"OggS"), 0))
        alone = first and first[0].body.startswith(_MAGIC.get(sound.codec, b"?"))
        if first and last and alone and first[0].serial == last[0].serial and last[0].granule > 0:
            skipped = int.from_bytes(sound.extradata[10:12], "little") if sound.codec == "opus" else 0
            return last[0].granule - skipped
    return None


def _write(path: Path, title: str, sound: Sound, target: Path, blocks: Iterable[Block]) -> list[str]:
    if sound.codec not in _HEADERS:
        raise refused(path, f"{title} cannot be marked", "convert it to FLAC, Ogg Vorbis or Opus")
    header = _header(path, sound.codec)
    source = round(8 * os.path.getsize(path) / sound.seconds) if sound.seconds else 0
    wanted = raised_rate(source, sound, least=_LEAST[sound.codec], most=_MOST[sound.codec])
    encode = _vorbis if sound.codec == "vorbis" else _opus
    with open(target, "wb") as output:
        grafted = Grafted(output, header.comment, _HEADERS[sound.codec], header.serial)
        for data in encode(sound, wanted, blocks):
            grafted.feed(data)
        size = output.tell()
    return [lossy_note(title, round(8 * size / sound.seconds) if sound.seconds else wanted, source)]


def _header(path: Path, codec: str) -> _Header:
    """Raises UnsupportedFormat for a file with more than one stream, side by side or one after the other."""
    serials: set[int] = set()
    firsts = 0
    with decoding(path), regular_file(path) as file:
        for page in read_pages(file):
            serials.add(page.serial)
            firsts += page.flags & FIRST
        if len(serials) > 1 or firsts > FIRST:
            raise refused(path, "an Ogg file with several streams cannot be marked", "split it first")
        file.seek(0)
        found = packets(read_pages(file), _HEADERS[codec])
    if len(found) < _HEADERS[codec]:
        raise damaged(path, "its headers are cut off")
    return _Header(found[1], serials.pop())


def _opus(sound: Sound, bit_rate: int, blocks: Iterable[Block]) -> Iterator[bytes]:
    pipe = Pipe()
    with av.open(cast(BinaryIO, pipe), "w", format="opus") as container:
        for _ in mux(container, "libopus", sound, "flt", blocks, bit_rate=bit_rate):
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

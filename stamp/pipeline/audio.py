"""Songs: mark the sound of a file, and look for a mark in one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..core.detection import Detection, Mark
from ..core.errors import HostError, MediaError, UnsupportedFormat
from ..core.margin import Margin
from ..core.options import Progress
from ..core.payload import Payload
from ..core.reports import DetectReport
from ..media.audio.opening import open_song
from ..media.audio.song import block_frames
from ..media.audio.track import SoundTrack, is_silent
from ..watermark.audio import Detector, Embedder
from .margins import song_margin
from .request import EmbedRequest
from .work import Effort, Work

if TYPE_CHECKING:
    from av.container import OutputContainer

    from ..core.key import Key
    from ..media.audio.song import Block, Song

_ENOUGH = 10  # seconds in which most music can be read
_LITTLE = 0.1
_GLANCE = 28  # seconds, two chunks: most songs are read from them
_PACKET = 0.02  # seconds, in the shortest usual packet of a lossy codec
_MOST_MARKS = 100  # in one song
_Span = tuple[float, float]


class AudioWork(Work):
    """A song: its samples run through the embedder while it is written."""

    kind = "audio"

    def __init__(self, request: EmbedRequest) -> None:
        super().__init__(request)
        self._song = open_song(request.src)
        self._samples = _Samples(self._song, request.progress)
        self._notes: list[str] = []

    def former(self) -> Payload | None:
        return glance(self._song, key=self.request.key)

    def mark(self, effort: Effort) -> None:
        self._embedder = embedder_for(self.request, self._song.rate, self._song.channels, gain=effort.gain)

    def encode(self, draft: Path, effort: Effort) -> None:
        self._notes = self._song.write(draft, _marked(self._samples, self._embedder))
        self.marked_share = round(self._embedder.marked_share, 3)

    def read_back(self, draft: Path) -> bytes | None:
        frames, there = self._samples.frames, open_song(draft).frames
        if there is not None and there != frames:
            reason = f"its copy would be {there} samples long instead of {frames}"
            raise UnsupportedFormat(f"{reason}; convert it to FLAC or WAV first")
        return payload_of(draft, key=self.request.key)

    def measure(self, draft: Path) -> Margin | None:
        seconds = self._samples.frames / self._song.rate
        return song_margin(draft, self.request.payload, key=self.request.key, seconds=seconds)

    def unreadable(self) -> str:
        seconds, share = self._samples.frames / self._song.rate, self._embedder.marked_share
        if seconds < _ENOUGH:
            why = f"{seconds:.1f} s are too short: take a piece of {_ENOUGH} s or more"
        elif share < _LITTLE:
            why = f"only {share:.0%} of it can hide one, the rest is silence or lone tones"
        else:
            why = "it is too quiet or too plain: more `strength` may help"
        remedy = "`watermark=False` writes the rights notice alone"
        return f"the mark cannot be read back from this song, {why}; {remedy}"

    def notes(self) -> Sequence[str]:
        song, frames = self._song, self._samples.frames
        notes = [*self._notes, *song.faults.notes]
        if idle := self.request.options.idle("audio"):  # its container is one of clips
            notes.append(f"it has no moving pictures, so that {', '.join(idle)} did nothing")
        if song.frames and frames <= song.frames - song.rate * _PACKET:
            told, there = song.frames / song.rate, frames / song.rate
            notes.append(f"of its {told:.2f} s, {there:.2f} s could be read: it is damaged or cut off")
        return notes


def decode(request: EmbedRequest) -> AudioWork:
    """Open the song. Raises UnsupportedFormat, CorruptFile, MediaError."""
    return AudioWork(request)


def embedder_for(request: EmbedRequest, rate: int, channels: int, *, gain: float = 1.0) -> Embedder:
    """Return what marks sound of `rate` Hz as it was asked for. Raises HostError."""
    return Embedder(
        request.payload,
        key=request.key,
        sample_rate=rate,
        channels=channels,
        strength=request.strength * gain,
    )


class Tracks:
    """Marks every sound track of a clip, while the clip is written again."""

    def __init__(self, request: EmbedRequest) -> None:
        self._request = request
        self._embedders: list[Embedder] = []
        self._silent = 0

    def make(self, stream: Any, output: OutputContainer) -> SoundTrack | None:
        """Return what marks the packets of `stream` for `output`; None for a silent one, which would be
        encoded again for nothing. Raises UnsupportedFormat, CorruptFile, HostError."""
        if is_silent(self._request.src, stream):
            self._silent += 1
            return None
        context = stream.codec_context
        embedder = embedder_for(self._request, context.rate, context.layout.nb_channels)
        self._embedders.append(embedder)
        return SoundTrack(stream, output, embedder)

    def result(self, draft: Path) -> tuple[float | None, list[str]]:
        """Return how much of the first track carries the mark, None where there is no track, and what a
        person should know about the sound of the clip that was made."""
        silent = ["its sound is silent, cannot carry a mark, and was kept as it is"] if self._silent else []
        if not self._embedders:
            return None, silent or ["there is no sound in it to be marked"]
        plain = "the mark cannot be read back from its sound: too short, too quiet or too plain"
        readable = payload_of(draft, key=self._request.key) == self._request.payload
        return round(self._embedders[0].marked_share, 3), silent if readable else [*silent, plain]


class _Samples:
    """The samples of a song on their way; `frames` is how many have passed."""

    def __init__(self, song: Song, progress: Progress) -> None:
        self._song, self._progress = song, progress
        self.frames = 0

    def __iter__(self) -> Iterator[Block]:
        """Raises HostError where there are none."""
        self.frames = 0
        for block in self._song.blocks():
            yield block
            self.frames += len(block)
            self._progress(self.frames, max(self._song.frames or 0, self.frames))
        if not self.frames:
            raise HostError("there is no sound in this song")


def _marked(blocks: Iterable[Block], embedder: Embedder) -> Iterator[Block]:
    """In small pieces again: the embedder gives seconds at once, of which writers make several copies."""
    for block in blocks:
        yield from _pieces(embedder.push(block))
    yield from _pieces(embedder.flush())


def _pieces(block: Block) -> Iterator[Block]:
    size = block_frames(block.shape[1])
    for start in range(0, len(block), size):
        yield block[start : start + size].copy()  # a view would keep the whole block


def detect(
    src: Path | BinaryIO,
    *,
    keys: Sequence[Key],
    search: bool,
    first: bool = False,
    progress: Progress = lambda done, total: None,
) -> DetectReport:
    """Look for marks of any of `keys` in the sound of `src`; see `files.detect_file`. With `first`, a song
    whose beginning is read is not read to its end, and no other marks are looked for."""
    if not isinstance(src, Path):
        raise UnsupportedFormat("a song cannot be read from a file object; give the path of this file")

    song = open_song(src)
    found = _heard(song, keys, [(0.0, _GLANCE)], search=False)[0][0] if first else []
    if not found or found[0].payload is None:
        (found,), length = _heard(song, keys, [(0.0, math.inf)], search=search, progress=progress)
    best, *further = found
    if not first and best.payload is not None:
        further += _beside(song, keys, found, length, search=search)
    marks = _gathered([best, *further])
    own = marks.pop((best.payload, best.key_name), None)
    spans = own.spans if own else tuple(best.spans)
    return DetectReport.of(src, replace(best, spans=spans), marks.values())


def payload_of(path: Path, *, key: Key) -> Payload | None:
    """Return the payload of a song that was marked and left as it is."""
    return detect(path, keys=[key], search=False, first=True).payload


def glance(song: Song, *, key: Key) -> Payload | None:
    """Return the payload that is read from the beginning of a song that was left as it is."""
    return _heard(song, [key], [(0.0, _GLANCE)], search=False)[0][0][0].payload


def lacks(clip: Path, payload: bytes, *, key: Key) -> bool:
    """Whether the sound of a clip could carry a mark that can be read back, and does not carry this one."""
    try:
        if payload_of(clip, key=key) == payload:
            return False
        song = open_song(clip)
        embedder = Embedder(payload, key=key, sample_rate=song.rate, channels=song.channels)
        frames = 0
        for block in song.blocks():
            embedder.push(block)
            frames += len(block)
        embedder.flush()
    except (HostError, MediaError):  # no sound, or none that is marked
        return False
    return frames / song.rate >= _ENOUGH and embedder.marked_share >= _LITTLE


def _beside(
    song: Song, keys: Sequence[Key], found: Sequence[Detection], length: float, *, search: bool
) -> list[Detection]:
    """The marks in those parts of a song where none was seen: a detector reports one mark of each key, and a
    mix or the sound of a compilation may have more, or the same one again at another place."""
    further: list[Detection] = []
    gaps = _gaps((0.0, length), [span for each in found if each.payload is not None for span in each.spans])
    while gaps and len(further) < _MOST_MARKS:
        parts = list(zip(gaps, _heard(song, keys, gaps, search=search)[0], strict=True))
        gaps = []
        for gap, (best, *_) in parts:
            if best.payload is not None and best.spans:
                spans = tuple((round(start + gap[0], 3), round(end + gap[0], 3)) for start, end in best.spans)
                further.append(replace(best, spans=spans))
                gaps += _gaps(gap, spans)
    return further


def _gaps(whole: _Span, spans: Iterable[_Span]) -> list[_Span]:
    """What is left of a stretch, where it is long enough to be read."""
    gaps, at = [], whole[0]
    for start, end in (*sorted(spans), (whole[1], whole[1])):
        if start - at >= _ENOUGH:
            gaps.append((at, start))
        at = max(at, end)
    return gaps


def _gathered(found: Iterable[Detection]) -> dict[tuple[bytes | None, str], Mark]:
    """The marks among what was found, each with all its places."""
    marks: dict[tuple[bytes | None, str], Mark] = {}
    for each in found:
        if each.payload is not None:
            name = each.payload, each.key_name
            known = marks.get(name) or Mark(*name, float(each.log10_p))
            spans = tuple(sorted({*known.spans, *each.spans}))
            marks[name] = replace(known, log10_p=min(known.log10_p, float(each.log10_p)), spans=spans)
    return marks


def _heard(
    song: Song,
    keys: Sequence[Key],
    parts: Sequence[_Span],
    *,
    search: bool,
    progress: Progress = lambda done, total: None,
) -> tuple[list[list[Detection]], float]:
    """What the keys say of each part of a song, (start, end) in seconds and in order, the likeliest mark
    first; and how many seconds were read."""
    found: list[list[Detection]] = []
    blocks, block, at, done = song.blocks(), None, 0, 0  # the block has the samples `at` to `done`
    for start, end in parts:
        detector = Detector(*keys, sample_rate=song.rate, channels=song.channels, search=search)
        while True:
            if block is not None:
                first, last = round(start * song.rate), round(min(end * song.rate, done))
                if first < last > at:
                    detector.push(block[max(first - at, 0) : last - at])
                if end * song.rate <= done:
                    break
            block = next(blocks, None)
            if block is None:
                break
            at, done = done, done + len(block)
            progress(done, max(song.frames or 0, done))
        answers = detector.results()
        found.append(sorted(answers, key=lambda each: (each.payload is None, not each.present, each.log10_p)))
    return found, done / song.rate

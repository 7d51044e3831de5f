"""How much sound there is in an Ogg file, counted by its packets: the positions on pages can be wrong.

Lengths of packets: Vorbis I specification, section 1.3.2, and RFC 6716, section 3.1 (Opus). Positions:
Vorbis I specification, section A.2, and RFC 7845, section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ...core.errors import CorruptFile
from ...formats.ogg import CONTINUED, FIRST, LAST, MOST_STREAMS, Page, is_intact, pages, split
from ...formats.source import Source

HEADERS = {"vorbis": 3, "opus": 2}
"""How many packets come before the sound."""


@dataclass(frozen=True, slots=True)
class Survey:
    """serial : the number of the first stream. streams : how many there are, beside or behind one another.
    headers : the packets before the sound of the first stream. size : bytes of its packets of sound.

    held : samples that its packets give when they are decoded. frames : those that are heard, without what
    the pages leave out at both ends. told : what they would be by the positions of the pages alone,
    None where no page has one. start : the position of the first sample, behind 0 where the beginning is
    missing. lost : pages that are missing or damaged. ended : the last page says that it is the last. early :
    so does one before it.
    """

    serial: int
    streams: int
    headers: tuple[bytes, ...]
    size: int
    held: int
    frames: int
    told: int | None
    start: int
    lost: int
    ended: bool
    early: bool

    @property
    def form(self) -> bytes:
        """The channels and the rate, and of Opus what its channels are, as the first header has them."""
        head = self.headers[0]
        return head[9:10] + head[18:] if head.startswith(b"OpusHead") else head[:16]

    @property
    def plain(self) -> bool:
        """Whether the packets and the positions of the pages say the same."""
        return self.told == self.frames and not (self.start or self.lost or self.early)


def links(data: Source) -> list[tuple[int, int]]:
    """The bytes of each stream of a chain, streams one after the other (RFC 3533, section 4); together they
    are all. Raises ValueError for what is no page, and for more than `MOST_STREAMS`."""
    starts: list[int] = []
    end, before = 0, 0
    for page in _pages(data):
        if page.flags & FIRST and not before & FIRST:
            starts.append(page.at)
        end, before = page.end, page.flags
    if len(starts) > MOST_STREAMS:
        raise ValueError("an absurd number of streams")
    return list(pairwise([0, *starts[1:], end]))


class _Counter:
    """Follows the positions of the pages, and what is in them.

    pages : how many have a position. start : that of the first sample. end : that of the last page. on_last :
    samples on it. since : samples behind it. held : samples in all.
    """

    def __init__(self) -> None:
        self.pages = self.start = self.end = self.on_last = self.since = self.held = 0

    def page(self, granule: int, samples: int) -> None:
        """granule : -1 where the page has no position."""
        self.held += samples
        self.since += samples
        if granule < 0:
            return
        self.pages += 1
        if self.pages == 1:
            self.start = granule - self.held
        self.end, self.on_last, self.since = granule, self.since, 0

    @property
    def first(self) -> int:
        """`start`; a single page says where the sound ends, and no more."""
        return self.start if self.pages > 1 else max(self.start, 0)


def survey(data: Source, codec: str) -> Survey:
    """Read all pages. Raises ValueError for what is no page, or where there is no such stream."""
    headers: list[bytes] = []
    serials: list[int] = []
    counter, length = _Counter(), None
    size = lost = firsts = 0
    part, number, flags, early = b"", 0, 0, False
    for page in _pages(data):
        firsts += bool(page.flags & FIRST)
        if page.serial not in serials:
            serials.append(page.serial)
        if page.serial != serials[0] or not is_intact(data, page):
            continue  # decoders leave out a damaged one, too: its number is missing
        gap = max(page.sequence - number, 0)
        early = early or bool(flags & LAST)
        number, flags = page.sequence + 1, page.flags
        packets, part = _joined(data, page, part, gap > 0)
        while packets and len(headers) < HEADERS[codec]:
            headers.append(packets.pop(0))
        if len(headers) < HEADERS[codec]:
            continue
        length = length or _lengths(codec, headers)
        lost += gap if counter.pages else 0  # what began to be recorded later lacks no more than that
        size += sum(map(len, packets))
        counter.page(page.granule if packets else -1, sum(map(length, packets)))
    if length is None:
        raise ValueError("its headers are cut off")
    skipped = int.from_bytes(headers[0][10:12], "little") if codec == "opus" else 0
    frames, told = _heard(counter, skipped)
    return Survey(
        serials[0],
        max(len(serials), firsts),
        tuple(headers),
        size,
        counter.held,
        frames,
        told,
        counter.first,
        lost,
        bool(flags & LAST) and not part,
        early,
    )


def _pages(data: Source) -> Iterator[Page]:
    """All pages, but for one that is cut off at the end."""
    try:
        yield from pages(data, to_cut=True)
    except CorruptFile as error:
        raise ValueError("there is something between its pages") from error


def _joined(data: Source, page: Page, part: bytes, gap: bool) -> tuple[list[bytes], bytes]:
    """`split`, where the pages before this one may be missing."""
    continued = bool(page.flags & CONTINUED)
    content = data[page.start : page.end]
    packets, rest = split(page.lacing, content, part if continued and not gap else b"")
    if continued and (gap or not part):
        packets = packets[1:]  # only the end of it is there
    return packets, rest


def _heard(counter: _Counter, skipped: int) -> tuple[int, int | None]:
    """`frames` and `told` of a `Survey`; skipped : samples that a header says to leave out at the start."""
    there = max(counter.held - skipped, 0)
    if not counter.pages:
        return there, None
    told = max(counter.end - counter.first - skipped, 0)
    surplus = counter.first + counter.held - counter.end
    # No more is left out than a part of the last page.
    believed = 0 <= surplus <= counter.on_last and not counter.since
    return (told if believed else there), told


def _lengths(codec: str, headers: list[bytes]) -> Callable[[bytes], int]:
    return opus_samples if codec == "opus" else VorbisSamples(headers[0], headers[2])


def opus_samples(packet: bytes) -> int:
    """Samples at 48 kHz in a packet of Opus, by its first two bytes."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        size = (480, 960, 1920, 2880)[config & 3]
    else:
        size = (480, 960)[config & 1] if config < 16 else (120, 240, 480, 960)[config & 3]
    many = packet[1] & 63 if len(packet) > 1 else 0
    return size * (1, 2, 2, many)[code]


class VorbisSamples:
    """Called with the packets of a Vorbis stream in order, gives the samples that each completes."""

    def __init__(self, identification: bytes, setup: bytes) -> None:
        sizes = 1 << (identification[28] & 15), 1 << (identification[28] >> 4)
        self._modes = [sizes[long] for long in _long_blocks(setup)]
        self._mask = (1 << (len(self._modes) - 1).bit_length()) - 1
        self._before = 0

    def __call__(self, packet: bytes) -> int:
        mode = packet[0] >> 1 & self._mask if packet else 0
        if not packet or packet[0] & 1 or mode >= len(self._modes):
            return 0  # not sound
        before, self._before = self._before, self._modes[mode]
        return (before + self._before) // 4 if before else 0


def _long_blocks(setup: bytes) -> list[int]:
    """For each mode at the end of a Vorbis setup header, whether its blocks are long (section 4.2.4).

    Where the modes begin is not said. So they are read from the end, as long as the fields hold what they
    must, and the first of them has their number before it. Raises ValueError.
    """
    bits = int.from_bytes(setup, "little")  # the bits of a byte are read from the lowest
    at = bits.bit_length() - 1  # of the framing flag, which is 1
    found: list[int] = []
    modes: list[int] = []
    while len(found) < 64 and at > 41 and bits >> (at - 8) & 0xFF < 64 and not bits >> (at - 40) & 0xFFFFFFFF:
        at -= 41  # 1 bit for the length, 16 for the window, 16 for the transform, 8 for the mapping
        found.insert(0, bits >> at & 1)
        if (bits >> (at - 6) & 63) + 1 == len(found):
            modes = list(found)
    if not modes:
        raise ValueError("its setup header has no modes")
    return modes

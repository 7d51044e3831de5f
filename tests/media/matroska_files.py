"""Small Matroska files made element by element, and readers of them that share no code with the package."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field


def vint(value: int, width: int = 8) -> bytes:
    return (value | 1 << 7 * width).to_bytes(width, "big")


def ebml(kind: int, *contents: bytes, width: int = 8) -> bytes:
    content = b"".join(contents)
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + vint(len(content), width) + content


def crc(*contents: bytes) -> tuple[bytes, ...]:
    value = zlib.crc32(b"".join(contents)).to_bytes(4, "little")
    return (ebml(0xBF, value, width=1), *contents)


EBML, SEGMENT, SEEK_HEAD, TAGS, CLUSTER, CUES = (
    0x1A45DFA3,
    0x18538067,
    0x114D9B74,
    0x1254C367,
    0x1F43B675,
    0x1C53BB6B,
)
UNKNOWN = b"\x01" + b"\xff" * 7


@dataclass
class Mkv:
    """How a film of three clusters is laid out. `seek_void` and `void` are the sizes of padding behind the
    index (no index where it is None) and before the first cluster.
    """

    doctype: bytes = b"matroska"
    seek_void: int | None = 100
    void: int = 0
    tags: bytes = b""
    tags_last: bool = False
    live: bool = False
    cues: bool = True
    positions: bool = True
    checksums: bool = False
    segment_checksum: bool = False
    narrow: bool = False
    """Sizes and places in as few bytes as they need."""
    extra: bytes = field(default=b"")

    def encoded(self) -> bytes:
        head = ebml(EBML, ebml(0x4282, self.doctype, width=1), width=1)
        info = ebml(0x1549A966, ebml(0x2AD7B1, b"\x0f\x42\x40"), ebml(0x4D80, b"test"))
        tracks = ebml(0x1654AE6B, ebml(0xAE, ebml(0xD7, b"\1"), ebml(0x73C5, b"\7"), ebml(0x83, b"\1")))
        places = {}
        for _ in range(8):  # until the places are those of the parts
            first = () if self.seek_void is None else (self._seek_head(places), self._void(self.seek_void))
            parts = [*first, info, tracks]
            if self.tags and not self.tags_last:
                parts.append(self.tags)
            parts += [self.extra, self._void(self.void)]
            at = sum(map(len, parts)) + (6 if self.segment_checksum else 0)
            starts = []
            for number in range(3):
                starts.append(at)
                parts.append(self._cluster(number, at))
                at += len(parts[-1])
            if self.cues:
                parts.append(self._cues(starts))
            if self.tags and self.tags_last:
                parts.append(self.tags)
            start, places = (6 if self.segment_checksum else 0), {}
            for part in parts:
                places.setdefault(int.from_bytes(part[:4], "big"), start)
                start += len(part)
        content = crc(*parts) if self.segment_checksum else parts
        if self.live:
            return head + SEGMENT.to_bytes(4, "big") + UNKNOWN + b"".join(content)
        return head + ebml(SEGMENT, *content, width=3 if self.narrow else 8)

    def _void(self, size: int) -> bytes:
        return (
            ebml(0xEC, bytes(size - 2), width=1)
            if 2 <= size < 100
            else ebml(0xEC, bytes(size - 9))
            if size
            else b""
        )

    def _place(self, place: int) -> bytes:
        return place.to_bytes((max(place, 1).bit_length() + 7) // 8 if self.narrow else 8, "big")

    def _master(self, kind: int, *contents: bytes) -> bytes:
        return ebml(kind, *(crc(*contents) if self.checksums else contents), width=4)

    def _seek_head(self, places: dict[int, int]) -> bytes:
        wanted = [0x1549A966, 0x1654AE6B] + ([CUES] if self.cues else []) + ([TAGS] if self.tags else [])
        entries = [
            ebml(
                0x4DBB, ebml(0x53AB, kind.to_bytes(4, "big")), ebml(0x53AC, self._place(places.get(kind, 0)))
            )
            for kind in wanted
        ]
        return self._master(SEEK_HEAD, *entries)

    def _cluster(self, number: int, place: int) -> bytes:
        position = ebml(0xA7, self._place(place), width=1) if self.positions else b""
        block = ebml(0xA3, b"\x81\0\0\x80", b"frame %d" % number * 9)
        content = (ebml(0xE7, bytes([number])), position, block, ebml(0xA0, ebml(0xA1, b"\x81\0\1\0x")))
        if self.live:
            return CLUSTER.to_bytes(4, "big") + UNKNOWN + b"".join(content)
        return self._master(CLUSTER, *content)

    def _cues(self, starts: list[int]) -> bytes:
        points = [
            ebml(0xBB, ebml(0xB3, bytes([n])), ebml(0xB7, ebml(0xF7, b"\1"), ebml(0xF1, self._place(at))))
            for n, at in enumerate(starts)
        ]
        return self._master(CUES, *points)


def tag(name: str, text: str, *, targets: bytes = b"", language: str = "") -> bytes:
    """An element `Tag` with one text."""
    inner = [ebml(0x45A3, name.encode()), ebml(0x4487, text.encode())]
    if language:
        inner.append(ebml(0x447A, language.encode()))
    return ebml(0x7373, ebml(0x63C0, targets), ebml(0x67C8, *inner))


_MASTERS = {SEEK_HEAD, TAGS, CLUSTER, CUES, 0x4DBB, 0xBB, 0xB7, 0x1941A469, 0x1043A770}
_TOP = {SEEK_HEAD, TAGS, CLUSTER, CUES, 0x1549A966, 0x1654AE6B}


def tree(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(id, start, start of content, end) of every element of a segment."""
    while start < end:
        wide = 9 - data[start].bit_length()
        kind = int.from_bytes(data[start : start + wide], "big")
        sized_in = 9 - data[start + wide].bit_length()
        content = start + wide + sized_in
        size = int.from_bytes(data[start + wide : content], "big") - (1 << 7 * sized_in)
        if size == (1 << 7 * sized_in) - 1:
            stop = content
            for _, at, _, inner_end in tree(data, content, end):
                if int.from_bytes(data[at : at + 4], "big") in _TOP:
                    break
                stop = max(stop, inner_end)
        else:
            stop = content + size
        assert stop <= end
        yield kind, start, content, stop
        if kind in _MASTERS:
            yield from tree(data, content, stop)
        start = stop


def segment(data: bytes) -> tuple[int, int]:
    """Start of the content and end of the segment."""
    at = data.index(SEGMENT.to_bytes(4, "big"))
    if data[at + 4 :].startswith(UNKNOWN):
        return at + 12, len(data)
    wide = 9 - data[at + 4].bit_length()
    size = int.from_bytes(data[at + 4 : at + 4 + wide], "big") - (1 << 7 * wide)
    assert at + 4 + wide + size <= len(data)
    return at + 4 + wide, at + 4 + wide + size


def check(data: bytes) -> dict[int, int]:
    """Every place and every checksum in a segment is right; returns how often each kind of element is
    there.
    """
    base, end = segment(data)
    found: dict[int, int] = {}
    cluster = 0
    seen: list[tuple[int, int, int, int]] = list(tree(data, base, end))
    for at, (kind, start, content, stop) in enumerate(seen):
        found[kind] = found.get(kind, 0) + 1
        value = int.from_bytes(data[content:stop], "big")
        if kind == CLUSTER:
            cluster = start
        elif kind == 0xA7:
            assert base + value == cluster
        elif kind == 0xF1:
            assert data[base + value : base + value + 4] == CLUSTER.to_bytes(4, "big")
        elif kind == 0x53AC:
            _, _, name_at, name_end = seen[at - 1]
            assert data[base + value : base + value + 4] == data[name_at:name_end]
        elif kind == 0xBF:
            end_of_holder = next((item[3] for item in reversed(seen[:at]) if item[2] == start), end)
            assert data[content:stop] == zlib.crc32(data[stop:end_of_holder]).to_bytes(4, "little")
    return found

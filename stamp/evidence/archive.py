"""A ZIP that has one form only: for the same entries and the same instant there is one sequence of bytes.

Nothing is compressed, so that no version of a compressor decides about the bytes; entries are in the order of
their names, all of one date. Whoever reads one builds it again from its entries and compares, so that not a
byte of it can be changed, between the entries, before or after them."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import IO, Final

from ..core.errors import CorruptFile, HostError
from ..formats.reading import regular_file
from ..storage.atomic import unwritable

Content = bytes | Path
"""What an entry holds, or the file that does."""

LARGEST: Final = 2**32 - 2**24
_SLICE: Final = 1 << 20
_NAME: Final = re.compile(r"([a-z]+/)?[A-Za-z0-9][A-Za-z0-9.-]{0,80}")
_VERSION, _UTF8, _STORED, _UNIX = 20, 0x800, 0, 3
_MODE: Final = 0o100644 << 16
_HEADER: Final = 30  # bytes of a local file header before the name


def write(target: Path, entries: Mapping[str, Content], at: datetime) -> None:
    """Write entries to a file, which is a draft. Raises HostError where they are more than 4 GB,
    UnwritableFile."""
    try:
        with open(target, "wb") as file:
            for piece in _pieces(_measured(entries), at):
                file.write(piece)
    except OSError as error:
        raise unwritable(target, error) from error


@dataclass(frozen=True)
class Archive:
    """An archive that is read.

    names : of its entries, in order. at : the date of all of them.
    """

    path: Path
    names: tuple[str, ...]
    at: datetime

    def read(self, name: str) -> bytes:
        """Return an entry's content."""
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name)

    def slices(self, name: str) -> Iterator[bytes]:
        """Yield an entry's content, for those that are large."""
        with zipfile.ZipFile(self.path) as archive, archive.open(name) as entry:
            yield from _slices(entry)


def read(path: Path) -> Archive:
    """Read an archive, all of it. Raises CorruptFile where it is none that `write` has written, byte by byte;
    MediaError where it cannot be read."""
    with regular_file(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                listed = archive.infolist()
                at = datetime(*listed[0].date_time, tzinfo=UTC)
                found = Archive(path, tuple(each.filename for each in listed), at)
                if any(each.compress_type != _STORED for each in listed):
                    raise ValueError("its entries are compressed")
                if [each.header_offset for each in listed] != _places(listed):
                    raise ValueError("its entries are elsewhere, or in each other")
                measured = [_taken(archive, each) for each in listed]
                file.seek(0)
                if not _same(file, _pieces(measured, at)):
                    raise ValueError("bytes between the entries are not as they were written")
        except (
            zipfile.BadZipFile,
            ValueError,
            IndexError,
            EOFError,
            NotImplementedError,
            RuntimeError,
            OSError,
            struct.error,
            HostError,
        ) as error:
            raise CorruptFile(f"is no packet as it was made: {error}", path=path) from error
    return found


@dataclass(frozen=True)
class _Entry:
    name: str
    size: int
    crc: int
    content: Iterable[bytes]


class _Again:
    """Slices of an entry, as often as they are asked for."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive, self._info = archive, info

    def __iter__(self) -> Iterator[bytes]:
        with self._archive.open(self._info) as entry:
            yield from _slices(entry)


class _File:
    """Slices of a file, as often as they are asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with regular_file(self._path) as file:
            yield from _slices(file)


def _measured(entries: Mapping[str, Content]) -> list[_Entry]:
    return [
        _weighed(name, [content] if isinstance(content, bytes) else _File(content))
        for name, content in sorted(entries.items())
    ]


def _weighed(name: str, content: Iterable[bytes]) -> _Entry:
    size = crc = 0
    for piece in content:
        size, crc = size + len(piece), zlib.crc32(piece, crc)
    return _Entry(name, size, crc, content)


def _places(listed: list[zipfile.ZipInfo]) -> list[int]:
    """Where the entries begin: each where the one before it ends."""
    sizes = [_HEADER + len(each.filename.encode()) + each.file_size for each in listed]
    return [0, *accumulate(sizes)][:-1]


def _taken(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Entry:
    return _weighed(info.filename, _Again(archive, info))


def _pieces(entries: list[_Entry], at: datetime) -> Iterator[bytes]:
    """The bytes of the archive, after APPNOTE.TXT 6.3.3, sections 4.3.7, 4.3.12 and 4.3.16."""
    names = [each.name for each in entries]
    if names != sorted(set(names)) or not all(_NAME.fullmatch(name) for name in names):
        raise ValueError("its entries have other names, or another order")
    if sum(each.size for each in entries) > LARGEST:
        raise HostError("a packet has less than 4 GB; cut the capture to the part that matters")
    day = (at.year - 1980) << 9 | at.month << 5 | at.day
    time = at.hour << 11 | at.minute << 5 | at.second // 2
    place, directory = 0, b""
    for each in entries:
        name = each.name.encode()
        common = struct.pack(
            "<5H3I2H", _VERSION, _UTF8, _STORED, time, day, each.crc, each.size, each.size, len(name), 0
        )
        yield (header := b"PK\3\4" + common + name)
        yield from each.content
        made_by = struct.pack("<BB", _VERSION, _UNIX)
        directory += b"PK\1\2" + made_by + common + struct.pack("<3H2I", 0, 0, 0, _MODE, place) + name
        place += len(header) + each.size
    count = len(entries)
    yield directory
    yield b"PK\5\6" + struct.pack("<4H2IH", 0, 0, count, count, len(directory), place, 0)


def _same(file: IO[bytes], pieces: Iterator[bytes]) -> bool:
    """Whether a file is these pieces, and nothing more. The two read from places of their own in it."""
    place = 0
    for piece in pieces:
        file.seek(place)
        if file.read(len(piece)) != piece:
            return False
        place += len(piece)
    file.seek(place)
    return not file.read(1)


def _slices(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_SLICE):
        yield piece

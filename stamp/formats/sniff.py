"""Which format is this? Told by the content alone; names and suffixes do not count."""

from __future__ import annotations

import os
from typing import BinaryIO, Final

from .rawphoto import raw_name
from .reading import without_waiting
from .source import Source
from .table import FORMATS, Format, Kind

HEAD: Final = 400
"""How many bytes suffice for nearly every format, and for the kind of work in it."""

_STRONG = tuple(each for each in FORMATS.values() if each.signatures and not each.weak)
_WEAK = tuple(each for each in FORMATS.values() if each.weak)
_BRANDED = tuple(each for each in FORMATS.values() if each.brands)


def sniff(data: Source) -> Format | None:
    """Return the format of a file, or None where it is none that is known.

    MPEG audio may begin within a frame, and ID3v2 tags may be in front of sound: then more than the first
    `HEAD` bytes are read.
    """
    head = data[0:HEAD]
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return next((each for each in _BRANDED if brand.startswith(each.brands)), FORMATS["mp4"])
    strong = next((each for each in _STRONG if each.fits(head)), None)
    if strong is FORMATS["tiff"]:
        return FORMATS[raw_name(data) or "tiff"]
    return strong or _sound(data) or next((each for each in _WEAK if each.fits(head)), None)


def _sound(data: Source) -> Format | None:
    """Return the format of sound that is found by its frames, or behind ID3v2 tags."""
    from . import id3, mpegaudio  # which images and most videos do without

    tags = id3.prefix(data)
    body = data[tags : tags + mpegaudio.SEARCHED]
    if tags and (found := next((each for each in _STRONG if each.tagged and each.fits(body)), None)):
        return found
    if mpegaudio.is_adts(body):
        return FORMATS["aac"]
    if mpegaudio.first_frame(body, tagged=tags > 0) is not None:
        return FORMATS["mp3"]
    return FORMATS["mpegaudio"] if mpegaudio.is_frame(body) else None


def kind(data: Source) -> Kind:
    """Return the kind of work in a file; its first `HEAD` bytes suffice, but for MPEG audio that begins
    within a frame. What nobody knows counts as an image: the image readers know most formats by far.

    An MP4, Matroska or Ogg file counts by its brand and first stream; whether it has pictures that move is
    for its reader to find out.
    """
    found = sniff(data)
    if found is None:
        return "image"
    if found.other_kind:
        other, marks = found.other_kind
        head = data[0:HEAD]
        if any(mark in head for mark in marks):
            return other
    return found.kind


def kind_of(path: str | os.PathLike[str]) -> Kind:
    """Return the `kind` of a file; one that cannot be read counts as an image, whose reader says why."""
    return _kind_of(path) or "image"


def known_kind(path: str | os.PathLike[str]) -> Kind | None:
    """Return the `kind` of a file, None for one that cannot be read or is in no format that is known."""
    try:
        return _kind_of(path) if sniff_path(path) else None
    except (OSError, ValueError):
        return None


def _kind_of(path: str | os.PathLike[str]) -> Kind | None:
    try:
        with open(path, "rb", opener=without_waiting) as file:
            return kind(_File(file))
    except (OSError, ValueError):
        return None


def sniff_path(path: str | os.PathLike[str]) -> Format | None:
    """Return the format of the file at `path`. Raises OSError, ValueError where it cannot be read."""
    with open(path, "rb", opener=without_waiting) as file:
        return sniff_file(file)


def sniff_file(file: BinaryIO) -> Format | None:
    """Return the format of an open file that can seek. Raises OSError."""
    return sniff(_File(file))


class _File:
    """An open file as a `Source`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, span: slice, /) -> bytes:
        start, stop, _ = span.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(stop - start, 0))

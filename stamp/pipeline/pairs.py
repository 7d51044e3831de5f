"""A suspect laid onto the original, whatever the two are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..core.errors import ArgumentError
from ..core.key import Key
from ..core.reports import DetectReport
from ..formats.reading import named
from ..formats.sniff import kind_of
from .pairing import Pairing

_SHOWN = {
    "image": "a photo shows parts of photos and, as a still, of clips",
    "video": "a clip shows clips, and plays songs",
    "audio": "a song plays songs, and the sound of clips",
}


def pairing_of(suspect: Path, original: Path) -> Pairing:
    """Read a suspect and the original, and lay the one onto the other.

    Raises ArgumentError where the one can be no copy of the other, UnsupportedFormat, CorruptFile,
    MediaError, HostError, MissingDependency.
    """
    with named(suspect):
        here = kind_of(suspect)
    with named(original):
        there = kind_of(original)
    if here == there == "image":
        from .informed import pair_of

        return pair_of(suspect, original)
    if there == "video" and here != "audio":
        from .informed_clips import ClipPair

        return ClipPair.of(suspect, original)
    if here != "image" and there != "image":
        from .informed_songs import SongPair

        return SongPair.of(suspect, original)
    raise ArgumentError(f"is no copy of {original}: {_SHOWN[here]}; leave out the original", path=suspect)


def detect(src: Path, original: Path, *, keys: Sequence[Key], search: bool) -> DetectReport:
    """Look for a mark of any of `keys` in a file with the original at hand; see `files.detect_file`."""
    pair, tried = pairing_of(src, original), []
    for key in keys:
        tried.append(pair.detect(key, search=search))
        if tried[-1].payload is not None:
            break
    best = min(tried, key=lambda found: (found.payload is None, not found.present, found.log10_p))
    return DetectReport.of(src, best)

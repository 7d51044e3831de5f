"""The reader that a song needs, by the format of its file."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from ...formats.reading import named, refused, regular_file
from ...formats.sniff import sniff_file
from .song import Song

MOST_CHANNELS = 64
"""Ambisonics of the seventh order, the most that is recorded; a header of a few bytes may claim 65,535."""


def open_song(path: str | os.PathLike[str]) -> Song:
    """The song in a file: WAV, AIFF, FLAC, MP3, M4A, Ogg Vorbis, Ogg Opus, and for reading some more.

    Raises UnsupportedFormat where there is no sound, or none that can be decoded; CorruptFile; MediaError.
    """
    with named(path):
        song = _opened(Path(path))
        if song.channels > MOST_CHANNELS:
            what = f"{song.channels} channels are more than the {MOST_CHANNELS} that are handled"
            raise refused(what, "split them into several files first")
        return song


def _opened(path: Path) -> Song:
    with regular_file(path) as file:
        found = sniff_file(file)
    if found and found.kind != "image":
        if found.reader:
            module = import_module(f".{found.reader}", __package__)
            return cast(Callable[[Path], Song], getattr(module, f"open_{found.reader}"))(path)
        if found.demuxer:
            from .decode import read_only

            return read_only(path, found.title, found.demuxer)
    raise refused("not a kind of sound that is known here", "convert it to FLAC or WAV")
